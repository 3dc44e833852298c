/* SPDX-License-Identifier: MIT */
/* The pool of stacks on hosts: what it holds, how much it keeps, and threads of your own. */
#ifndef PAWL_STACKS_H
#define PAWL_STACKS_H

#include <pawl/stack.h>

/*
 * Stacks are made in powers of two, from 16 KB on (256 KB on AArch64), many in one mapping; address
 * space is never given back, memory is. Each thread keeps up to PAWL_STACKS_PER_THREAD free ones of
 * each size for itself (of those above 256 KB no more than 16 MB), and hands half of them to the
 * others when it has more; what it has left when it ends, too. Of those that are free for all, so
 * many keep their memory as pawl_stacks_keep says; that of the others goes back to the system, and
 * is fetched anew with their next use.
 *
 * The guard below each stack is one page (64 KB on AArch64). Linux has guards that are no mappings
 * of their own since 6.13; before, each stack takes two of the vm.max_map_count (65,530) that a
 * process may have. Who runs into a guard ends with PAWL_ESTACK. What it had locked at that moment,
 * inside of libc or of the host, stays locked; when it is a lock of pawl/port.h, the program ends.
 * A frame that is larger than the guard may jump over it, unless your code is compiled with
 * -fstack-clash-protection, as what links pawl::co is by CMake; when such a one is caught behind
 * the guard, the program ends.
 *
 * The first stack of a program installs a handler for SIGSEGV and SIGBUS on a stack for signals. It
 * passes on to the one before what is not an overflow, with its mask; one that is installed later
 * should do the same. A thread that has SIGSEGV blocked cannot be saved: the system ends the
 * program. Neither can one whose stack of signals somebody took away. A handler of yours for other
 * signals should be installed with SA_ONSTACK, or takes its room from the coroutine that it
 * interrupts.
 */
#define PAWL_STACKS_PER_THREAD 32

/* The largest that is made. */
#define PAWL_STACKS_SIZE_MAX ((size_t)1 << 30)

/* What the pool holds. All sizes together. */
typedef struct pawl_stacks_stats {
	size_t made;     /* so many stacks were made since the program began */
	size_t free;     /* of them, free for all threads, with their memory */
	size_t released; /* of them, free for all threads, without */
	size_t mapped;   /* bytes of address space */
} pawl_stacks_stats;

PAWL_BEGIN_C

/*
 * Tells what the pool holds. Stacks that threads keep for themselves count as in use.
 *
 *	ret	the numbers
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_stacks_stats_get(pawl_stacks_stats *ret);

/*
 * Says how many stacks that are free for all threads keep their memory; 1,024 at first.
 *
 *	count	of each size
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1); it counts from the next stack on that becomes free
 */
void pawl_stacks_keep(size_t count);

/*
 * Gives the memory of all free stacks back to the system: of those that are free for all, and of
 * those of this thread.
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    a call of the system for each stack
 */
void pawl_stacks_trim(void);

/*
 * Prepares a thread of yours for an overflow of a generator that was asked for its first value on
 * another thread. All threads of a host, and whoever starts a generator or polls a coroutine, are
 * prepared.
 *
 * result:  nothing
 * owns:    a signal stack, until the thread ends
 * from:    thread
 * cost:    the first time on a thread calls of the system
 */
void pawl_stacks_prepare(void);

PAWL_END_C

#endif
