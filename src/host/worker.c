/* SPDX-License-Identifier: MIT */
/* The workers: threads that run background tasks; one of the idle keeps the timers. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"
#include "port/atomic.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static _Thread_local const pawl_host *here;

bool pawl_workers_is_here_(const pawl_host *h)
{
	return here == h;
}

int pawl_timers_grow_(pawl_timers *ts)
{
	uint32_t room = ts->room_ ? 2 * ts->room_ : 64;
	pawl_timer_entry *heap;

	if (ts->count_ < ts->room_)
		return 0;
	heap = realloc(ts->heap_, room * sizeof(*heap));
	if (!heap)
		return PAWL_ENOMEM;
	pawl_timers_place(ts, heap, room);
	return 0;
}

/*
 * Tells one idle worker that there is something to do; the keeper last, because it has something to
 * do already.
 */
static void rouse_locked(struct pawl_background *bg)
{
	if (bg->idle)
		pthread_cond_signal(&bg->more);
	else if (bg->has_keeper)
		pthread_cond_signal(&bg->keep);
}

/*
 * The next timer is an earlier one: the keeper has to look again, or somebody idle has to become
 * the keeper.
 */
static void rouse_keeper_locked(struct pawl_background *bg)
{
	if (bg->has_keeper)
		pthread_cond_signal(&bg->keep);
	else if (bg->idle)
		pthread_cond_signal(&bg->more);
}

void pawl_workers_schedule_(pawl_host *h, pawl_task *t)
{
	struct pawl_background *bg = &h->bg;

	pthread_mutex_lock(&bg->lock);
	pawl_runq_push(&bg->ready, t);
	rouse_locked(bg);
	pthread_mutex_unlock(&bg->lock);
}

int pawl_workers_arm_(pawl_host *h, pawl_task *t, pawl_time due)
{
	struct pawl_background *bg = &h->bg;
	int r;

	if (due == PAWL_SAME_DUE)
		return 0; /* a heap keeps its timers when their tasks are woken */
	pthread_mutex_lock(&bg->lock);
	r = pawl_timers_grow_(&bg->timers);
	if (r == 0) {
		bool is_first = due < pawl_timers_next(&bg->timers);

		pawl_timers_arm(&bg->timers, t, due);
		if (is_first)
			rouse_keeper_locked(bg);
	}
	pthread_mutex_unlock(&bg->lock);
	return r;
}

pawl_time pawl_workers_disarm_(pawl_host *h, pawl_task *t)
{
	pawl_time due;

	pthread_mutex_lock(&h->bg.lock);
	due = pawl_timers_disarm(&h->bg.timers, t);
	pthread_mutex_unlock(&h->bg.lock);
	return due;
}

static void expire_locked(struct pawl_background *bg)
{
	unsigned fired;

	if (pawl_timers_next(&bg->timers) == PAWL_NEVER)
		return;
	/*
	 * All of them are background tasks of this executor: they go straight into the queue. The
	 * first is for this worker.
	 */
	fired = pawl_timers_expire(&bg->timers, pawl_port_now(), &bg->ready);
	while (fired-- > 1)
		rouse_locked(bg);
}

static void keep_locked(struct pawl_background *bg)
{
	pawl_time due = pawl_timers_next(&bg->timers);
	struct timespec ts = { (time_t)(due / PAWL_S(1)), (long)(due % PAWL_S(1)) };

	bg->has_keeper = true;
	if (due == PAWL_NEVER)
		pthread_cond_wait(&bg->keep, &bg->lock);
	else
		pthread_cond_timedwait(&bg->keep, &bg->lock, &ts);
	bg->has_keeper = false;
}

/*
 * This worker goes to work, or away. Two wakes may have been meant for two workers and have reached
 * one, so it looks whether a task is left for another; and the timers must not stay unkept.
 */
static void hand_over_locked(struct pawl_background *bg)
{
	if (bg->ready.head_)
		rouse_locked(bg);
	else if (!bg->has_keeper && bg->idle && pawl_timers_next(&bg->timers) != PAWL_NEVER)
		pthread_cond_signal(&bg->more);
}

static void idle_locked(struct pawl_background *bg)
{
	if (!bg->has_keeper) {
		keep_locked(bg);
		return;
	}
	bg->idle++;
	pthread_cond_wait(&bg->more, &bg->lock);
	bg->idle--;
}

/* A task that ended may have been the one that pawl_host_free waits for. */
static void tell_closing(pawl_host *h)
{
	if (pawl_load(&h->is_closing) && pawl_crew_count(&h->crew) == 0)
		pawl_loop_wake_(h);
}

bool pawl_workers_turn_(pawl_host *h, const bool *stop)
{
	struct pawl_background *bg = &h->bg;
	pawl_task *t = NULL;

	pthread_mutex_lock(&bg->lock);
	while (!*stop) {
		expire_locked(bg);
		t = pawl_runq_pop(&bg->ready);
		if (t)
			break;
		idle_locked(bg);
	}
	hand_over_locked(bg);
	pthread_mutex_unlock(&bg->lock);
	if (!t)
		return false;
	pawl_poll_here_(t);
	tell_closing(h);
	return true;
}

static void *work(void *arg)
{
	pawl_host *h = arg;

	here = h;
	while (pawl_workers_turn_(h, &h->bg.is_stopping)) {}
	here = NULL;
	return NULL;
}

int pawl_thread_start_(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg)
{
	sigset_t all, before;
	int r;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(ret, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return r == ENOMEM ? PAWL_ENOMEM : PAWL_EAGAIN;
	pthread_setname_np(*ret, name);
	return 0;
}

static void init_conds(struct pawl_background *bg)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&bg->keep, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&bg->more, NULL);
	pthread_cond_init(&bg->ended, NULL);
}

int pawl_workers_start_(pawl_host *h, unsigned count)
{
	struct pawl_background *bg = &h->bg;
	int r = 0;

	pthread_mutex_init(&bg->lock, NULL);
	init_conds(bg);
	bg->threads = calloc(count, sizeof(*bg->threads));
	if (!bg->threads)
		r = PAWL_ENOMEM;
	while (r == 0 && bg->count < count) {
		r = pawl_thread_start_(&bg->threads[bg->count], "pawl-worker", work, h);
		if (r == 0)
			bg->count++;
	}
	if (r < 0)
		pawl_workers_stop_(h);
	return r;
}

void pawl_workers_stop_(pawl_host *h)
{
	struct pawl_background *bg = &h->bg;

	pthread_mutex_lock(&bg->lock);
	bg->is_stopping = true;
	pthread_cond_broadcast(&bg->more);
	pthread_cond_broadcast(&bg->keep);
	pthread_mutex_unlock(&bg->lock);
	while (bg->count)
		pthread_join(bg->threads[--bg->count], NULL);
	free(bg->threads);
	free(bg->timers.heap_);
	pthread_cond_destroy(&bg->ended);
	pthread_cond_destroy(&bg->more);
	pthread_cond_destroy(&bg->keep);
	pthread_mutex_destroy(&bg->lock);
}
