/* SPDX-License-Identifier: MIT */
/* Child processes: what they get and answer, cancels, kills, and that nothing of them is left. */
#define _GNU_SOURCE
#include "io_fs_fix.h"

#include <pawl/process.h>

#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <uv.h>

/* A task that waits for a process, or reads what one says. */
struct child {
	pawl_task task;
	pawl_process *p;
	pawl_stream *from;
	char text[256];
	size_t n, done;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static int waits(pawl_task *t)
{
	struct child *c = PAWL_OF(t, struct child, task);

	c->polls++;
	if (c->after)
		return PAWL_TIMEOUT(t, &c->limit, c->after, pawl_process_wait(t, c->p));
	return pawl_process_wait(t, c->p);
}

static int reads_all(pawl_task *t)
{
	struct child *c = PAWL_OF(t, struct child, task);
	int r;

	while ((r = pawl_stream_read(t, c->from, c->text + c->done, sizeof(c->text) - c->done,
				     &c->n)) == 0) {
		c->done += c->n;
		CHECK(c->done < sizeof(c->text));
	}
	return r == PAWL_ECLOSED ? 0 : r;
}

static void check_says(pawl_host *h, pawl_stream *from, const char *want)
{
	struct child c = { .from = from };

	CHECK_INT(io_run(h, &c.task, reads_all), 0);
	CHECK_STR(c.text, want);
}

static void check_ends(pawl_host *h, pawl_process *p, int exit_code, int number)
{
	struct child c = { .p = p };

	CHECK_INT(io_run(h, &c.task, waits), 0);
	CHECK_INT(p->exit_code, exit_code);
	CHECK_INT(p->signal, number);
}

static int start(pawl_host *h, pawl_process *p, const pawl_process_options *o)
{
	return pawl_process_start(pawl_host_exec(h), p, o);
}

/* A shell with a script. */
static void start_sh(pawl_host *h, pawl_process *p, const char *script, pawl_process_options o)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	o.argv = argv;
	CHECK_INT(start(h, p, &o), 0);
}

/* One that ends when its input does. */
static void start_cat(pawl_host *h, pawl_process *p)
{
	start_sh(h, p, "cat; exit 3", (pawl_process_options){ .in = PAWL_PROCESS_PIPE });
}

/* One that does not end by itself. */
static void start_endless(pawl_host *h, pawl_process *p, pawl_process_options o)
{
	static const char *const argv[] = { "sleep", "1000", NULL };

	o.argv = argv;
	CHECK_INT(start(h, p, &o), 0);
}

/* Goes round until nothing is left of it, not even its number. */
static void until_gone(pawl_host *h, pid_t pid)
{
	while (kill(pid, 0) == 0)
		pawl_poll_once(pawl_host_exec(h));
	CHECK_INT(errno, ESRCH);
}

TEST(end_is_waited_for)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct child c[2] = { { .p = &p }, { .p = &p } };
	unsigned before = fs_descriptors(), i;

	start_cat(h, &p);
	CHECK(pawl_process_pid(&p) > 0);
	for (i = 0; i < 2; i++)
		io_spawn(h, &c[i].task, waits);
	io_settle(h);
	CHECK_STR(pawl_task_wait(&c[0].task), "a process");
	pawl_stream_close(&p.in);
	for (i = 0; i < 2; i++) {
		CHECK_INT(io_end(h, &c[i].task), 0);
		CHECK_UINT(c[i].polls, 2);
	}
	CHECK_INT(p.exit_code, 3);
	CHECK_INT(p.signal, 0);
	CHECK_INT(io_run(h, &c[0].task, waits), 0);
	CHECK_UINT(c[0].polls, 3);
	CHECK_INT(pawl_process_kill(&p, SIGTERM), PAWL_ECLOSED);
	CHECK_INT(waitpid(pawl_process_pid(&p), NULL, WNOHANG), -1);
	pawl_process_close(&p);
	pawl_process_close(&p);
	pawl_process_close(NULL);
	CHECK_INT(io_run(h, &c[0].task, waits), PAWL_ECLOSED);
	CHECK_INT(pawl_process_kill(&p, SIGTERM), PAWL_ECLOSED);
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
	pawl_host_free(h);
}

