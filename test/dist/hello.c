/* SPDX-License-Identifier: MIT */
/* A program that has nothing of pawl but the two files. */
#include "pawl.h"

#include <stdio.h>

PAWL_CHAN(numbers, int, 2);

struct counter {
	pawl_task task;
	int n, sum;
};

static int count(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);

	PAWL_BEGIN(t);
	for (c->n = 1; c->n <= 4; c->n++) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(10)));
		PAWL_AWAIT(t, numbers_send(t, &c->n));
	}
	pawl_chan_close(&numbers);
	PAWL_END(t);
}

static int add(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);
	int r;

	while ((r = numbers_recv(t, &c->n)) == 0)
		c->sum += c->n;
	return r == PAWL_ECLOSED ? -c->sum : r;
}

int main(void)
{
	static struct counter from, to;
	int sum = 0;

	numbers_init();
	if (pawl_spawn(pawl_current_executor(), &from.task, count) != 0 ||
	    pawl_spawn(pawl_current_executor(), &to.task, add) != 0)
		return 1;
	pawl_block_on(pawl_current_executor(), &to.task, &sum);
	pawl_block_on(pawl_current_executor(), &from.task, NULL);
	printf("%d\n", -sum);
	return 0;
}
