/* SPDX-License-Identifier: MIT */
/* The test kit on a host: a process per case, time limits, and what may not be left behind. */
#include "kit.h"
#include "kit_host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FD_MAX 4096

/* What parent and child share: the child writes, the parent reads after it ended. */
struct report {
	bool ended; /* the case came to its end, checks for leaks included */
	bool failed;
	char message[2048];
};

static struct report *report;
static int out_fd = STDOUT_FILENO; /* the program's real output, while a case's own is kept apart */
static bool running_one;
static unsigned char fd_open_before[FD_MAX];
static unsigned threads_before; /* one, and those of an emulator */

/*
 * Libraries keep one-time state that is no leak of the case: if they are linked, let them drop it.
 */
int uv_library_shutdown(void) __attribute__((weak));
int sqlite3_shutdown(void) __attribute__((weak));
void OPENSSL_cleanup(void) __attribute__((weak));
void curl_global_cleanup(void) __attribute__((weak));
void __libc_freeres(void) __attribute__((weak));

void kit_port_write(const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(out_fd, text, size);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
}

static void complain(const char *message)
{
	if (report->failed)
		return;
	report->failed = true;
	strncpy(report->message, message, sizeof(report->message) - 1);
}

_Noreturn void kit_port_failed(const char *message)
{
	complain(message);
	if (running_one) {
		fprintf(stderr, "not ok: %s\n", message);
		abort(); /* a debugger stops here */
	}
	_exit(1);
}

bool kit_long(void)
{
	const char *s = getenv("PAWL_LONG");

	return s && *s && strcmp(s, "0") != 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* File descriptors */

static void each_fd(void (*fn)(int fd))
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		int fd = atoi(e->d_name);

		if (e->d_name[0] != '.' && fd != dirfd(d) && fd < FD_MAX)
			fn(fd);
	}
	closedir(d);
}

static void remember_fd(int fd)
{
	fd_open_before[fd] = 1;
}

static void check_fd(int fd)
{
	char path[64], target[512] = "?", message[1024];
	ssize_t n;

	if (fd_open_before[fd])
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 1] = 0;
	snprintf(message, sizeof(message), "left file descriptor %d open: %s", fd, target);
	complain(message);
}

/* Threads, processes, tasks */

/*
 * A thread that was joined may still be listed for a while: the system tells the joiner first. By
 * then it says of the thread that it is ending, in the ninth word of its line: the second is a name
 * in brackets.
 */
static bool is_ending(const char *tid)
{
	char path[64], line[512];
	unsigned flags = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return true; /* it has ended */
	line[n] = 0;
	sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %u", &flags);
	return flags & 4; /* PF_EXITING */
}

static unsigned count_threads(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;

	if (!d)
		return 1;
	while ((e = readdir(d)))
		n += e->d_name[0] != '.' && !is_ending(e->d_name);
	closedir(d);
	return n;
}

/* Nobody joins a detached thread: it may have done all it has to do, and be about to end. */
static void check_threads(void)
{
	int64_t end = now_ms() + 2000;
	char message[64];
	unsigned n;

	while ((n = count_threads()) > threads_before && now_ms() < end)
		sched_yield();
	if (n > threads_before) {
		snprintf(message, sizeof(message), "left %u threads running", n - threads_before);
		complain(message);
	}
}

static void check_children(void)
{
	char message[64];
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid < 0)
		return;
	if (pid)
		snprintf(message, sizeof(message), "left the zombie process %d", (int)pid);
	else
		snprintf(message, sizeof(message), "left a child process running");
	complain(message);
}

static void check_tasks(void)
{
	char message[64];
	unsigned n = pawl_kit_live_tasks ? pawl_kit_live_tasks() : 0;

	if (n) {
		snprintf(message, sizeof(message), "left %u pawl tasks that have not ended", n);
		complain(message);
	}
}

static void shut_libraries_down(void)
{
	if (uv_library_shutdown)
		(void)uv_library_shutdown();
	if (sqlite3_shutdown)
		(void)sqlite3_shutdown();
	if (curl_global_cleanup)
		curl_global_cleanup();
	if (OPENSSL_cleanup)
		OPENSSL_cleanup();
}

static void free_libc(void)
{
	fflush(NULL);
	if (KIT_COUNTS_HEAP && __libc_freeres)
		__libc_freeres();
}

static void check_heap(void)
{
	char message[512];

	if (kit_heap_leaks(message, sizeof(message)))
		complain(message);
}

