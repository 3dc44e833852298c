/* SPDX-License-Identifier: MIT */
/* The pool of stacks when the system refuses: ordinary errors, nothing lost, and it works later. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/co.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>
#include <pawl/stacks.h>

#include "overflow_fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* What is refused, once or for ever; counted only where the pool may ask for it. */
enum call { MMAP, SIGNAL_MMAP, GUARD, PROTECT, ALTSTACK, KEY, PLACE, ATFORK, CALLS };

static struct {
	unsigned asked, refused;
	unsigned left; /* so many are refused */
} calls[CALLS];

enum { ONCE = 1, EVER = 1000000 };

static bool refuses(enum call c)
{
	calls[c].asked++;
	if (calls[c].left == 0)
		return false;
	calls[c].left--;
	calls[c].refused++;
	return true;
}

static size_t largest_mapping = SIZE_MAX;

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	bool is_pool = flags & MAP_NORESERVE;

	if (size > largest_mapping || refuses(is_pool ? MMAP : SIGNAL_MMAP)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(at, size, prot, flags, fd, offset);
}

int __real_madvise(void *at, size_t size, int advice);
int __wrap_madvise(void *at, size_t size, int advice);
static int refused_advice = -1;

int __wrap_madvise(void *at, size_t size, int advice)
{
	if (advice == refused_advice || (advice == MADV_GUARD_INSTALL && refuses(GUARD))) {
		errno = EINVAL;
		return -1;
	}
	return __real_madvise(at, size, advice);
}

int __real_mprotect(void *at, size_t size, int prot);
int __wrap_mprotect(void *at, size_t size, int prot);

int __wrap_mprotect(void *at, size_t size, int prot)
{
	errno = ENOMEM;
	return refuses(PROTECT) ? -1 : __real_mprotect(at, size, prot);
}

int __real_sigaltstack(const stack_t *s, stack_t *before);
int __wrap_sigaltstack(const stack_t *s, stack_t *before);

int __wrap_sigaltstack(const stack_t *s, stack_t *before)
{
	errno = ENOMEM;
	return s && refuses(ALTSTACK) ? -1 : __real_sigaltstack(s, before);
}

int __real_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value));

int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value))
{
	return refuses(KEY) ? EAGAIN : __real_pthread_key_create(key, destroy);
}

int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
	return refuses(PLACE) ? ENOMEM : __real_pthread_setspecific(key, value);
}

int __real_pthread_atfork(void (*a)(void), void (*b)(void), void (*c)(void));
int __wrap_pthread_atfork(void (*a)(void), void (*b)(void), void (*c)(void));

int __wrap_pthread_atfork(void (*a)(void), void (*b)(void), void (*c)(void))
{
	return refuses(ATFORK) ? ENOMEM : __real_pthread_atfork(a, b, c);
}

static pawl_stacks_stats stats(void)
{
	pawl_stacks_stats s;

	pawl_stacks_stats_get(&s);
	return s;
}

static enum overrun by_calls = BY_CALLS;

static int yields(pawl_gen *g)
{
	return pawl_yield(g, g->arg);
}

/* All that there is to a stack: it is had, its end is found, it is given back. */
static void check_works(void)
{
	pawl_gen g;
	void *v = NULL;

	pawl_gen_init(&g, gen_yields_and_overruns, &by_calls);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* What is refused, and what is said then. */
static const struct refusal {
	enum call call;
	bool without_guards;
	const char *says;
} refusals[] = {
	{ MMAP, false, "RLIMIT_AS" },          { PROTECT, true, "vm.max_map_count" },
#if !PAWL_ANNOUNCED_ /* they give each thread a stack for signals */
	{ SIGNAL_MMAP, false, "this thread" }, { ALTSTACK, false, "this thread" },
#endif
	{ KEY, false, "this thread" },         { PLACE, false, "this thread" },
	{ ATFORK, false, "this thread" },
};

static const struct refusal *refuse(long i, unsigned times)
{
	const struct refusal *r = &refusals[i];

	calls[r->call].left = times;
	if (r->without_guards)
		calls[GUARD].left = EVER;
	return r;
}

TEST(generator_says_why_it_has_no_stack)
{
	const struct refusal *r = refuse(param, ONCE);
	char text[300];
	pawl_gen g;
	void *v = NULL;

	pawl_gen_init(&g, yields, &g);
	CHECK_INT(pawl_next(&g, &v), PAWL_ENOMEM);
	CHECK_UINT(calls[r->call].refused, 1);
	pawl_gen_text(&g, text, sizeof text);
	CHECK(strstr(text, "not started") && strstr(text, r->says));
	/* and gets one the next time */
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK(v == &g);
	pawl_gen_text(&g, text, sizeof text);
	CHECK(!strstr(text, r->says));
	CHECK_INT(pawl_gen_fini(&g), 0);
	check_works();
	CHECK_UINT(stats().made, 1);
}

struct runner {
	pawl_task task;
	pawl_co co;
};

static int runs(pawl_co *co)
{
	(void)co;
	return 0;
}

TEST(coroutine_ends_with_an_error)
{
	const struct refusal *r = refuse(param, EVER);
	struct runner s = { 0 };
	char text[300];
	pawl_local l;
	int i, outcome;

	pawl_local_init(&l);
	for (i = 0; i < 20; i++) {
		CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s, runs), 0);
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ENOMEM);
		pawl_co_text(&s.co, text, sizeof text);
		CHECK(strstr(text, r->says));
	}
	calls[r->call].left = 0;
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s, runs), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	check_works();
	CHECK_UINT(stats().made, 1);
	pawl_local_fini(&l);
}

