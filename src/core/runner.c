/* SPDX-License-Identifier: MIT */
/* The runner: a pool of tasks that each poll a future, and see to it that it is dropped once. */
#include <pawl/runner.h>

#include "core/core.h"

/* The state of a future: a copy that is aligned for everything, or a pointer to somewhere else. */
struct runner {
	pawl_task task;
	int (*poll)(void *state, pawl_task *t);
	void (*drop)(void *state);
	void *state;
	union {
		char bytes[PAWL_GENERIC_SIZE];
		uint64_t word;
		double number;
		void *pointer;
	} copy;
};

static struct {
	pawl_task_owner *owner_[PAWL_POOL_LEAD_(struct runner)];
	struct runner slot_;
} slots[PAWL_GENERIC_TASKS];

static const pawl_pool_info info = {
	.name = "futures",
	.type = "struct runner",
	.knob = "PAWL_GENERIC_TASKS",
	.size = sizeof(struct runner),
	.stride = sizeof(slots[0]),
	.count = PAWL_GENERIC_TASKS,
};
PAWL_POOL_LISTED_ static const pawl_pool_info *const listed = &info;

static struct runner *runner_of(pawl_task *t)
{
	return PAWL_OF(t, struct runner, task);
}

/* The task was dropped, or never spawned: its future goes, then the slot. */
static void runner_drop(pawl_task_owner *o, pawl_task *t)
{
	struct runner *r = runner_of(t);

	if (r->drop)
		r->drop(r->state);
	pawl_pool_drop_(o, t);
}

static pawl_pool futures = { .owner_ = { runner_drop },
			     .info_ = &listed,
			     .fresh_ = (char *)&slots[0].slot_ };

static int runner_poll(pawl_task *t)
{
	struct runner *r = runner_of(t);

	return r->poll(r->state, t);
}

static void fill(struct runner *r, const pawl_future *f)
{
	r->poll = f->poll;
	r->drop = f->drop;
	r->state = f->state;
	if (f->size) {
		r->state = r->copy.bytes;
		__builtin_memcpy(r->state, f->state, f->size);
	}
}

static int refuse(const pawl_future *f, int why)
{
	if (f->drop)
		f->drop(f->state);
	return why;
}

static int spawn_future(pawl_exec *x, const pawl_future *f, pawl_task **ret_task, const char *place)
{
	const pawl_spawn_options *o = f->options;
	struct runner *r;
	int failed;

	PAWL_ASSERT(f->poll && !(ret_task && o && o->session));
	if (f->size > PAWL_GENERIC_SIZE)
		return refuse(f, PAWL_EINVAL);
	r = pawl_pool_claim(&futures);
	if (!r)
		return refuse(f, PAWL_EFULL);
	fill(r, f);
#if PAWL_DIAG
	failed = pawl_spawn_at_(x, &r->task, runner_poll, o, place);
#else
	(void)place;
	failed = pawl_spawn_with(x, &r->task, runner_poll, o);
#endif
	if (failed)
		return failed;
	if (ret_task)
		*ret_task = &r->task;
	else if (!o || !o->session)
		pawl_detach(&r->task);
	return 0;
}

int(pawl_spawn_future)(pawl_exec *x, const pawl_future *f, pawl_task **ret_task)
{
	return spawn_future(x, f, ret_task, NULL);
}

#if PAWL_DIAG
int pawl_spawn_future_at_(pawl_exec *x, const pawl_future *f, pawl_task **ret_task,
			  const char *place)
{
	return spawn_future(x, f, ret_task, place);
}
#endif

const pawl_pool *pawl_runner_pool(void)
{
	return &futures;
}
