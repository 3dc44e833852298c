/* SPDX-License-Identifier: MIT */
/* The trace: strict JSON, as many events as were counted, and a word about those that were lost. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/counters.h>
#include <pawl/pawl.h>
#include <pawl/tracer.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pawl_host *host;
static pawl_exec *x;

/* What was written. */
static char *paper;
static size_t written, room;
static int writes_left = -1; /* then it fails; negative: never */

static int takes(void *arg, const char *text, size_t size)
{
	CHECK(arg == &written);
	CHECK(size > 0);
	if (writes_left == 0)
		return PAWL_EIO;
	writes_left--;
	if (room - written <= size) {
		room = 2 * room + size + 1;
		paper = realloc(paper, room);
		CHECK(paper != NULL);
	}
	memcpy(paper + written, text, size);
	written += size;
	paper[written] = 0;
	return 0;
}

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static int start(uint32_t events_max)
{
	pawl_tracer_options o = { takes, &written, events_max };

	written = 0;
	return pawl_tracer_start(host, &o);
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
	free(paper);
	paper = NULL;
	room = 0;
}

/* JSON as the standard has it, and nothing more. Each answers where it ends. */

static const char *value(const char *s);

static const char *string(const char *s)
{
	CHECK(*s == '"');
	for (s++; *s != '"'; s++) {
		CHECK((unsigned char)*s >= 0x20);
		if (*s != '\\')
			continue;
		s++;
		CHECK(strchr("\"\\/bfnrtu", *s) && *s);
		if (*s == 'u') {
			CHECK(strspn(s + 1, "0123456789abcdefABCDEF") >= 4);
			s += 4;
		}
	}
	return s + 1;
}

static const char *number(const char *s)
{
	const char *digits = s += *s == '-';

	s += strspn(s, "0123456789");
	CHECK(s > digits && (*digits != '0' || s == digits + 1));
	if (*s == '.') {
		CHECK(strspn(s + 1, "0123456789") > 0);
		s += 1 + strspn(s + 1, "0123456789");
	}
	return s;
}

static const char *skip(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

static const char *members(const char *s, char close)
{
	s = skip(s + 1);
	if (*s == close)
		return s + 1;
	for (;; s = skip(s + 1)) {
		if (close == '}') {
			s = skip(string(s));
			CHECK(*s == ':');
			s = skip(s + 1);
		}
		s = skip(value(s));
		if (*s == close)
			return s + 1;
		CHECK(*s == ',');
	}
}

static const char *value(const char *s)
{
	switch (*s) {
	case '{':
		return members(s, '}');
	case '[':
		return members(s, ']');
	case '"':
		return string(s);
	default:
		return number(s);
	}
}

static void check_paper(void)
{
	CHECK(*paper == '[');
	CHECK_STR(skip(value(paper)), "");
}

/* Events are lines. How many have all of this in them? */
static unsigned count2(const char *a, const char *b)
{
	unsigned n = 0;
	char *copy = strdup(paper), *rest = copy, *line;

	CHECK(copy != NULL);
	while ((line = strsep(&rest, "\n")))
		n += strstr(line, a) && strstr(line, b);
	free(copy);
	return n;
}

static unsigned count(const char *a)
{
	return count2(a, "");
}

struct yielder {
	pawl_task task;
	unsigned left;
};

static int gives_way(pawl_task *t)
{
	struct yielder *y = PAWL_OF(t, struct yielder, task);

	PAWL_BEGIN(t);
	for (; y->left; y->left--)
		PAWL_YIELD(t);
	PAWL_END(t);
}

enum { YIELDERS = 40 };

static void run_yielders(unsigned yields, bool half_foreground)
{
	struct yielder y[YIELDERS] = { 0 };

	for (unsigned i = 0; i < YIELDERS; i++) {
		pawl_spawn_options o = { .foreground = half_foreground && i % 2 };

		y[i].left = yields;
		CHECK_INT(pawl_spawn_with(x, &y[i].task, gives_way, &o), 0);
	}
	for (unsigned i = 0; i < YIELDERS; i++)
		CHECK_INT(pawl_block_on(x, &y[i].task, NULL), 0);
}

TEST(as_many_polls_as_were_counted)
{
	unsigned workers = (unsigned)param;
	pawl_thread_counters c;
	pawl_counters all;
	uint64_t lost = 1;
	char tid[32];

	begin(workers);
	CHECK_INT(start(0), 0);
	run_yielders(9, true);
	CHECK_INT(pawl_tracer_stop(host, &lost), 0);
	CHECK_UINT(lost, 0);
	check_paper();
	CHECK_UINT(count("\"cat\":\"poll\""), YIELDERS * 10);
	CHECK_UINT(count("\"result\":\"pending\""), YIELDERS * 9);
	CHECK_UINT(count("\"result\":\"done\""), YIELDERS);
	CHECK_UINT(count("\"waits_for\":\"ready\""), YIELDERS * 9);
	pawl_counters_host(host, &all);
	CHECK_UINT(count2("\"tid\":1,\"name\":\"gives_way\"", "tracer_test.c:"), all.main.polls);
	for (unsigned i = 0; i < workers; i++) {
		pawl_counters_worker(host, i, &c);
		snprintf(tid, sizeof tid, "\"tid\":%u,\"name\":", i + 2);
		CHECK_UINT(count2(tid, "\"cat\":\"poll\""), c.polls);
		CHECK_UINT(count2(tid, "\"cat\":\"steal\""), c.steals);
		CHECK_UINT(count2(tid, "\"thread_name\""), 1);
	}
	end();
}

static int fails(pawl_task *t)
{
	(void)t;
	return PAWL_EIO;
}

static int panics(pawl_task *t)
{
	(void)t;
	pawl_panic("enough");
}

static int sleeps(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(10)));
	PAWL_END(t);
}

