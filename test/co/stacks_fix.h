/* SPDX-License-Identifier: MIT */
/* What the tests of stacks ask the pool. */
#ifndef PAWL_TEST_CO_STACKS_FIX_H
#define PAWL_TEST_CO_STACKS_FIX_H

#include <pawl/stacks.h>

/* The stack of the pool on which this runs; NULL: another one. */
static inline pawl_stack *stack_here(void)
{
	return pawl_port_stack_at(__builtin_frame_address(0));
}

/* So many were made since the program began. */
static inline size_t stacks_made(void)
{
	pawl_stacks_stats s;

	pawl_stacks_stats_get(&s);
	return s.made;
}

/* Begun with 1, it calls itself until the stack runs over. */
static inline int deep(int n)
{
	volatile char b[512];

	b[0] = (char)n;
	return n == 0 ? b[0] : deep(n + 1) + b[0];
}

#endif
