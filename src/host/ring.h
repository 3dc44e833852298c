/* SPDX-License-Identifier: MIT */
/* The queue of a worker: a ring that its owner fills and empties, and from which others steal. */
#ifndef PAWL_HOST_RING_H
#define PAWL_HOST_RING_H

#include <pawl/task.h>

#include "port/assert.h"
#include "port/atomic.h"

/* How many tasks it holds; a power of two. */
#ifndef PAWL_RING_ROOM
#define PAWL_RING_ROOM 1024u
#endif

/*
 * First in, first out. The owner alone moves `tail_`; whoever takes tasks out moves `head_`, the
 * owner too. Both only count up, and their difference is how many tasks there are. A slot is
 * written anew only when head_ went past it, so that what was read from slots is right if head_ did
 * not move until it is moved over them.
 *
 * `next_` is a place before the first: the task that the running one made ready, whose data is
 * still warm. The owner alone fills it, when it is empty; whoever exchanges it has the task.
 *
 * Zeroed is empty.
 */
struct pawl_ring {
	_Alignas(64) uint32_t head_;
	_Alignas(64) uint32_t tail_;
	uintptr_t next_;
	uintptr_t slots_[PAWL_RING_ROOM];
};

static inline uintptr_t *pawl_ring_slot_(struct pawl_ring *r, uint32_t at)
{
	return &r->slots_[at % PAWL_RING_ROOM];
}

/* How many tasks are in it; from anywhere, and then only a hint. */
static inline uint32_t pawl_ring_count_(const struct pawl_ring *r)
{
	uint32_t head = pawl_load(&r->head_), tail = pawl_load(&r->tail_);

	/* The owner may have moved on in between. */
	return (int32_t)(tail - head) > 0 ? tail - head : 0;
}

/* The owner's: puts a task at the end. False: there is no room. */
static inline bool pawl_ring_push_(struct pawl_ring *r, pawl_task *t)
{
	uint32_t tail = pawl_peek(&r->tail_);

	if (tail - pawl_load(&r->head_) == PAWL_RING_ROOM)
		return false;
	__atomic_store_n(pawl_ring_slot_(r, tail), (uintptr_t)t, __ATOMIC_RELAXED);
	pawl_store(&r->tail_, tail + 1);
	return true;
}

/* The owner's: puts a task before all others. False: there is one already. */
static inline bool pawl_ring_put_next_(struct pawl_ring *r, pawl_task *t)
{
	if (pawl_load_ptr(&r->next_))
		return false;
	pawl_store_ptr(&r->next_, (uintptr_t)t);
	return true;
}

/* From anywhere: takes the task that is before all others. */
static inline pawl_task *pawl_ring_take_next_(struct pawl_ring *r)
{
	if (!pawl_load_ptr(&r->next_))
		return NULL;
	return (pawl_task *)pawl_exchange_ptr(&r->next_, 0);
}

/* The owner's: takes the first task out, NULL when there is none. */
static inline pawl_task *pawl_ring_pop_(struct pawl_ring *r)
{
	uint32_t tail = pawl_peek(&r->tail_), head = pawl_load(&r->head_);
	uintptr_t t;

	do {
		if (head == tail)
			return NULL;
		t = __atomic_load_n(pawl_ring_slot_(r, head), __ATOMIC_RELAXED);
	} while (!pawl_cas(&r->head_, &head, head + 1));
	return (pawl_task *)t;
}

/*
 * From anywhere: takes the first half out, rounded up, but at most `room`. How many that were; they
 * are in ret, the first first.
 */
static inline uint32_t pawl_ring_steal_(struct pawl_ring *r, pawl_task **ret, uint32_t room)
{
	uint32_t head = pawl_load(&r->head_), n, i;

	do {
		n = pawl_load(&r->tail_) - head;
		/* More than fits: head_ is an old one, and the exchange below will fail. */
		n = n > PAWL_RING_ROOM ? PAWL_RING_ROOM : n;
		n -= n / 2;
		n = n < room ? n : room;
		if (n == 0)
			return 0;
		for (i = 0; i < n; i++)
			ret[i] = (pawl_task *)__atomic_load_n(pawl_ring_slot_(r, head + i),
							      __ATOMIC_RELAXED);
	} while (!pawl_cas(&r->head_, &head, head + n));
	return n;
}

/* The owner's: takes the first half of a full ring out. 0: somebody else took some meanwhile. */
static inline uint32_t pawl_ring_spill_(struct pawl_ring *r, pawl_task **ret)
{
	return pawl_ring_steal_(r, ret, PAWL_RING_ROOM / 2);
}

#endif
