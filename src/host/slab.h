/* SPDX-License-Identifier: MIT */
/* The slab: slots for tasks, lists of free ones per thread, and a centre that gives memory back. */
#ifndef PAWL_HOST_SLAB_H
#define PAWL_HOST_SLAB_H

#include <pawl/task.h>

/*
 * A slot is one word, the owner of the task, and then the task. A free slot has no owner; it keeps
 * the state word of its task, for wakers that are older than that, and is linked by its next_.
 */
struct pawl_slot {
	pawl_task_owner *owner;
	pawl_task task;
};

/* Classes of slots by their size: 32, 64, … 1024 bytes, and from there on twice as much each. */
enum { PAWL_SLAB_FINE_ = 32, PAWL_SLAB_CLASSES_ = 35, PAWL_SLAB_LARGEST_ = 8192 };

static inline unsigned pawl_slab_class_(size_t size)
{
	if (size <= 32 * PAWL_SLAB_FINE_)
		return (unsigned)((size + PAWL_SLAB_FINE_ - 1) / PAWL_SLAB_FINE_ - 1);
	return 32 + (size > 2048) + (size > 4096);
}

static inline size_t pawl_slab_stride_(unsigned class)
{
	return class < 32 ? (class + 1) * (size_t)PAWL_SLAB_FINE_ : (size_t)2048 << (class - 32);
}

/* A slot of a class, whose task has a state word without flags; NULL: there is no memory. */
struct pawl_slot *pawl_slab_get_(unsigned class);

/* Takes a slot of that class back, on any thread. */
void pawl_slab_put_(unsigned class, struct pawl_slot *s);

/* Bytes of the system's memory that the slab keeps, whether slots are in use or not. */
size_t pawl_slab_bytes_(void);

#endif