struct job {
	pawl_task task;
	pawl_work work;
};

static void works(pawl_work *w)
{
	(void)w;
}

static void breaks(pawl_work *w)
{
	(void)w;
	pawl_panic("broken");
}

static int awaits_it(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct job, task)->work);
}

static int outcome_of(pawl_task *t, pawl_poll_fn *poll, const char *name, bool is_foreground)
{
	pawl_spawn_options o = { .label = name, .foreground = is_foreground };
	int outcome = 1;

	CHECK_INT(pawl_spawn_with(x, t, poll, &o), 0);
	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	return outcome;
}

TEST(how_it_ended)
{
	struct job good = { .work.fn = works }, bad = { .work.fn = breaks };
	pawl_task t[3] = { 0 };
	char error[40];

	begin(1);
	CHECK_INT(start(0), 0);
	CHECK_INT(outcome_of(&t[0], fails, "fails", param), PAWL_EIO);
	CHECK_INT(outcome_of(&t[1], panics, "panics", param), PAWL_EPANIC);
	CHECK_INT(outcome_of(&t[2], sleeps, "sleeps", param), 0);
	CHECK_INT(outcome_of(&good.task, awaits_it, "awaits_it", param), 0);
	CHECK_INT(outcome_of(&bad.task, awaits_it, "awaits_it", param), PAWL_EPANIC);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	snprintf(error, sizeof error, "\"result\":\"failed\",\"error\":%d}", PAWL_EIO);
	CHECK_UINT(count2("\"name\":\"fails\"", error), 1);
	snprintf(error, sizeof error, "\"result\":\"failed\",\"error\":%d}", PAWL_EPANIC);
	CHECK_UINT(count2("\"name\":\"panics\"", error), 1);
	CHECK_UINT(count2("\"name\":\"sleeps\"", "\"waits_for\":\"a timer\""), 1);
	CHECK_UINT(count2("\"name\":\"sleeps\"", "\"result\":\"done\""), 1);
	CHECK_UINT(count2("\"name\":\"awaits_it\"", "\"waits_for\":\"blocking work\""), 2);
	CHECK_UINT(count2("\"cat\":\"blocking\"", "\"name\":\"awaits_it\""), 2);
	CHECK_UINT(count2("\"cat\":\"blocking\"", error), 1);
	CHECK_UINT(count("\"name\":\"blocking 0\""), 1);
	end();
}

static uint64_t parks(void)
{
	pawl_thread_counters c;

	pawl_counters_worker(host, 0, &c);
	return c.parks;
}

/* Of three that were counted since, the second began and ended while the trace was on. */
TEST(sleeping_workers)
{
	uint64_t before, since;
	unsigned n;

	begin(1);
	before = parks();
	CHECK_INT(start(0), 0);
	since = parks();
	while (parks() < since + 3)
		CHECK_INT(outcome_of(&(pawl_task){ 0 }, sleeps, "sleeps", false), 0);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	n = count2("\"name\":\"parked\",\"cat\":\"park\"", "\"tid\":2,");
	CHECK(n >= 1 && n <= parks() - before);
	end();
}

