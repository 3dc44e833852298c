/* SPDX-License-Identifier: MIT */
/* What a program of seeded tests is asked for, by arguments and by its environment. */
#define _GNU_SOURCE
#include <kit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char output[8192];

static int sample(const char *before, const char *arguments)
{
	char command[512];
	size_t n;
	FILE *f;

	snprintf(command, sizeof command, "env -u PAWL_SEED -u PAWL_SEEDS %s %s %s 2>&1", before,
		 SIM_SAMPLE, arguments);
	f = popen(command, "r");
	CHECK(f != NULL);
	n = fread(output, 1, sizeof output - 1, f);
	output[n] = 0;
	return WEXITSTATUS(pclose(f));
}

static bool says(const char *text)
{
	if (!strstr(output, text))
		CHECK_STR(output, text);
	return true;
}

static unsigned count(const char *text)
{
	const char *at = output;
	unsigned n = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	return n;
}

TEST(values_that_are_none_are_refused)
{
	static const struct {
		const char *value, *why;
	} all[] = {
		{ "PAWL_SEEDS=x", "PAWL_SEEDS=x: not a number\n" },
		{ "PAWL_SEEDS=7x", "PAWL_SEEDS=7x: not a number\n" },
		{ "PAWL_SEEDS=-7", "PAWL_SEEDS=-7: not a number\n" },
		{ "PAWL_SEEDS=0", "PAWL_SEEDS=0: not from 1 to 4294967294\n" },
		{ "PAWL_SEEDS=4294967295", "PAWL_SEEDS=4294967295: not from 1 to 4294967294\n" },
		{ "PAWL_SEED=18446744073709551616",
		  "PAWL_SEED=18446744073709551616: not from 0 to 18446744073709551615\n" },
		{ "PAWL_SEED=one", "PAWL_SEED=one: not a number\n" },
		{ "PAWL_SIM_MODE=dfs", "PAWL_SIM_MODE=dfs: not random, pct or exhaustive\n" },
		{ "PAWL_SIM_DEPTH=1000", "PAWL_SIM_DEPTH=1000: not from 0 to 999\n" },
		{ "PAWL_SIM_HERE=1", "PAWL_SIM_HERE=1: with which seed? PAWL_SEED=n says it\n" },
		{ "PAWL_SIM_MODE=pct PAWL_SIM_DEPTH=17",
		  "not ok session_keeps_order: PCT has a depth of at most 16\n" },
	};
	unsigned i;

	for (i = 0; i < KIT_COUNT(all); i++) {
		CHECK_INT(sample(all[i].value, "session_keeps_order"), 2);
		CHECK_STR(output, all[i].why);
	}
}

/* An empty one is one that is not there. */
TEST(empty_values_are_none)
{
	CHECK_INT(sample("PAWL_SEED= PAWL_SEEDS= PAWL_SIM_MODE= PAWL_SIM_DEPTH= PAWL_SIM_TRACE= "
			 "PAWL_SIM_HERE=",
			 "session_keeps_order"),
		  0);
	says("ok session_keeps_order # seeds 1 to 100, 1 schedules\n1 passed, 0 failed\n");
}

TEST(extreme_seeds_are_seeds)
{
	CHECK_INT(sample("PAWL_SEED=0", "session_keeps_order"), 0);
	says("seeds 0 to 0,");
	CHECK_INT(sample("PAWL_SEED=0x10", "session_keeps_order"), 0);
	says("seeds 16 to 16,");
	CHECK_INT(sample("PAWL_SEED=18446744073709551615", "session_keeps_order"), 0);
	says("seeds 18446744073709551615 to 18446744073709551615,");
}

TEST(names_are_those_of_tests)
{
	CHECK_INT(sample("", "session_keeps_order nosuch order_is_assumed"), 2);
	CHECK_STR(output, "nosuch: there is no such test; --list names them\n");
	CHECK_INT(sample("", "--help"), 2);
	CHECK_STR(output, "--help: there is no such test; --list names them\n");
	CHECK_INT(sample("", "session_keeps_order session_keeps_order"), 0);
	CHECK_UINT(count("ok session_keeps_order"), 1);
	says("1 passed, 0 failed\n");
	CHECK_INT(sample("", "task_is_left session_keeps_order abort_in_a_task"), 1);
	says("1 passed, 2 failed\n");
}

