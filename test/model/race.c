/* SPDX-License-Identifier: MIT */
/* What each actor knows of the others; atomic accesses are steps, plain ones must be in order. */
#include "inner.h"
#include "redirect.h"

#include <stdio.h>
#include <string.h>

#define CELLS_MAX 8192 /* a power of two */

/* Eight bytes of memory: when each actor touched them last, by the actor's own clock. */
struct cell {
	uintptr_t at;
	uint32_t run;
	uint8_t wrote_by[8];
	uint32_t wrote[8];
	model_clock read[8];
	model_clock atomic_wrote[2], atomic_read[2]; /* each half */
	struct view given[2];                        /* what a store released with the value */
};

static struct cell cells[CELLS_MAX];
static uint32_t run;
struct mind model_minds[MODEL_ACTORS + 1];
struct seen model_seen[MODEL_ACTORS + 1];

void model_race_begin(void)
{
	int a;

	run++;
	memset(model_minds, 0, sizeof model_minds);
	for (a = 0; a < MODEL_ACTORS; a++)
		model_minds[a].now.known[a] = model_minds[a].now.seen[a] = 1;
	model_weak_begin();
}

static bool is_watched(void)
{
	return model_self != MODEL_MAIN_ACTOR && model_is_running();
}

static struct view *here(void)
{
	return &model_minds[model_self].now;
}

static struct cell *cell_at(uintptr_t word)
{
	size_t i = (word ^ word >> 11) & (CELLS_MAX - 1);
	size_t n;

	for (n = 0; n < CELLS_MAX; n++, i = (i + 1) & (CELLS_MAX - 1)) {
		struct cell *c = &cells[i];

		if (c->run != run) {
			memset(c, 0, sizeof *c);
			c->at = word;
			c->run = run;
			return c;
		}
		if (c->at == word)
			return c;
	}
	model_fail(__FILE__, __LINE__, "the model touches too much memory");
}

void model_join(struct view *into, const struct view *from)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++) {
		if (from->known[a] > into->known[a])
			into->known[a] = from->known[a];
		if (from->seen[a] > into->seen[a])
			into->seen[a] = from->seen[a];
	}
	if (from->fenced > into->fenced)
		into->fenced = from->fenced;
}

void model_tick_on(int a)
{
	struct view *v = &model_minds[a].now;

	v->seen[a] = ++v->known[a];
}

static _Noreturn void race(const void *at, const char *one, int other, const void *pc)
{
	static char what[160];

	snprintf(what, sizeof what, "data race at %p: actor %d's %s (code at 0x%lx) and actor %d",
		 at, model_self, one, model_code_offset(pc), other);
	model_fail(__FILE__, __LINE__, what);
}

/* Who among the others did it at a time that this actor does not know of; -1: nobody. */
static int unordered(const uint32_t *when)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++)
		if (a != model_self && when[a] > here()->known[a])
			return a;
	return -1;
}

static int unordered_write(const struct cell *c, unsigned byte)
{
	int by = c->wrote_by[byte];

	return c->wrote[byte] && by != model_self && c->wrote[byte] > here()->known[by] ? by : -1;
}

static void plain_byte(uintptr_t at, bool is_write, const void *pc)
{
	struct cell *c = cell_at(at >> 3);
	unsigned byte = at & 7;
	const char *what = is_write ? "write" : "read";
	int a;

	if ((a = unordered_write(c, byte)) >= 0 || (a = unordered(c->atomic_wrote[byte >> 2])) >= 0)
		race((void *)at, what, a, pc);
	if (!is_write) {
		c->read[byte][model_self] = here()->known[model_self];
		return;
	}
	if ((a = unordered(c->read[byte])) >= 0 || (a = unordered(c->atomic_read[byte >> 2])) >= 0)
		race((void *)at, what, a, pc);
	c->wrote_by[byte] = (uint8_t)model_self;
	c->wrote[byte] = here()->known[model_self];
}

void model_plain(const void *at, size_t size, bool is_write, const void *pc)
{
	size_t i;

	if (!is_watched() || model_is_own(at))
		return;
	for (i = 0; i < size; i++)
		plain_byte((uintptr_t)at + i, is_write, pc);
	if (is_write)
		model_weak_forget(at, size);
}

static void atomic_byte(uintptr_t at, bool is_write, const void *pc)
{
	struct cell *c = cell_at(at >> 3);
	int a = unordered_write(c, at & 7);

	if (a < 0 && is_write)
		a = unordered(c->read[at & 7]);
	if (a >= 0)
		race((void *)at, is_write ? "atomic write" : "atomic read", a, pc);
	if (is_write)
		c->atomic_wrote[at >> 2 & 1][model_self] = here()->known[model_self];
	else
		c->atomic_read[at >> 2 & 1][model_self] = here()->known[model_self];
}

