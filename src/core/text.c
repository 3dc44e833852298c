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

/* Without a division, which small machines would call a library for. */
void pawl_text_uint_(struct pawl_text *x, uint32_t n)
{
	uint32_t power = 1000000000;
	static const uint32_t powers[] = { 100000000, 10000000, 1000000, 100000, 10000,
					   1000,      100,      10,      1 };
	size_t i = 0;

	while (power > n && i < PAWL_COUNT(powers))
		power = powers[i++];
	for (;;) {
		char digit[2] = "0";

		for (; n >= power; n -= power)
			digit[0]++;
		pawl_text_put_(x, digit);
		if (power == 1)
			break;
		power = powers[i++];
	}
}

int pawl_text_end_(struct pawl_text *x)
{
	x->buf[x->length] = 0;
	return (int)x->length;
}
