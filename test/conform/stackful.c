/* SPDX-License-Identifier: MIT */
/* The bodies of the suite's tasks, each on a stack of its own. */
#include "conform.h"

#include <pawl/stacks.h>

#include <stdlib.h>

/* That it is on its own stack, and on no other, is part of each case. */
static int go(pawl_co *co, pawl_poll_fn *body)
{
	int r;

	CHECK(pawl_co_stack(co) != NULL);
	for (;;) {
		CHECK(pawl_port_stack_at(__builtin_frame_address(0)) == pawl_co_stack(co));
		r = body(pawl_co_task(co));
		if (r != PAWL_PENDING)
			return r;
		pawl_co_suspend(co);
	}
}

static int run(pawl_co *co)
{
	return go(co, PAWL_OF(co, struct stackful, co)->body);
}

pawl_task *stackful_init(pawl_task *t, pawl_poll_fn *body, const char *place)
{
	struct stackful *s = (struct stackful *)(void *)(t + 1);

	s->body = body;
	pawl_co_init_at_(t, &s->co, run, place, NULL);
	return t;
}

/* One for each future of the suite. */
struct future {
	pawl_future inner;
	pawl_co co;
};

static struct future *future_of(pawl_co *co)
{
	return PAWL_OF(co, struct future, co);
}

static int run_future(pawl_co *co)
{
	struct future *f = future_of(co);
	int r;

	while ((r = f->inner.poll(f->inner.state, pawl_co_task(co))) == PAWL_PENDING)
		pawl_co_suspend(co);
	return r;
}

static int poll_future(void *state, pawl_task *t)
{
	struct future *f = state;

	return pawl_pin(t, &f->co, run_future);
}

static void drop_future(void *state)
{
	struct future *f = state;

	f->inner.drop(f->inner.state);
	free(f);
}

int stackful_spawn_future(pawl_exec *x, const pawl_future *future, pawl_task **ret_task,
			  const char *place)
{
	struct future *f = calloc(1, sizeof(*f));
	pawl_future outer = { .poll = poll_future, .drop = drop_future, .state = f };

	CHECK(f && !future->size);
	f->inner = *future;
	outer.options = future->options;
	return pawl_spawn_future_at_(x, &outer, ret_task, place);
}

void stackful_check(void)
{
	pawl_stacks_stats s;

	pawl_stacks_trim();
	pawl_stacks_stats_get(&s);
	CHECK_UINT(s.free + s.released, s.made);
}
