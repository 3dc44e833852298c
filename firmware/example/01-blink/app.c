/* SPDX-License-Identifier: MIT */
/* Four lamps blink at once: by a plain poll function, a stackless one, a future and a coroutine. */
#include "ground.h"

#include <pawl/co_await.h>

struct lamp {
	pawl_task task;
	const char *name;
	pawl_time period;
	int changes;
};

static void toggle(struct lamp *l)
{
	l->changes++;
}

/* A plain poll function: it is called anew each time, and what it waits for says where it was. */
static int blink_poll(pawl_task *t)
{
	struct lamp *l = PAWL_OF(t, struct lamp, task);
	int r;

	while ((r = pawl_sleep(t, l->period)) == 0) {
		toggle(l);
		if (l->changes == 4)
			return PAWL_OK;
	}
	return r;
}

/* Stackless: straight lines, and the task remembers in which of them it waits. */
static int blink_stackless(pawl_task *t)
{
	struct lamp *l = PAWL_OF(t, struct lamp, task);

	PAWL_BEGIN(t);
	while (l->changes < 6) {
		PAWL_AWAIT(t, pawl_sleep(t, l->period));
		toggle(l);
	}
	PAWL_END(t);
}

/* A future: the task is one of the runner's, who knows nothing of lamps. */
static int blink_future(void *state, pawl_task *t)
{
	struct lamp *l = state;
	int r;

	while ((r = pawl_sleep(t, l->period)) == 0) {
		toggle(l);
		if (l->changes == 8)
			return PAWL_OK;
	}
	return r;
}

/* A coroutine's stack; a desktop's is larger, for the sake of what its libraries use. */
#define WHITE_STACK (PAWL_STACK_SIZE < 16384 ? PAWL_STACK_SIZE : 16384)

/* A coroutine: it has a stack of its own, and may wait in the functions that it calls, too. */
struct stackful_lamp {
	pawl_task task;
	pawl_co co;
	struct lamp lamp;
};

static int change(pawl_co *co, struct lamp *l)
{
	int r = pawl_co_sleep(co, l->period);

	if (r == 0)
		toggle(l);
	return r;
}

static int blink_stackful(pawl_co *co)
{
	struct lamp *l = &PAWL_OF(co, struct stackful_lamp, co)->lamp;
	int r = 0;

	while (r == 0 && l->changes < 10)
		r = change(co, l);
	return r;
}

static struct lamp red = { .name = "red", .period = PAWL_MS(4) };
static struct lamp green = { .name = "green", .period = PAWL_MS(3) };
static struct lamp blue = { .name = "blue", .period = PAWL_MS(2) };
static pawl_task *blue_task;
static struct stackful_lamp white = { .lamp = { .name = "white", .period = PAWL_MS(1) } };
static char white_memory[WHITE_STACK] PAWL_ALIGNED_(16);

static void report(const struct lamp *l, const char *how)
{
	say("%s, %s: %d changes, now %s", l->name, how, l->changes, l->changes % 2 ? "on" : "off");
}

static int start(pawl_exec *x)
{
	pawl_future future = { .poll = blink_future, .state = &blue };
	pawl_stack_options stack = { .memory = white_memory, .size = sizeof white_memory };
	int r = pawl_spawn(x, &red.task, blink_poll);

	if (r == 0)
		r = pawl_spawn(x, &green.task, blink_stackless);
	if (r == 0)
		r = pawl_spawn_future(x, &future, &blue_task);
	if (r == 0)
		r = pawl_co_spawn_with(x, &white, blink_stackful, NULL, &stack);
	return r;
}

int app(pawl_task *t)
{
	int r;

	PAWL_BEGIN(t);
	if ((r = start(pawl_here(t))) < 0)
		return r;
	PAWL_AWAIT(t, pawl_join(t, &red.task, NULL));
	report(&red, "a poll function");
	PAWL_AWAIT(t, pawl_join(t, &green.task, NULL));
	report(&green, "stackless");
	PAWL_AWAIT(t, pawl_join(t, blue_task, NULL));
	report(&blue, "a future");
	PAWL_AWAIT(t, pawl_join(t, &white.task, NULL));
	report(&white.lamp, "a coroutine");
	PAWL_END(t);
}
