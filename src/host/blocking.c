/* SPDX-License-Identifier: MIT */
/* Blocking work: threads that start while all others are busy, and end when they rest too long. */
#define _GNU_SOURCE
#include "host/host.h"

#include "core/core.h"

#include <stdlib.h>

static void push_locked(struct pawl_blockers *bl, pawl_work *w)
{
	w->next_ = NULL;
	w->prev_ = bl->tail;
	if (bl->tail)
		bl->tail->next_ = w;
	else
		bl->head = w;
	bl->tail = w;
	bl->queued++;
}

static void unlink_locked(struct pawl_blockers *bl, pawl_work *w)
{
	if (w->prev_)
		w->prev_->next_ = w->next_;
	else
		bl->head = w->next_;
	if (w->next_)
		w->next_->prev_ = w->prev_;
	else
		bl->tail = w->prev_;
	bl->queued--;
}

static pawl_work *pop_locked(struct pawl_blockers *bl)
{
	pawl_work *w = bl->head;

	if (!w)
		return NULL;
	unlink_locked(bl, w);
	w->is_started_ = true;
	return w;
}

static void rest_begin_locked(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	b->is_idle = true;
	b->prev = NULL;
	b->next = bl->idle;
	if (b->next)
		b->next->prev = b;
	bl->idle = b;
}

static void rest_end_locked(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	b->is_idle = false;
	if (b->prev)
		b->prev->next = b->next;
	else
		bl->idle = b->next;
	if (b->next)
		b->next->prev = b->prev;
}

/* A thread looks at the queue, and takes at least one piece of work if there is one. */
static void looks(struct pawl_blockers *bl, bool soon)
{
	pawl_fetch_add(&bl->looking, soon ? 1 : UINT32_MAX);
}

/*
 * Rests until there is work. False: it is over, because nothing came for long, or for good. Nobody
 * ends while a thread starts: should that fail, somebody has to be there for its work.
 */
static bool rest_locked(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	pawl_time until = pawl_later_(pawl_port_now(), bl->idle_for);

	rest_begin_locked(bl, b);
	while (b->is_idle && !bl->is_stopping) {
		pawl_time now;

		pthread_mutex_unlock(&bl->lock);
		pawl_port_sleep(&b->event, until);
		now = pawl_port_now();
		pthread_mutex_lock(&bl->lock);
		if (now < until || !b->is_idle)
			continue;
		if (bl->starting == 0)
			break;
		until = pawl_later_(now, bl->idle_for);
	}
	if (b->is_idle) {
		rest_end_locked(bl, b);
		return false;
	}
	looks(bl, false);
	return true;
}

/*
 * Who hears of the end may have more work at once: this thread will look for it, so that no other
 * has to be woken or started.
 */
static void run_one(struct pawl_blockers *bl, const struct pawl_blocker *b, pawl_work *w)
{
	pawl_host *h = PAWL_OF(bl, pawl_host, bl);

	if (pawl_tracing_(&h->bg))
		pawl_tracer_call_(h, (unsigned)(b - bl->all), w);
	else
		pawl_work_call_(w);
	pawl_count_shared_(&bl->done, 1);
	looks(bl, true);
	pawl_work_tell_(w);
}

static void free_locked(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	b->is_used = false;
	b->next = bl->free;
	bl->free = b;
	bl->count--;
}

/* Ends by itself; unless all do, and are joined one by one. */
static void leave(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	pthread_t before;
	bool has_before = false;

	if (!bl->is_stopping) {
		free_locked(bl, b);
		has_before = pawl_ended_swap_(&bl->ended, &before);
	}
	pthread_mutex_unlock(&bl->lock);
	if (has_before)
		pthread_join(before, NULL);
}

static void *block(void *arg)
{
	struct pawl_blocker *b = arg;
	struct pawl_blockers *bl = b->of;
	pawl_work *w;

	pawl_thread_begin_();
	pthread_setname_np(pthread_self(), "pawl-blocking");
	pthread_mutex_lock(&bl->lock);
	looks(bl, false);
	do {
		while ((w = pop_locked(bl))) {
			pthread_mutex_unlock(&bl->lock);
			run_one(bl, b, w);
			pthread_mutex_lock(&bl->lock);
			looks(bl, false);
		}
	} while (rest_locked(bl, b));
	leave(bl, b);
	return NULL;
}

