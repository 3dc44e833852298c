/* SPDX-License-Identifier: MIT */
/* Groups and blocking work: several ends at once, and work that is taken back, in every order. */
#include "life.h"

#include <pawl/group.h>
#include <pawl/port.h>

static struct model_exec x;
static struct life a, b, parent;
static pawl_child children[2];
static pawl_group group;

static void work(void)
{
	model_exec_work(&x);
}

static void cancel_parent(void)
{
	pawl_cancel(&parent.task);
}

static int ends(struct life *l)
{
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : -7;
}

static int waits(struct life *l)
{
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : PAWL_PENDING;
}

static void begin_family(int (*body_a)(struct life *l), int (*body_b)(struct life *l),
			 int (*body)(struct life *l))
{
	model_exec_init(&x);
	life_begin(&a, &x, body_a, NULL);
	life_begin(&b, &x, body_b, NULL);
	children[0] = (pawl_child){ .task = &a.task, .outcome = 1 };
	children[1] = (pawl_child){ .task = &b.task, .outcome = 1 };
	group = (pawl_group){ .children = children, .count = 2 };
	life_begin(&parent, &x, body, NULL);
	pawl_detach(&parent.task);
}

static void end_family(void)
{
	MUST(a.drops == 1 && b.drops == 1 && parent.drops == 1);
	MUST(children[0].outcome == a.outcome && children[1].outcome == b.outcome);
	MUST(!children[0].task && !children[1].task);
	MUST(model_exec_is_empty(&x));
	model_see((uint64_t)(parent.outcome == 0) + 2 * group.first);
}

/* Selects; who is cancelled meanwhile stops them all. */
static int selects(struct life *l)
{
	int r = l->step ? PAWL_ECANCELED : pawl_select(&l->task, &group);

	if (r != PAWL_ECANCELED)
		return r;
	l->step = 1;
	r = pawl_stop_all(&l->task, &group);
	return r ? r : PAWL_ECANCELED;
}

static int joins_all(struct life *l)
{
	int r = l->step ? PAWL_ECANCELED : pawl_join_all(&l->task, &group);

	if (r != PAWL_ECANCELED)
		return r;
	l->step = 1;
	r = pawl_stop_all(&l->task, &group);
	return r ? r : PAWL_ECANCELED;
}

static void begin_select(void)
{
	begin_family(ends, ends, selects);
}

static void begin_select_waiting(void)
{
	begin_family(ends, waits, selects);
}

static void begin_join_all(void)
{
	begin_family(ends, ends, joins_all);
}

TEST(select_meets_ends)
{
	struct model m = {
		.begin = begin_select, .actor = { work, work }, .resting = 2, .end = end_family
	};

	CHECK(model_ends(&m, 2));
	m.begin = begin_select_waiting;
	CHECK(model_ends(&m, 1));
}

TEST(select_meets_ends_and_cancel)
{
	struct model m = { .begin = begin_select_waiting,
			   .actor = { cancel_parent, work, work },
			   .resting = 2,
			   .end = end_family,
			   .preemptions = kit_long() ? 3 : 2 };

	CHECK(model_ends_from(&m, 2));
}

TEST(join_all_meets_ends_and_cancel)
{
	struct model m = { .begin = begin_join_all,
			   .actor = { cancel_parent, work, work },
			   .resting = 2,
			   .end = end_family,
			   .preemptions = kit_long() ? 0 : 2 };

	CHECK(model_ends_from(&m, 2));
}

/* Work that may block: one place for it, from which it may be taken back. */

static pawl_work job;
static pawl_work *queued;
static unsigned done;

static void does(pawl_work *w)
{
	(void)w;
	done++;
}

static int submit(pawl_exec *exec, pawl_work *w)
{
	uintptr_t was = pawl_port_lock(&queued);

	(void)exec;
	queued = w;
	pawl_port_unlock(&queued, was);
	return 0;
}

static pawl_work *take(void)
{
	uintptr_t was = pawl_port_lock(&queued);
	pawl_work *w = queued;

	queued = NULL;
	pawl_port_unlock(&queued, was);
	return w;
}

static int withdraw(pawl_exec *exec, pawl_work *w)
{
	(void)exec, (void)w;
	return take() ? 0 : PAWL_EBUSY;
}

static pawl_exec_ops blocking;

static int asks(struct life *l)
{
	return pawl_blocking(&l->task, &job);
}

static void begin_work(void)
{
	model_exec_init(&x);
	blocking = *x.exec.ops;
	blocking.blocking = submit;
	blocking.unblock = withdraw;
	x.exec.ops = &blocking;
	job = (pawl_work){ .fn = does };
	queued = NULL;
	done = 0;
	life_begin_waiting(&parent, &x, asks);
	pawl_detach(&parent.task);
}

/* As a thread for blocking work does; it looks once. */
static void block(void)
{
	pawl_work *w = take();

	if (w)
		pawl_work_run(w);
}

static void wake_parent(void)
{
	pawl_wake(&parent.task);
}

static void end_work(void)
{
	MUST(parent.drops == 1 && model_exec_is_empty(&x));
	MUST(parent.outcome == (done ? 0 : PAWL_ECANCELED));
	model_see(done);
}

TEST(work_meets_cancel)
{
	struct model m = { .begin = begin_work,
			   .actor = { block, cancel_parent, work },
			   .resting = 1,
			   .end = end_work };

	CHECK(model_ends(&m, 2));
	m.actor[2] = wake_parent;
	m.actor[3] = work;
	CHECK(model_ends(&m, 2));
}

static const struct kit_case cases[] = {
	CASE(select_meets_ends),
	CASE(select_meets_ends_and_cancel),
	CASE(join_all_meets_ends_and_cancel),
	CASE(work_meets_cancel),
};

MODEL_MAIN(cases)
