/* SPDX-License-Identifier: MIT */
/* Barriers: the last to come lets the others go on. */
#include "core/core.h"

#include <pawl/barrier.h>

#if PAWL_WAITS

void pawl_barrier_init(pawl_barrier *b, unsigned size)
{
	PAWL_ASSERT(size);
	*b = (pawl_barrier){ .size_ = size };
	pawl_waitq_init(&b->waitq_, b, NULL);
}

/*
 * Counts one who came. True: it is the last one. Tasks leave the queue without a word when they
 * end, so the queue itself is counted, but only once there may be enough.
 */
static bool come(pawl_barrier *b)
{
	if (++b->came_ >= b->size_)
		b->came_ = pawl_waitq_count(&b->waitq_) + 1;
	PAWL_ASSERT(b->came_ <= b->size_);
	return b->came_ == b->size_;
}

static int wait_locked(pawl_task *t, pawl_barrier *b, bool *ret_leader, pawl_woken *woken)
{
	*ret_leader = false;
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&b->waitq_, t);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&b->waitq_, t))
		return 0;
	if (!pawl_waitq_has(&b->waitq_, t) && come(b)) {
		b->came_ = 0;
		pawl_waitq_grant_all(&b->waitq_, woken);
		*ret_leader = true;
		return 0;
	}
	pawl_waitq_join(&b->waitq_, t, "a barrier");
	return PAWL_PENDING;
}

int pawl_barrier_wait(pawl_task *t, pawl_barrier *b, bool *ret_leader)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(b);
	bool is_leader;
	int r = wait_locked(t, b, &is_leader, &woken);

	pawl_port_unlock(b, was);
	pawl_woken_schedule(&woken);
	if (r == 0 && ret_leader)
		*ret_leader = is_leader;
	return r;
}

#endif
