/* SPDX-License-Identifier: MIT */
/* Three lamps blink at once: as a plain poll function, as a stackless one, and as a future. */
#include "ground.h"

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

static struct lamp red = { .name = "red", .period = PAWL_MS(4) };
static struct lamp green = { .name = "green", .period = PAWL_MS(3) };
static struct lamp blue = { .name = "blue", .period = PAWL_MS(2) };
static pawl_task *blue_task;

static void report(const struct lamp *l, const char *how)
{
	say("%s, %s: %d changes, now %s", l->name, how, l->changes, l->changes % 2 ? "on" : "off");
}

static int start(pawl_exec *x)
{
	pawl_future future = { .poll = blink_future, .state = &blue };
	int r = pawl_spawn(x, &red.task, blink_poll);

	if (r == 0)
		r = pawl_spawn(x, &green.task, blink_stackless);
	if (r == 0)
		r = pawl_spawn_future(x, &future, &blue_task);
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
	PAWL_END(t);
}
