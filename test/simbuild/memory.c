/* SPDX-License-Identifier: MIT */
/* What src/graph/base.c calls in this test instead of the C library. */
#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>

static uint64_t asked, first, last;

void memory_fails(uint64_t after, uint64_t count)
{
	asked = 0;
	first = after;
	last = after + count;
}

uint64_t memory_asked(void)
{
	return asked;
}

static bool is_out(void)
{
	uint64_t n = asked++;

	return n >= first && n < last;
}

void *memory_malloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *p, size_t size);

void *memory_malloc(size_t size)
{
	return is_out() ? NULL : malloc(size);
}

void *memory_calloc(size_t count, size_t size)
{
	return is_out() ? NULL : calloc(count, size);
}

void *memory_realloc(void *p, size_t size)
{
	return is_out() ? NULL : realloc(p, size);
}
