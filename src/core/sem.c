/* SPDX-License-Identifier: MIT */
/* Semaphores: a released permit goes straight to the first who waits. */
#include "core/core.h"

#include <pawl/sem.h>

static void release_locked(void *of, pawl_woken *woken)
{
	pawl_sem *s = of;

	if (!pawl_waitq_grant(&s->waitq_, woken))
		s->permits_++;
}

void pawl_sem_init(pawl_sem *s, unsigned permits)
{
	*s = (pawl_sem){ .permits_ = permits };
	pawl_waitq_init(&s->waitq_, s, release_locked);
}

static int acquire_locked(pawl_task *t, pawl_sem *s, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		if (pawl_waitq_leave(&s->waitq_, t))
			release_locked(s, woken);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&s->waitq_, t))
		return 0;
	if (s->permits_) {
		/* A free permit means that nobody waits: it would have been granted. */
		PAWL_ASSERT(pawl_waitq_is_empty(&s->waitq_));
		s->permits_--;
		return 0;
	}
	pawl_waitq_join(&s->waitq_, t, "a semaphore");
	return PAWL_PENDING;
}

int pawl_sem_acquire(pawl_task *t, pawl_sem *s)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);
	int r = acquire_locked(t, s, &woken);

	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
	return r;
}

int pawl_sem_try_acquire(pawl_sem *s)
{
	uintptr_t was = pawl_port_lock(s);
	int r = s->permits_ ? 0 : PAWL_EBUSY;

	if (r == 0)
		s->permits_--;
	pawl_port_unlock(s, was);
	return r;
}

void pawl_sem_release(pawl_sem *s)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);

	release_locked(s, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
}

unsigned pawl_sem_available(pawl_sem *s)
{
	uintptr_t was = pawl_port_lock(s);
	unsigned n = s->permits_;

	pawl_port_unlock(s, was);
	return n;
}
