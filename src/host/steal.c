/* SPDX-License-Identifier: MIT */
/* Stealing: an idle worker takes half of what another one has, if that is worth it. */
#include "host/worker.h"

/*
 * A task that is run elsewhere than where it was made ready costs some cache lines there, and again
 * here when it is joined: some 200 to 300 ns on the machines that we know. So nobody takes tasks
 * from a worker that is done with each of them sooner: two would take longer than one.
 */
#define WORTH_NS 400

/* How long to watch a worker to see how fast it is. */
#define WATCH_NS 2000

static bool has_work(const pawl_worker *v)
{
	return pawl_ring_count_(&v->ring) || pawl_load(&v->spill.count) ||
	       pawl_load_ptr(&v->ring.next_);
}

/* How often it polls: 0 when it is at one poll all the time. */
static uint32_t polls_of(const pawl_worker *v)
{
	return (uint32_t)pawl_counted_(&v->counts.polls);
}

/* Looks at a worker for a moment. True: what it has waits long enough to be taken. */
static bool is_slow(const pawl_worker *v, bool *ret_is_stuck)
{
	uint32_t before = polls_of(v), polls;
	pawl_time from = pawl_port_now(), took;

	do {
		took = pawl_port_now() - from;
		polls = polls_of(v) - before;
	} while (took < WATCH_NS && has_work(v));
	*ret_is_stuck = polls == 0;
	return polls == 0 || took / polls >= WORTH_NS;
}

static pawl_task *count(pawl_worker *w, pawl_task *first, uint32_t n)
{
	const struct pawl_tracing *tracing = pawl_tracing_(w->bg);

	pawl_count_(&w->counts.steals, 1);
	pawl_count_(&w->counts.stolen, n);
	if (tracing)
		tracing->stole(w, n);
	return first;
}

/* Its ring is empty, so there is room for as many as can be taken. */
static pawl_task *take_half(pawl_worker *w, pawl_worker *v)
{
	pawl_task *stolen[PAWL_RING_ROOM / 2], *t;
	uint32_t n = pawl_ring_steal_(&v->ring, stolen, PAWL_COUNT(stolen)), i, before;

	for (i = 1; i < n; i++) {
		bool fits = pawl_ring_push_(&w->ring, stolen[i]);

		PAWL_ASSERT(fits);
	}
	if (n)
		return count(w, stolen[0], n);
	n = pawl_load(&v->spill.count) / 2;
	before = pawl_peek(&w->ring.tail_);
	t = pawl_bag_take_(&v->spill, &w->ring, n < PAWL_RING_ROOM / 2 ? n : PAWL_RING_ROOM / 2);
	return t ? count(w, t, 1 + pawl_peek(&w->ring.tail_) - before) : NULL;
}

static pawl_task *steal_from(pawl_worker *w, pawl_worker *v)
{
	pawl_task *t = NULL;
	bool is_stuck;

	if (!has_work(v) || !is_slow(v, &is_stuck))
		return NULL;
	/* The one that comes before all others is as good as taken, unless that takes long. */
	if (is_stuck)
		t = pawl_ring_take_next_(&v->ring);
	return t ? count(w, t, 1) : take_half(w, v);
}

pawl_task *pawl_worker_steal_(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;
	unsigned i;

	for (i = 1; i < bg->count; i++) {
		pawl_worker *v = &bg->workers[(w->index + i) % bg->count];
		pawl_task *t = steal_from(w, v);

		if (t)
			return t;
		if (pawl_worker_rescue_(w, v))
			return pawl_worker_next_(w);
	}
	return NULL;
}

static void gather(pawl_worker *w, pawl_runq *ret)
{
	pawl_task *some[64], *t;
	uint32_t n, i;

	t = pawl_ring_take_next_(&w->ring);
	if (t)
		pawl_runq_push(ret, t);
	while ((n = pawl_ring_steal_(&w->ring, some, PAWL_COUNT(some))))
		for (i = 0; i < n; i++)
			pawl_runq_push(ret, some[i]);
	while ((t = pawl_bag_take_(&w->spill, NULL, 0)))
		pawl_runq_push(ret, t);
}

/* Its task may end at any moment: what is shown is a copy of what its worker says of it. */
static void show_running(const pawl_worker *w, void (*fn)(void *arg, const pawl_task *t), void *arg)
{
	pawl_task shown = { .state_ = PAWL_TASK_LIVE_ | PAWL_TASK_RUNNING_ };

	if (!pawl_load(&w->is_first_poll))
		return;
	shown.prev_ = &shown;
#if PAWL_DIAG
	shown.place_ = __atomic_load_n(&w->place, __ATOMIC_ACQUIRE);
	shown.label_ = __atomic_load_n(&w->label, __ATOMIC_RELAXED);
#endif
	fn(arg, &shown);
}

void pawl_background_each_(struct pawl_background *bg, void (*fn)(void *arg, const pawl_task *t),
			   void *arg)
{
	struct pawl_bag *bags[] = { &bg->high, &bg->normal, &bg->low };
	pawl_task *t;
	unsigned i;

	for (i = 0; i < PAWL_COUNT(bags) + bg->count; i++) {
		pawl_runq all = { 0 };
		uint32_t n = 0;

		if (i < PAWL_COUNT(bags))
			while ((t = pawl_bag_take_(bags[i], NULL, 0)))
				pawl_runq_push(&all, t);
		else
			gather(&bg->workers[i - PAWL_COUNT(bags)], &all);
		for (t = all.head_; t; t = t->u_.next_, n++)
			fn(arg, t);
		pawl_bag_put_all_(i < PAWL_COUNT(bags) ? bags[i] : &bg->normal, &all, n);
	}
	for (i = 0; i < bg->count; i++)
		show_running(&bg->workers[i], fn, arg);
	pawl_rouse_(bg);
}
