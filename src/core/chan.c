/* SPDX-License-Identifier: MIT */
/* Bounded channels. What was granted to a woken task is set aside for it. */
#include "core/core.h"

#include <pawl/chan.h>

#if PAWL_WAITS

/* A value that nobody was promised goes to the first receiver who waits. */
static void offer_value(pawl_chan *c, pawl_woken *woken)
{
	if (pawl_waitq_grant(&c->receivers_, woken))
		c->values_granted_++;
}

/* All who wait for a value learn that none will come: their grants are for nothing. */
static void wake_receivers(pawl_chan *c, pawl_woken *woken)
{
	if (c->is_closed_ && c->count_ == 0)
		c->values_granted_ += pawl_waitq_grant_all(&c->receivers_, woken);
}

static void offer_room(pawl_chan *c, pawl_woken *woken)
{
	if (!c->is_closed_ && pawl_waitq_grant(&c->senders_, woken))
		c->room_granted_++;
}

static void value_back(void *of, pawl_woken *woken)
{
	pawl_chan *c = of;

	c->values_granted_--;
	offer_value(c, woken);
}

static void room_back(void *of, pawl_woken *woken)
{
	pawl_chan *c = of;

	c->room_granted_--;
	offer_room(c, woken);
}

void pawl_chan_init(pawl_chan *c, void *ring, size_t size, unsigned depth)
{
	PAWL_ASSERT(ring && size && depth);
	*c = (pawl_chan){ .ring_ = ring, .size_ = (uint32_t)size, .depth_ = depth };
	pawl_waitq_init(&c->senders_, c, room_back);
	pawl_waitq_init(&c->receivers_, c, value_back);
}

static char *place_at(pawl_chan *c, uint32_t n)
{
	uint32_t at = c->first_ + n;

	/* No division: small machines would call a library for it. */
	return (char *)c->ring_ + (size_t)(at < c->depth_ ? at : at - c->depth_) * c->size_;
}

static void push(pawl_chan *c, const void *value, pawl_woken *woken)
{
	__builtin_memcpy(place_at(c, c->count_), value, c->size_);
	c->count_++;
	offer_value(c, woken);
}

static void pop(pawl_chan *c, void *ret_value, pawl_woken *woken)
{
	__builtin_memcpy(ret_value, place_at(c, 0), c->size_);
	c->first_ = c->first_ + 1 < c->depth_ ? c->first_ + 1 : 0;
	c->count_--;
	offer_room(c, woken);
	wake_receivers(c, woken);
}

static bool has_room(const pawl_chan *c)
{
	return c->count_ + c->room_granted_ < c->depth_;
}

static int send_locked(pawl_task *t, pawl_chan *c, const void *value, pawl_woken *woken)
{
	if (pawl_cancelled(t) || c->is_closed_) {
		if (pawl_waitq_leave(&c->senders_, t))
			room_back(c, woken);
		return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_ECLOSED;
	}
	if (pawl_waitq_take(&c->senders_, t)) {
		c->room_granted_--;
	} else if (!has_room(c)) {
		pawl_waitq_join(&c->senders_, t, "room in a channel");
		return PAWL_PENDING;
	}
	push(c, value, woken);
	return 0;
}

int pawl_chan_send(pawl_task *t, pawl_chan *c, const void *value)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(c);
	int r = send_locked(t, c, value, &woken);

	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
	return r;
}

static int recv_locked(pawl_task *t, pawl_chan *c, void *ret_value, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		if (pawl_waitq_leave(&c->receivers_, t))
			value_back(c, woken);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&c->receivers_, t))
		c->values_granted_--;
	if (c->is_closed_ && c->count_ == 0)
		return PAWL_ECLOSED;
	if (c->count_ == c->values_granted_) {
		pawl_waitq_join(&c->receivers_, t, "a value in a channel");
		return PAWL_PENDING;
	}
	pop(c, ret_value, woken);
	return 0;
}

int pawl_chan_recv(pawl_task *t, pawl_chan *c, void *ret_value)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(c);
	int r = recv_locked(t, c, ret_value, &woken);

	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
	return r;
}

int pawl_chan_try_send(pawl_chan *c, const void *value)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(c);
	int r = c->is_closed_ ? PAWL_ECLOSED : has_room(c) ? 0 : PAWL_EFULL;

	if (r == 0)
		push(c, value, &woken);
	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
	return r;
}

int pawl_chan_try_recv(pawl_chan *c, void *ret_value)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(c);
	int r = 0;

	if (c->count_ > c->values_granted_)
		pop(c, ret_value, &woken);
	else
		r = c->is_closed_ && c->count_ == 0 ? PAWL_ECLOSED : PAWL_PENDING;
	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
	return r;
}

void pawl_chan_close(pawl_chan *c)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(c);

	c->is_closed_ = true;
	c->room_granted_ += pawl_waitq_grant_all(&c->senders_, &woken);
	wake_receivers(c, &woken);
	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
}

unsigned pawl_chan_count(pawl_chan *c)
{
	uintptr_t was = pawl_port_lock(c);
	unsigned n = c->count_;

	pawl_port_unlock(c, was);
	return n;
}

#endif
