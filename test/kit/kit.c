/* SPDX-License-Identifier: MIT */
/* The part of the test kit that needs no libc: checks, their messages, names and the summary. */
#include "kit.h"

/* The longest message of a failed check; it lies on the stack. */
#ifndef KIT_MESSAGE
#define KIT_MESSAGE 1024
#endif

struct text {
	char *at;
	char *end; /* keeps room for the final zero */
};

static struct {
	const char *what;
	int64_t n;
} place;

static void add(struct text *t, const char *s)
{
	while (*s && t->at < t->end)
		*t->at++ = *s++;
	*t->at = 0;
}

static void add_uint(struct text *t, uint64_t n)
{
	char digits[21];
	char *d = digits + sizeof(digits) - 1;

	*d = 0;
	do {
		*--d = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	add(t, d);
}

static void add_int(struct text *t, int64_t n)
{
	if (n < 0)
		add(t, "-");
	add_uint(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static void add_quoted(struct text *t, const char *s)
{
	char c[2] = { 0, 0 };

	if (!s) {
		add(t, "NULL");
		return;
	}
	add(t, "\"");
	for (; *s; s++) {
		c[0] = *s;
		add(t, *s == '\n' ? "\\n" : *s == '\t' ? "\\t" : *s == '"' ? "\\\"" : c);
	}
	add(t, "\"");
}

static void add_place(struct text *t, const char *file, int line)
{
	add(t, file);
	add(t, ":");
	add_int(t, line);
	add(t, ": ");
	if (place.what) {
		add(t, "at ");
		add(t, place.what);
		add(t, " ");
		add_int(t, place.n);
		add(t, ": ");
	}
}

static bool same_text(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void kit_at(const char *what, int64_t n)
{
	place.what = what;
	place.n = n;
}

_Noreturn void kit_fail(const char *file, int line, const char *what)
{
	char message[KIT_MESSAGE];
	struct text t = { message, message + sizeof(message) - 1 };

	add_place(&t, file, line);
	add(&t, what);
	kit_port_failed(message);
}

void kit_check_int(int64_t got, int64_t want, const char *expr, const char *file, int line)
{
	char message[KIT_MESSAGE];
	struct text t = { message, message + sizeof(message) - 1 };

	if (got == want)
		return;
	add_place(&t, file, line);
	add(&t, expr);
	add(&t, " is ");
	add_int(&t, got);
	add(&t, ", not ");
	add_int(&t, want);
	kit_port_failed(message);
}

void kit_check_uint(uint64_t got, uint64_t want, const char *expr, const char *file, int line)
{
	char message[KIT_MESSAGE];
	struct text t = { message, message + sizeof(message) - 1 };

	if (got == want)
		return;
	add_place(&t, file, line);
	add(&t, expr);
	add(&t, " is ");
	add_uint(&t, got);
	add(&t, ", not ");
	add_uint(&t, want);
	kit_port_failed(message);
}

void kit_check_str(const char *got, const char *want, const char *expr, const char *file, int line)
{
	char message[2 * KIT_MESSAGE];
	struct text t = { message, message + sizeof(message) - 1 };

	if (same_text(got, want))
		return;
	add_place(&t, file, line);
	add(&t, expr);
	add(&t, " is ");
	add_quoted(&t, got);
	add(&t, ", not ");
	add_quoted(&t, want);
	kit_port_failed(message);
}

void kit_check_mem(const void *got, const void *want, size_t size, const char *expr,
		   const char *file, int line)
{
	char message[KIT_MESSAGE];
	struct text t = { message, message + sizeof(message) - 1 };
	const unsigned char *g = got, *w = want;
	size_t i = 0;

	while (i < size && g[i] == w[i])
		i++;
	if (i == size)
		return;
	add_place(&t, file, line);
	add(&t, expr);
	add(&t, " differs at byte ");
	add_uint(&t, i);
	add(&t, ": is ");
	add_uint(&t, g[i]);
	add(&t, ", not ");
	add_uint(&t, w[i]);
	kit_port_failed(message);
}

size_t kit_name(const struct kit_case *c, char *ret_text, size_t size)
{
	struct text t = { ret_text, ret_text + size - 1 };

	if (c->group) {
		add(&t, c->group);
		add(&t, "/");
	}
	add(&t, c->name);
	if (c->has_param) {
		add(&t, "/");
		add_int(&t, c->param);
	}
	return (size_t)(t.at - ret_text);
}

void kit_put(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	kit_port_write(text, n);
}

void kit_put_int(int64_t n)
{
	char text[24];
	struct text t = { text, text + sizeof(text) - 1 };

	add_int(&t, n);
	kit_put(text);
}

int kit_summary(unsigned passed, unsigned failed)
{
	kit_put_int(passed);
	kit_put(" passed, ");
	kit_put_int(failed);
	kit_put(" failed\n");
	return failed > 0;
}

int kit_run_plain(const struct kit_case *cases, size_t count)
{
	unsigned failed = 0;

	for (size_t i = 0; i < count; i++)
		if (!kit_port_run(&cases[i]))
			failed++;
	return kit_summary((unsigned)count - failed, failed);
}
