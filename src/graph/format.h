/* SPDX-License-Identifier: MIT */
/* Formatted text, faster than the C library's. */
#ifndef PAWL_GRAPH_FORMAT_H
#define PAWL_GRAPH_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf, for all that it knows; quick for %s, %.*s, %d, %u, %zu and %c. */
int pawl_format(char *at, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
/* as snprintf */
int pawl_print(char *at, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
