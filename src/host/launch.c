/* SPDX-License-Identifier: MIT */
/* The start of a program by a child that borrows its parent's memory. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_SIZE = 32 * 1024, SIGNALS = 64, SIGNALS_SIZE = 8, FAILED_EXIT = 127 };

static const char *const step_words[] = {
	[PAWL_STEP_CLONE] = "new process",
	[PAWL_STEP_FILES] = "standard files",
	[PAWL_STEP_USERS] = "sandbox: user namespace",
	[PAWL_STEP_ID_MAP] = "sandbox: user id map",
	[PAWL_STEP_NETWORK] = "sandbox: own network",
	[PAWL_STEP_NAME] = "sandbox: host name",
	[PAWL_STEP_ROOT] = "sandbox: private root",
	[PAWL_STEP_PROC] = "sandbox: /proc",
	[PAWL_STEP_DEV] = "sandbox: /dev",
	[PAWL_STEP_ETC] = "sandbox: /etc",
	[PAWL_STEP_BIND] = "sandbox: input",
	[PAWL_STEP_PIVOT] = "sandbox: leaving the old root",
	[PAWL_STEP_PLACE] = "sandbox: place for",
	[PAWL_STEP_SEAL] = "sandbox: sealing",
	[PAWL_STEP_RIGHTS] = "sandbox: giving up rights",
	[PAWL_STEP_CWD] = "working folder",
	[PAWL_STEP_EXEC] = "program",
};

bool pawl_launch_fail(struct pawl_launch *l, enum pawl_step step, const char *path)
{
	l->step = step;
	l->error = errno;
	l->path = path;
	return false;
}

void pawl_launch_explain(const struct pawl_launch *l, char *ret_text, size_t size)
{
	assert(l->error);
	snprintf(ret_text, size, "%s%s%s: %s", step_words[l->step], l->path ? " " : "",
		 l->path ? l->path : "", strerrordesc_np(l->error));
}

/*
 * From here on to child(): run in the child, in the memory and with the thread's data of the
 * parent, which stands still. System calls only, and through syscall(): the sanitizers' wrappers
 * around the named ones keep books that are the parent's.
 */

/* Handlers must be gone before a signal can come: they would run in the parent's memory. */
static void reset_signals(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} dfl = { 0 };

	for (int s = 1; s <= SIGNALS; s++)
		if (s != SIGKILL && s != SIGSTOP)
			syscall(SYS_rt_sigaction, s, &dfl, NULL, SIGNALS_SIZE);
}

static bool move_fd(int from, int to)
{
	return syscall(SYS_dup3, from, to, 0) == to;
}

/*
 * What goes to a low number first moves up, so that no step can overwrite what a later one needs.
 */
static bool place_files(struct pawl_launch *l)
{
	int out = l->out, status = l->status;

	if (out >= 0 && out < PAWL_FD_KEPT)
		out = (int)syscall(SYS_fcntl, out, F_DUPFD_CLOEXEC, PAWL_FD_KEPT);
	if (status >= 0 && status < PAWL_FD_KEPT)
		status = (int)syscall(SYS_fcntl, status, F_DUPFD_CLOEXEC, PAWL_FD_KEPT);
	if (out < 0)
		out = l->null;
	if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0 || !move_fd(l->null, 0) ||
	    !move_fd(out, 1) || !move_fd(out, 2))
		return false;
	if (l->jobs[0] >= 0 &&
	    (!move_fd(l->jobs[0], PAWL_FD_JOBS_READ) || !move_fd(l->jobs[1], PAWL_FD_JOBS_WRITE)))
		return false;
	for (int i = 0; i < l->extra_count; i++)
		if (!move_fd(l->extra[i], PAWL_FD_EXTRA + i))
			return false;
	return l->status < 0 || (move_fd(status, PAWL_FD_STATUS) && move_fd(l->life, PAWL_FD_LIFE));
}

/* Before the program can start anything: should pawl die now, the guard must know. */
static void tell_guard(const struct pawl_launch *l)
{
	pawl_guard_note note = (pawl_guard_note)syscall(SYS_getpid);

	if (l->guard >= 0)
		syscall(SYS_sendto, l->guard, &note, sizeof note, MSG_NOSIGNAL, NULL, 0);
}

static bool run_program(struct pawl_launch *l)
{
	uint64_t none = 0;

	if (l->init >= 0) {
		syscall(SYS_execveat, l->init, "", l->argv, l->env, AT_EMPTY_PATH);
	} else {
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, SIGNALS_SIZE);
		syscall(SYS_execve, l->argv[0], l->argv, l->env);
	}
	return pawl_launch_fail(l, PAWL_STEP_EXEC, l->argv[l->init >= 0]);
}

static bool run(struct pawl_launch *l)
{
	reset_signals();
	syscall(SYS_setsid);
	if (l->keyless)
		/* fails where there are none */
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (!l->view)
		tell_guard(l);
	else if (!pawl_sandbox_enter(l))
		return false;
	if (!place_files(l))
		return pawl_launch_fail(l, PAWL_STEP_FILES, NULL);
	if (syscall(SYS_chdir, l->cwd) < 0)
		return pawl_launch_fail(l, PAWL_STEP_CWD, l->cwd);
	return run_program(l);
}

static int child(void *arg)
{
	run(arg);
	return FAILED_EXIT; /* clone makes it the exit code, by the bare system call */
}

/* clone takes the upper end of a stack. */
struct stack {
	_Alignas(64) char room[STACK_SIZE];
};

/* That of a child which may have a child's stack on it. */
struct outer_stack {
	_Alignas(64) char room[3 * STACK_SIZE];
};

static int start_child(struct pawl_launch *l, struct stack *stack, unsigned long flags)
{
	int pidfd = -1;

	l->pid = clone(child, stack + 1,
		       (int)(flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD), l, &pidfd);
	if (l->pid < 0)
		pawl_launch_fail(l, PAWL_STEP_CLONE, NULL);
	else
		l->pidfd = pidfd;
	return 0;
}

/*
 * A process with threads cannot enter a user namespace, so a child does, and makes the real child
 * from there, as its sibling. It shares the open files: the real child's pidfd arrives where it is
 * wanted.
 */
static int start_sandboxed(void *arg)
{
	struct pawl_launch *l = arg;
	struct stack stack;

	if (syscall(SYS_setns, l->users, CLONE_NEWUSER) < 0)
		return pawl_launch_fail(l, PAWL_STEP_USERS, NULL);
	if (l->net >= 0 && syscall(SYS_setns, l->net, CLONE_NEWNET) < 0)
		return pawl_launch_fail(l, PAWL_STEP_NETWORK, NULL);
	return start_child(l, &stack,
			   CLONE_PARENT | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
				   CLONE_NEWCGROUP);
}

bool pawl_launch_borrow(int (*fn)(void *arg), void *arg, unsigned long flags)
{
	struct outer_stack stack;
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(fn, &stack + 1, (int)(flags | CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD),
		    arg);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid > 0;
}

void pawl_launch_run(struct pawl_launch *l)
{
	struct stack stack;
	sigset_t all, before;

	assert(l->argv[0] && l->cwd && !l->error);
	l->pid = l->pidfd = -1;
	if (l->view) {
		if (!pawl_launch_borrow(start_sandboxed, l, 0))
			pawl_launch_fail(l, PAWL_STEP_CLONE, NULL);
		return;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	start_child(l, &stack, 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
