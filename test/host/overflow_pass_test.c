/* SPDX-License-Identifier: MIT */
/* Faults that are no overflow: they end the program, or are for who handled them before. */
#define _GNU_SOURCE
#include "overflow_fix.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

static enum overrun calls = BY_CALLS;

/* The first stack of the program installs the handler. */
static void have_stacks(void)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, gen_overruns, &calls);
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static void write_to(void *at)
{
	*(volatile char *)at = 1;
}

static char *guard_of(const pawl_gen *g)
{
	return pawl_gen_stack(g)->low_ - 8;
}

static char *nobodys(void)
{
	char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* Pointers into a guard */

TEST(a_pointer_into_the_guard_of_one_that_is_suspended)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, gen_yields_and_overruns, &calls);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK(died_by(fate_of(write_to, guard_of(&g)), SIGSEGV));
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(a_pointer_into_the_guard_of_a_stack_that_is_free)
{
	pawl_gen g;
	char *guard;
	void *v;

	pawl_gen_init(&g, gen_overruns, &calls);
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	guard = guard_of(&g);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK(died_by(fate_of(write_to, guard), SIGSEGV));
}

static int writes(pawl_gen *g)
{
	write_to(g->arg);
	return 0;
}

static pawl_gen lower;

/* The one on top writes, and both are running; its stack is the next below in memory. */
static int asks_one_that_writes(pawl_gen *g)
{
	pawl_gen on_top;
	void *v;

	CHECK_INT(pawl_gen_fini(&lower), PAWL_OK);
	pawl_gen_init(&on_top, writes, pawl_gen_stack(g)->low_ - 4096);
	(void)pawl_next(&on_top, &v);
	_exit(5);
}

static void write_from_on_top(void *arg)
{
	pawl_gen g;
	void *v;

	(void)arg;
	pawl_gen_init(&lower, gen_yields_and_overruns, &calls);
	CHECK_INT(pawl_next(&lower, &v), 0);
	pawl_gen_init(&g, asks_one_that_writes, NULL);
	(void)pawl_next(&g, &v);
	_exit(6);
}

TEST(a_pointer_into_the_guard_of_one_below)
{
	CHECK(died_by(fate_of(write_from_on_top, NULL), SIGSEGV));
}

static void write_with_stacks(void *at)
{
	have_stacks();
	write_to(at);
}

TEST(a_pointer_to_nobodys_memory)
{
	CHECK(died_by(fate_of(write_with_stacks, nobodys()), SIGSEGV));
	CHECK(died_by(fate_of(write_with_stacks, NULL), SIGSEGV));
}

static int writes_in_coroutine(pawl_gen *g)
{
	*(volatile char *)g->arg = 1;
	return 0;
}

static void write_inside(void *at)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, writes_in_coroutine, at);
	_exit(pawl_next(&g, &v) ? 5 : 6);
}

TEST(a_fault_on_a_stack_is_not_its_end)
{
	CHECK(died_by(fate_of(write_inside, nobodys()), SIGSEGV));
}

/* Signals that were sent */

static void send(void *arg)
{
	have_stacks();
	raise(*(int *)arg);
}

TEST(one_that_is_sent_ends_the_program)
{
	int sig = (int)param;

	signal(sig, SIG_DFL);
	CHECK(died_by(fate_of(send, &sig), sig));
}

TEST(one_that_is_ignored_is_ignored_when_it_is_sent)
{
	int sig = (int)param, status;

	signal(sig, SIG_IGN);
	status = fate_of(send, &sig);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* Who handled them before */

static sigjmp_buf back;
static int heard_sig, heard_code;
static void *heard_at;
static bool usr1_was_blocked, was_blocked;
static unsigned heard;

static void look(int sig)
{
	sigset_t now;

	heard++;
	heard_sig = sig;
	sigprocmask(SIG_BLOCK, NULL, &now);
	usr1_was_blocked = sigismember(&now, SIGUSR1);
	was_blocked = sigismember(&now, sig);
}

static void hear_all(int sig, siginfo_t *info, void *context)
{
	look(sig);
	heard_code = info->si_code;
	heard_at = info->si_addr;
	if (context)
		siglongjmp(back, 1);
}

static void hear(int sig)
{
	look(sig);
	siglongjmp(back, 1);
}

static void handle(int sig, int flags)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	if (flags & SA_SIGINFO)
		a.sa_sigaction = hear_all;
	else
		a.sa_handler = hear;
	a.sa_flags = flags;
	sigemptyset(&a.sa_mask);
	sigaddset(&a.sa_mask, SIGUSR1);
	CHECK_INT(sigaction(sig, &a, NULL), 0);
}

