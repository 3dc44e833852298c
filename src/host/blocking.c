/* SPDX-License-Identifier: MIT */
/* Blocking work: threads that start when all others are busy, up to a limit, and stay. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"

#include <stdlib.h>

static pawl_work *pop_locked(struct pawl_blockers *bl)
{
	pawl_work *w = bl->head;

	if (!w)
		return NULL;
	bl->head = w->next_;
	if (!bl->head)
		bl->tail = NULL;
	w->is_started_ = true;
	return w;
}

/* Stays until the host is freed: a thread's death is a signal to the child processes it started. */
static void *block(void *arg)
{
	struct pawl_blockers *bl = arg;
	pawl_work *w;

	pthread_mutex_lock(&bl->lock);
	for (;;) {
		w = pop_locked(bl);
		if (w) {
			pthread_mutex_unlock(&bl->lock);
			pawl_work_run(w);
			pthread_mutex_lock(&bl->lock);
			continue;
		}
		if (bl->is_stopping)
			break;
		bl->idle++;
		pthread_cond_wait(&bl->more, &bl->lock);
		bl->idle--;
	}
	pthread_mutex_unlock(&bl->lock);
	return NULL;
}

static void push_locked(struct pawl_blockers *bl, pawl_work *w)
{
	w->next_ = NULL;
	if (bl->tail)
		bl->tail->next_ = w;
	else
		bl->head = w;
	bl->tail = w;
}

static bool unlink_locked(struct pawl_blockers *bl, pawl_work *w)
{
	pawl_work *before = NULL, *at;

	for (at = bl->head; at && at != w; at = at->next_)
		before = at;
	if (!at)
		return false;
	if (before)
		before->next_ = w->next_;
	else
		bl->head = w->next_;
	if (bl->tail == w)
		bl->tail = before;
	return true;
}

static unsigned queued_locked(const struct pawl_blockers *bl)
{
	const pawl_work *w;
	unsigned n = 0;

	for (w = bl->head; w && n <= bl->idle; w = w->next_)
		n++;
	return n;
}

/* An idle thread that was signalled still counts as idle, so compare with what is queued. */
static int serve_locked(struct pawl_blockers *bl)
{
	int r;

	if (bl->idle >= queued_locked(bl)) {
		pthread_cond_signal(&bl->more);
		return 0;
	}
	if (bl->count == bl->max)
		return 0;
	r = pawl_thread_start_(&bl->threads[bl->count], "pawl-blocking", block, bl);
	if (r == 0)
		bl->count++;
	return bl->count ? 0 : r;
}

int pawl_blockers_submit_(pawl_exec *x, pawl_work *w)
{
	struct pawl_blockers *bl = &pawl_host_from_(x)->bl;
	int r;

	pthread_mutex_lock(&bl->lock);
	push_locked(bl, w);
	r = serve_locked(bl);
	if (r < 0)
		unlink_locked(bl, w);
	pthread_mutex_unlock(&bl->lock);
	return r;
}

int pawl_blockers_withdraw_(pawl_exec *x, pawl_work *w)
{
	struct pawl_blockers *bl = &pawl_host_from_(x)->bl;
	bool taken;

	pthread_mutex_lock(&bl->lock);
	taken = !w->is_started_ && unlink_locked(bl, w);
	pthread_mutex_unlock(&bl->lock);
	return taken ? 0 : PAWL_EBUSY;
}

int pawl_blockers_init_(pawl_host *h, unsigned max)
{
	struct pawl_blockers *bl = &h->bl;

	bl->threads = calloc(max, sizeof(*bl->threads));
	if (!bl->threads)
		return PAWL_ENOMEM;
	bl->max = max;
	pthread_mutex_init(&bl->lock, NULL);
	pthread_cond_init(&bl->more, NULL);
	return 0;
}

void pawl_blockers_fini_(pawl_host *h)
{
	struct pawl_blockers *bl = &h->bl;

	pthread_mutex_lock(&bl->lock);
	PAWL_ASSERT(!bl->head);
	bl->is_stopping = true;
	pthread_cond_broadcast(&bl->more);
	pthread_mutex_unlock(&bl->lock);
	while (bl->count)
		pthread_join(bl->threads[--bl->count], NULL);
	free(bl->threads);
	pthread_cond_destroy(&bl->more);
	pthread_mutex_destroy(&bl->lock);
}
