/* SPDX-License-Identifier: MIT */
/* A source and a sink with a narrow channel between them; the source waits for a slow sink. */
#include <pawl/pawl.h>

#include <stdio.h>

PAWL_CHAN(readings, int, 2);

struct source {
	pawl_task task;
	int next;
};

static int source(pawl_task *t)
{
	struct source *s = PAWL_OF(t, struct source, task);

	PAWL_BEGIN(t);
	for (s->next = 1; s->next <= 5; s->next++)
		PAWL_AWAIT(t, readings_send(t, &s->next));
	pawl_chan_close(&readings);
	PAWL_END(t);
}

struct sink {
	pawl_task task;
	int value, total, r;
};

static int sink(pawl_task *t)
{
	struct sink *s = PAWL_OF(t, struct sink, task);

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT_AS(t, s->r, readings_recv(t, &s->value));
		if (s->r == PAWL_ECLOSED)
			break;
		s->total += s->value;
		printf("got %d\n", s->value);
	}
	PAWL_END(t);
}

int main(void)
{
	pawl_exec *x = pawl_current_executor();
	struct source from = { 0 };
	struct sink to = { 0 };

	readings_init();
	pawl_spawn(x, &from.task, source);
	pawl_spawn(x, &to.task, sink);
	pawl_block_on(x, &to.task, NULL);
	pawl_block_on(x, &from.task, NULL);
	printf("total %d\n", to.total);
	return 0;
}