/* Where the kernel has no guards that are no mappings. */
TEST(guards_by_mprotect)
{
	pawl_gen g[40];
	void *v = NULL;
	int i;

	calls[GUARD].left = EVER;
	for (i = 0; i < 40; i++) {
		pawl_gen_init(&g[i], gen_yields_and_overruns, &by_calls);
		CHECK_INT(pawl_next(&g[i], &v), 0);
	}
	CHECK_UINT(calls[PROTECT].asked, 40);
	for (i = 0; i < 40; i++) {
		CHECK_INT(pawl_next(&g[i], &v), PAWL_ESTACK);
		CHECK_INT(pawl_gen_fini(&g[i]), 0);
	}
}

/* At the limit of mappings: those that there are go on, and one that ends is the next one's. */
TEST(no_more_guards)
{
	pawl_gen g[10], h;
	void *v = NULL;
	int i;

	calls[GUARD].left = EVER;
	for (i = 0; i < 10; i++) {
		pawl_gen_init(&g[i], yields, &g[i]);
		CHECK_INT(pawl_next(&g[i], &v), 0);
	}
	calls[PROTECT].left = EVER;
	pawl_gen_init(&h, yields, &h);
	CHECK_INT(pawl_next(&h, &v), PAWL_ENOMEM);
	CHECK_INT(pawl_gen_fini(&g[5]), 0);
	CHECK_INT(pawl_next(&h, &v), 0);
	CHECK(v == &h);
	CHECK_UINT(stats().made, 10);
	CHECK_INT(pawl_gen_fini(&h), 0);
	for (i = 0; i < 10; i++)
		CHECK_INT(pawl_gen_fini(&g[i]), 0);
}

TEST(no_room_for_a_large_mapping)
{
	pawl_stack *s[20];
	const size_t size = (size_t)512 << 10;
	unsigned i;

	largest_mapping = 2 * size;
	for (i = 0; i < KIT_COUNT(s); i++) {
		s[i] = pawl_port_stack_take(size);
		CHECK(s[i]);
	}
	CHECK_UINT(stats().mapped, KIT_COUNT(s) * size);
	for (i = 0; i < KIT_COUNT(s); i++)
		pawl_port_stack_give(s[i]);
	check_works();
}

/* Locked memory, and systems that know none of it. */
TEST(memory_that_cannot_be_given_back)
{
	pawl_stack *s[20];
	unsigned i, round;

	refused_advice = (int)param;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < KIT_COUNT(s); i++) {
			s[i] = pawl_port_stack_take(PAWL_STACK_SIZE);
			CHECK(s[i] && !s[i]->link_ && !s[i]->fiber_ && !s[i]->is_painted_);
			CHECK(pawl_port_stack_at(s[i]->low_) == s[i]);
		}
		for (i = 0; i < KIT_COUNT(s); i++)
			pawl_port_stack_give(s[i]);
		pawl_stacks_trim();
		CHECK_UINT(stats().released, KIT_COUNT(s));
	}
	check_works();
	CHECK_UINT(stats().made, KIT_COUNT(s));
}

/* A thread that nobody can prepare gives what it has to all, and goes on with what others began. */
static void *goes_on(void *arg)
{
	pawl_gen *g = arg;
	void *v = NULL;

	CHECK_INT(pawl_next(g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(g), 0);
	return NULL;
}

TEST(thread_that_is_not_prepared_gives_back)
{
	enum { N = 50 };
	pthread_t t;
	pawl_gen g;
	void *v = NULL;
	int i;

	check_works();
	for (i = 0; i < N; i++) {
		pawl_gen_init(&g, yields, &g);
		CHECK_INT(pawl_next(&g, &v), 0);
		calls[PLACE].left = EVER;
		CHECK_INT(pthread_create(&t, NULL, goes_on, &g), 0);
		pthread_join(t, NULL);
		calls[PLACE].left = 0;
	}
	CHECK_UINT(stats().made, 1);
	check_works();
}

#define ALL(test) \
	CASE_N(test, 0), CASE_N(test, 1), CASE_N(test, 2), CASE_N(test, 3), CASE_N(test, 4)
#if PAWL_ANNOUNCED_
#define REST(test) /* two refusals fewer */
#else
#define REST(test) CASE_N(test, 5), CASE_N(test, 6),
#endif

static const struct kit_case cases[] = {
	ALL(generator_says_why_it_has_no_stack),
	REST(generator_says_why_it_has_no_stack) ALL(coroutine_ends_with_an_error),
	REST(coroutine_ends_with_an_error) CASE(guards_by_mprotect),
	CASE(no_more_guards),
	CASE(no_room_for_a_large_mapping),
	CASE_N(memory_that_cannot_be_given_back, MADV_DONTNEED),
	CASE_N(memory_that_cannot_be_given_back, MADV_NOHUGEPAGE),
	CASE(thread_that_is_not_prepared_gives_back),
};

KIT_MAIN(cases)
