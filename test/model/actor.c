/* SPDX-License-Identifier: MIT */
/* The actors' coroutines: made once by ucontext, switched without system calls after. */
#define _GNU_SOURCE
#include "inner.h"

#include <setjmp.h>
#include <ucontext.h>

#define STACK_SIZE (256 * 1024)

struct actor {
	jmp_buf place;
	ucontext_t first;
	void (*fn)(void);
	bool is_known; /* place holds */
	bool is_over;
};

static _Alignas(64) char stacks[MODEL_ACTORS][STACK_SIZE];
static struct actor actors[MODEL_ACTORS + 1];
static void **own, *owns[MODEL_ACTORS + 1];
int model_self = MODEL_MAIN_ACTOR;

/* Its own function, so that nothing lives in registers across it. */
__attribute__((noinline)) void model_switch(int to)
{
	struct actor *a = &actors[model_self], *b = &actors[to];

	if (a == b || _setjmp(a->place))
		return;
	a->is_known = true;
	if (own) {
		owns[model_self] = *own;
		*own = owns[to];
	}
	model_self = to;
	if (b->is_known)
		_longjmp(b->place, 1);
	setcontext(&b->first);
}

static void live(void)
{
	for (;;) {
		struct actor *a = &actors[model_self];

		a->fn();
		a->is_over = true;
		model_actor_over();
	}
}

void model_actor_start(int a, void (*fn)(void))
{
	struct actor *x = &actors[a];

	x->fn = fn;
	x->is_over = false;
	if (x->is_known)
		return;
	if (getcontext(&x->first))
		model_fail(__FILE__, __LINE__, "no context");
	x->first.uc_stack.ss_sp = stacks[a];
	x->first.uc_stack.ss_size = STACK_SIZE;
	x->first.uc_link = NULL;
	makecontext(&x->first, live, 0);
}

void model_per_actor(void **variable)
{
	unsigned a;

	own = variable;
	for (a = 0; a <= MODEL_ACTORS; a++)
		owns[a] = NULL;
}

bool model_is_own(const void *at)
{
	return at == own;
}

bool model_actor_is_over(int a)
{
	return actors[a].is_over;
}
