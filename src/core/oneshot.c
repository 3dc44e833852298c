/* SPDX-License-Identifier: MIT */
/* Oneshots. The oneshot's own lock guards it. */
#include "core/core.h"

#include <pawl/oneshot.h>

#if PAWL_WAITS

enum oneshot_state { ONESHOT_EMPTY, ONESHOT_FULL, ONESHOT_CLOSED, ONESHOT_TAKEN };

void pawl_oneshot_init(pawl_oneshot *o, void *slot, size_t size)
{
	PAWL_ASSERT(slot || size == 0);
	*o = (pawl_oneshot){ .slot_ = slot, .size_ = (uint32_t)size };
	pawl_waitq_init(&o->waitq_, o, NULL);
}

static int change(pawl_oneshot *o, uint8_t state, const void *value)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(o);
	uint8_t before = o->state_;

	if (before == ONESHOT_EMPTY) {
		o->state_ = state;
		if (value && o->size_)
			__builtin_memcpy(o->slot_, value, o->size_);
		pawl_waitq_grant(&o->waitq_, &woken);
	}
	pawl_port_unlock(o, was);
	pawl_woken_schedule(&woken);
	return before == ONESHOT_EMPTY ? 0 : before == ONESHOT_CLOSED ? PAWL_ECLOSED : PAWL_EBUSY;
}

int pawl_oneshot_send(pawl_oneshot *o, const void *value)
{
	PAWL_ASSERT(value || !o->size_);
	return change(o, ONESHOT_FULL, value);
}

void pawl_oneshot_close(pawl_oneshot *o)
{
	change(o, ONESHOT_CLOSED, NULL);
}

static int recv_locked(pawl_task *t, pawl_oneshot *o, void *ret_value)
{
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&o->waitq_, t);
		return PAWL_ECANCELED;
	}
	pawl_waitq_take(&o->waitq_, t);
	if (o->state_ == ONESHOT_EMPTY) {
		PAWL_ASSERT(pawl_waitq_is_empty(&o->waitq_) || o->waitq_.first_ == t);
		pawl_waitq_join(&o->waitq_, t, "a oneshot");
		return PAWL_PENDING;
	}
	if (o->state_ != ONESHOT_FULL)
		return PAWL_ECLOSED;
	o->state_ = ONESHOT_TAKEN;
	if (o->size_)
		__builtin_memcpy(ret_value, o->slot_, o->size_);
	return 0;
}

int pawl_oneshot_recv(pawl_task *t, pawl_oneshot *o, void *ret_value)
{
	uintptr_t was;
	int r;

	PAWL_ASSERT(ret_value || !o->size_);
	was = pawl_port_lock(o);
	r = recv_locked(t, o, ret_value);
	pawl_port_unlock(o, was);
	return r;
}

#endif
