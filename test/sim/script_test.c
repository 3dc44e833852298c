/* SPDX-License-Identifier: MIT */
/* The simulated shell: what it understands, and the text that the build tool writes for it. */
#include "machine_fix.h"
#include "script_text.h"

#include <stdio.h>
#include <string.h>

struct shell {
	struct fix f;
	pawl_world_process p;
	int log;
};

static void shell_open(struct shell *s, uint64_t seed)
{
	fix_open(&s->f, seed);
	CHECK_INT(pawl_sim_install(s->f.sim, "/bin/sh", pawl_sim_script), 0);
	s->log = fix_create(s->f.w, "/work/log");
}

static void start(struct shell *s, const char *text, const pawl_sandbox *box)
{
	static const char *const argv[] = { "/bin/sh", "/work/run", NULL };
	static const char *const env[] = { "GIVEN=from outside", NULL };

	fix_write(s->f.w, "/work/run", text);
	CHECK_INT(fix_try_start(&s->f, s->f.w, &s->p,
				&(struct fix_command){ .argv = argv,
						       .env = env,
						       .out = s->log,
						       .jobs = true,
						       .sandbox = box }),
		  0);
}

static int run(struct shell *s, const char *text)
{
	start(s, text, fix_sandbox());
	fix_wait(&s->f, &s->p);
	return s->p.exit_code;
}

#define HAS(path, want) CHECK_STR(fix_read(s.f.w, path), want)

/* ---- commands ---- */

TEST(files)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-write a one two   three\n"
			  "sim-write b\n"
			  "sim-copy a c\n"
			  "sim-append a b c\n"
			  "sim-mkdir d/e/f\n"
			  "sim-write d/e/f/g deep; sim-link ../a d/link\n"
			  "sim-need d/link\n"
			  "sim-mkdir gone/in/deep\nsim-write gone/in/x x\nsim-rm gone\nsim-rm b\n"),
		  0);
	HAS("/work/a", "one two three\n");
	HAS("/work/c", "one two three\none two three\n\n");
	HAS("/work/d/e/f/g", "deep\n");
	HAS("/work/d/link", "one two three\n");
	CHECK(!fix_has(s.f.w, "/work/gone") && !fix_has(s.f.w, "/work/b"));
	HAS("/work/log", "");
	fix_close(&s.f);
}

TEST(a_failing_command_ends_it)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "set -e\nsim-write a a\nsim-need b\nsim-write c c\n"), 1);
	CHECK(fix_has(s.f.w, "/work/a") && !fix_has(s.f.w, "/work/c"));
	HAS("/work/log", "/work/run:3: sim-need b: no such file or folder\n");
	fix_close(&s.f);
}

TEST(half_a_file)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-half a 123456789\n"), 1);
	HAS("/work/a", "12345");
	fix_close(&s.f);
}

TEST(ways_to_end)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-exit 3\nsim-write a a\n"), 3);
	CHECK_INT(run(&s, "sim-die 11\nsim-write a a\n"), -1);
	CHECK_INT(s.p.signal, 11);
	CHECK_INT(run(&s, "sim-sleep 250\n"), 0);
	CHECK_INT(s.f.w->ops->now(s.f.w), PAWL_MS(250));
	start(&s, "sim-ignore-term\nsim-write ready\nsim-hang\n", NULL);
	pawl_sim_run(s.f.sim);
	CHECK(fix_has(s.f.w, "/work/ready") && !fix_has(s.f.w, "/work/a"));
	s.f.w->ops->kill(s.f.w, &s.p, PAWL_KILL_ASK);
	pawl_sim_run(s.f.sim);
	s.f.w->ops->kill(s.f.w, &s.p, PAWL_KILL_NOW);
	fix_wait(&s.f, &s.p);
	CHECK_INT(s.p.signal, 9);
	fix_close(&s.f);
}

TEST(a_daemon_is_killed_in_a_sandbox)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-daemon 5 late\n"), 0);
	pawl_sim_advance_time(s.f.sim, PAWL_S(10));
	CHECK(!fix_has(s.f.w, "/work/late"));
	CHECK_INT(run(&s, "sim-daemon 5 late\nsim-sleep 6000\n"), 0);
	HAS("/work/late", "daemon\n");
	fix_close(&s.f);
}

