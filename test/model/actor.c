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

/* Variables of which each actor has its own, and what those have in them that do not run. */
#define OWN_MAX 4
static struct own {
	void **variable;
	void *values[MODEL_ACTORS + 1];
} owns[OWN_MAX];
static unsigned own_count;
int model_self = MODEL_MAIN_ACTOR;

static void swap_own(int from, int to)
{
	unsigned i;

	for (i = 0; i < own_count; i++) {
		owns[i].values[from] = *owns[i].variable;
		*owns[i].variable = owns[i].values[to];
	}
}

/* Its own function, so that nothing lives in registers across it. */
__attribute__((noinline)) void model_switch(int to)
{
	struct actor *a = &actors[model_self], *b = &actors[to];

	if (a == b || _setjmp(a->place))
		return;
	a->is_known = true;
	swap_own(model_self, to);
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
	unsigned i = 0;

	while (i < own_count && owns[i].variable != variable)
		i++;
	if (i == OWN_MAX)
		model_fail(__FILE__, __LINE__, "the model has too many such variables");
	own_count += i == own_count;
	owns[i] = (struct own){ .variable = variable };
	*variable = NULL;
}

bool model_is_own(const void *at)
{
	unsigned i;

	for (i = 0; i < own_count; i++)
		if (owns[i].variable == at)
			return true;
	return false;
}

bool model_actor_is_over(int a)
{
	return actors[a].is_over;
}

void model_actors_forget(void)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++)
		actors[a] = (struct actor){ .is_over = true };
}
