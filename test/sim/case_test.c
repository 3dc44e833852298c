/* SPDX-License-Identifier: MIT */
/* What a program of seeded tests prints: each test, a seed that failed, how to see it again. */
#define _GNU_SOURCE
#include <kit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char output[4096];

static int sample(const char *before, const char *arguments)
{
	char command[512];
	size_t n;
	FILE *f;
	int status;

	snprintf(command, sizeof command, "%s %s %s", before, SIM_SAMPLE, arguments);
	f = popen(command, "r");
	CHECK(f != NULL);
	n = fread(output, 1, sizeof output - 1, f);
	output[n] = 0;
	status = pclose(f);
	return WEXITSTATUS(status);
}

static bool says(const char *text)
{
	return strstr(output, text) != NULL;
}

TEST(passing_test_tells_its_seeds)
{
	CHECK_INT(sample("env -u PAWL_SEED -u PAWL_SEEDS", "session_keeps_order"), 0);
	CHECK_STR(output, "ok session_keeps_order # seeds 1 to 100, 1 schedules\n"
			  "1 passed, 0 failed\n");
}

TEST(failing_test_tells_its_seed_and_repeats)
{
	char first[sizeof output], command[64];
	const char *seed;

	CHECK_INT(sample("env -u PAWL_SEED -u PAWL_SEEDS", "order_is_assumed"), 1);
	CHECK(says("not ok order_is_assumed: "));
	CHECK(says("text[0] == 'a' (seed "));
	CHECK(says("0 passed, 1 failed\n"));
	strcpy(first, output);
	seed = strstr(first, "PAWL_SEED=");
	CHECK(seed != NULL);
	snprintf(command, sizeof command, "env %.*s", (int)strcspn(seed, ")"), seed);
	CHECK_INT(sample(command, "order_is_assumed"), 1);
	CHECK_STR(output, first);
}

TEST(number_of_seeds_comes_from_outside)
{
	CHECK_INT(sample("env PAWL_SEEDS=7", "session_keeps_order"), 0);
	CHECK(says("seeds 1 to 7,"));
	CHECK_INT(sample("env PAWL_SEED=41", "session_keeps_order"), 0);
	CHECK(says("seeds 41 to 41,"));
}

TEST(parked_tasks_are_named)
{
	CHECK_INT(sample("", "task_is_left"), 1);
	CHECK(says("1 tasks were left: waits_for_nobody ("));
	CHECK(says("sample.c:"));
	CHECK(says("): a wake; #1, never woken since it was spawned at step 0 by the test (seed "
		   "1;"));
}

TEST(tasks_that_no_run_saw_are_counted)
{
	CHECK_INT(sample("", "task_is_left_unseen"), 1);
	CHECK(says("1 tasks were left; end with pawl_sim_run to hear which (seed 1;"));
}

TEST(checks_and_panics_anywhere_fail_the_test)
{
	CHECK_INT(sample("", "check_inside_a_task"), 1);
	CHECK(says("1 + 1 == 3 (seed 1;"));
	CHECK_INT(sample("", "panic_in_the_body"), 1);
	CHECK(says("panic: no reason (seed 1;"));
}

TEST(who_has_what_is_waited_for_is_named)
{
	CHECK_INT(sample("", "owner_waits"), 1);
	CHECK(says(" in line "));
	CHECK(says(": a mutex, which is held by locks ("));
	CHECK(says("joins ("));
	CHECK(says(": the end of a task: locks ("));
	CHECK_INT(sample("", "owner_ended"), 1);
	CHECK(says(": a mutex, which a task holds that has ended;"));
}

/* Or shrinking would try another test than the one that failed. */
TEST(numbers_of_the_test_stay_while_it_shrinks)
{
	CHECK_INT(sample("", "numbers_and_order"), 1);
	CHECK(says("# 1 switch is enough to make it fail"));
}

TEST(poll_that_goes_round_is_ended)
{
	CHECK_INT(sample("", "a_poll_goes_round"), 1);
	CHECK(says("took longer than its .seconds in goes_round ("));
	CHECK(says(", at step 1: does a poll go round and round?"));
	CHECK(says("(seed 1;"));
}

TEST(crash_names_its_task)
{
	CHECK_INT(sample("", "abort_in_a_task"), 1);
	CHECK(says("the process crashed in aborter ("));
	CHECK(says(", at step 1: signal 6"));
	CHECK_INT(sample("", "exit_in_a_task"), 1);
	CHECK(says("the process ended in exiting_aborter ("));
	CHECK(says(", at step 1 with exit code 0"));
}

TEST(check_tells_who_is_left_when_nothing_goes_on)
{
	CHECK_INT(sample("", "all_are_to_end"), 1);
	CHECK(says(": pawl_sim_run(sim) == 0; 1 task is left: waits_for_mail ("));
	CHECK(says("): a notice; #1, never woken"));
	CHECK_INT(sample("", "check_inside_a_task"), 1);
	CHECK(!says("left"));
}

TEST(what_has_no_end_names_who_goes_on)
{
	CHECK_INT(sample("", "goes_on_forever"), 1);
	CHECK(says("no end after 1000000 steps; 1 task is left: yields_forever ("));
	CHECK_INT(sample("", "calls_forever"), 1);
	CHECK(says("no end after 1000000 calls of the world, the last one lock; "));
}

/* Runs in which others wait for one who is late, in a loop, are no shorter ones. */
TEST(late_calls_are_switches)
{
	CHECK_INT(sample("", "calls_are_late"), 1);
	CHECK(says(" enough to make it fail (found in "));
	CHECK(says(": fault: the call is late\n"));
}

TEST(power_cut_tells_its_call_and_what_is_lost)
{
	CHECK_INT(sample("", "a_file_is_kept"), 1);
	CHECK(says("# no switch is needed: it fails when whoever is ready longest is next; "
		   "what happens then:\n"));
	CHECK(says(" caller: work of calls (/"));
	CHECK(says("): call 3 of the world, close /f\n"));
	CHECK(says(" the power is cut\n"));
	CHECK(says(" the power cut has lost the name /f\n"));
}

TEST(list_names_them)
{
	CHECK_INT(sample("", "--list"), 0);
	CHECK(says("session_keeps_order\norder_is_assumed\n"));
}

static const struct kit_case cases[] = {
	CASE(passing_test_tells_its_seeds),
	CASE(failing_test_tells_its_seed_and_repeats),
	CASE(number_of_seeds_comes_from_outside),
	CASE(parked_tasks_are_named),
	CASE(tasks_that_no_run_saw_are_counted),
	CASE(checks_and_panics_anywhere_fail_the_test),
	CASE(who_has_what_is_waited_for_is_named),
	CASE(numbers_of_the_test_stay_while_it_shrinks),
	CASE(poll_that_goes_round_is_ended),
	CASE(crash_names_its_task),
	CASE(check_tells_who_is_left_when_nothing_goes_on),
	CASE(what_has_no_end_names_who_goes_on),
	CASE(late_calls_are_switches),
	CASE(power_cut_tells_its_call_and_what_is_lost),
	CASE(list_names_them),
};

KIT_MAIN(cases)
