/* SPDX-License-Identifier: MIT */
/* The pool: a fixed number of tasks of one type in static memory, claimed, then filled. */
#ifndef PAWL_POOL_H
#define PAWL_POOL_H

#include <pawl/task.h>

/* A pool of equal slots that each begin with a task. Made by PAWL_TASK_POOL; slots never move. */
typedef struct pawl_pool {
	pawl_task_owner owner_;
	const char *name_;
	const char *type_;
	void *slots_;
	size_t size_;
	size_t stride_;   /* a slot, and in front of it the word that says whose it is */
	pawl_task *free_; /* those that were dropped, linked by next_ */
	uint32_t count_;
	uint32_t fresh_; /* how many were ever claimed: those behind are untouched */
	uint32_t in_use_;
	uint32_t peak_;
	uint32_t refused_;
} pawl_pool;

/*
 * Defines a pool of `n` tasks of `type`, a struct that begins with `pawl_task task`, and the
 * functions
 *
 *	type *NAME_claim(void)		a slot, zeroed; NULL when all are in use
 *	void NAME_drop(type *slot)	gives a slot back that was not spawned; NULL is fine
 *
 * A slot that was spawned comes back by itself when its task is dropped, also when the spawn
 * failed.
 */
#define PAWL_TASK_POOL(name, type, n)                           \
	static struct {                                         \
		pawl_task_owner *owner_[PAWL_POOL_LEAD_(type)]; \
		type slot_;                                     \
	} name##_slots_[n];                                     \
	static pawl_pool name = { { pawl_pool_drop_ },          \
				  #name,                        \
				  #type,                        \
				  &name##_slots_[0].slot_,      \
				  sizeof(type),                 \
				  sizeof(name##_slots_[0]),     \
				  NULL,                         \
				  (n),                          \
				  0,                            \
				  0,                            \
				  0,                            \
				  0 };                          \
	PAWL_UNUSED_ static inline type *name##_claim(void)     \
	{                                                       \
		return (type *)pawl_pool_claim(&name);          \
	}                                                       \
	PAWL_UNUSED_ static inline void name##_drop(type *slot) \
	{                                                       \
		pawl_pool_drop(&name, slot);                    \
	}                                                       \
	PAWL_STATIC_ASSERT(offsetof(type, task) == 0,           \
			   #type " must begin with a pawl_task named task")

/* So many pointers end where a type may begin; the last of them is right in front of it. */
#define PAWL_POOL_LEAD_(type) \
	(PAWL_ALIGNOF_(type) > sizeof(void *) ? PAWL_ALIGNOF_(type) / sizeof(void *) : 1)

PAWL_BEGIN_C

/*
 * Takes a slot.
 *
 *	p	the pool
 *
 * result:  the slot, zeroed but for what the task remembers of its former lives; NULL when all are
 *          in use
 * owns:    the caller owns the slot until it spawns or drops it
 * from:    any
 * cost:    O(size of the slot), no allocation
 */
void *pawl_pool_claim(pawl_pool *p);

/*
 * Gives back a slot that was not spawned.
 *
 *	p	the pool
 *	slot	one of its slots; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_pool_drop(pawl_pool *p, void *slot);

/*
 * How many slots the pool has.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_size(const pawl_pool *p);

/*
 * How many slots are claimed now.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_in_use(const pawl_pool *p);

/*
 * How many slots were claimed at once at most: the high-water mark.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_peak(const pawl_pool *p);

/*
 * How many claims found the pool full.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_refused(const pawl_pool *p);

/*
 * Says in a sentence how full the pool is and what makes it larger, as
 * "pool 'blinks' is full: 4 of 4 in use; raise PAWL_TASK_POOL(blinks, struct blink, 4)".
 *
 *	p	the pool
 *	buf	where to write, always ended by a NUL
 *	size	its size, at least 1
 *
 * result:  how many characters that took, without the NUL; what does not fit is cut off
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_pool_full_text(const pawl_pool *p, char *buf, size_t size);

void pawl_pool_drop_(pawl_task_owner *o, pawl_task *t);

PAWL_END_C

#endif
