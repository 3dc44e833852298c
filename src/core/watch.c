/* SPDX-License-Identifier: MIT */
/* Watches. A reader is never behind by more than the poll that it was woken for. */
#include "core/core.h"

#include <pawl/watch.h>

#if PAWL_WAITS

void pawl_watch_init(pawl_watch *w, void *slot, size_t size)
{
	PAWL_ASSERT(slot || size == 0);
	*w = (pawl_watch){ .slot_ = slot, .size_ = (uint32_t)size };
	pawl_waitq_init(&w->waitq_, w, NULL);
}

static void set_locked(pawl_watch *w, const void *value, pawl_woken *woken)
{
	if (w->size_)
		__builtin_memcpy(w->slot_, value, w->size_);
	if (++w->version_ == 0)
		w->version_ = 1;
	pawl_waitq_grant_all(&w->waitq_, woken);
}

int pawl_watch_set(pawl_watch *w, const void *value)
{
	pawl_woken woken = { 0 };
	uintptr_t was;
	int r;

	PAWL_ASSERT(value || !w->size_);
	was = pawl_port_lock(w);
	r = w->is_closed_ ? PAWL_ECLOSED : 0;
	if (r == 0)
		set_locked(w, value, &woken);
	pawl_port_unlock(w, was);
	pawl_woken_schedule(&woken);
	return r;
}

static int get_locked(pawl_watch *w, uint32_t *seen, void *ret_value)
{
	if (!w->version_)
		return w->is_closed_ ? PAWL_ECLOSED : PAWL_PENDING;
	if (w->size_)
		__builtin_memcpy(ret_value, w->slot_, w->size_);
	if (seen)
		*seen = w->version_;
	return 0;
}

int pawl_watch_get(pawl_watch *w, uint32_t *seen, void *ret_value)
{
	uintptr_t was;
	int r;

	PAWL_ASSERT(ret_value || !w->size_);
	was = pawl_port_lock(w);
	r = get_locked(w, seen, ret_value);
	pawl_port_unlock(w, was);
	return r;
}

static int next_locked(pawl_task *t, pawl_watch *w, uint32_t *seen, void *ret_value)
{
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&w->waitq_, t);
		return PAWL_ECANCELED;
	}
	pawl_waitq_take(&w->waitq_, t);
	if (w->version_ != *seen)
		return get_locked(w, seen, ret_value);
	if (w->is_closed_)
		return PAWL_ECLOSED;
	pawl_waitq_join(&w->waitq_, t, "a newer value");
	return PAWL_PENDING;
}

int pawl_watch_next(pawl_task *t, pawl_watch *w, uint32_t *seen, void *ret_value)
{
	uintptr_t was;
	int r;

	PAWL_ASSERT(ret_value || !w->size_);
	was = pawl_port_lock(w);
	r = next_locked(t, w, seen, ret_value);
	pawl_port_unlock(w, was);
	return r;
}

void pawl_watch_close(pawl_watch *w)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(w);

	w->is_closed_ = true;
	pawl_waitq_grant_all(&w->waitq_, &woken);
	pawl_port_unlock(w, was);
	pawl_woken_schedule(&woken);
}

#endif
