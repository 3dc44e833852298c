/* SPDX-License-Identifier: MIT */
/* Ways to overrun a stack, for the tests of what happens then. */
#ifndef PAWL_OVERFLOW_FIX_H
#define PAWL_OVERFLOW_FIX_H

#include <kit.h>
#include <pawl/co.h>
#include <pawl/gen.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/stacks.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum overrun { BY_CALLS, BY_FRAME, IN_LIBC, WAYS };

static volatile unsigned never;

/* As deep as it takes; 0: for ever. */
__attribute__((noinline)) static unsigned descend(unsigned n)
{
	volatile char room[48];
	unsigned r;

	room[n % sizeof room] = 1;
	if (n == 1)
		return never;
	r = descend(n ? n - 1 : never);
	return r + (unsigned)room[n % sizeof room];
}

__attribute__((noinline)) static unsigned large_frame(size_t size)
{
	volatile char room[size];

	room[0] = 1;
	room[size - 1] = 1;
	return descend(1) + (unsigned)room[0];
}

/* Calls libc at every depth, so that one of its functions is the one that has no room. */
__attribute__((noinline)) static int call_libc(int n)
{
	char text[64];
	int r = snprintf(text, sizeof text, "%d %.40g %s", n, 1e300 / (n + 1), "text");

	return n < 0 ? r : r + call_libc(n + 1 + (int)never) + text[0];
}

/* Does not return, with a stack of up to 1 MB. */
static void overrun(enum overrun how)
{
	if (how == BY_CALLS)
		descend(0);
	else if (how == BY_FRAME)
		large_frame((size_t)2 << 20);
	else
		call_libc(0);
	CHECK_FAIL("the stack had no end");
}

static int gen_overruns(pawl_gen *g)
{
	overrun(*(enum overrun *)g->arg);
	return 0;
}

KIT_UNUSED static int gen_yields_and_overruns(pawl_gen *g)
{
	int one = 1;

	if (pawl_yield(g, &one) < 0)
		return PAWL_ECANCELED;
	return gen_overruns(g);
}

/* How the process ends when it does that. Sanitizers have an end of their own. */
KIT_UNUSED static int fate_of(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status = 0;

	CHECK(pid >= 0);
	if (pid == 0) {
		fclose(stderr);
		fn(arg);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

KIT_UNUSED static bool died_by(int status, int sig)
{
#if PAWL_ANNOUNCED_
	if (sig == SIGSEGV || sig == SIGBUS)
		return (WIFSIGNALED(status) && WTERMSIG(status) == sig) ||
		       (WIFEXITED(status) && WEXITSTATUS(status) != 0) ||
		       (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

#endif
