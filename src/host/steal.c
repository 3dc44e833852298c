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
	return pawl_peek(&v->counts.polls);
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
	pawl_poke(&w->counts.steals, w->counts.steals + 1);
	pawl_poke(&w->counts.stolen, w->counts.stolen + n);
	return first;
}

/* Its ring is empty, so there is room for as many as can be taken. */
static pawl_task *take_half(pawl_worker *w, pawl_worker *v)
{
	pawl_task *stolen[PAWL_RING_ROOM / 2], *t;
	uint32_t n = pawl_ring_steal_(&v->ring, stolen, PAWL_COUNT(stolen)), i;

	for (i = 1; i < n; i++) {
		bool fits = pawl_ring_push_(&w->ring, stolen[i]);

		PAWL_ASSERT(fits);
	}
	if (n)
		return count(w, stolen[0], n);
	n = pawl_load(&v->spill.count) / 2;
	t = pawl_bag_take_(&v->spill, &w->ring, n < PAWL_RING_ROOM / 2 ? n : PAWL_RING_ROOM / 2);
	return t ? count(w, t, n) : NULL;
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
