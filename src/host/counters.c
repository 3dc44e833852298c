/* SPDX-License-Identifier: MIT */
/* The counters as others see them: copied out of the threads that count. */
#define _GNU_SOURCE
#include <pawl/counters.h>

#include "host/host.h"

static pawl_thread_counters copy(const struct pawl_counts *c)
{
	return (pawl_thread_counters){
		.polls = pawl_counted_(&c->polls),
		.steals = pawl_counted_(&c->steals),
		.stolen = pawl_counted_(&c->stolen),
		.parks = pawl_counted_(&c->parks),
		.wakes = pawl_counted_(&c->wakes),
		.fired = pawl_counted_(&c->fired),
	};
}

static uint64_t injected(const struct pawl_background *bg)
{
	return pawl_counted_(&bg->high.total) + pawl_counted_(&bg->normal.total) +
	       pawl_counted_(&bg->low.total);
}

static void look_at_blockers(struct pawl_blockers *bl, pawl_counters *ret)
{
	const struct pawl_blocker *b;

	pthread_mutex_lock(&bl->lock);
	ret->blocking.queued = bl->queued;
	ret->blocking.threads = bl->count;
	for (b = bl->idle; b; b = b->next)
		ret->blocking.idle++;
	pthread_mutex_unlock(&bl->lock);
	ret->blocking.done = pawl_counted_(&bl->done);
}

static uint32_t dedicated(struct pawl_dedicated *all)
{
	uint32_t n;

	pthread_mutex_lock(&all->lock);
	n = all->count;
	pthread_mutex_unlock(&all->lock);
	return n;
}

void pawl_counters_host(pawl_host *h, pawl_counters *ret)
{
	*ret = (pawl_counters){
		.main = copy(&h->fg.counts),
		.injected = injected(&h->bg),
		.wakes = pawl_counted_(&h->bg.wakes),
		.dedicated = dedicated(&h->dedicated),
		.high = pawl_load(&h->bg.high.count),
		.normal = pawl_load(&h->bg.normal.count),
		.low = pawl_load(&h->bg.low.count),
	};
	ret->main.ready = pawl_peek(&h->fg.lanes.count);
	look_at_blockers(&h->bl, ret);
}

void pawl_counters_worker(pawl_host *h, unsigned worker, pawl_thread_counters *ret)
{
	const pawl_worker *w;

	PAWL_ASSERT(worker < h->bg.count);
	w = &h->bg.workers[worker];
	*ret = copy(&w->counts);
	ret->spilled = pawl_counted_(&w->spill.total);
	ret->ready = pawl_ring_count_(&w->ring) + pawl_load(&w->spill.count) +
		     pawl_load(&w->kept.count) + (pawl_load_ptr(&w->ring.next_) != 0);
}
