/* SPDX-License-Identifier: MIT */
/* Traces: the same for the same seed in any process, as text and as JSON, also of crashes. */
#define _GNU_SOURCE
#include <kit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[8192];

static int sample(const char *before, const char *arguments)
{
	char command[512];
	size_t n;
	FILE *f;

	snprintf(command, sizeof command, "env -u PAWL_SEEDS %s %s %s 2>&1", before, SIM_SAMPLE,
		 arguments);
	f = popen(command, "r");
	CHECK(f != NULL);
	n = fread(output, 1, sizeof output - 1, f);
	output[n] = 0;
	return WEXITSTATUS(pclose(f));
}

/* In a file of the build folder of this process's own. */
static void trace_name(char *buf, size_t size, const char *end)
{
	snprintf(buf, size, PAWL_BUILD_DIR "/sim-trace-%ld%s", (long)getpid(), end);
}

static char *trace(const char *test, unsigned seed, const char *end)
{
	char file[300], before[400], *text = malloc(1 << 20);
	size_t n;
	FILE *f;

	CHECK(text != NULL);
	trace_name(file, sizeof file, end);
	snprintf(before, sizeof before, "PAWL_SEED=%u PAWL_SIM_TRACE=%s", seed, file);
	sample(before, test);
	f = fopen(file, "r");
	CHECK(f != NULL);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = 0;
	fclose(f);
	unlink(file);
	return text;
}

static bool has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fprintf(stderr, "no '%s' in:\n%s", what, text);
	return strstr(text, what);
}

TEST(equal_seeds_give_equal_traces)
{
	static const char *const ends[] = { "", ".json" };
	unsigned i, seed, different = 0;

	for (i = 0; i < 2; i++) {
		char *first = trace("order_is_assumed", 1, ends[i]);

		for (seed = 1; seed <= 6; seed++) {
			char *a = trace("order_is_assumed", seed, ends[i]);
			char *b = trace("order_is_assumed", seed, ends[i]);

			CHECK_STR(a, b);
			different += strcmp(a, first) != 0;
			free(a);
			free(b);
		}
		free(first);
	}
	CHECK(different > 0);
}

/* Who is who, who woke whom, and what fired: each task has its own name. */
TEST(traces_tell_what_happens)
{
	char *text = trace("sleepers_in_turn", 1, "");

	CHECK(has(text, "#1 one_sleeper (") && has(text, ") is spawned by the test\n"));
	CHECK(has(text, "ms  the timer of #1 one_sleeper fires\n"));
	CHECK(has(text, "#1 one_sleeper waits until 0.000005 ms\n"));
	/* The second lives where the first did, and is another one all the same. */
	CHECK(has(text, "#2 other_sleeper ("));
	CHECK(has(text, "#2 other_sleeper ends with 0\n"));
	CHECK(!strstr(text, "is woken by the test"));
	free(text);
}

TEST(json_is_json)
{
	char file[300], before[700];
	static const char *const tests[] = { "order_is_assumed", "sleepers_in_turn", "odd_names" };
	unsigned i;

	trace_name(file, sizeof file, ".json");
	for (i = 0; i < KIT_COUNT(tests); i++) {
		snprintf(before, sizeof before, "PAWL_SEED=1 PAWL_SIM_TRACE=%s", file);
		sample(before, tests[i]);
		snprintf(before, sizeof before,
			 "python3 -c 'import json, sys; d = json.load(open(sys.argv[1], "
			 "encoding=\"utf-8\")); sys.exit(not all(e[\"ph\"] in \"XiM\" for e in "
			 "d[\"traceEvents\"]) or len(d[\"traceEvents\"]) < 5)' %s",
			 file);
		CHECK_INT(system(before), 0);
	}
	unlink(file);
}

TEST(crashes_have_traces)
{
	char *text = trace("abort_in_a_task", 1, "");

	CHECK(has(text, "#1 aborter is polled\n"));
	CHECK(has(output, "the process crashed in aborter ("));
	free(text);
	text = trace("exit_in_a_task", 1, ".json");
	CHECK(has(text, "aborter (") && has(text, "\n]}\n"));
	CHECK(has(output, "the process ended in exiting_aborter ("));
	free(text);
}

TEST(traces_that_cannot_be_written_are_refused)
{
	CHECK_INT(sample("PAWL_SEED=1 PAWL_SIM_TRACE=/nowhere/at/all", "session_keeps_order"), 2);
	CHECK_STR(output, "PAWL_SIM_TRACE=/nowhere/at/all: No such file or directory\n");
	if (access("/dev/full", W_OK) == 0) {
		CHECK_INT(sample("PAWL_SEED=1 PAWL_SIM_TRACE=/dev/full", "session_keeps_order"), 2);
		CHECK_STR(output, "PAWL_SIM_TRACE=/dev/full: No space left on device\n");
	}
	CHECK_INT(sample("PAWL_SIM_TRACE=x", "session_keeps_order"), 2);
	CHECK_STR(output, "PAWL_SIM_TRACE=x: of which seed? PAWL_SEED=n says it\n");
	CHECK_INT(sample("PAWL_SEED=1 PAWL_SIM_TRACE=x", ""), 2);
	CHECK_STR(output, "PAWL_SIM_TRACE=x: of which test? Say its name\n");
}

static const struct kit_case cases[] = {
	CASE(equal_seeds_give_equal_traces),
	CASE(traces_tell_what_happens),
	CASE(json_is_json),
	CASE(crashes_have_traces),
	CASE(traces_that_cannot_be_written_are_refused),
};

KIT_MAIN(cases)
