/* SPDX-License-Identifier: MIT */
/* Strings for the tests, as short as they can be. */
#include "string.h"

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

char *strncat(char *restrict to, const char *restrict from, size_t size)
{
	char *end = to + strlen(to);

	while (size-- && *from)
		*end++ = *from++;
	*end = 0;
	return to;
}

char *strcat(char *restrict to, const char *restrict from)
{
	return strncat(to, from, (size_t)-1);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(size_t)s;
		if (!*s)
			return NULL;
	}
}

char *strstr(const char *in, const char *what)
{
	size_t n = strlen(what);

	for (;; in++) {
		if (strncmp(in, what, n) == 0)
			return (char *)(size_t)in;
		if (!*in)
			return NULL;
	}
}