/* The one that rested last, so that the others may end. */
static struct pawl_blocker *rouse_locked(struct pawl_blockers *bl)
{
	struct pawl_blocker *b = bl->idle;

	if (b) {
		rest_end_locked(bl, b);
		looks(bl, true);
	}
	return b;
}

static void unlock_and_wake(struct pawl_blockers *bl, struct pawl_blocker *b)
{
	pthread_mutex_unlock(&bl->lock);
	if (b)
		pawl_port_wake(&b->event);
}

/*
 * The thread did not start. Work may have come that relied on it, so one that rests looks instead;
 * without any thread, there is just this work.
 */
static int refuse(struct pawl_blockers *bl, struct pawl_blocker *b, pawl_work *w, int r)
{
	looks(bl, false);
	free_locked(bl, b);
	b = NULL;
	if (bl->count == 0) {
		PAWL_ASSERT(bl->head == w && bl->tail == w);
		unlink_locked(bl, w);
	} else {
		r = 0;
		if (bl->queued > pawl_load(&bl->looking))
			b = rouse_locked(bl);
	}
	unlock_and_wake(bl, b);
	return r;
}

/*
 * One more thread. The first one starts under the lock: while there is none, nobody may rely on one
 * that possibly does not come.
 */
static int grow(struct pawl_blockers *bl, pawl_work *w)
{
	struct pawl_blocker *b = bl->free;
	bool is_first = bl->count == bl->starting;
	int r;

	bl->free = b->next;
	b->is_used = true;
	bl->count++;
	bl->starting++;
	looks(bl, true);
	if (!is_first)
		pthread_mutex_unlock(&bl->lock);
	r = pawl_thread_start_(&b->thread, NULL, block, b);
	if (!is_first)
		pthread_mutex_lock(&bl->lock);
	bl->starting--;
	if (r < 0)
		return refuse(bl, b, w, r);
	pthread_mutex_unlock(&bl->lock);
	return 0;
}

int pawl_blockers_submit_(struct pawl_blockers *bl, pawl_work *w)
{
	struct pawl_blocker *b = NULL;

	pthread_mutex_lock(&bl->lock);
	push_locked(bl, w);
	if (bl->queued > pawl_load(&bl->looking)) {
		b = rouse_locked(bl);
		if (!b && bl->free)
			return grow(bl, w);
	}
	unlock_and_wake(bl, b);
	return 0;
}

int pawl_blockers_withdraw_(struct pawl_blockers *bl, pawl_work *w)
{
	bool is_started;

	pthread_mutex_lock(&bl->lock);
	is_started = w->is_started_;
	if (!is_started)
		unlink_locked(bl, w);
	pthread_mutex_unlock(&bl->lock);
	return is_started ? PAWL_EBUSY : 0;
}

int pawl_blockers_init_(struct pawl_blockers *bl, unsigned max, pawl_time idle_for)
{
	unsigned i;

	PAWL_ASSERT(max > 0 && idle_for > 0);
	bl->all = calloc(max, sizeof(*bl->all));
	if (!bl->all)
		return PAWL_ENOMEM;
	bl->count = bl->max = max;
	for (i = max; i-- > 0;) {
		bl->all[i].of = bl;
		free_locked(bl, &bl->all[i]);
	}
	bl->idle_for = idle_for;
	pthread_mutex_init(&bl->lock, NULL);
	return 0;
}

void pawl_blockers_fini_(struct pawl_blockers *bl)
{
	unsigned i;

	pthread_mutex_lock(&bl->lock);
	PAWL_ASSERT(!bl->head && !bl->starting);
	bl->is_stopping = true;
	pthread_mutex_unlock(&bl->lock);
	for (i = 0; i < bl->max; i++)
		if (bl->all[i].is_used)
			pawl_port_wake(&bl->all[i].event);
	for (i = 0; i < bl->max; i++)
		if (bl->all[i].is_used)
			pthread_join(bl->all[i].thread, NULL);
	if (bl->ended.has_last)
		pthread_join(bl->ended.last, NULL);
	free(bl->all);
	pthread_mutex_destroy(&bl->lock);
}