TEST(slots_are_taken_as_make_does)
{
	char flags[64];
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-slot 5\n"), 1); /* there are none */
	CHECK_INT(s.f.w->ops->slots_open(s.f.w, 1, flags, sizeof flags), 0);
	CHECK_INT(run(&s, "sim-slot 5\nsim-slot 5\n"), 0);
	CHECK_INT(s.f.w->ops->now(s.f.w), PAWL_MS(10));
	s.f.w->ops->slots_close(s.f.w);
	fix_close(&s.f);
}

TEST(runs_are_counted_by_program)
{
	pawl_sim_node *other;
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "sim-stamp a\n"), 0);
	HAS("/work/a", "1\n");
	CHECK_INT(run(&s, "sim-stamp a\n"), 0);
	HAS("/work/a", "2\n");
	CHECK_UINT(pawl_sim_script_runs(s.f.node, "/work/run"), 2);
	CHECK_UINT(pawl_sim_script_runs(s.f.node, "/work/other"), 0);
	CHECK_INT(pawl_sim_node_new(s.f.sim, "other", &other), 0);
	CHECK_UINT(pawl_sim_script_runs(other, "/work/run"), 0);
	fix_close(&s.f);
}

/* ---- the language ---- */

TEST(words)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s,
		      "# a comment; sim-exit 9\n"
		      "A=one; B=\"two  $A\" # and one behind\n"
		      "sim-write 1 $A${B} \"$B\" '$B' \\$B x\\\n"
		      "y # no more\n"
		      "sim-write 2 \"a \\\"b\\\" \\$c \\`d\\` \\\\ \\n\" '' \"$NONE\" ${NONE}end\n"
		      "sim-write 3 \"$GIVEN\" a#b\n"
		      "export A=\"more\nlines\"\n"
		      "sim-write 4 \"$A\"\n"
		      "sim-need none\n"),
		  1);
	HAS("/work/1", "onetwo one two  one $B $B xy\n");
	HAS("/work/2", "a \"b\" $c `d` \\ \\n   end\n");
	HAS("/work/3", "from outside a#b\n");
	HAS("/work/4", "more\nlines\n");
	HAS("/work/log", "/work/run:10: sim-need none: no such file or folder\n");
	fix_close(&s.f);
}

TEST(functions_and_folders)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(run(&s, "umask 022\nmkdir -p 'x/y'\ncd 'x'\n"
			  "f() {\n\tsim-write f f\n\tcd y\n\tg\n}\n"
			  "never() {\n\tfor i in a b; do echo $i | cat; done\n}\n"
			  "g() {\n}\n"
			  "f\nsim-write h h\nrm -rf 'z'\nmkdir -p '/work/z'\nrm -rf '/work/z'\n"),
		  0);
	HAS("/work/x/f", "f\n");
	HAS("/work/x/y/h", "h\n");
	CHECK(!fix_has(s.f.w, "/work/z"));
	fix_close(&s.f);
}

TEST(what_is_not_understood_is_said)
{
	static const struct {
		const char *text, *said;
	} bad[] = {
		{ "echo a\n", "/work/run:1: not understood: echo\n" },
		{ "sim-write a\nsim-write b | cat\n",
		  "/work/run:2: not understood: more of the language than there is here\n" },
		{ "sim-write $(date)\n", "/work/run:1: not understood: an expansion\n" },
		{ "sim-write \"`date`\"\n", "/work/run:1: not understood: a command in a word\n" },
		{ "\n\nsim-write 'a\n", "/work/run:3: not understood: a quote without an end\n" },
		{ "sim-copy a\n", "/work/run:1: not understood: sim-copy\n" },
		{ "f() {\n\tf\n}\nf\n", "/work/run:2: not understood: a call: f\n" },
		{ "f() {\n\tf\n", "/work/run:1: not understood: a function without an end\n" },
		{ "A=b sim-write a\n", "/work/run:1: not understood: A=b\n" },
	};
	struct shell s;

	shell_open(&s, 1);
	for (size_t i = 0; i < KIT_COUNT(bad); i++) {
		kit_at("text", (int64_t)i);
		fix_write(s.f.w, "/work/log", "");
		CHECK_INT(s.f.w->ops->close(s.f.w, s.log), 0);
		s.log = fix_create(s.f.w, "/work/log");
		CHECK_INT(run(&s, bad[i].text), 127);
		HAS("/work/log", bad[i].said);
	}
	fix_close(&s.f);
}

