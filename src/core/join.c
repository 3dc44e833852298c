/* SPDX-License-Identifier: MIT */
/* Waiting for another task's end. The child's lock guards who joins it. */
#include "core/join.h"

#if PAWL_WAITS

bool pawl_join_enter_(pawl_task *t, pawl_task *child)
{
	uintptr_t was = pawl_port_lock(child);
	uint32_t s = pawl_load(&child->state_);

	PAWL_ASSERT_OF(child, s & PAWL_TASK_LIVE_ && !(s & PAWL_TASK_DETACHED_));
	if (s & PAWL_TASK_JOINED_) {
		PAWL_ASSERT_OF(child, child->of_.joiner_ == t);
	} else if (!(s & PAWL_TASK_DONE_)) {
		child->of_.joiner_ = t;
		s = pawl_fetch_or(&child->state_, PAWL_TASK_JOINED_);
	}
	pawl_port_unlock(child, was);
	return s & PAWL_TASK_DONE_;
}

void pawl_join_leave_(pawl_task *t, pawl_task *child)
{
	uintptr_t was = pawl_port_lock(child);

	if (pawl_load(&child->state_) & PAWL_TASK_JOINED_) {
		PAWL_ASSERT_OF(child, child->of_.joiner_ == t);
		child->of_.joiner_ = NULL;
		pawl_fetch_and(&child->state_, ~(uint32_t)PAWL_TASK_JOINED_);
	}
	pawl_port_unlock(child, was);
}

static int await_end(pawl_task *t, pawl_task *child)
{
	uintptr_t waits = pawl_load_ptr(&t->waits_);

	PAWL_ASSERT_OF(t, !waits || waits == ((uintptr_t)child | PAWL_WAITS_JOIN_));
	/* Who never became its joiner need not wait for the one who ends it to look for one. */
	if (!waits && pawl_task_is_finished(child))
		return 0;
	if (!pawl_join_enter_(t, child)) {
		pawl_store_ptr(&t->waits_, (uintptr_t)child | PAWL_WAITS_JOIN_);
		pawl_say_wait_(t, "the end of a task");
		return PAWL_PENDING;
	}
	pawl_store_ptr(&t->waits_, 0);
	return 0;
}

static int join(pawl_task *t, pawl_task *child, int *ret_outcome)
{
	int r = await_end(t, child);

	if (r == 0)
		pawl_take_(child, ret_outcome);
	return r;
}

void pawl_join_let_go_(pawl_task *t, pawl_task *child)
{
	pawl_join_leave_(t, child);
	pawl_store_ptr(&t->waits_, 0);
}

/* What a cancelled task hears: it is no longer the joiner. */
static int give_up(pawl_task *t, pawl_task *child)
{
	if (pawl_load_ptr(&t->waits_) == ((uintptr_t)child | PAWL_WAITS_JOIN_))
		pawl_join_let_go_(t, child);
	return PAWL_ECANCELED;
}

int pawl_join(pawl_task *t, pawl_task *child, int *ret_outcome)
{
	PAWL_ASSERT_OF(t, t != child);
	return pawl_cancelled(t) ? give_up(t, child) : join(t, child, ret_outcome);
}

int pawl_await_end(pawl_task *t, pawl_task *child)
{
	PAWL_ASSERT_OF(t, t != child);
	return pawl_cancelled(t) ? give_up(t, child) : await_end(t, child);
}

int pawl_stop(pawl_task *t, pawl_task *child, int *ret_outcome)
{
	PAWL_ASSERT_OF(t, t != child);
	pawl_cancel(child);
	return join(t, child, ret_outcome);
}

#endif
