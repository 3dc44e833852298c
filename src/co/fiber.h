/* SPDX-License-Identifier: MIT */
/* What coroutines and generators share: how something on a stack of its own begins and ends. */
#ifndef PAWL_CO_FIBER_H
#define PAWL_CO_FIBER_H

#include <pawl/stack.h>

#include "port/assert.h"
#include "port/switch.h"

#if PAWL_STACKS

/* What stands in the lowest word of memory that nothing guards. */
#define PAWL_STACK_END_ ((uintptr_t)0x5a17c0de)

/* Says on which stack it is to run, and whose it is; it keeps one that it has. */
void pawl_fiber_init_(pawl_fiber *f, const pawl_stack_options *o, const char *place);

/* Gets it a stack, and lets the next switch call `fn` there: 0, PAWL_ENOMEM, PAWL_EINVAL. */
int pawl_fiber_begin_(pawl_fiber *f, pawl_entry_fn *fn);

/* It ended: leaves its stack for good. */
__attribute__((noreturn)) void pawl_fiber_exit_(pawl_fiber *f, int outcome);

/* By who resumed it, after it ended: calls what it could not call itself. */
void pawl_fiber_clean_(pawl_fiber *f);

/* Gives its stack back, if it has one. */
void pawl_fiber_end_(pawl_fiber *f);

/* Ends the program when memory below its stack was overwritten. */
void pawl_fiber_check_(const pawl_fiber *f);

/* On whose stack an address is; NULL: on that of a thread. */
pawl_stack *pawl_stack_at_(const void *address);

int pawl_fiber_text_(const pawl_fiber *f, const char *what, char *buf, size_t size);

/* A mistake in the use of one: ends the program, with its name. */
PAWL_NORETURN void pawl_fiber_fatal_(const pawl_fiber *f, const char *why);

#endif

#endif
