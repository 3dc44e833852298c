/* SPDX-License-Identifier: MIT */
/* Child processes, in each way to start them: what they get and how they end. */
#define _GNU_SOURCE
#include "kit.h"
#include "world_fix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The parameter of most cases. */
enum way { PLAIN, NAMESPACES, BUBBLEWRAP };

/* The sandbox to run in, NULL for none; false when this machine has not got that way. */
static bool choose(struct fix *f, long way, const pawl_sandbox **ret)
{
	static const char *const names[] = { "none", "namespaces", "bubblewrap" };
	char text[200];

	*ret = NULL;
	if (way == PLAIN)
		return true;
	setenv("PAWL_TEST_SANDBOX", names[way], 1);
	*ret = fix_sandbox(f);
	return f->w->ops->sandbox(f->w, text, sizeof text) == 0;
}

#define OPEN(f, s)                    \
	struct fix f;                 \
	const pawl_sandbox *s;        \
	fix_open(&f);                 \
	if (!choose(&f, param, &s)) { \
		fix_close(&f);        \
		return;               \
	}

TEST(exit_code)
{
	pawl_world_process p;

	OPEN(f, s);
	fix_run(&f, &p, &(struct shell){ .script = "exit 42", .sandbox = s });
	CHECK_INT(p.exit_code, 42);
	CHECK_INT(p.signal, 0);
	fix_close(&f);
}

TEST(ends_by_signal)
{
	pawl_world_process p;

	OPEN(f, s);
	fix_run(&f, &p, &(struct shell){ .script = "kill -USR1 $$", .sandbox = s });
	if (param == BUBBLEWRAP) { /* which tells it as shells do */
		CHECK_INT(p.exit_code, 128 + SIGUSR1);
	} else {
		CHECK_INT(p.exit_code, -1);
		CHECK_INT(p.signal, SIGUSR1);
	}
	fix_close(&f);
}

static int open_out(struct fix *f)
{
	int out;

	CHECK_INT(f->w->ops->open(f->w, fix_path(f, "out"), PAWL_OPEN_WRITE | PAWL_OPEN_CREATE,
				  0644, &out),
		  0);
	return out;
}

TEST(output_goes_to_the_file)
{
	pawl_world_process p;
	int out;

	OPEN(f, s);
	out = open_out(&f);
	fix_run(&f, &p,
		&(struct shell){
			.script = "echo one; echo two >&2; cat", .sandbox = s, .out = out });
	CHECK_STR(fix_read(&f, "out"), "one\ntwo\n");
	CHECK_INT(p.exit_code, 0);
	close(out);
	fix_close(&f);
}

TEST(gets_its_folder_and_environment_and_nothing_else)
{
	char want[400];
	pawl_world_process p;
	int out;

	OPEN(f, s);
	setenv("LEAKED", "yes", 1);
	out = open_out(&f);
	fix_run(&f, &p,
		&(struct shell){ .script = "pwd; env | grep -v -e ^PWD= -e ^_= | sort; umask",
				 .sandbox = s,
				 .out = out });
	snprintf(want, sizeof want, "%s\nPATH=/usr/bin:/bin\n0022\n", f.dir);
	CHECK_STR(fix_read(&f, "out"), want);
	close(out);
	fix_close(&f);
}

TEST(inherits_no_descriptor)
{
	pawl_world_process p;
	int out, leak[2];

	OPEN(f, s);
	out = open_out(&f);
	CHECK_INT(pipe(leak), 0); /* without O_CLOEXEC */
	CHECK(dup2(leak[0], 150) == 150);
	fix_run(&f, &p,
		&(struct shell){ .script = "exec ls /proc/self/fd", .sandbox = s, .out = out });
	CHECK_STR(fix_read(&f, "out"), "0\n1\n2\n3\n"); /* 3 is what ls reads */
	close(150);
	close(leak[0]);
	close(leak[1]);
	close(out);
	fix_close(&f);
}

