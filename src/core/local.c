/* SPDX-License-Identifier: MIT */
/* The local executor: one queue, one heap of timers; its own lock guards both. */
#include "core/core.h"
#include "core/local.h"
#include "core/queue.h"

static pawl_local *local_of(pawl_exec *x)
{
	return PAWL_OF(x, pawl_local, exec);
}

/* There is something to do: a task is ready, or due earlier than any before. */
static void pend(pawl_local *l)
{
	if (l->pend_)
		l->pend_(l);
	else
		pawl_port_wake(&l->event_);
}

static void local_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);

	pawl_queue_push_(&l->queue_, t);
	pawl_port_unlock(l, was);
	pend(l);
}

static pawl_time local_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

#if PAWL_TIMERS
static int local_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);
	/* Who runs this task looks for the next timer when it is done with it. */
	bool is_news = pawl_queue_arm(&l->queue_, t, due) && l->current_ != t;

	pawl_port_unlock(l, was);
	if (is_news)
		pend(l);
	return 0;
}

static pawl_time local_disarm(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);
	pawl_time due = pawl_queue_disarm(&l->queue_, t);

	pawl_port_unlock(l, was);
	return due;
}
#endif

static pawl_crew *local_crew(pawl_exec *x)
{
	return &local_of(x)->crew_;
}

static bool local_is_main_thread(pawl_exec *x)
{
	(void)x;
	return true;
}

/* Polls, until none is ready, `until` ended, or there were so many of them. */
struct batch {
	pawl_local *l;
	const pawl_task *until;
	unsigned polls_max;
	unsigned polls;
};

static bool is_over(const struct batch *b)
{
	return b->polls == b->polls_max || (b->until && pawl_task_is_finished(b->until));
}

/* Calls the poll function, without the lock; true once it answered something else than pending. */
static bool poll(pawl_task *t)
{
	int r;

	if (t->kind_ & PAWL_TASK_DELAYED_)
		pawl_begin_delayed_(t);
	pawl_say_wait_(t, NULL);
	r = t->poll_(t);
	PAWL_ASSERT(r <= PAWL_PENDING);
	if (r != PAWL_PENDING)
		pawl_end_(t, r);
	return r != PAWL_PENDING;
}

/* Under the lock: a task whose poll answered pending goes back into the queue if it was woken. */
static void requeue(pawl_local *l, pawl_task *t)
{
	if (pawl_poll_end_(t, true))
		pawl_queue_add_(&l->queue_, t);
}

static int run_batch(void *arg)
{
	struct batch *b = arg;
	pawl_local *l = b->l;
	uintptr_t was = pawl_port_lock(l);
	pawl_task *t;

	while (!is_over(b) && (t = pawl_queue_pop_(&l->queue_, pawl_port_now))) {
		pawl_poll_begin_(t, true);
		l->current_ = t;
		b->polls++;
		pawl_port_unlock(l, was);
		if (poll(t)) {
			was = pawl_port_lock(l);
		} else if (t->exec_ == &l->exec) {
			was = pawl_port_lock(l);
			requeue(l, t);
		} else {
			/* Somebody's executor stands in front of this one. */
			if (pawl_poll_end_(t, false))
				pawl_dispatch_(t);
			was = pawl_port_lock(l);
		}
	}
	l->current_ = NULL;
	pawl_port_unlock(l, was);
	return 0;
}

static pawl_task *set_current(pawl_local *l, pawl_task *t)
{
	uintptr_t was = pawl_port_lock(l);
	pawl_task *before = l->current_;

	l->current_ = t;
	pawl_port_unlock(l, was);
	return before;
}

/* A batch runs to its end; tasks that panic end on the way. */
static void run(struct batch *b)
{
	pawl_task *outer = b->l->current_;
	const char *why = NULL;

	while (pawl_port_try(run_batch, b, &why) == PAWL_EPANIC) {
		pawl_task *t = set_current(b->l, NULL);

		pawl_say_wait_(t, why);
		pawl_end_(t, PAWL_EPANIC);
	}
	if (outer)
		set_current(b->l, outer);
}

static int local_poll_once(pawl_exec *x)
{
	struct batch b = { local_of(x), NULL, 1, 0 };

	run(&b);
	return b.polls ? 0 : PAWL_PENDING;
}

/* Nothing is ready: until the next timer, or until a wake sets the event. */
static void sleep(pawl_local *l)
{
	pawl_port_sleep(&l->event_, pawl_local_next(l));
}

static int local_block_on(pawl_exec *x, pawl_task *t)
{
	struct batch b = { local_of(x), t, UINT32_MAX, 0 };

	PAWL_ASSERT(!(pawl_load(&t->state_) & PAWL_TASK_RUNNING_));
	if (b.l->pend_)
		return PAWL_ENOTSUP;
	for (;;) {
		run(&b);
		if (pawl_task_is_finished(t))
			return 0;
		sleep(b.l);
	}
}

static bool local_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&local_of(x)->crew_);
}

static int local_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&local_of(x)->crew_);
}

const pawl_exec_ops pawl_local_ops_ = {
	.size = sizeof(pawl_exec_ops),
	.name = "local",
	.knob = "PAWL_LOCAL_TASKS",
	.schedule = local_schedule,
	.now = local_now,
#if PAWL_TIMERS
	.arm = local_arm,
	.disarm = local_disarm,
#endif
	.crew = local_crew,
	.foreground = local_schedule,
	.is_main_thread = local_is_main_thread,
	.poll_once = local_poll_once,
	.block_on = local_block_on,
	.is_running = local_is_running,
	.shutdown = local_shutdown,
};

void pawl_local_init_with(pawl_local *l, const pawl_local_options *options)
{
	*l = (pawl_local){ .exec = { &pawl_local_ops_ }, .pend_ = options ? options->pend : NULL };
	pawl_crew_init(&l->crew_, options && options->limit ? options->limit : PAWL_LOCAL_TASKS);
}

void pawl_local_init(pawl_local *l)
{
	pawl_local_init_with(l, NULL);
}

void pawl_local_fini(pawl_local *l)
{
	if (!l || !l->exec.ops)
		return;
	pawl_crew_stop(&l->crew_);
	for (;;) {
		pawl_local_run(l);
		if (!pawl_crew_count(&l->crew_))
			return;
		sleep(l);
	}
}

pawl_exec *pawl_local_exec(pawl_local *l)
{
	return &l->exec;
}

unsigned pawl_local_run(pawl_local *l)
{
	struct batch b = { l, NULL, UINT32_MAX, 0 };

	run(&b);
	return b.polls;
}

pawl_time pawl_local_next(pawl_local *l)
{
	uintptr_t was = pawl_port_lock(l);
	pawl_time next = pawl_queue_next(&l->queue_);

	pawl_port_unlock(l, was);
	return next;
}
