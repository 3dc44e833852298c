/* SPDX-License-Identifier: MIT */
/* Events. Who waited when it was set has its grant, whatever becomes of the event. */
#include "core/core.h"

#include <pawl/event.h>

#if PAWL_WAITS

void pawl_event_init(pawl_event *e)
{
	*e = (pawl_event){ 0 };
	pawl_waitq_init(&e->waitq_, e, NULL);
}

void pawl_event_set(pawl_event *e)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(e);

	e->is_set_ = true;
	pawl_waitq_grant_all(&e->waitq_, &woken);
	pawl_port_unlock(e, was);
	pawl_woken_schedule(&woken);
}

bool pawl_event_clear(pawl_event *e)
{
	uintptr_t was = pawl_port_lock(e);
	bool before = e->is_set_;

	e->is_set_ = false;
	pawl_port_unlock(e, was);
	return before;
}

bool pawl_event_is_set(pawl_event *e)
{
	uintptr_t was = pawl_port_lock(e);
	bool is_set = e->is_set_;

	pawl_port_unlock(e, was);
	return is_set;
}

static int wait_locked(pawl_task *t, pawl_event *e)
{
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&e->waitq_, t);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&e->waitq_, t))
		return 0;
	if (e->is_set_) {
		/* Nobody waits for what is there. */
		PAWL_ASSERT(pawl_waitq_is_empty(&e->waitq_));
		return 0;
	}
	pawl_waitq_join(&e->waitq_, t, "an event");
	return PAWL_PENDING;
}

int pawl_event_wait(pawl_task *t, pawl_event *e)
{
	uintptr_t was = pawl_port_lock(e);
	int r = wait_locked(t, e);

	pawl_port_unlock(e, was);
	return r;
}

#endif
