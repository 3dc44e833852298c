/* SPDX-License-Identifier: MIT */
/* Messages put together without libc. */
#include "core/core.h"

void pawl_text_begin_(struct pawl_text *x, char *buf, size_t size)
{
	PAWL_ASSERT(size >= 1);
	x->buf = buf;
	x->size = size;
	x->length = 0;
}

void pawl_text_put_(struct pawl_text *x, const char *s)
{
	while (*s && x->length + 1 < x->size)
		x->buf[x->length++] = *s++;
}

void pawl_text_uint_(struct pawl_text *x, uint32_t n)
{
	char digits[11];
	size_t at = sizeof digits - 1;

	digits[at] = 0;
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	pawl_text_put_(x, digits + at);
}

int pawl_text_end_(struct pawl_text *x)
{
	x->buf[x->length] = 0;
	return (int)x->length;
}
