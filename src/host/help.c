/* SPDX-License-Identifier: MIT */
/* How the main thread lends a hand: background tasks, when nobody else gets to them. */
#define _GNU_SOURCE
#include "host/host.h"

/*
 * Background tasks run on the workers. But if each of these is in a poll that blocks its thread,
 * and waits there for what a queued task would do, then nothing goes on; and if the main thread
 * waits, too, nothing ever will. So while it would only sleep in pawl_block_on, it looks after
 * them: when all have been in the same polls for so long, it runs what is queued, one task at a
 * time.
 */
#define HELD_UP PAWL_MS(100)

/* Who was told that all are busy looks so often by itself. */
#define LOOKS 10

static bool are_all_busy(const struct pawl_background *bg)
{
	return pawl_load(&bg->active) == bg->count;
}

/* Is each of them in a poll? How many ended before tells which. */
static bool are_all_in_polls(const struct pawl_background *bg, uint64_t *ret_polls)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < bg->count; i++) {
		const pawl_worker *w = &bg->workers[i];

		if (!__atomic_load_n(&w->current, __ATOMIC_RELAXED))
			return false;
		n += pawl_counted_(&w->counts.polls);
	}
	*ret_polls = n;
	return true;
}

static bool are_held_up(pawl_host *h)
{
	struct pawl_help *help = &h->fg.help;
	pawl_time now;
	uint64_t polls;

	if (!are_all_busy(&h->bg) || !are_all_in_polls(&h->bg, &polls)) {
		help->since = 0;
		return false;
	}
	now = pawl_port_now();
	if (help->since && help->polls == polls)
		return now - help->since >= HELD_UP;
	help->since = now;
	help->polls = polls;
	return false;
}

static pawl_task *take_from(pawl_worker *w)
{
	pawl_task *t = pawl_ring_take_next_(&w->ring);

	if (!t && pawl_ring_steal_(&w->ring, &t, 1) == 0)
		t = pawl_bag_take_(&w->spill, NULL, 0);
	return t;
}

/* Their timers may be what everything waits for. */
static void fire_late_timers(pawl_host *h)
{
	pawl_runq ready = { 0 };
	pawl_time now = pawl_port_now();
	uint32_t fired = 0;
	pawl_task *t;
	unsigned i;

	for (i = 0; i < h->bg.count; i++)
		fired += pawl_worker_take_late_(&h->bg.workers[i], now, &ready);
	pawl_count_(&h->fg.counts.fired, fired);
	while ((t = pawl_runq_pop(&ready)))
		h->exec.ops->schedule(&h->exec, t);
}

static pawl_task *take(pawl_host *h)
{
	struct pawl_background *bg = &h->bg;
	pawl_task *t;
	unsigned i;

	fire_late_timers(h);
	t = pawl_bag_take_(&bg->high, NULL, 0);
	if (!t)
		t = pawl_bag_take_(&bg->normal, NULL, 0);
	for (i = 0; !t && i < bg->count; i++)
		t = take_from(&bg->workers[i]);
	return t ? t : pawl_bag_take_(&bg->low, NULL, 0);
}

bool pawl_help_(pawl_host *h)
{
	pawl_task *t = are_held_up(h) ? take(h) : NULL;

	if (!t)
		return false;
	/* What runs on a worker is seen there; this one has to be seen in the list. */
	if (pawl_is_unlisted_(t))
		pawl_crew_list_(t);
	pawl_poll_here_(h, t);
	return true;
}

/*
 * After a sleep in which nothing happened it sleeps as long as it has to: while the workers are not
 * all busy, the last of them to become so wakes it. That is not for free for that worker, so
 * afterwards it looks by itself for a while.
 */
pawl_time pawl_help_later_(pawl_host *h, bool did_something)
{
	struct pawl_background *bg = &h->bg;
	struct pawl_help *help = &h->fg.help;

	if (!did_something && help->looks == 0) {
		help->has_asked = true;
		pawl_store(&bg->wants_to_know, 1);
		pawl_fence(&bg->active);
		if (!are_all_busy(bg))
			return PAWL_NEVER;
	}
	if (help->looks)
		help->looks--;
	return pawl_port_now() + HELD_UP;
}

void pawl_help_awake_(pawl_host *h)
{
	struct pawl_help *help = &h->fg.help;

	if (help->has_asked && !pawl_exchange(&h->bg.wants_to_know, 0))
		help->looks = LOOKS;
	help->has_asked = false;
}

static void all_busy(struct pawl_background *bg)
{
	pawl_loop_wake_(PAWL_OF(bg, pawl_host, bg));
}

void pawl_help_init_(pawl_host *h)
{
	h->bg.all_busy = all_busy;
}
