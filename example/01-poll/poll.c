/* SPDX-License-Identifier: MIT */
/* A task as a plain poll function: it blinks five times, then it is done. */
#include <pawl/pawl.h>

#include <stdio.h>

struct blink {
	pawl_task task; /* first: a blink is a task */
	int pin;
	int times;
};

static int blink(pawl_task *t)
{
	struct blink *b = PAWL_OF(t, struct blink, task);
	int r = 0;

	while (b->times > 0 && (r = pawl_sleep(t, PAWL_MS(2))) == 0)
		printf("pin %d: %s\n", b->pin, b->times-- % 2 ? "on" : "off");
	return r; /* done, not yet, or cancelled */
}

int main(void)
{
	pawl_exec *x = pawl_current_executor();
	struct blink b = { .pin = 13, .times = 5 };
	int outcome;

	pawl_spawn(x, &b.task, blink);
	pawl_block_on(x, &b.task, &outcome);
	printf("%s\n", pawl_strerror(outcome));
	return 0;
}
