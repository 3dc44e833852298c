/* SPDX-License-Identifier: MIT */
/* Weak memory: each atomic word has a history of stores, and a load may read an old one. */
#include "inner.h"

#include <string.h>

#define HISTORIES_MAX 512 /* a power of two */
#define STORES_MAX 40

/* A store; those of a word are kept in modification order. */
struct store {
	uint64_t value;
	struct view given; /* what comes to who acquires it */
	int writer;        /* -1: nobody, it was there before */
	bool is_change;    /* comes directly after what it read */
	uint32_t when;     /* by the writer's clock */
	model_clock read;  /* when did each actor read it first? 0: not yet */
	uint32_t sc;       /* the first seq_cst access to it, by its number; 0: none */
};

struct history {
	const volatile void *at;
	size_t size;
	uint32_t run;
	unsigned count;
	struct store stores[STORES_MAX];
};

static struct history histories[HISTORIES_MAX];
static uint32_t run;

/*
 * Sequentially consistent accesses and fences are in the order in which they come: the number of
 * the last, and of what the fences so far came after.
 */
static uint32_t sc_count;
static model_clock sc_seen;
static unsigned change_at; /* where the change that is under way read */

void model_weak_begin(void)
{
	run++;
	sc_count = 0;
	memset(sc_seen, 0, sizeof sc_seen);
}

static struct view *here(void)
{
	return &model_minds[model_self].now;
}

/* Its place; the history there is another run's when there is none. */
static struct history *find(const volatile void *at)
{
	size_t i = ((uintptr_t)at >> 2 ^ (uintptr_t)at >> 11) & (HISTORIES_MAX - 1);
	size_t n;

	for (n = 0; n < HISTORIES_MAX; n++, i = (i + 1) & (HISTORIES_MAX - 1))
		if (histories[i].run != run || histories[i].at == at)
			return &histories[i];
	model_fail(__FILE__, __LINE__, "the model has too many atomic words");
}

/* With what is in the memory as its last store: whoever wrote that otherwise did it for all. */
static struct history *history_of(const struct access *x)
{
	struct history *h = find(x->at);
	uint64_t v = model_memory(x->at, x->size);

	if (h->run != run || h->count == 0 || h->stores[h->count - 1].value != v) {
		h->at = x->at;
		h->size = x->size;
		h->run = run;
		h->count = 1;
		h->stores[0] = (struct store){ .value = v, .writer = -1 };
	}
	if (h->size != x->size)
		model_fail(__FILE__, __LINE__, "an atomic word has accesses of two sizes");
	return h;
}

/* Plainly written: nobody can read what was there before, or it is a race. */
void model_weak_forget(const void *at, size_t size)
{
	uintptr_t p = (uintptr_t)at & ~(uintptr_t)3;

	for (; model_is_weak() && p < (uintptr_t)at + size; p += 4) {
		struct history *h = find((const void *)p);

		if (h->run == run)
			h->count = 0;
	}
}

/* Did somebody whose accesses up to `clock` come before write or read it? */
static bool is_within(const struct store *s, const uint32_t *clock)
{
	int a;

	if (s->writer < 0 || s->when <= clock[s->writer])
		return true;
	for (a = 0; a < MODEL_ACTORS; a++)
		if (s->read[a] && s->read[a] <= clock[a])
			return true;
	return false;
}

/*
 * The oldest store that coherence lets this actor read, or write after. What happened before it is
 * in its clock; what a fence of its own came after, is so as well; and what is sequentially
 * consistent comes after all that is so, and after what was before a fence.
 */
static unsigned oldest(const struct history *h, bool is_sc)
{
	const struct view *v = here();
	unsigned i = h->count;

	while (--i > 0) {
		const struct store *s = &h->stores[i];

		if (is_within(s, v->seen) || (s->sc && (is_sc || s->sc <= v->fenced)) ||
		    (is_sc && is_within(s, sc_seen)))
			break;
	}
	return i;
}

static void touch(struct store *s, int order)
{
	if (order == SEQ_CST && !s->sc)
		s->sc = sc_count;
}

static uint64_t read_store(struct store *s, int order)
{
	if (!s->read[model_self])
		s->read[model_self] = here()->known[model_self];
	touch(s, order);
	model_taken(&s->given, order);
	return s->value;
}

static void count_sc(const struct access *x)
{
	sc_count += x->order == SEQ_CST || x->failed == SEQ_CST;
}

