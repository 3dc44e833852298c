/* SPDX-License-Identifier: MIT */
/* Between the pool of stacks and the handler of overflows. */
#ifndef PAWL_HOST_STACKS_H
#define PAWL_HOST_STACKS_H

#include <pawl/stack.h>

/* valgrind takes a jump to memory that it does not know as a stack for a very large frame. */
#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_STACK_REGISTER(low, end) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#define VALGRIND_MAKE_MEM_DEFINED(at, size) 0
#define VALGRIND_MAKE_MEM_UNDEFINED(at, size) 0
#endif

/* The stack into whose guard the address leads; NULL: none. For a signal handler. */
pawl_stack *pawl_stacks_guarded_(const void *address);

/* Where the guard below a stack begins. */
const char *pawl_stacks_guard_(const pawl_stack *s);

/* Installs the handler. Call it once. */
void pawl_overflow_install_(void);

/* Gives this thread a stack for signals, if it has none; false: there is no memory. */
bool pawl_overflow_prepare_(void **ret_memory);

/* Takes it back; NULL: it was not ours. */
void pawl_overflow_forget_(void *memory);

/* What runs between the two is over: nobody who catches a panic there will get it any more. */
void pawl_overflow_uncatch_(const char *low, const char *end);

#endif
