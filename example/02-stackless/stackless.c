/* SPDX-License-Identifier: MIT */
/* A task in straight lines without a stack, and one that stops it and hears how it ended. */
#include <pawl/pawl.h>

#include <stdio.h>

struct blink {
	pawl_task task;
	int count;
};

static int blink(pawl_task *t)
{
	struct blink *b = PAWL_OF(t, struct blink, task);

	PAWL_BEGIN(t);
	for (;;) {
		b->count++;
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
		b->count++;
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(3)));
	}
	PAWL_END(t);
}

struct boss {
	pawl_task task;
	struct blink child;
	int ended;
};

static int boss(pawl_task *t)
{
	struct boss *b = PAWL_OF(t, struct boss, task);

	PAWL_BEGIN(t);
	pawl_spawn(pawl_here(t), &b->child.task, blink);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(20)));
	pawl_cancel(&b->child.task);
	PAWL_AWAIT(t, pawl_join(t, &b->child.task, &b->ended));
	printf("the child was %s\n", pawl_strerror(b->ended));
	PAWL_END(t);
}

int main(void)
{
	pawl_exec *x = pawl_current_executor();
	struct boss b = { 0 };

	pawl_spawn(x, &b.task, boss);
	pawl_block_on(x, &b.task, NULL);
	printf("it %s\n", b.child.count > 2 ? "blinked" : "hardly blinked");
	return 0;
}
