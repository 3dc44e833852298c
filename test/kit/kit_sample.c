/* SPDX-License-Identifier: MIT */
/* Cases that go wrong in each way that the kit must notice; kit_test reads what it says. */
#include "kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned live_tasks;
static void *volatile kept;

unsigned pawl_kit_live_tasks(void)
{
	return live_tasks;
}

TEST(good)
{
	void *p = malloc(10);

	kept = realloc(p, 100);
	printf("this is not shown\n");
	free(kept);
	CHECK(1 + 1 == 2);
	CHECK_INT(-3, -3);
	CHECK_UINT(3, 3);
	CHECK_STR("a", "a");
	CHECK_STR(NULL, NULL);
	CHECK_MEM("ab", "ab", 2);
}

TEST(with_param)
{
	CHECK_INT(param, 7);
}

TEST(bad_check)
{
	int x = 2;

	printf("said before\n");
	kit_at("round", 5);
	CHECK(x == 3);
}

TEST(bad_int)
{
	int64_t least = INT64_MIN;

	CHECK_INT(least, 3);
}

TEST(bad_str)
{
	const char *s = "a\n\"b";

	CHECK_STR(s, NULL);
}

TEST(bad_mem)
{
	CHECK_MEM("abc", "abd", 3);
}

TEST(crash)
{
	kit_at("nothing", 0);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

TEST(early_exit)
{
	_exit(0);
}

TEST(status_seven)
{
	_exit(7);
}

TEST(hangs)
{
	for (;;)
		pause();
}

TEST(leaks_fd)
{
	CHECK(open("/dev/null", O_RDONLY) >= 0);
}

TEST(leaks_heap)
{
	kept = malloc(123);
	memset(kept, 1, 123);
	kept = NULL;
}

TEST(leaks_task)
{
	live_tasks = 2;
}

TEST(leaks_child)
{
	if (fork() == 0)
		for (;;)
			pause();
}

TEST(leaks_zombie)
{
	siginfo_t info;

	if (fork() == 0)
		_exit(0);
	waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

TEST(leaks_thread)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, sleeper, NULL) == 0);
	pthread_detach(t);
}

static void *idle(void *arg)
{
	return arg;
}

TEST(joins_thread)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, idle, NULL) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}

static void do_abort(void *arg)
{
	(void)arg;
	abort();
}

static void do_nothing(void *arg)
{
	(void)arg;
}

TEST(aborts_as_wanted)
{
	CHECK_ABORTS(do_abort, NULL);
}

TEST(does_not_abort)
{
	CHECK_ABORTS(do_nothing, NULL);
}

TEST(alloc_fails_as_planned)
{
	void *a, *b, *c;

	if (!kit_can_fail_alloc())
		return;
	kit_alloc_fail(2, false);
	a = malloc(1);
	b = malloc(1);
	c = malloc(1);
	CHECK(a && !b && c);
	CHECK_UINT(kit_alloc_count(), 3);
	kept = a;
	free(kept);
	kept = c;
	free(kept);
	kit_alloc_fail(1, true);
	kept = malloc(1);
	CHECK(!kept);
	kept = calloc(1, 1);
	CHECK(!kept);
}

static const struct kit_case cases[] = {
	CASE(good),
	CASE_N(with_param, 7),
	CASE_N(with_param, 8),
	CASE(bad_check),
	CASE(bad_int),
	CASE(bad_str),
	CASE(bad_mem),
	CASE(crash),
	CASE(early_exit),
	CASE(status_seven),
	CASE(hangs),
	CASE(leaks_fd),
	CASE(leaks_heap),
	CASE(leaks_task),
	CASE(leaks_child),
	CASE(leaks_zombie),
	CASE(leaks_thread),
	CASE(joins_thread),
	CASE(aborts_as_wanted),
	CASE(does_not_abort),
	CASE(alloc_fails_as_planned),
};

KIT_MAIN(cases)