TEST(ways_to_end)
{
	static const char *const yes[] = { "true", NULL }, *const no[] = { "/bin/false", NULL };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };

	CHECK_INT(start(h, &p, &(pawl_process_options){ .argv = yes }), 0);
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	CHECK_INT(start(h, &p, &(pawl_process_options){ .argv = no }), 0);
	check_ends(h, &p, 1, 0);
	pawl_process_close(&p);
	start_sh(h, &p, "exit 255", (pawl_process_options){ 0 });
	check_ends(h, &p, 255, 0);
	pawl_process_close(&p);
	start_endless(h, &p, (pawl_process_options){ 0 });
	CHECK_INT(pawl_process_kill(&p, 0), 0);
	CHECK_INT(pawl_process_kill(&p, 1000), PAWL_EINVAL);
	CHECK_INT(pawl_process_kill(&p, SIGTERM), 0);
	check_ends(h, &p, -1, SIGTERM);
	pawl_process_close(&p);
	signal(SIGCHLD, SIG_IGN);
	start_cat(h, &p);
	pawl_stream_close(&p.in);
	check_ends(h, &p, -1, 0);
	pawl_process_close(&p);
	pawl_host_free(h);
}

TEST(pipes)
{
	pawl_process_options o = { .in = PAWL_PROCESS_PIPE,
				   .out = PAWL_PROCESS_PIPE,
				   .err = PAWL_PROCESS_PIPE };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };

	start_sh(h, &p, "cat; echo done >&2", o);
	io_send(h, &p.in, "hello");
	io_expect(h, &p.out, "hello");
	io_send(h, &p.in, "world");
	pawl_stream_close(&p.in);
	check_says(h, &p.out, "world");
	check_says(h, &p.err, "done\n");
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	o.err = PAWL_PROCESS_OUT;
	start_sh(h, &p, "echo one; echo two >&2; echo three", o);
	check_ends(h, &p, 0, 0);
	check_says(h, &p.out, "one\ntwo\nthree\n"); /* what it left can still be read */
	pawl_process_close(&p);
	o = (pawl_process_options){ .in = PAWL_PROCESS_NULL,
				    .out = PAWL_PROCESS_PIPE,
				    .err = PAWL_PROCESS_NULL };
	start_sh(h, &p, "cat; echo lost >&2; echo end", o);
	check_says(h, &p.out, "end\n");
	pawl_process_close(&p);
	io_settle(h);
	pawl_host_free(h);
}

/* Descriptors in each other's place: one must not overwrite the other on the way. */
TEST(descriptors_of_ours)
{
	char folder[64];
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	int kept[2] = { dup(1), dup(2) }, file;
	unsigned before = fs_descriptors();

	fs_begin(folder, sizeof(folder));
	file = open("one", O_WRONLY | O_CREAT, 0644);
	dup2(file, 1);
	close(file);
	file = open("two", O_WRONLY | O_CREAT, 0644);
	dup2(file, 2);
	close(file);
	start_sh(h, &p, "echo out; echo err >&2",
		 (pawl_process_options){ .out = PAWL_PROCESS_FD(2), .err = PAWL_PROCESS_FD(1) });
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	start_sh(h, &p, "echo inherited", (pawl_process_options){ .err = PAWL_PROCESS_OUT });
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	dup2(kept[0], 1);
	dup2(kept[1], 2);
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
	close(kept[0]);
	close(kept[1]);
	fs_expect("one", "err\ninherited\n");
	fs_expect("two", "out\n");
	unlink("one");
	unlink("two");
	fs_end(folder);
	pawl_host_free(h);
}

