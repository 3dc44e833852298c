/* SPDX-License-Identifier: MIT */
/* Mutexes: unlocking makes the first who waits the owner. */
#include "core/core.h"

#include <pawl/mutex.h>

#if PAWL_WAITS

static void hand_over(void *of, pawl_woken *woken)
{
	pawl_mutex *m = of;

	m->owner_ = pawl_waitq_first(&m->waitq_);
	pawl_waitq_grant(&m->waitq_, woken);
}

void pawl_mutex_init(pawl_mutex *m)
{
	*m = (pawl_mutex){ 0 };
	pawl_waitq_init(&m->waitq_, m, hand_over);
}

static int lock_locked(pawl_task *t, pawl_mutex *m, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		if (pawl_waitq_leave(&m->waitq_, t))
			hand_over(m, woken);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&m->waitq_, t)) {
		PAWL_ASSERT_OF(t, m->owner_ == t);
		return 0;
	}
	PAWL_ASSERT_OF(t, m->owner_ != t);
	if (m->owner_) {
		pawl_waitq_join(&m->waitq_, t, "a mutex");
		return PAWL_PENDING;
	}
	PAWL_ASSERT(pawl_waitq_is_empty(&m->waitq_));
	m->owner_ = t;
	return 0;
}

int pawl_mutex_lock(pawl_task *t, pawl_mutex *m)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(m);
	int r = lock_locked(t, m, &woken);

	pawl_port_unlock(m, was);
	pawl_woken_schedule(&woken);
	return r;
}

int pawl_mutex_try_lock(pawl_task *t, pawl_mutex *m)
{
	uintptr_t was = pawl_port_lock(m);
	pawl_task *owner = m->owner_;

	if (!owner)
		m->owner_ = t;
	pawl_port_unlock(m, was);
	PAWL_ASSERT_OF(t, owner != t);
	return owner ? PAWL_EBUSY : 0;
}

void pawl_mutex_unlock(pawl_task *t, pawl_mutex *m)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(m);
	bool is_owner = m->owner_ == t;

	if (is_owner)
		hand_over(m, &woken);
	pawl_port_unlock(m, was);
	PAWL_ASSERT_OF(t, is_owner);
	pawl_woken_schedule(&woken);
}

#endif
