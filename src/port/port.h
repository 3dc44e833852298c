/* SPDX-License-Identifier: MIT */
/* The few functions that differ per machine; all that the freestanding floors ask of it. */
#ifndef PAWL_PORT_PORT_H
#define PAWL_PORT_PORT_H

#include <pawl/base.h>

/* The clock: nanoseconds since some instant; never goes back. */
pawl_time pawl_port_now(void);

/*
 * A short lock around a few memory accesses; `of` says of which object. On bare metal: interrupts
 * off, and nesting is fine. On hosts: one of a small set of mutexes, so never hold two, and call
 * nothing unknown while holding one.
 */
uintptr_t pawl_port_lock(const void *of);
void pawl_port_unlock(const void *of, uintptr_t was);

/* Sleeps until the event is set or `until` is reached, and clears it. An event is a zeroed word. */
void pawl_port_sleep(uint32_t *event, pawl_time until);

/* Sets the event and wakes who sleeps on it; from anywhere, an interrupt included. */
void pawl_port_wake(uint32_t *event);

/*
 * Calls fn(arg) and returns its result, or PAWL_EPANIC and why, when pawl_port_throw was called
 * inside. May be nested.
 */
int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why);

/* Leaves the innermost pawl_port_try of this thread; without one it is pawl_port_fatal. */
_Noreturn void pawl_port_throw(const char *why);

/* The end of the program: a broken assertion, or a panic outside of every task. */
_Noreturn void pawl_port_fatal(const char *why);

#endif