/* Without standard files of our own, its pipes would take their numbers. */
TEST(parent_without_standard_files)
{
	pawl_process_options o = { .in = PAWL_PROCESS_PIPE,
				   .out = PAWL_PROCESS_PIPE,
				   .err = PAWL_PROCESS_PIPE };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	int kept[3], i;

	for (i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		close(i);
	}
	start_sh(h, &p, "cat; echo err >&2", o);
	io_send(h, &p.in, "in");
	pawl_stream_close(&p.in);
	check_says(h, &p.out, "in");
	check_says(h, &p.err, "err\n");
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	for (i = 0; i < 3; i++) {
		dup2(kept[i], i);
		close(kept[i]);
	}
	pawl_host_free(h);
}

/* What is handed on must not lie where something else is put before. */
TEST(parent_without_an_input)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	pawl_stream s = { 0 };
	int kept = fcntl(0, F_DUPFD_CLOEXEC, 3), ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, ends[0]), 0);
	close(0);
	start_sh(h, &p, "cat; echo out",
		 (pawl_process_options){ .in = PAWL_PROCESS_NULL,
					 .out = PAWL_PROCESS_FD(ends[1]) });
	close(ends[1]);
	check_says(h, &s, "out\n");
	check_ends(h, &p, 0, 0);
	pawl_process_close(&p);
	pawl_stream_close(&s);
	dup2(kept, 0);
	close(kept);
	pawl_host_free(h);
}

TEST(environment_and_folder)
{
	static const char *const env[] = { "A=1", NULL };
	char folder[64], want[80];
	pawl_process_options o = { .out = PAWL_PROCESS_PIPE };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };

	setenv("A", "ours", 1);
	setenv("B", "ours", 1);
	start_sh(h, &p, "echo $A $B", o);
	check_says(h, &p.out, "ours ours\n");
	pawl_process_close(&p);
	o.env = env;
	start_sh(h, &p, "echo $A $B", o);
	check_says(h, &p.out, "1\n");
	pawl_process_close(&p);
	fs_begin(folder, sizeof(folder));
	fs_end(folder);
	CHECK_INT(mkdir(folder, 0755), 0);
	o = (pawl_process_options){ .out = PAWL_PROCESS_PIPE, .cwd = folder };
	start_sh(h, &p, "/bin/pwd", o);
	snprintf(want, sizeof(want), "%s\n", folder);
	check_says(h, &p.out, want);
	pawl_process_close(&p);
	rmdir(folder);
	pawl_host_free(h);
}

/* Neither descriptors nor what signals mean here. */
TEST(what_it_does_not_inherit)
{
	pawl_process_options o = { .out = PAWL_PROCESS_PIPE };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	sigset_t set, was;

	CHECK_INT(dup2(1, 77), 77);
	start_sh(h, &p, "test -e /proc/self/fd/77 || echo no; test -e /proc/self/fd/1 && echo yes",
		 o);
	check_says(h, &p.out, "no\nyes\n");
	pawl_process_close(&p);
	close(77);
	signal(SIGINT, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &was);
	start_sh(h, &p, "kill -TERM $$; sleep 1000", (pawl_process_options){ 0 });
	check_ends(h, &p, -1, SIGTERM);
	pawl_process_close(&p);
	start_sh(h, &p, "kill -INT $$; sleep 1000", (pawl_process_options){ 0 });
	check_ends(h, &p, -1, SIGINT);
	pawl_process_close(&p);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pawl_host_free(h);
}

static void check_refused(pawl_host *h, const char *program, pawl_process_options o, int want)
{
	const char *const argv[] = { program, NULL };
	unsigned before = fs_descriptors();
	pawl_process p = { 0 };
	struct child c = { .p = &p };

	o.argv = argv;
	CHECK_INT(start(h, &p, &o), want);
	CHECK_INT(io_run(h, &c.task, waits), PAWL_ECLOSED);
	CHECK_INT(pawl_process_kill(&p, SIGTERM), PAWL_ECLOSED);
	pawl_process_close(&p);
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
}

static void *starts_elsewhere(void *x)
{
	static const char *const argv[] = { "true", NULL };
	pawl_process p = { 0 };

	CHECK_INT(pawl_process_start(x, &p, &(pawl_process_options){ .argv = argv }), PAWL_ENOTSUP);
	return NULL;
}

