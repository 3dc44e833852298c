/* SPDX-License-Identifier: MIT */
/* Notices: one is handed on until somebody takes it, one for all is not. */
#include "core/core.h"

#include <pawl/notify.h>

#if PAWL_WAITS

static void one_locked(void *of, pawl_woken *woken)
{
	pawl_notify *n = of;

	if (!pawl_waitq_grant(&n->waitq_, woken))
		n->is_kept_ = true;
}

void pawl_notify_init(pawl_notify *n)
{
	*n = (pawl_notify){ 0 };
	pawl_waitq_init(&n->waitq_, n, one_locked);
	pawl_waitq_init(&n->told_, n, NULL);
}

void pawl_notify_one(pawl_notify *n)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(n);

	one_locked(n, &woken);
	pawl_port_unlock(n, was);
	pawl_woken_schedule(&woken);
}

void pawl_notify_all(pawl_notify *n)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(n);

	while (pawl_waitq_grant_as(&n->waitq_, &n->told_, &woken)) {}
	pawl_port_unlock(n, was);
	pawl_woken_schedule(&woken);
}

static int wait_locked(pawl_task *t, pawl_notify *n, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&n->told_, t);
		if (pawl_waitq_leave(&n->waitq_, t))
			one_locked(n, woken);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&n->waitq_, t) || pawl_waitq_take(&n->told_, t))
		return 0;
	if (n->is_kept_) {
		/* A notice is kept only when nobody waits. */
		PAWL_ASSERT(pawl_waitq_is_empty(&n->waitq_));
		n->is_kept_ = false;
		return 0;
	}
	pawl_waitq_join(&n->waitq_, t, "a notice");
	return PAWL_PENDING;
}

int pawl_notify_wait(pawl_task *t, pawl_notify *n)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(n);
	int r = wait_locked(t, n, &woken);

	pawl_port_unlock(n, was);
	pawl_woken_schedule(&woken);
	return r;
}

#endif
