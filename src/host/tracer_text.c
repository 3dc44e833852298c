/* SPDX-License-Identifier: MIT */
/* The tracer's text: events as JSON, in the form that Chrome's tracing has and Perfetto reads. */
#define _GNU_SOURCE
#include "host/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if PAWL_DIAG

/* A piece of the text; what is full is written. */
struct text {
	struct pawl_tracer *to;
	size_t size;
	char buf[4096];
};

static void write_out(struct text *x)
{
	struct pawl_tracer *r = x->to;

	if (x->size && r->error == 0)
		r->error = r->options.write(r->options.arg, x->buf, x->size);
	x->size = 0;
}

static void put(struct text *x, const char *s, size_t size)
{
	PAWL_ASSERT(size <= sizeof x->buf);
	if (size > sizeof x->buf - x->size)
		write_out(x);
	memcpy(x->buf + x->size, s, size);
	x->size += size;
}

/* Of a length that is known to fit. */
__attribute__((format(printf, 2, 3))) static void put_fmt(struct text *x, const char *fmt, ...)
{
	char buf[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	PAWL_ASSERT(n >= 0 && (size_t)n < sizeof buf);
	put(x, buf, (size_t)n);
}

/* How many bytes the character takes that begins here; 0: it is none of UTF-8. */
static unsigned char_size(const unsigned char *s)
{
	unsigned size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	unsigned i;

	if (s[0] > 0xf4)
		return 0;
	for (i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than needed, half of a pair, beyond the last. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return size;
}

static void put_char(struct text *x, const unsigned char *c, unsigned size)
{
	if (size == 0)
		put(x, "\\ufffd", 6);
	else if (*c < 0x20 || *c == 0x7f)
		put_fmt(x, "\\u%04x", *c);
	else if (*c == '"' || *c == '\\')
		put_fmt(x, "\\%c", *c);
	else
		put(x, (const char *)c, size);
}

static void put_string(struct text *x, const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	put(x, "\"", 1);
	while (*c) {
		unsigned size = char_size(c);

		put_char(x, c, size);
		c += size ? size : 1;
	}
	put(x, "\"", 1);
}

/* Threads are numbered from 1. */
static void put_head(struct text *x, char phase, unsigned thread)
{
	put_fmt(x, "%s{\"ph\":\"%c\",\"pid\":1,\"tid\":%u,\"name\":", x->to->written ? ",\n" : "",
		phase, thread + 1);
	x->to->written = 1;
}

static void put_time(struct text *x, const char *key, pawl_time t)
{
	t = t < 0 ? 0 : t;
	put_fmt(x, ",\"%s\":%lld.%03lld", key, (long long)t / 1000, (long long)t % 1000);
}

static void name_thread(struct text *x, unsigned thread, const char *fmt, unsigned n)
{
	char name[40];

	snprintf(name, sizeof name, fmt, n);
	put_head(x, 'M', thread);
	put_fmt(x, "\"thread_name\",\"args\":{\"name\":\"%s\"}}", name);
}

static void name_blocker(pawl_host *h, struct text *x, unsigned thread)
{
	unsigned n = thread - h->bg.count - 1;

	PAWL_ASSERT(n < h->bl.max);
	if (h->tracer.is_named[n])
		return;
	h->tracer.is_named[n] = true;
	name_thread(x, thread, "blocking %u", n);
}

static void put_result(struct text *x, int r)
{
	if (r < 0)
		put_fmt(x, "\"failed\",\"error\":%d", r);
	else if (r == PAWL_PENDING)
		put_fmt(x, "\"pending\"");
	else
		put_fmt(x, "\"done\"");
}

static void put_args(struct text *x, const struct pawl_traced *e)
{
	put_fmt(x, ",\"args\":{\"task\":\"%llx\",\"place\":", (unsigned long long)e->id);
	put_string(x, e->place);
	put_fmt(x, ",\"result\":");
	put_result(x, e->result);
	if (e->wait) {
		put_fmt(x, ",\"waits_for\":");
		put_string(x, e->wait);
	}
	put_fmt(x, "}");
}

static void put_steal(struct text *x, const struct pawl_traced *e)
{
	put_fmt(x, ",\"s\":\"t\",\"cat\":\"steal\"");
	put_time(x, "ts", e->begin);
	put_fmt(x, ",\"args\":{\"tasks\":%d}}", e->result);
}

static void put_event(struct text *x, const struct pawl_traced *e)
{
	static const char *const cats[] = { "poll", "blocking", "park", "steal" };

	put_head(x, e->what == PAWL_HAPPENED_STEAL ? 'i' : 'X', e->thread);
	put_string(x, e->name);
	if (e->what == PAWL_HAPPENED_STEAL) {
		put_steal(x, e);
		return;
	}
	put_fmt(x, ",\"cat\":\"%s\"", cats[e->what]);
	put_time(x, "ts", e->begin);
	put_time(x, "dur", e->end - e->begin);
	if (e->what != PAWL_HAPPENED_PARK)
		put_args(x, e);
	put_fmt(x, "}");
}

void pawl_tracer_text_(pawl_host *h, const struct pawl_traced *e, unsigned count)
{
	struct text x = { .to = &h->tracer };
	unsigned i;

	for (i = 0; i < count; i++) {
		if (e[i].what == PAWL_HAPPENED_WORK)
			name_blocker(h, &x, e[i].thread);
		put_event(&x, &e[i]);
	}
	write_out(&x);
}

void pawl_tracer_lost_text_(pawl_host *h, unsigned track, uint64_t lost)
{
	struct text x = { .to = &h->tracer };

	put_head(&x, 'i', track);
	put_fmt(&x, "\"events were lost\",\"s\":\"t\",\"cat\":\"lost\"");
	put_time(&x, "ts", pawl_port_now());
	put_fmt(&x, ",\"args\":{\"events\":%llu}}", (unsigned long long)lost);
	write_out(&x);
}

void pawl_tracer_begin_text_(pawl_host *h)
{
	struct text x = { .to = &h->tracer };
	unsigned i;

	put_fmt(&x, "[\n");
	put_head(&x, 'M', 0);
	put_fmt(&x, "\"process_name\",\"args\":{\"name\":\"pawl\"}}");
	name_thread(&x, 0, "main", 0);
	for (i = 0; i < h->bg.count; i++)
		name_thread(&x, i + 1, "worker %u", i);
	write_out(&x);
}

void pawl_tracer_end_text_(pawl_host *h)
{
	struct text x = { .to = &h->tracer };

	put_fmt(&x, "\n]\n");
	write_out(&x);
}

#endif