TEST(what_cannot_be_started)
{
	pawl_process_options none = { 0 }, pipes = { .in = PAWL_PROCESS_PIPE,
						     .out = PAWL_PROCESS_PIPE,
						     .err = PAWL_PROCESS_PIPE };
	char folder[64];
	pawl_host *h = io_begin();
	pthread_t thread;

	fs_begin(folder, sizeof(folder));
	fs_put("text", "no program");
	check_refused(h, "no-such-program", pipes, PAWL_ENOENT);
	check_refused(h, "./none", none, PAWL_ENOENT);
	check_refused(h, "./text", pipes, PAWL_EACCES);
	check_refused(h, "/tmp", none, PAWL_EACCES);
	check_refused(h, "./text/below", none, PAWL_ENOTDIR);
	chmod("text", 0755);
	check_refused(h, "./text", pipes, PAWL_EINVAL);
	check_refused(h, "true", (pawl_process_options){ .cwd = "none" }, PAWL_ENOENT);
	check_refused(h, "true", (pawl_process_options){ .cwd = "text" }, PAWL_ENOTDIR);
	check_refused(h, "true", (pawl_process_options){ .out = PAWL_PROCESS_FD(99) }, PAWL_EINVAL);
	check_refused(h, "true", (pawl_process_options){ .in = PAWL_PROCESS_OUT }, PAWL_EINVAL);
	check_refused(h, "true", (pawl_process_options){ .in = -9 }, PAWL_EINVAL);
	starts_elsewhere(pawl_current_executor());
	pthread_create(&thread, NULL, starts_elsewhere, pawl_host_exec(h));
	pthread_join(thread, NULL);
	unlink("text");
	fs_end(folder);
	pawl_host_free(h);
}

static void on_readable(uv_poll_t *poll, int error, int events)
{
	(void)poll, (void)error, (void)events;
}

/*
 * libuv itself ends the program when it has no memory to watch a descriptor whose number is higher
 * than any before: here it watches a high one first.
 */
static void watch_a_high_one(pawl_host *h)
{
	uv_poll_t poll;
	int ends[2], high;

	CHECK_INT(pipe(ends), 0);
	high = fcntl(ends[0], F_DUPFD, 200);
	CHECK(high >= 200);
	CHECK_INT(uv_poll_init(pawl_host_loop(h), &poll, high), 0);
	CHECK_INT(uv_poll_start(&poll, UV_READABLE, on_readable), 0);
	uv_close((uv_handle_t *)&poll, NULL);
	io_settle(h);
	close(high);
	close(ends[0]);
	close(ends[1]);
}

/* Each descriptor and each piece of memory that a start asks for is refused once. */
TEST(start_that_runs_out)
{
	static const char *const argv[] = { "true", NULL };
	pawl_process_options o = { .argv = argv,
				   .in = PAWL_PROCESS_PIPE,
				   .out = PAWL_PROCESS_PIPE,
				   .err = PAWL_PROCESS_PIPE };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	unsigned before = fs_descriptors(), i;
	struct rlimit was, less;
	int r = PAWL_EMFILE;

	getrlimit(RLIMIT_NOFILE, &was);
	less = was;
	for (i = 0; r == PAWL_EMFILE; i++) {
		less.rlim_cur = before - 1 + i;
		setrlimit(RLIMIT_NOFILE, &less);
		r = start(h, &p, &o);
		setrlimit(RLIMIT_NOFILE, &was);
		io_settle(h);
		if (r != 0)
			CHECK_UINT(fs_descriptors(), before);
	}
	CHECK_INT(r, 0);
	CHECK(i > 5);
	pawl_process_close(&p);
	watch_a_high_one(h);
	r = PAWL_ENOMEM;
	for (i = 1; kit_can_fail_alloc() && r == PAWL_ENOMEM; i++) {
		kit_alloc_fail(i, false);
		r = start(h, &p, &o);
		kit_alloc_fail(0, false);
	}
	CHECK(!kit_can_fail_alloc() || (r == 0 && i > 4));
	pawl_process_close(&p);
	pawl_host_free(h);
}

