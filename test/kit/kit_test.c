/* SPDX-License-Identifier: MIT */
/* The test of the test kit: what it says about cases that go wrong in each way. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char said[65536];

/* Runs the sample with the arguments; what it said is in `said`, the answer is its exit status. */
static int sample(const char *args)
{
	char command[1024];
	size_t n;
	FILE *f;
	int status;

	snprintf(command, sizeof(command), "ulimit -c 0; KIT_TIMEOUT=5 exec %s %s 2>&1", KIT_SAMPLE,
		 args);
	f = popen(command, "r");
	CHECK(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = 0;
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Some line of what was said starts with this. */
static bool has_line(const char *start)
{
	const char *at = said;

	while (at && strncmp(at, start, strlen(start)) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at != NULL;
}

static bool has(const char *text)
{
	return strstr(said, text) != NULL;
}

static void tells_good_from_bad(void)
{
	CHECK(has_line("ok good\n"));
	CHECK(!has("this is not shown"));
	CHECK(has_line("ok with_param/7\n"));
	CHECK(has_line("not ok with_param/8: "));
	CHECK(has("param is 8, not 7\n"));
	CHECK(has_line("ok joins_thread\n"));
	CHECK(has_line("ok aborts_as_wanted\n"));
	CHECK(has_line("not ok does_not_abort: "));
	CHECK(has_line("ok alloc_fails_as_planned\n"));
	CHECK(has("\n5 passed, 16 failed\n"));
	CHECK_STR(strrchr(said, '5'), "5 passed, 16 failed\n");
}

static void says_where_and_what(void)
{
	CHECK(has_line("not ok bad_check: "));
	CHECK(has("kit_sample.c:"));
	CHECK(has(": at round 5: x == 3\n# said before\n"));
	CHECK(has("least is -9223372036854775808, not 3\n"));
	CHECK(has("s is \"a\\n\\\"b\", not NULL\n"));
	CHECK(has("differs at byte 2: is 99, not 100\n"));
}

static void sees_how_a_case_dies(void)
{
	CHECK(has_line("not ok crash: killed by signal 11 "));
	CHECK(has_line("not ok early_exit: left its process before its end\n"));
	CHECK(has_line("not ok status_seven: ended with exit status 7\n"));
	CHECK(has_line("not ok hangs: took longer than 5 s\n"));
}

static void sees_what_is_left_behind(void)
{
	CHECK(has_line("not ok leaks_fd: left file descriptor "));
	CHECK(has("open: /dev/null\n"));
	CHECK(has_line("not ok leaks_heap: "));
	if (kit_can_fail_alloc())
		CHECK(has("left 1 blocks of heap memory, 123 bytes;"));
	CHECK(has_line("not ok leaks_task: left 2 pawl tasks that have not ended\n"));
	CHECK(has_line("not ok leaks_child: left a child process running\n"));
	CHECK(has_line("not ok leaks_zombie: left the zombie process "));
	CHECK(has_line("not ok leaks_thread: left 1 threads running\n"));
}

TEST(notices_all_that_goes_wrong)
{
	CHECK_INT(sample(""), 1);
	tells_good_from_bad();
	says_where_and_what();
	sees_how_a_case_dies();
	sees_what_is_left_behind();
}

TEST(lists_its_cases)
{
	CHECK_INT(sample("--list"), 0);
	CHECK(has_line("good\nwith_param/7\nwith_param/8\nbad_check\n"));
}

TEST(runs_one_case_alone)
{
	CHECK_INT(sample("good"), 0);
	CHECK(has_line("this is not shown\n"));
	CHECK(has_line("ok good\n"));
	CHECK_INT(sample("bad_int"), 128 + 6);
	CHECK(has_line("not ok: "));
	CHECK_INT(sample("nobody"), 2);
	CHECK(has("--list"));
}

static const struct kit_case cases[] = {
	CASE(notices_all_that_goes_wrong),
	CASE(lists_its_cases),
	CASE(runs_one_case_alone),
};

KIT_MAIN(cases)