TEST(signals_are_as_in_a_new_program)
{
	sigset_t some;
	pawl_world_process p;

	OPEN(f, s);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &some, NULL);
	fix_run(&f, &p,
		&(struct shell){ .script =
					 "grep -q 'SigIgn:.0000000000000000' /proc/self/status && "
					 "grep -q 'SigBlk:.0000000000000000' /proc/self/status",
				 .sandbox = s });
	CHECK_INT(p.exit_code, 0);
	fix_close(&f);
}

TEST(says_what_is_missing)
{
	static const char *const argv[] = { "/usr/bin/no-such-program", NULL };
	static const char *const env[] = { NULL };
	pawl_command c = { .argv = argv, .env = env, .out = -1 };
	pawl_world_process p;

	OPEN(f, s);
	c.sandbox = s;
	c.cwd = f.dir;
	CHECK_INT(f.w->ops->start(f.w, &p, &c), PAWL_ENOENT);
	CHECK_STR(p.error, "program /usr/bin/no-such-program: No such file or directory");
	c.cwd = "/no/such/folder";
	CHECK_INT(f.w->ops->start(f.w, &p, &c), PAWL_ENOENT);
	CHECK_STR(p.error, "working folder /no/such/folder: No such file or directory");
	fix_close(&f);
}

TEST(says_what_may_not_run)
{
	const char *argv[2] = { NULL };
	static const char *const env[] = { NULL };
	pawl_command c = { .argv = argv, .env = env, .out = -1 };
	char want[200];
	pawl_world_process p;

	OPEN(f, s);
	fix_write(&f, "text", "#!/bin/sh\n");
	c.sandbox = s;
	c.cwd = f.dir;
	argv[0] = fix_path(&f, "text");
	CHECK_INT(f.w->ops->start(f.w, &p, &c), PAWL_EACCES);
	snprintf(want, sizeof want, "program %s/text: Permission denied", f.dir);
	CHECK_STR(p.error, want);
	fix_close(&f);
}

TEST(says_which_input_is_missing)
{
	const pawl_bind binds[] = { { .path = "/usr" }, { .path = "/no/input" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	struct fix f;
	pawl_world_process p;

	fix_open(&f);
	CHECK_INT(fix_try_start(&f, &p, &(struct shell){ .script = ":", .sandbox = &s }),
		  PAWL_ENOENT);
	CHECK_STR(p.error, "sandbox: input /no/input: No such file or directory");
	fix_close(&f);
}

/*
 * Starts a script that says when it is ready, and waits for that. Returns the reading end of its
 * output.
 */
static int start_ready(struct fix *f, pawl_world_process *p, const char *script,
		       const pawl_sandbox *s)
{
	int ends[2];
	char ready;

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	fix_start(f, p, &(struct shell){ .script = script, .sandbox = s, .out = ends[1] });
	close(ends[1]);
	CHECK_INT(read(ends[0], &ready, 1), 1);
	return ends[0];
}

TEST(kill_now_kills_all_of_it)
{
	char rest[64];
	pawl_world_process p;
	int out;

	OPEN(f, s);
	out = start_ready(&f, &p, "trap '' TERM; sleep 1000 & echo; sleep 1000", s);
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	fix_wait(&f, &p);
	CHECK_INT(p.signal, SIGKILL);
	CHECK_INT(fix_drain(out, rest, sizeof rest), 0); /* so the other sleep is gone, too */
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);          /* of what has ended: nothing happens */
	close(out);
	fix_close(&f);
}

TEST(kill_ask_lets_it_clean_up)
{
	char rest[64];
	pawl_world_process p;
	int out;

	OPEN(f, s);
	out = start_ready(&f, &p, "trap 'echo cleaned; exit 7' TERM; echo; sleep 1000 & wait", s);
	f.w->ops->kill(f.w, &p, PAWL_KILL_ASK);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 7);
	fix_drain(out, rest, sizeof rest);
	CHECK_STR(rest, "\ncleaned\n" + 1);
	close(out);
	fix_close(&f);
}

TEST(what_is_left_running_ends_with_it)
{
	char rest[64];
	pawl_world_process p;
	int out;

	OPEN(f, s);
	out = start_ready(&f, &p, "sleep 1000 & echo; exit 0", s);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	fix_drain(out, rest, sizeof rest);
	close(out);
	fix_close(&f);
}