/* The program runs, and there is no descriptor by which to watch it: it does not stay. */
TEST(start_that_cannot_be_watched)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	pawl_process_options o = { .argv = argv };
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct rlimit was, less;
	int next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &was);
	less = was;
	less.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &less);
	CHECK_INT(start(h, &p, &o), PAWL_EMFILE);
	setrlimit(RLIMIT_NOFILE, &was);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
	pawl_process_close(&p);
	pawl_host_free(h);
}

TEST(cancelled_wait_leaves_it_running)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct child c[2] = { { .p = &p }, { .p = &p } }, late = { .p = &p, .after = 1 };

	start_cat(h, &p);
	io_spawn(h, &c[0].task, waits);
	io_spawn(h, &c[1].task, waits);
	io_settle(h);
	pawl_cancel(&c[0].task);
	CHECK_INT(io_end(h, &c[0].task), PAWL_ECANCELED);
	CHECK_UINT(c[0].polls, 2);
	CHECK_INT(io_run(h, &late.task, waits), PAWL_ETIMEDOUT);
	CHECK_UINT(c[1].polls, 1);
	CHECK_INT(pawl_process_kill(&p, 0), 0);
	pawl_stream_close(&p.in);
	CHECK_INT(io_end(h, &c[1].task), 0);
	CHECK_UINT(c[1].polls, 2);
	c[0].polls = 0;
	io_spawn(h, &c[0].task, waits);
	pawl_cancel(&c[0].task);
	CHECK_INT(io_end(h, &c[0].task), PAWL_ECANCELED); /* also when it has ended */
	CHECK_UINT(c[0].polls, 1);
	check_ends(h, &p, 3, 0);
	pawl_process_close(&p);
	pawl_host_free(h);
}

/* Told of the end and cancelled before it could look: the end is there for the next. */
TEST(cancelled_when_it_was_told)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct child c = { .p = &p };

	start_cat(h, &p);
	io_spawn(h, &c.task, waits);
	io_settle(h);
	pawl_stream_close(&p.in);
	io_until_told(h, &c.task);
	pawl_cancel(&c.task);
	CHECK_INT(io_end(h, &c.task), PAWL_ECANCELED);
	CHECK_UINT(c.polls, 2);
	check_ends(h, &p, 3, 0);
	pawl_process_close(&p);
	pawl_host_free(h);
}

TEST(wait_in_the_background)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct child c = { .p = &p };

	start_cat(h, &p);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &c.task, waits), 0);
	CHECK_INT(io_end(h, &c.task), PAWL_ENOTSUP);
	pawl_process_close(&p);
	pawl_host_free(h); /* waits for it: the kit looks for what is left */
}

TEST(close_kills_and_leaves_no_zombie)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	struct child c = { .p = &p };
	unsigned before = fs_descriptors();
	pid_t pid;

	start_endless(h, &p, (pawl_process_options){ .in = PAWL_PROCESS_PIPE });
	pid = pawl_process_pid(&p);
	io_spawn(h, &c.task, waits);
	io_settle(h);
	pawl_process_close(&p);
	CHECK_INT(io_end(h, &c.task), PAWL_ECLOSED);
	CHECK_UINT(c.polls, 2);
	memset(&p, 0, sizeof(p)); /* nobody knows it any more */
	until_gone(h, pid);
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
	pawl_host_free(h);
}

/* Several are left, and end in another order. */
TEST(many_are_left)
{
	pawl_host *h = io_begin();
	pawl_process p[20] = { 0 };
	unsigned before = fs_descriptors(), i;
	pid_t pids[20];

	for (i = 0; i < PAWL_COUNT(p); i++) {
		start_endless(h, &p[i], (pawl_process_options){ .detached = i % 3 == 0 });
		pids[i] = pawl_process_pid(&p[i]);
	}
	for (i = 0; i < PAWL_COUNT(p); i++)
		pawl_process_close(&p[i]);
	for (i = 0; i < PAWL_COUNT(p); i++)
		if (i % 3 != 0)
			until_gone(h, pids[i]);
	for (i = 0; i < PAWL_COUNT(p); i += 3) {
		CHECK_INT(kill(pids[i], SIGTERM), 0);
		until_gone(h, pids[i]);
	}
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
	pawl_host_free(h);
}