TEST(a_script_that_is_not_there)
{
	static const char *const argv[] = { "/bin/sh", "/work/none", NULL };
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(fix_try_start(&s.f, s.f.w, &s.p,
				&(struct fix_command){ .argv = argv, .out = s.log }),
		  0);
	fix_wait(&s.f, &s.p);
	CHECK_INT(s.p.exit_code, 127);
	HAS("/work/log", "/work/none:0: cannot be read: no such file or folder\n");
	fix_close(&s.f);
}

/* A command that is killed in its middle has done a part of its work, on some seeds. */
TEST(kills_come_between_calls)
{
	unsigned parts[3] = { 0 };

	for (uint64_t seed = 1; seed <= 200; seed++) {
		const char *text;
		struct shell s;

		kit_at("seed", (int64_t)seed);
		shell_open(&s, seed);
		start(&s, "sim-write a whole\n", NULL);
		for (unsigned i = pawl_sim_random(s.f.sim, 8); i-- > 0;)
			if (pawl_sim_step(s.f.sim) != 0)
				break;
		s.f.w->ops->kill(s.f.w, &s.p, PAWL_KILL_NOW);
		fix_wait(&s.f, &s.p);
		text = fix_read(s.f.w, "/work/a");
		CHECK(!*text || strcmp(text, "whole\n") == 0);
		parts[!fix_has(s.f.w, "/work/a") ? 0 : *text ? 2 : 1]++;
		fix_close(&s.f);
	}
	CHECK(parts[0] > 0 && parts[2] > 0);
}

/* ---- what the build tool writes ---- */

static int run_task(struct shell *s, const char *recipe, const char *task)
{
	return run(s, script_text(recipe, task));
}

TEST(a_task_of_a_recipe_runs)
{
	struct shell s;

	shell_open(&s, 1);
	CHECK_INT(
		run_task(
			&s,
			"export A = 'a \"b\" $c `d` \\ \\\\ \\n  e '\nV = \"v w\"\n"
			"before() {\n\tsim-write before ${V}\n}\n"
			"after() {\n\tsim-copy ${B}/before after\n}\n"
			"helper() {\n\t# nothing\n}\n"
			"B = \"/work/b\"\n"
			"do_t() {\n\thelper\n\tsim-write out \"$A\" ${V}\n"
			"\tsim-need before\n}\n"
			"do_t[prefuncs] = \"before\"\ndo_t[postfuncs] = \"after\"\n"
			"do_t[dirs] = \"${B}\"\ndo_t[cleandirs] = \"${B}\"\ndo_t[umask] = \"077\"\n"
			"addtask t\n",
			"do_t"),
		0);
	HAS("/work/log", "");
	HAS("/work/b/out", "a \"b\" $c `d` \\ \\\\ \\n  e  v w\n");
	HAS("/work/b/before", "v w\n");
	HAS("/work/b/after", "v w\n");
	CHECK_INT(run_task(&s, "do_t() {\n\tsim-write out\n\tsim-exit 7\n}\naddtask t\n", "do_t"),
		  7);
	CHECK_INT(run_task(&s, "do_t() {\n\tif true; then :; fi\n}\naddtask t\n", "do_t"), 127);
	CHECK_INT(run_task(&s, "do_t() {\n\t:\n}\naddtask t\n", "do_t"), 0);
	fix_close(&s.f);
}

static const struct kit_case cases[] = {
	CASE(files),
	CASE(a_failing_command_ends_it),
	CASE(half_a_file),
	CASE(ways_to_end),
	CASE(a_daemon_is_killed_in_a_sandbox),
	CASE(slots_are_taken_as_make_does),
	CASE(runs_are_counted_by_program),
	CASE(words),
	CASE(functions_and_folders),
	CASE(what_is_not_understood_is_said),
	CASE(a_script_that_is_not_there),
	CASE(kills_come_between_calls),
	CASE(a_task_of_a_recipe_runs),
};

KIT_MAIN(cases)