/* The newest is the plainest choice. */
uint64_t model_weak_read(const struct access *x)
{
	struct history *h = history_of(x);
	unsigned from = oldest(h, x->order == SEQ_CST), back;

	count_sc(x);
	back = model_choose(h->count - from);
	return read_store(&h->stores[h->count - 1 - back], x->order);
}

/* What nobody can read any more is forgotten when there is no room left. */
static void make_room(struct history *h)
{
	unsigned i, keep = h->count;
	int a;

	for (a = 0; a < MODEL_ACTORS; a++) {
		for (i = h->count; --i > 0;)
			if (is_within(&h->stores[i], model_minds[a].now.seen))
				break;
		keep = i < keep && model_actor_is_there(a) ? i : keep;
	}
	if (keep == 0 || keep == h->count)
		model_fail(__FILE__, __LINE__, "an atomic word has too many stores");
	h->count -= keep;
	memmove(h->stores, h->stores + keep, h->count * sizeof h->stores[0]);
	h->stores[0].writer = -1;
}

/* True: it is the last, and what the memory holds. */
static bool insert(struct history *h, unsigned at, const struct store *s)
{
	memmove(&h->stores[at + 1], &h->stores[at], (h->count - at) * sizeof h->stores[0]);
	h->stores[at] = *s;
	h->count++;
	return at + 1 == h->count;
}

static bool can_follow(const struct history *h, unsigned i)
{
	return i + 1 == h->count || !h->stores[i + 1].is_change;
}

static struct store new_store(uint64_t v)
{
	return (struct store){ .value = v,
			       .writer = model_self,
			       .when = here()->known[model_self] };
}

/* After any that coherence allows; the last is the plainest choice. */
bool model_weak_write(const struct access *x, uint64_t v)
{
	struct history *h = history_of(x);
	struct store s = new_store(v);
	unsigned i, n = 0, places[STORES_MAX];

	if (h->count == STORES_MAX)
		make_room(h);
	for (i = h->count; i-- > oldest(h, x->order == SEQ_CST);)
		if (can_follow(h, i))
			places[n++] = i;
	count_sc(x);
	touch(&s, x->order);
	i = places[model_choose(n)];
	model_given(&s.given, x->order, false);
	return insert(h, i + 1, &s);
}

/* Would the change be one, if it reads this? An exchange that finds something else is a load. */
static bool is_possible(const struct history *h, unsigned i, const struct access *x,
			const uint64_t *expected)
{
	if (expected && h->stores[i].value != *expected)
		return i >= oldest(h, x->failed == SEQ_CST);
	return i >= oldest(h, x->order == SEQ_CST) && can_follow(h, i);
}

uint64_t model_weak_change(const struct access *x, const uint64_t *expected)
{
	struct history *h = history_of(x);
	struct store *s;
	unsigned i, n = 0, places[STORES_MAX];

	if (h->count == STORES_MAX)
		make_room(h);
	for (i = h->count; i-- > 0;)
		if (is_possible(h, i, x, expected))
			places[n++] = i;
	count_sc(x);
	change_at = places[model_choose(n)];
	s = &h->stores[change_at];
	return read_store(s, expected && *expected != s->value ? x->failed : x->order);
}

bool model_weak_changed(const struct access *x, uint64_t v)
{
	struct history *h = find(x->at);
	struct store s = new_store(v);

	s.is_change = true;
	s.given = h->stores[change_at].given;
	touch(&s, x->order);
	model_given(&s.given, x->order, true);
	return insert(h, change_at + 1, &s);
}

static void join(uint32_t *into, const uint32_t *from)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++)
		if (from[a] > into[a])
			into[a] = from[a];
}

/* These actors pass a sequentially consistent fence. */
void model_weak_fence(uint32_t actors)
{
	int a;

	sc_count++;
	for (a = 0; a < MODEL_ACTORS; a++)
		if (actors & 1u << a)
			join(sc_seen, model_minds[a].now.known);
	for (a = 0; a < MODEL_ACTORS; a++)
		if (actors & 1u << a) {
			join(model_minds[a].now.seen, sc_seen);
			model_minds[a].now.fenced = sc_count;
		}
}

void model_catch_up(const void *at)
{
	struct history *h = find(at);

	if (model_is_weak() && h->run == run && h->count)
		read_store(&h->stores[h->count - 1], RELAXED);
}

/* Much time passes: all stores are seen by all. */
void model_weak_settle(void)
{
	int a, b;

	for (a = 0; a < MODEL_ACTORS; a++)
		for (b = 0; b < MODEL_ACTORS; b++)
			join(model_minds[a].now.seen, model_minds[b].now.known);
}