TEST(counts_time_and_memory)
{
	pawl_world_process p;

	OPEN(f, s);
	fix_run(&f, &p,
		&(struct shell){
			.script = "head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null",
			.sandbox = s });
	CHECK_INT(p.exit_code, 0);
	CHECK(p.cpu > 1000000);
	CHECK(p.memory > 80 << 20 && p.memory < (int64_t)1 << 30);
	fix_close(&f);
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

TEST(a_thousand_leave_nothing)
{
	const int times = param == BUBBLEWRAP ? 50 : 1000;
	pawl_world_process p;
	unsigned before;

	OPEN(f, s);
	fix_run(&f, &p, &(struct shell){ .script = ":", .sandbox = s });
	before = open_files();
	for (int i = 0; i < times; i++)
		fix_run(&f, &p, &(struct shell){ .script = ":", .sandbox = s });
	CHECK_UINT(open_files(), before);
	if (param != PLAIN) {
		errno = 0;
		CHECK_INT(waitpid(-1, NULL, WNOHANG), param == NAMESPACES ? -1 : 0);
	}
	fix_close(&f);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1); /* the guard is taken, too */
	CHECK_INT(errno, ECHILD);
}

TEST(many_at_once)
{
	enum { MANY = 40 };
	pawl_world_process p[MANY];
	char script[32];

	OPEN(f, s);
	for (int i = 0; i < MANY; i++) {
		snprintf(script, sizeof script, "exit %d", i);
		fix_start(&f, &p[i], &(struct shell){ .script = script, .sandbox = s });
	}
	for (int i = MANY; i-- > 0;) {
		fix_wait(&f, &p[i]);
		CHECK_INT(p[i].exit_code, i);
	}
	fix_close(&f);
}

struct cancelled {
	pawl_task task;
	struct fix *fix;
	pawl_world_process process;
	bool asked;
	int polls;
};

static int cancelled_poll(pawl_task *t)
{
	struct cancelled *c = PAWL_OF(t, struct cancelled, task);
	const pawl_world_ops *ops = c->fix->w->ops;

	c->polls++;
	if (pawl_cancelled(t) && !c->asked) {
		c->asked = true;
		ops->kill(c->fix->w, &c->process, PAWL_KILL_ASK);
	}
	return ops->wait(c->fix->w, t, &c->process);
}

TEST(a_cancelled_wait_goes_on_to_the_end)
{
	pawl_exec *x;
	int out, outcome = -1;

	OPEN(f, s);
	struct cancelled c = { .fix = &f };

	x = pawl_host_exec(f.host);
	out = start_ready(&f, &c.process, "trap 'exit 3' TERM; echo; sleep 1000 & wait", s);
	CHECK_INT(pawl_spawn_foreground(x, &c.task, cancelled_poll), 0);
	pawl_cancel(&c.task);
	CHECK_INT(pawl_block_on(x, &c.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(c.process.exit_code, 3);
	CHECK(c.asked && c.polls <= 3);
	close(out);
	fix_close(&f);
}

/* In a process of its own: starts commands that never end, says so, and waits to be killed. */
static void be_killed(const struct fix *f, const pawl_sandbox *s, int out, int said)
{
	struct fix own = *f;
	pawl_world_process p[3];

	if (pawl_world_host(NULL, &own.w) < 0)
		_exit(1);
	for (int i = 0; i < 3; i++)
		fix_start(&own, &p[i],
			  &(struct shell){ .script = "trap '' HUP TERM; sleep 1000 & sleep 1000",
					   .sandbox = s,
					   .out = out });
	close(out);
	CHECK_INT(write(said, "", 1), 1);
	for (;;)
		pause();
}

TEST(kill_9_leaves_no_orphan)
{
	int out[2], said[2];
	char text[64];
	pid_t pid;

	OPEN(f, s);
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	CHECK_INT(pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		be_killed(&f, s, out[1], said[1]);
	close(out[1]);
	close(said[1]);
	CHECK_INT(read(said[0], text, 1), 1);
	kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_INT(fix_drain(out[0], text, sizeof text), 0); /* ends when the last of them is gone */
	close(out[0]);
	close(said[0]);
	fix_close(&f);
}

/* Processor time of this thread: what others do meanwhile does not count. */
static int64_t cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return PAWL_S(ts.tv_sec) + ts.tv_nsec;
}

static int64_t fastest_start(struct fix *f, const pawl_sandbox *s)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 10; i++) {
		int64_t took = cpu_now();
		pawl_world_process p;

		fix_start(f, &p, &(struct shell){ .script = ":", .sandbox = s });
		took = cpu_now() - took;
		fix_wait(f, &p);
		best = took < best ? took : best;
	}
	return best;
}

