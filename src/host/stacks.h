/* SPDX-License-Identifier: MIT */
/* Between the pool of stacks and the handler of overflows. */
#ifndef PAWL_HOST_STACKS_H
#define PAWL_HOST_STACKS_H

#include <pawl/stack.h>

/* The stack into whose guard the address leads; NULL: none. For a signal handler. */
pawl_stack *pawl_stacks_guarded_(const void *address);

/* Installs the handler, once. */
void pawl_overflow_install_(void);

/* Gives this thread a stack for signals, and takes it back; false: there is no memory. */
void *pawl_overflow_prepare_(void);
void pawl_overflow_forget_(void *memory);

#endif