/* Runs the case here, then looks at what it left behind. */
static void run_watched(const struct kit_case *c)
{
	each_fd(remember_fd);
	threads_before = count_threads();
	kit_heap_watch(true);
	c->fn(c->param);
	kit_alloc_fail(0, false);
	check_tasks();
	check_children();
	shut_libraries_down();
	if (!KIT_HAS_OWN_THREADS)
		check_threads();
	free_libc();
	kit_heap_watch(false);
	check_heap();
	each_fd(check_fd);
	report->ended = true;
}

/* One case in its own process */

static _Noreturn void be_child(const struct kit_case *c, int log_fd, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	dup2(null, STDIN_FILENO);
	dup2(log_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	close(null);
	close(log_fd);
	setvbuf(stdout, NULL, _IONBF, 0); /* what a case said before it died must not get lost */
	run_watched(c);
	if (report->failed)
		_exit(1);
	if (!KIT_COUNTS_HEAP)
		exit(0); /* lets the leak sanitizer look */
	_exit(0);
}

static long timeout_s(void)
{
	const char *s = getenv("KIT_TIMEOUT");
	long n = s ? atol(s) : 0;

	return n > 0 ? n : 60;
}

/* Waits for the child with SIGCHLD blocked; false when its time was over. */
static bool await_child(pid_t pid, int *ret_status)
{
	int64_t end = now_ms() + timeout_s() * 1000;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(pid, ret_status, WNOHANG) == 0) {
		int64_t left = end - now_ms();
		struct timespec t = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0)
			return false;
		sigtimedwait(&set, NULL, &t);
	}
	return true;
}

static void judge(bool in_time, int status)
{
	char message[128] = "";

	if (!in_time)
		snprintf(message, sizeof(message), "took longer than %ld s", timeout_s());
	else if (WIFSIGNALED(status))
		snprintf(message, sizeof(message), "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) && !report->failed)
		snprintf(message, sizeof(message), "ended with exit status %d",
			 WEXITSTATUS(status));
	else if (!report->ended && !report->failed)
		snprintf(message, sizeof(message), "left its process before its end");
	if (*message)
		complain(message);
}

static void show_log(int fd)
{
	char buf[4096];
	bool line_start = true;
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (line_start)
				kit_put("# ");
			kit_port_write(buf + i, 1);
			line_start = buf[i] == '\n';
		}
	if (!line_start)
		kit_put("\n");
}

static void print_result(const struct kit_case *c)
{
	char name[256];

	kit_name(c, name, sizeof(name));
	kit_put(report->failed ? "not ok " : "ok ");
	kit_put(name);
	if (report->failed) {
		kit_put(": ");
		kit_put(report->message);
	}
	kit_put("\n");
}

bool kit_port_run(const struct kit_case *c)
{
	int log_fd = memfd_create("kit", MFD_CLOEXEC);
	int status = 0;
	sigset_t block, old;
	bool in_time;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	pid = fork();
	if (pid == 0)
		be_child(c, log_fd, &old);
	in_time = pid > 0 && await_child(pid, &status);
	if (pid > 0) {
		kill(-pid, SIGKILL);
		if (!in_time)
			waitpid(pid, &status, 0);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	judge(in_time, status);
	print_result(c);
	if (report->failed)
		show_log(log_fd);
	close(log_fd);
	return !report->failed;
}

bool kit_aborts(void (*fn)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* The program's face */

static int list(const struct kit_case *cases, size_t count)
{
	char name[256];

	for (size_t i = 0; i < count; i++) {
		kit_name(&cases[i], name, sizeof(name));
		kit_put(name);
		kit_put("\n");
	}
	return 0;
}

/*
 * In this very process, so that a debugger sees it: no time limit, and its output goes where it
 * goes.
 */
static int run_one(const struct kit_case *cases, size_t count, const char *wanted)
{
	char name[256];

	for (size_t i = 0; i < count; i++) {
		kit_name(&cases[i], name, sizeof(name));
		if (strcmp(name, wanted) != 0)
			continue;
		running_one = true;
		run_watched(&cases[i]);
		print_result(&cases[i]);
		return report->failed;
	}
	fprintf(stderr, "no case is called %s; --list names them\n", wanted);
	return 2;
}

int kit_main(const struct kit_case *cases, size_t count, int argc, char **argv)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (report == MAP_FAILED)
		return 2;
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list(cases, count);
	if (argc == 2)
		return run_one(cases, count, argv[1]);
	if (argc > 2) {
		fprintf(stderr, "usage: %s [--list | NAME]\n", argv[0]);
		return 2;
	}
	return kit_run_plain(cases, count);
}
