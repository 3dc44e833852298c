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
enum {
	PAWL_SLAB_FINE_ = 32,
	PAWL_SLAB_FINE_MAX_ = 1024,
	PAWL_SLAB_CLASSES_ = 35,
	PAWL_SLAB_LARGEST_ = 8192
};

static inline unsigned pawl_slab_class_(size_t size)
{
	if (size <= PAWL_SLAB_FINE_MAX_)
		return (unsigned)((size + PAWL_SLAB_FINE_ - 1) / PAWL_SLAB_FINE_ - 1);
	return 32 + (size > 2048) + (size > 4096);
}

static inline size_t pawl_slab_stride_(unsigned class)
{
	return class < 32 ? (class + 1) * (size_t)PAWL_SLAB_FINE_ : (size_t)2048 << (class - 32);
}

/* A thread's free slots of one class; zeroed until the thread is known to end properly. */
struct pawl_slab_list {
	pawl_task *first;
	uint32_t count, limit;
};

extern _Thread_local struct pawl_slab_list pawl_slab_lists_[PAWL_SLAB_CLASSES_];

/* An empty list asks for more, one that is too long gives some away. False: there is no memory. */
bool pawl_slab_fetch_(unsigned class);
void pawl_slab_return_(unsigned class);

/* With the address sanitizer, a free slot but for state word and link is nobody's to touch. */
#if defined(__SANITIZE_ADDRESS__)
#define PAWL_SLAB_ASAN_ 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAWL_SLAB_ASAN_ 1
#endif
#endif

#ifdef PAWL_SLAB_ASAN_
void pawl_slab_close_(unsigned class, pawl_task *t);
void pawl_slab_open_(unsigned class, pawl_task *t);
#else
#define pawl_slab_close_(class, t) ((void)0)
#define pawl_slab_open_(class, t) ((void)0)
#endif

/* A task of a slot of that class, with a state word without flags; NULL: the list is empty. */
static inline pawl_task *pawl_slab_get_(unsigned class)
{
	struct pawl_slab_list *l = &pawl_slab_lists_[class];
	pawl_task *t = l->first;

	if (!t)
		return NULL;
	l->first = t->u_.next_;
	l->count--;
	pawl_slab_open_(class, t);
	return t;
}

/* Takes a task of a slot of that class back, on any thread. */
static inline void pawl_slab_put_(unsigned class, pawl_task *t)
{
	struct pawl_slab_list *l = &pawl_slab_lists_[class];

	PAWL_OF(t, struct pawl_slot, task)->owner = NULL;
	pawl_slab_close_(class, t);
	t->u_.next_ = l->first;
	l->first = t;
	if (++l->count > l->limit)
		pawl_slab_return_(class);
}

/* Bytes of the system's memory that the slab keeps, whether slots are in use or not. */
size_t pawl_slab_bytes_(void);

#endif