TEST(names_that_have_to_be_escaped)
{
	static const char *const said[][2] = {
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "a\nb\x7f", "\"a\\u000ab\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xf0\x9f\x90\x95", "\"\xf0\x9f\x90\x95\"" },
		{ "\xff"
		  "a\xc3",
		  "\"\\ufffda\\ufffd\"" },
		{ "\xc0\xaf\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};
	char name[80];

	begin(1);
	CHECK_INT(start(0), 0);
	for (unsigned i = 0; i < KIT_COUNT(said); i++) {
		pawl_spawn_options o = { .label = said[i][0] };
		pawl_task t = { 0 };

		CHECK_INT(pawl_spawn_with(x, &t, fails, &o), 0);
		CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	}
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	for (unsigned i = 0; i < KIT_COUNT(said); i++) {
		snprintf(name, sizeof name, "\"name\":%s,", said[i][1]);
		CHECK_UINT(count(name), 1);
	}
	end();
}

/* The newest are kept, and how many are missing is said where they are missing. */
TEST(lost_events)
{
	uint64_t lost = 0;
	char said[60];

	begin(1);
	CHECK_INT(start(8), 0);
	run_yielders(1, false);
	CHECK_INT(outcome_of(&(pawl_task){ 0 }, fails, "fails", false), PAWL_EIO);
	CHECK_INT(pawl_tracer_flush(host, &lost), 0);
	CHECK(lost >= 2 * YIELDERS + 1 - 8);
	CHECK(count("\"tid\":2,") - 2 <= 8);
	CHECK_UINT(count("\"name\":\"fails\""), 1);
	snprintf(said, sizeof said, "\"args\":{\"events\":%llu}", (unsigned long long)lost);
	CHECK_UINT(count2("\"name\":\"events were lost\"", said), 1);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	end();
}

TEST(flushes_go_on_with_the_text)
{
	uint64_t lost = 0;
	size_t before;

	begin(1);
	CHECK_INT(pawl_tracer_flush(host, &lost), 0);
	CHECK_INT(pawl_tracer_stop(host, &lost), 0);
	CHECK_INT(start(YIELDERS * 64), 0);
	for (int i = 0; i < 10; i++) {
		before = written;
		run_yielders(4, false);
		CHECK_UINT(written, before);
		CHECK_INT(pawl_tracer_flush(host, &lost), 0);
		CHECK(written > before);
	}
	CHECK_UINT(lost, 0);
	CHECK_INT(start(0), PAWL_EBUSY);
	written = before = strlen(paper);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	CHECK_UINT(count("\"cat\":\"poll\""), 10 * YIELDERS * 5);

	/* Once it was stopped, nothing more is kept or written; the next begins anew. */
	before = written;
	run_yielders(1, true);
	CHECK_INT(pawl_tracer_flush(host, NULL), 0);
	CHECK_UINT(written, before);
	CHECK_INT(start(0), 0);
	run_yielders(0, true);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	CHECK_UINT(count("\"cat\":\"poll\""), YIELDERS);
	end();
}

TEST(the_end_of_the_host_is_the_end_of_the_trace)
{
	begin(2);
	CHECK_INT(start(0), 0);
	run_yielders(3, true);
	pawl_host_free(host);
	check_paper();
	CHECK_UINT(count("\"cat\":\"poll\""), YIELDERS * 4);
	free(paper);
}

TEST(a_write_that_fails)
{
	size_t before;

	begin(1);
	writes_left = 0;
	CHECK_INT(start(0), PAWL_EIO);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	writes_left = 1;
	CHECK_INT(start(0), 0);
	run_yielders(1, false);
	before = written;
	CHECK_INT(pawl_tracer_flush(host, NULL), PAWL_EIO);
	writes_left = -1;
	CHECK_INT(pawl_tracer_flush(host, NULL), PAWL_EIO);
	CHECK_INT(pawl_tracer_stop(host, NULL), PAWL_EIO);
	CHECK_UINT(written, before);
	CHECK_INT(start(0), 0);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	check_paper();
	end();
}

TEST(without_memory)
{
	unsigned long n, count_all;

	if (!kit_can_fail_alloc())
		return;
	begin(2);
	kit_alloc_fail(0, false);
	CHECK_INT(start(0), 0);
	count_all = kit_alloc_count();
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	for (n = 1; n < count_all; n++) {
		kit_alloc_fail(n, false);
		CHECK_INT(start(0), n <= 5 ? PAWL_ENOMEM : 0);
		kit_alloc_fail(0, false);
		CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	}
	end();
}

/* Begins and ends while tasks are polled, yield, block and are stolen. */
static uint32_t is_over;

static int goes_on(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	PAWL_BEGIN(t);
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
		PAWL_YIELD(t);
		PAWL_AWAIT(t, pawl_blocking(t, &j->work));
		PAWL_AWAIT(t, pawl_sleep(t, 1));
	}
	PAWL_END(t);
}

TEST(at_any_moment)
{
	struct job j[16] = { 0 };
	int rounds = kit_long() ? 2000 : 50;

	begin(4);
	for (unsigned i = 0; i < 16; i++) {
		pawl_spawn_options o = { .foreground = i % 4 == 0 };

		j[i].work.fn = works;
		CHECK_INT(pawl_spawn_with(x, &j[i].task, goes_on, &o), 0);
	}
	for (int i = 0; i < rounds; i++) {
		CHECK_INT(start(16), 0);
		for (int k = 0; k < 20; k++)
			pawl_poll_once(x);
		if (i % 2)
			CHECK_INT(pawl_tracer_flush(host, NULL), 0);
		CHECK_INT(pawl_tracer_stop(host, NULL), 0);
		check_paper();
	}
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 16; i++)
		CHECK_INT(pawl_block_on(x, &j[i].task, NULL), 0);
	end();
}

static const struct kit_case cases[] = {
	CASE_N(as_many_polls_as_were_counted, 1),
	CASE_N(as_many_polls_as_were_counted, 3),
	CASE_N(how_it_ended, 0),
	CASE_N(how_it_ended, 1),
	CASE(sleeping_workers),
	CASE(names_that_have_to_be_escaped),
	CASE(lost_events),
	CASE(flushes_go_on_with_the_text),
	CASE(the_end_of_the_host_is_the_end_of_the_trace),
	CASE(a_write_that_fails),
	CASE(without_memory),
	CASE(at_any_moment),
};

KIT_MAIN(cases)
