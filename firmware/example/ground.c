/* SPDX-License-Identifier: MIT */
/* What is the same on all grounds: a line is put together, and the sensor has its values. */
#include "ground.h"

#include <stdarg.h>

#define LINE_MAX_ 120

struct line {
	char text[LINE_MAX_];
	size_t length;
};

static void put(struct line *l, char c)
{
	if (l->length < LINE_MAX_)
		l->text[l->length++] = c;
}

static void put_text(struct line *l, const char *s)
{
	while (*s)
		put(l, *s++);
}

static void put_int(struct line *l, int n)
{
	char digits[12];
	unsigned rest = n < 0 ? 0u - (unsigned)n : (unsigned)n;
	size_t i = sizeof digits;

	digits[--i] = 0;
	do {
		digits[--i] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (n < 0)
		digits[--i] = '-';
	put_text(l, digits + i);
}

void say(const char *format, ...)
{
	struct line l = { .length = 0 };
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%')
			put(&l, *format);
		else if (*++format == 'd')
			put_int(&l, va_arg(args, int));
		else
			put_text(&l, va_arg(args, const char *));
	}
	va_end(args);
	put(&l, '\n');
	ground_write(l.text, l.length);
}

int ground_sample(void)
{
	static const int8_t samples[] = { 21, 22, 25, 24, 23 };
	static unsigned next;

	return samples[next++ % PAWL_COUNT(samples)];
}
