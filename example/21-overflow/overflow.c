/* SPDX-License-Identifier: MIT */
/* A stack that runs over: it is the outcome of that task, and the program goes on. */
#include <pawl/co.h>
#include <pawl/pawl.h>

#include <stdio.h>

struct digger {
	pawl_task task;
	pawl_co co;
	int depth;
	size_t used;
};

static int dig(int depth)
{
	volatile char earth[256];

	earth[0] = (char)depth;
	return depth > 0 ? dig(depth - 1) + earth[0] : 0;
}

static int digger(pawl_co *co)
{
	struct digger *d = PAWL_OF(co, struct digger, co);

	dig(d->depth);
	return pawl_stack_high_water(pawl_co_stack(co), &d->used);
}

static void try(const pawl_stack_options *stack)
{
	struct digger d = { .depth = 300 };
	char text[256];
	int outcome = 0;

	pawl_co_spawn_with(pawl_current_executor(), &d, digger, NULL, stack);
	pawl_block_on(pawl_current_executor(), &d.task, &outcome);
	pawl_co_text(&d.co, text, sizeof text);
	printf("%s\n", text);
	if (outcome == 0)
		printf("it used %s 64 KB\n", d.used > PAWL_STACK_SIZE ? "more than" : "at most");
}

int main(void)
{
	try(NULL);
	try(NULL); /* it works a second time, too */
	try(&(pawl_stack_options){ .size = 256 * 1024, .paint = true });
	return 0;
}
