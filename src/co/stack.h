/* SPDX-License-Identifier: MIT */
/* Stacks in memory of the program. */
#ifndef PAWL_CO_STACK_H
#define PAWL_CO_STACK_H

#include <pawl/stack.h>

#if PAWL_STACKS

/* Makes a stack of memory that nobody guards; NULL when it is too small. */
pawl_stack *pawl_stack_place_(char *memory, size_t size);

/* The memory is the program's again. */
void pawl_stack_unplace_(pawl_stack *s);

/* Fills it, so that it can be told how deep it was used. */
void pawl_stack_paint_(pawl_stack *s);

#endif

#endif