static int64_t fastest_fork(void)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 10; i++) {
		int64_t took = cpu_now();
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		took = cpu_now() - took;
		CHECK_INT(waitpid(pid, NULL, 0), pid);
		best = took < best ? took : best;
	}
	return best;
}

/* Copying the page tables of 512 MB is most of a fork; borrowing them takes nothing. */
TEST(a_large_parent_starts_as_fast)
{
	const size_t size = (size_t)512 << 20;
	int64_t took, copying;
	char *large;

	OPEN(f, s);
	large = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(large != MAP_FAILED);
	madvise(large, size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < size; i += 4096)
		large[i] = 1;
	took = fastest_start(&f, s);
	copying = fastest_fork();
	munmap(large, size);
	CHECK(took < copying / 2);
	fix_close(&f);
}

TEST(the_jobserver_reaches_make)
{
	char flags[64];
	pawl_world_process p;
	int out;

	OPEN(f, s);
	CHECK_INT(f.w->ops->slots_open(f.w, 3, flags, sizeof flags), 0);
	CHECK_STR(flags, "-j --jobserver-auth=20,21");
	out = open_out(&f);
	fix_write(&f, "Makefile", "all: a b\na b:\n\t@echo $@\n");
	fix_run(&f, &p,
		&(struct shell){ .script = "MAKEFLAGS='-j --jobserver-auth=20,21' make 2>&1 | sort",
				 .sandbox = s,
				 .out = out,
				 .jobs = true });
	CHECK_STR(fix_read(&f, "out"), "a\nb\n"); /* and no warning that there is no jobserver */
	f.w->ops->slots_close(f.w);
	close(out);
	fix_close(&f);
}

#define EACH_WAY(id) CASE_N(id, PLAIN), CASE_N(id, NAMESPACES), CASE_N(id, BUBBLEWRAP)

static const struct kit_case cases[] = {
	EACH_WAY(exit_code),
	EACH_WAY(ends_by_signal),
	EACH_WAY(output_goes_to_the_file),
	EACH_WAY(gets_its_folder_and_environment_and_nothing_else),
	EACH_WAY(inherits_no_descriptor),
	EACH_WAY(signals_are_as_in_a_new_program),
	CASE_N(says_what_is_missing, PLAIN),
	CASE_N(says_what_is_missing, NAMESPACES),
	CASE_N(says_what_may_not_run, PLAIN),
	CASE_N(says_what_may_not_run, NAMESPACES),
	CASE(says_which_input_is_missing),
	EACH_WAY(kill_now_kills_all_of_it),
	CASE_N(kill_ask_lets_it_clean_up, PLAIN),
	CASE_N(kill_ask_lets_it_clean_up, NAMESPACES),
	EACH_WAY(what_is_left_running_ends_with_it),
	CASE_N(counts_time_and_memory, PLAIN),
	CASE_N(counts_time_and_memory, NAMESPACES),
	EACH_WAY(a_thousand_leave_nothing),
	EACH_WAY(many_at_once),
	CASE_N(a_cancelled_wait_goes_on_to_the_end, PLAIN),
	CASE_N(a_cancelled_wait_goes_on_to_the_end, NAMESPACES),
	EACH_WAY(kill_9_leaves_no_orphan),
	CASE_N(a_large_parent_starts_as_fast, PLAIN),
	CASE_N(a_large_parent_starts_as_fast, NAMESPACES),
	EACH_WAY(the_jobserver_reaches_make),
};

KIT_MAIN(cases)
