/* SPDX-License-Identifier: MIT */
/* The small program inside pawl: pid 1 of a sandbox, or the guard. */
#include "host/init.h"

#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <linux/wait.h>

/* It starts once per task, so it does without a libc, which alone would cost 0.3 ms. */
#include <asm/unistd.h>

#if defined(__x86_64__)
static inline long call5(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return r;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call begin\n");
#elif defined(__aarch64__)
static inline long call5(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	b begin\n");
#elif defined(__riscv) && __riscv_xlen == 64
static inline long call5(long nr, long a, long b, long c, long d, long e)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
			 : "memory");
	return a0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	.option push\n"
	"	.option norelax\n"
	"	la gp, __global_pointer$\n"
	"	.option pop\n"
	"	mv a0, sp\n"
	"	tail begin\n");
#else
#error "src/host/init.c needs this machine's system call and entry"
#endif

#define CALL(nr, a, b, c, d, e) call5((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

enum { SIGNALS_SIZE = 8, FAILED_EXIT = 127 };

/*
 * A child that shares this memory may touch nothing of its parent's frame: what it needs is here.
 */
static struct {
	char **argv, **env;
	int error;
} command;

__attribute__((noreturn)) static void leave(int code)
{
	for (;;)
		CALL(__NR_exit_group, code, 0, 0, 0, 0);
}

static void mask(uint64_t signals)
{
	CALL(__NR_rt_sigprocmask, SIG_SETMASK, &signals, 0, SIGNALS_SIZE, 0);
}

static void report(int kind, int value, const struct rusage *ru)
{
	struct pawl_init_report r = { .kind = kind, .value = value };

	if (ru) {
		r.cpu_us = (ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 +
			   ru->ru_utime.tv_usec + ru->ru_stime.tv_usec;
		r.memory = ru->ru_maxrss * 1024;
	}
	CALL(__NR_write, PAWL_FD_STATUS, &r, sizeof r, 0, 0);
}

__attribute__((noreturn, noinline)) static void run_command(void)
{
	CALL(__NR_close, PAWL_FD_STATUS, 0, 0, 0, 0);
	CALL(__NR_close, PAWL_FD_LIFE, 0, 0, 0, 0);
	mask(0);
	command.error = -(int)CALL(__NR_execve, command.argv[0], command.argv, command.env, 0, 0);
	leave(FAILED_EXIT);
}

/* Takes the children that ended; ends with the command. Others are orphans of the sandbox. */
static void reap(long pid)
{
	struct rusage ru;
	int status;
	long got;

	while ((got = CALL(__NR_wait4, -1, &status, WNOHANG, &ru, 0)) > 0) {
		if (got == pid) {
			report(PAWL_INIT_ENDED, status, &ru);
			leave(0);
		}
	}
}

__attribute__((noreturn)) static void watch(long pid, int signals)
{
	struct pollfd on[2] = { { .fd = signals, .events = POLLIN },
				{ .fd = PAWL_FD_LIFE, .events = POLLIN } };
	char text[128];

	for (;;) {
		CALL(__NR_ppoll, on, 2, 0, 0, 0);
		if (on[1].revents)
			leave(FAILED_EXIT); /* pawl is gone, and so is everything here */
		if (on[0].revents)
			CALL(__NR_read, signals, text, sizeof text, 0, 0);
		reap(pid);
	}
}

/*
 * Pid 1: starts the command, takes orphans, and ends (with all that is left) when the command or
 * pawl ends.
 */
__attribute__((noreturn)) static void be_init(char **argv, char **env)
{
	uint64_t child = 1ull << (SIGCHLD - 1);
	int signals = (int)CALL(__NR_signalfd4, -1, &child, SIGNALS_SIZE, 02000000, 0);
	long pid;

	/* or the command could trace this process, and stop it */
	CALL(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	command.argv = argv + 1;
	command.env = env;
	pid = CALL(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		run_command();
	if (pid < 0)
		command.error = (int)-pid;
	if (command.error) {
		report(PAWL_INIT_FAILED, command.error, 0);
		leave(FAILED_EXIT);
	}
	report(PAWL_INIT_STARTED, 0, 0);
	CALL(__NR_close, PAWL_FD_JOBS_READ, 0, 0, 0, 0);
	CALL(__NR_close, PAWL_FD_JOBS_WRITE, 0, 0, 0, 0);
	watch(pid, signals);
}

/* The process groups that live, in no order. */
static pawl_guard_note groups[65536];
static unsigned group_count;

static void guard_forget(pawl_guard_note group)
{
	for (unsigned i = 0; i < group_count; i++) {
		if (groups[i] == group) {
			groups[i] = groups[--group_count];
			return;
		}
	}
}

static void guard_note(pawl_guard_note note)
{
	if (note < 0)
		guard_forget(-note);
	else if (group_count < sizeof groups / sizeof *groups)
		groups[group_count++] = note;
}

/*
 * The guard: hears of process groups; when the pipe ends, pawl is gone, and it kills what is left.
 */
__attribute__((noreturn)) static void be_guard(void)
{
	pawl_guard_note note;

	while (CALL(__NR_read, 0, &note, sizeof note, 0, 0) == sizeof note)
		guard_note(note);
	for (unsigned i = 0; i < group_count; i++)
		CALL(__NR_kill, -groups[i], SIGKILL, 0, 0, 0);
	leave(0);
}

__attribute__((noreturn, used)) static void begin(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);

	if (argc > 0 && argv[0][5] == PAWL_GUARD_NAME[5])
		be_guard();
	if (argc < 2)
		leave(0); /* a trial whether a sandbox can be made */
	be_init(argv, argv + argc + 1);
}