/* What is printed is what has to be said to see it again, and gives the same again. */
static void check_again(const char *before, const char *want)
{
	char first[sizeof output], again[200];
	const char *at;

	CHECK_INT(sample(before, "order_is_assumed"), 1);
	says(want);
	strcpy(first, output);
	at = strstr(first, "to see it again: ");
	CHECK(at != NULL);
	at += strlen("to see it again: ");
	snprintf(again, sizeof again, "%.*s", (int)strcspn(at, ")"), at);
	CHECK_INT(sample(again, "order_is_assumed"), 1);
	CHECK_STR(output, first);
}

TEST(failures_are_seen_again_in_all_modes)
{
	check_again("PAWL_SEEDS=50", "again: PAWL_SEED=");
	check_again("PAWL_SIM_MODE=pct", "again: PAWL_SIM_MODE=pct PAWL_SEED=");
	check_again("PAWL_SIM_MODE=pct PAWL_SIM_DEPTH=1",
		    "again: PAWL_SIM_MODE=pct PAWL_SIM_DEPTH=1 PAWL_SEED=");
	check_again("PAWL_SIM_MODE=exhaustive", "again: PAWL_SIM_MODE=exhaustive PAWL_SEED=2)");
	says("# 1 switch is enough to make it fail (found in ");
}

TEST(failures_of_the_plainest_schedule_say_so)
{
	CHECK_INT(sample("", "task_is_left"), 1);
	says("# no switch is needed: it fails when whoever is ready longest is next\n");
}

TEST(exhaustive_says_when_that_is_all)
{
	CHECK_INT(sample("PAWL_SIM_MODE=exhaustive", "session_keeps_order"), 0);
	CHECK_STR(output, "ok session_keeps_order # 1 schedules, which are all\n"
			  "1 passed, 0 failed\n");
	CHECK_INT(sample("", "draws_a_number"), 0);
	CHECK_STR(output,
		  "ok draws_a_number # 1 schedules, which are all with the numbers of seed 1\n"
		  "1 passed, 0 failed\n");
	CHECK_INT(sample("PAWL_SIM_MODE=exhaustive PAWL_SEED=9", "session_keeps_order"), 1);
	says("there is no schedule of that number");
}

TEST(a_seed_can_be_run_here)
{
	CHECK_INT(sample("PAWL_SIM_HERE=1 PAWL_SEED=3", "session_keeps_order"), 0);
	CHECK_STR(output, "ok session_keeps_order (seed 3)\n1 passed, 0 failed\n");
	CHECK_INT(sample("PAWL_SIM_HERE=1 PAWL_SEED=2 PAWL_SIM_MODE=exhaustive",
			 "order_is_assumed"),
		  1);
	says("not ok order_is_assumed: ");
	says("text[0] == 'a' (seed 2)\n");
	CHECK_INT(sample("PAWL_SIM_HERE=1 PAWL_SEED=1 PAWL_SIM_MODE=exhaustive",
			 "order_is_assumed"),
		  0);
}

/* A program that inherited that children are not to be waited for. */
TEST(ignored_children_are_waited_for)
{
	CHECK_INT(sample("sh -c 'trap \"\" CHLD; exec \"$0\" \"$@\"'", "session_keeps_order"), 0);
	says("ok session_keeps_order # seeds 1 to 100, 1 schedules\n");
	CHECK_INT(sample("sh -c 'trap \"\" CHLD; exec \"$0\" \"$@\"'", "abort_in_a_task"), 1);
	says("not ok abort_in_a_task: the process ");
}

static const struct kit_case cases[] = {
	CASE(values_that_are_none_are_refused),
	CASE(empty_values_are_none),
	CASE(extreme_seeds_are_seeds),
	CASE(names_are_those_of_tests),
	CASE(failures_are_seen_again_in_all_modes),
	CASE(failures_of_the_plainest_schedule_say_so),
	CASE(exhaustive_says_when_that_is_all),
	CASE(a_seed_can_be_run_here),
	CASE(ignored_children_are_waited_for),
};

KIT_MAIN(cases)