bool model_access(const struct access *x, bool is_write)
{
	size_t i;

	if (!is_watched())
		return false;
	if (!model_point((struct op){ .at = WORD_OF(x->at),
				      .is_write = is_write,
				      .is_sc = x->order == SEQ_CST || x->failed == SEQ_CST,
				      .what = x->what,
				      .pc = x->pc }))
		return false;
	for (i = 0; i < x->size; i++)
		atomic_byte((uintptr_t)x->at + i, is_write, x->pc);
	return true;
}

/* What was read with this order brings what was given with it. */
void model_taken(const struct view *given, int order)
{
	struct mind *m = &model_minds[model_self];

	model_join(&m->unfenced, given);
	if (acquires(order))
		model_join(&m->now, given);
}

/* What a store of this order gives; it is part of what is there already when that is a change's. */
void model_given(struct view *ret, int order, bool is_change)
{
	const struct mind *m = &model_minds[model_self];

	if (!is_change)
		memset(ret, 0, sizeof *ret);
	model_join(ret, releases(order) ? &m->now : &m->fence);
	if (releases(order))
		model_tick_on(model_self);
}

/* Everybody reads what is in the memory: each half has what was given with it. */

static void halves(const struct access *x, unsigned *ret_from, unsigned *ret_to)
{
	*ret_from = (uintptr_t)x->at >> 2 & 1;
	*ret_to = x->size > 4 ? 1 : *ret_from;
}

static void taken(const struct access *x, int order)
{
	struct cell *c = cell_at(WORD_OF(x->at));
	unsigned h, to;

	for (halves(x, &h, &to); h <= to; h++)
		model_taken(&c->given[h], order);
}

static bool given(const struct access *x, bool is_change)
{
	struct cell *c = cell_at(WORD_OF(x->at));
	unsigned h, to;

	for (halves(x, &h, &to); h <= to; h++)
		model_given(&c->given[h], x->order, is_change);
	return true;
}

uint64_t model_memory(const volatile void *at, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)at;
	case 2:
		return *(const volatile uint16_t *)at;
	case 4:
		return *(const volatile uint32_t *)at;
	default:
		return *(const volatile uint64_t *)at;
	}
}

uint64_t model_read(const struct access *x)
{
	if (model_is_weak())
		return model_weak_read(x);
	taken(x, x->order);
	return model_memory(x->at, x->size);
}

bool model_write(const struct access *x, uint64_t v)
{
	return model_is_weak() ? model_weak_write(x, v) : given(x, false);
}

uint64_t model_change(const struct access *x, const uint64_t *expected)
{
	uint64_t v;

	if (model_is_weak())
		return model_weak_change(x, expected);
	v = model_memory(x->at, x->size);
	taken(x, expected && *expected != v ? x->failed : x->order);
	return v;
}

bool model_changed(const struct access *x, uint64_t v)
{
	return model_is_weak() ? model_weak_changed(x, v) : given(x, true);
}

static void acquire_fence(struct mind *m)
{
	model_join(&m->now, &m->unfenced);
}

static void release_fence(int a)
{
	model_minds[a].fence = model_minds[a].now;
	model_tick_on(a);
}

void model_fence(int order, const void *pc)
{
	int a = model_self;

	if (!is_watched() ||
	    (order == SEQ_CST && model_is_weak() &&
	     !model_point((struct op){
		     .at = LOCK_OF(cells), .is_sc = true, .what = "fence", .pc = pc })))
		return;
	if (acquires(order))
		acquire_fence(&model_minds[a]);
	if (order == SEQ_CST)
		model_weak_fence(1u << a);
	if (releases(order))
		release_fence(a);
}

/* All pass one. */
void model_fence_all(void)
{
	int a;

	if (!is_watched())
		return;
	for (a = 0; a < MODEL_ACTORS; a++)
		acquire_fence(&model_minds[a]);
	model_weak_fence((1u << MODEL_ACTORS) - 1);
	for (a = 0; a < MODEL_ACTORS; a++)
		release_fence(a);
}

void model_give(const void *of)
{
	if (!is_watched())
		return;
	model_join(&cell_at(LOCK_OF(of))->given[0], here());
	model_tick_on(model_self);
}

void model_take(const void *of)
{
	if (is_watched())
		model_join(here(), &cell_at(LOCK_OF(of))->given[0]);
}

void model_scribble(void *at, size_t size)
{
	model_plain(at, size, true, __builtin_return_address(0));
	memset(at, 0xdb, size);
}

void *model_memset(void *at, int byte, size_t size)
{
	model_plain(at, size, true, __builtin_return_address(0));
	return memset(at, byte, size);
}

void *model_memcpy(void *to, const void *from, size_t size)
{
	model_plain(from, size, false, __builtin_return_address(0));
	model_plain(to, size, true, __builtin_return_address(0));
	return memcpy(to, from, size);
}