static void write_and_come_back(char *at)
{
	if (sigsetjmp(back, 1) == 0)
		write_to(at);
}

TEST(who_handled_it_before_gets_what_is_no_overflow)
{
	char *at = nobodys();
	unsigned i;

	handle(SIGSEGV, (int)param);
	have_stacks();
	CHECK_UINT(heard, 0);
	for (i = 1; i <= 3; i++) {
		write_and_come_back(at);
		CHECK_UINT(heard, i);
		CHECK_INT(heard_sig, SIGSEGV);
		if (param & SA_SIGINFO) {
			CHECK(heard_at == at);
			CHECK_INT(heard_code, SEGV_ACCERR);
		}
#if !PAWL_FIBERS_ /* its runtime calls handlers with a mask of its own */
		CHECK(usr1_was_blocked);
		CHECK_INT(was_blocked, !(param & SA_NODEFER));
#endif
		have_stacks();
	}
	CHECK_UINT(heard, 3);
}

TEST(a_page_behind_the_end_of_a_file)
{
	FILE *f = tmpfile();
	char *at;

	CHECK(f);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
	CHECK(at != MAP_FAILED);
	handle(SIGBUS, SA_SIGINFO);
	have_stacks();
	write_and_come_back(at);
	CHECK_UINT(heard, 1);
	CHECK_INT(heard_sig, SIGBUS);
	CHECK(heard_at == at);
	have_stacks();
	munmap(at, 4096);
	fclose(f);
}

static void hear_once(void *at)
{
	handle(SIGSEGV, (int)SA_RESETHAND);
	have_stacks();
	write_and_come_back(at);
	if (heard != 1)
		_exit(0);
	write_and_come_back(at);
}

TEST(a_handler_that_is_called_but_once)
{
	CHECK(died_by(fate_of(hear_once, nobodys()), SIGSEGV));
}

TEST(a_system_call_is_restarted_as_before)
{
	struct sigaction a;

	handle(SIGSEGV, SA_RESTART | SA_SIGINFO);
	have_stacks();
	CHECK_INT(sigaction(SIGSEGV, NULL, &a), 0);
	CHECK(a.sa_flags & SA_RESTART);
	CHECK(a.sa_flags & SA_ONSTACK);
}

/* A stack for signals that somebody else has set */

static void *others_stack(void *arg)
{
	stack_t mine = { .ss_sp = arg, .ss_size = 65536 }, now;

	CHECK_INT(sigaltstack(&mine, NULL), 0);
	have_stacks();
	CHECK_INT(sigaltstack(NULL, &now), 0);
	CHECK(now.ss_sp == arg);
	return NULL;
}

TEST(a_stack_for_signals_of_the_program_is_kept)
{
	static char memory[65536];

	CHECK(others_stack(memory) == NULL);
}

static const struct kit_case cases[] = {
	CASE(a_pointer_into_the_guard_of_one_that_is_suspended),
	CASE(a_pointer_into_the_guard_of_a_stack_that_is_free),
	CASE(a_pointer_into_the_guard_of_one_below),
	CASE(a_pointer_to_nobodys_memory),
	CASE(a_fault_on_a_stack_is_not_its_end),
	CASE_N(one_that_is_sent_ends_the_program, SIGSEGV),
	CASE_N(one_that_is_sent_ends_the_program, SIGBUS),
	CASE_N(one_that_is_ignored_is_ignored_when_it_is_sent, SIGSEGV),
	CASE_N(one_that_is_ignored_is_ignored_when_it_is_sent, SIGBUS),
	CASE_N(who_handled_it_before_gets_what_is_no_overflow, 0),
	CASE_N(who_handled_it_before_gets_what_is_no_overflow, SA_SIGINFO),
	CASE_N(who_handled_it_before_gets_what_is_no_overflow, SA_SIGINFO | SA_NODEFER),
	CASE_N(who_handled_it_before_gets_what_is_no_overflow, SA_SIGINFO | SA_ONSTACK),
	CASE(a_page_behind_the_end_of_a_file),
	CASE(a_handler_that_is_called_but_once),
	CASE(a_system_call_is_restarted_as_before),
	CASE(a_stack_for_signals_of_the_program_is_kept),
};

KIT_MAIN(cases)
