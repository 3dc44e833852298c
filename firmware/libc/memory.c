/* SPDX-License-Identifier: MIT */
/* The four functions that compilers call on their own; by words where that is possible. */
#include "string.h"

#include <stdint.h>

typedef uintptr_t __attribute__((may_alias)) word;

#define WORD sizeof(word)

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (((uintptr_t)t | (uintptr_t)f) % WORD == 0)
		for (; size >= WORD; size -= WORD, t += WORD, f += WORD)
			*(word *)(void *)t = *(const word *)(const void *)f;
	while (size--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if ((uintptr_t)t - (uintptr_t)f >= size)
		return memcpy(to, from, size);
	while (size--)
		t[size] = f[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *t = to;
	word w = (unsigned char)byte * (UINTPTR_MAX / 255);

	for (; size && (uintptr_t)t % WORD; size--)
		*t++ = (unsigned char)byte;
	for (; size >= WORD; size -= WORD, t += WORD)
		*(word *)(void *)t = w;
	while (size--)
		*t++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}
