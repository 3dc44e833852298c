/* SPDX-License-Identifier: MIT */
/* A lock that is nearly free for one thread, and dear for others when they come in its way. */
#ifndef PAWL_PORT_BIASED_H
#define PAWL_PORT_BIASED_H

#include "port/atomic.h"

/*
 * The lock of an object that mostly one thread uses, such as an executor's by the thread that
 * drives it. The favoured thread says that it is inside by a plain store and looks whether it is
 * still favoured by a plain load. Whoever else comes takes the object's ordinary lock, ends the
 * favour, and makes all threads pass a fence: then either the favoured one sees that, or its store
 * is seen. A thread that is about to sleep gives the favour up, so that who wakes it pays nothing.
 *
 * Under the thread sanitizer, which knows no such fences, nobody is ever favoured.
 */

#if PAWL_PORT_THREADS

/* What the lock answers to who is favoured. */
#define PAWL_FAVOURED_ ((uintptr_t)1)

/* Tests that have threads of their own name a function with -DPAWL_THREAD_SELF=fn. */
#ifdef PAWL_THREAD_SELF
const void *PAWL_THREAD_SELF(void);
#endif

#if defined(__has_builtin)
#if __has_builtin(__builtin_thread_pointer)
#define PAWL_THREAD_POINTER_ 1
#endif
#endif

/* Which thread this is: NULL where the compiler does not know. */
PAWL_FLAT_ const void *pawl_thread_(void)
{
#if defined(PAWL_THREAD_SELF)
	return PAWL_THREAD_SELF();
#elif defined(PAWL_THREAD_POINTER_)
	return __builtin_thread_pointer();
#elif defined(__x86_64__) && defined(__linux__)
	const void *self;

	__asm__("mov %%fs:0, %0" : "=r"(self)); /* clang has no name for it */
	return self;
#else
	return NULL;
#endif
}

PAWL_FLAT_ bool pawl_biased_enter_(struct pawl_biased *b, const void *self)
{
	if (__atomic_load_n(&b->favoured_, __ATOMIC_RELAXED) != self || !self)
		return false;
	PAWL_POINT_(b, STORE);
	__atomic_store_n(&b->is_inside_, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	PAWL_POINT_(b, LOAD);
	if (__atomic_load_n(&b->favoured_, __ATOMIC_RELAXED) == self)
		return true;
	pawl_store(&b->is_inside_, 0);
	return false;
}

/* So often to look whether the favoured thread is out, before its processor is left to it. */
#define PAWL_BIASED_LOOKS_ 64

/*
 * Until the favoured thread is out: a few instructions, unless it was preempted there, perhaps by
 * this very thread, if that is of a higher priority.
 */
static inline void pawl_biased_await_(struct pawl_biased *b)
{
	uint32_t nothing = 0, looks;

	for (looks = 0; pawl_load(&b->is_inside_); looks++) {
		if (looks < PAWL_BIASED_LOOKS_)
			pawl_port_fence_threads();
		else
			pawl_port_sleep(&nothing, pawl_port_now() + PAWL_US(50));
	}
}

/* Under the ordinary lock: nobody is favoured any more. */
static inline void pawl_biased_revoke_(struct pawl_biased *b, const void *self)
{
	const void *who = __atomic_load_n(&b->favoured_, __ATOMIC_RELAXED);

	if (!who)
		return;
	__atomic_store_n(&b->favoured_, NULL, __ATOMIC_RELAXED);
	if (who == self)
		return;
	if (!pawl_port_fence_threads())
		pawl_port_fatal("the system took its memory fence back");
	pawl_biased_await_(b);
}

/* Takes the lock of an object; what pawl_biased_unlock_ wants. */
PAWL_FLAT_ uintptr_t pawl_biased_lock_(struct pawl_biased *b, const void *of)
{
	const void *self = pawl_thread_();
	uintptr_t was;

	if (pawl_biased_enter_(b, self))
		return PAWL_FAVOURED_;
	was = pawl_port_lock(of);
	pawl_biased_revoke_(b, self);
	return was;
}

PAWL_FLAT_ void pawl_biased_unlock_(struct pawl_biased *b, const void *of, uintptr_t was)
{
	if (was == PAWL_FAVOURED_)
		pawl_store(&b->is_inside_, 0);
	else
		pawl_port_unlock(of, was);
}

/* So many times the ordinary lock, and it may be worth to be favoured. */
#define PAWL_BIASED_TURNS_ 64

/* The thread took the lock once more: is it time to be favoured? */
PAWL_FLAT_ bool pawl_biased_is_due_(struct pawl_biased *b, uintptr_t was)
{
	return was != PAWL_FAVOURED_ && ++b->turns_ >= PAWL_BIASED_TURNS_;
}

/* From now on this thread is favoured, if the system has what that takes. */
static inline void pawl_biased_favour_(struct pawl_biased *b, const void *of)
{
#if !defined(PAWL_TSAN_)
	const void *self = pawl_thread_();
	uintptr_t was = pawl_port_lock(of);

	pawl_biased_revoke_(b, self);
	b->turns_ = 0;
	if (self && pawl_port_fence_threads())
		__atomic_store_n(&b->favoured_, self, __ATOMIC_RELAXED);
	pawl_port_unlock(of, was);
#else
	(void)b, (void)of;
#endif
}

/* Nobody is favoured from now on. */
static inline void pawl_biased_end_(struct pawl_biased *b, const void *of)
{
	uintptr_t was;

	if (!__atomic_load_n(&b->favoured_, __ATOMIC_RELAXED))
		return;
	was = pawl_port_lock(of);
	pawl_biased_revoke_(b, pawl_thread_());
	pawl_port_unlock(of, was);
}

#endif

#endif
