/* SPDX-License-Identifier: MIT */
/* The C library's ucontext, which asks the system for the signal mask with each switch. */
#include "flows.h"

#include <sys/mman.h>
#include <ucontext.h>

enum { GUARD = 4096 };

static ucontext_t flows[FLOWS];
static ucontext_t resumer;

static void yield(int i)
{
	for (;;)
		swapcontext(&flows[i], &resumer);
}

static void nothing(int i)
{
	swapcontext(&flows[i], &resumer);
}

static void make(int i, void *stack, void (*fn)(int i))
{
	getcontext(&flows[i]);
	flows[i].uc_stack.ss_sp = stack;
	flows[i].uc_stack.ss_size = FLOW_STACK;
	makecontext(&flows[i], (void (*)(void))fn, 1, i);
	flow_resume(i);
}

static void flow_start(int i)
{
	static char stacks[FLOWS][FLOW_STACK];

	make(i, stacks[i], yield);
}

static void flow_resume(int i)
{
	swapcontext(&resumer, &flows[i]);
}

/* There is no pool: this is one that costs nothing. */
static void flow_pooled(void)
{
	static char stack[FLOW_STACK];

	make(0, stack, nothing);
}

static void flow_fresh(int i)
{
	char *p = mmap(NULL, GUARD + FLOW_STACK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (p == MAP_FAILED || mprotect(p, GUARD, PROT_NONE) < 0)
		measure_must(false, "mmap");
	make(i, p + GUARD, nothing);
}

static void flow_end(int i)
{
	munmap((char *)flows[i].uc_stack.ss_sp - GUARD, GUARD + FLOW_STACK);
}

/* They were unmapped. */
static void flow_waste(int wave, int count)
{
	(void)wave, (void)count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = { FLOW_ROWS, { 0 } };

	return measure_main(argc, argv, rows);
}