/* The session of a process, the sixth word of its line: the second is a name in brackets. */
static int session_of(pid_t pid)
{
	char path[32], line[256];
	int session = 0, fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	CHECK(n > 0);
	line[n] = '\0';
	CHECK_INT(sscanf(strrchr(line, ')'), ") %*c %*d %*d %d", &session), 1);
	return session;
}

TEST(detached_one_goes_on)
{
	pawl_host *h = io_begin();
	pawl_process p = { 0 };
	pid_t pid;
	int status;

	start_endless(h, &p, (pawl_process_options){ 0 });
	CHECK_INT(session_of(pawl_process_pid(&p)), getsid(0));
	pawl_process_close(&p);
	start_endless(h, &p, (pawl_process_options){ .detached = true });
	pid = pawl_process_pid(&p);
	CHECK_INT(session_of(pid), pid);
	pawl_process_close(&p);
	io_settle(h);
	CHECK_INT(kill(pid, 0), 0);
	pawl_host_free(h); /* does not wait for it */
	CHECK_INT(kill(pid, SIGTERM), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WTERMSIG(status), SIGTERM);
}

/* A shell and its own child hold the other end of a pipe: it ends when both have. */
static void check_group(pawl_host *h, bool by_close)
{
	pawl_process p = { 0 };
	pawl_stream s = { 0 };
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, ends[0]), 0);
	start_sh(h, &p, "sleep 1000 & echo started; wait",
		 (pawl_process_options){ .out = PAWL_PROCESS_FD(ends[1]), .group = true });
	close(ends[1]);
	io_expect(h, &s, "started\n");
	CHECK_INT(getpgid(pawl_process_pid(&p)), pawl_process_pid(&p));
	if (by_close)
		pawl_process_close(&p);
	else
		CHECK_INT(pawl_process_kill(&p, SIGTERM), 0);
	check_says(h, &s, "");
	if (!by_close)
		check_ends(h, &p, -1, SIGTERM);
	pawl_process_close(&p);
	pawl_stream_close(&s);
}

TEST(group_is_killed)
{
	pawl_host *h = io_begin();

	check_group(h, false);
	check_group(h, true);
	pawl_host_free(h);
}

/* Fifty at once: each end is told to the one who waits for it. */
TEST(many_at_once)
{
	static struct child c[50];
	static pawl_process p[50];
	char script[16];
	pawl_host *h = io_begin();
	unsigned before = fs_descriptors(), i;

	for (i = 0; i < PAWL_COUNT(c); i++) {
		snprintf(script, sizeof(script), "exit %u", i);
		c[i].p = &p[i];
		start_sh(h, &p[i], script, (pawl_process_options){ 0 });
		io_spawn(h, &c[i].task, waits);
	}
	for (i = 0; i < PAWL_COUNT(c); i++) {
		CHECK_INT(io_end(h, &c[i].task), 0);
		CHECK_INT(p[i].exit_code, (int)i);
		pawl_process_close(&p[i]);
	}
	io_settle(h);
	CHECK_UINT(fs_descriptors(), before);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(end_is_waited_for),
	CASE(ways_to_end),
	CASE(pipes),
	CASE(descriptors_of_ours),
	CASE(parent_without_standard_files),
	CASE(parent_without_an_input),
	CASE(environment_and_folder),
	CASE(what_it_does_not_inherit),
	CASE(what_cannot_be_started),
	CASE(start_that_runs_out),
	CASE(start_that_cannot_be_watched),
	CASE(cancelled_wait_leaves_it_running),
	CASE(cancelled_when_it_was_told),
	CASE(wait_in_the_background),
	CASE(close_kills_and_leaves_no_zombie),
	CASE(many_are_left),
	CASE(detached_one_goes_on),
	CASE(group_is_killed),
	CASE(many_at_once),
};

KIT_MAIN(cases)
