/* SPDX-License-Identifier: MIT */
/* Formatted text: the few directives that nearly all texts need; vsnprintf for all others. */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MOST = 20 };

/* Counts all, keeps what there is room for. */
struct sink {
	char *at;
	size_t size, len;
};

static void add(struct sink *k, const char *s, size_t len)
{
	if (k->len < k->size) {
		size_t room = k->size - k->len;

		memcpy(k->at + k->len, s, len < room ? len : room);
	}
	k->len += len;
}

static void add_number(struct sink *k, uint64_t n, bool is_negative)
{
	char digits[DIGITS_MOST + 1], *p = digits + sizeof digits;

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	if (is_negative)
		*--p = '-';
	add(k, p, (size_t)(digits + sizeof digits - p));
}

static void add_int(struct sink *k, int n)
{
	add_number(k, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, n < 0);
}

static void add_text(struct sink *k, const char *s, int most)
{
	s = s ? s : "(null)";
	add(k, s, most < 0 ? strlen(s) : strnlen(s, (size_t)most));
}

/* The directive at *at, which moves on. False: not one of the few. */
static bool add_directive(struct sink *k, const char **at, va_list *ap)
{
	const char *s = *at;
	int most = -1;

	*at += 1;
	if (s[0] == '.' && s[1] == '*' && s[2] == 's') {
		*at += 2;
		most = va_arg(*ap, int);
		add_text(k, va_arg(*ap, const char *), most);
	} else if (s[0] == 'z' && s[1] == 'u') {
		*at += 1;
		add_number(k, va_arg(*ap, size_t), false);
	} else if (s[0] == 's') {
		add_text(k, va_arg(*ap, const char *), most);
	} else if (s[0] == 'd') {
		add_int(k, va_arg(*ap, int));
	} else if (s[0] == 'u') {
		add_number(k, va_arg(*ap, unsigned), false);
	} else if (s[0] == 'c') {
		add(k, &(char){ (char)va_arg(*ap, int) }, 1);
	} else {
		return false;
	}
	return true;
}

static bool add_all(struct sink *k, const char *fmt, va_list *ap)
{
	while (*fmt) {
		size_t plain = 0;

		while (fmt[plain] && fmt[plain] != '%')
			plain++;
		add(k, fmt, plain);
		fmt += plain;
		if (*fmt) {
			fmt++;
			if (!add_directive(k, &fmt, ap))
				return false;
		}
	}
	return true;
}

int pawl_format(char *at, size_t size, const char *fmt, va_list ap)
{
	struct sink k = { at, size, 0 };
	va_list again;
	bool is_done;

	va_copy(again, ap);
	is_done = add_all(&k, fmt, &again);
	va_end(again);
	if (!is_done)
		return vsnprintf(at, size, fmt, ap);
	if (size)
		at[k.len < size ? k.len : size - 1] = '\0';
	return (int)k.len;
}

int pawl_print(char *at, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = pawl_format(at, size, fmt, ap);
	va_end(ap);
	return n;
}
