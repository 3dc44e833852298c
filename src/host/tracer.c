/* SPDX-License-Identifier: MIT */
/* The tracer: events are put into rings by those to whom they happen, and drained by who asks. */
#define _GNU_SOURCE
#include "host/host.h"

#include "core/core.h"

#include <pawl/handle.h>

#include <stdlib.h>

void pawl_tracer_init_(pawl_host *h)
{
	pthread_mutex_init(&h->tracer.lock, NULL);
}

#if PAWL_DIAG

#define EVENTS_MAX 8192
#define PIECE 32 /* so many events are copied under the lock at a time */

static void keep_locked(struct pawl_track *k, const struct pawl_traced *e)
{
	if (!k->room)
		return; /* the trace was stopped meanwhile */
	if (k->count == k->room) {
		k->first = (k->first + 1) % k->room;
		k->count--;
		k->lost++;
	}
	k->ring[(k->first + k->count) % k->room] = *e;
	k->count++;
}

static void keep(pawl_host *h, unsigned track, const struct pawl_traced *e)
{
	struct pawl_track *k = &h->tracer.tracks[track];
	uintptr_t was = pawl_port_lock(k);

	keep_locked(k, e);
	pawl_port_unlock(k, was);
}

static struct pawl_traced begin_of(const pawl_task *t, unsigned thread)
{
	return (struct pawl_traced){
		.name = pawl_task_name(t),
		.place = pawl_task_place(t),
		.id = pawl_task_id(t),
		.begin = pawl_port_now(),
		.thread = thread,
	};
}

static int call_poll(void *arg)
{
	return pawl_poll_(arg);
}

static int poll(pawl_host *h, unsigned thread, pawl_task *t, const char **ret_why)
{
	struct pawl_traced e = begin_of(t, thread);

	e.result = PAWL_PANICS ? pawl_port_try(call_poll, t, ret_why) : pawl_poll_(t);
	e.end = pawl_port_now();
	if (e.result == PAWL_PENDING)
		e.wait = t->kind_ & PAWL_TASK_YIELDING_ ? pawl_yielded_ : t->wait_;
	keep(h, thread, &e);
	return e.result;
}

static pawl_host *host_of(const pawl_worker *w)
{
	return PAWL_OF(w->bg, pawl_host, bg);
}

static int trace_poll(pawl_worker *w, pawl_task *t)
{
	const char *why = NULL;
	int r = poll(host_of(w), w->index + 1, t, &why);

	if (why)
		pawl_port_throw(why);
	return r;
}

void pawl_tracer_run_(pawl_host *h, pawl_task *t)
{
	const char *why = NULL;
	int r;

	if (pawl_is_unlisted_(t))
		pawl_begin_unlisted_(t, pawl_crew_of_(t->exec_));
	r = poll(h, 0, t, &why);
	if (r == PAWL_PENDING) {
		pawl_settle_(t);
		return;
	}
	if (why)
		pawl_say_wait_(t, why);
	pawl_end_(t, r);
}

/* Its task waits for it, and so is there. */
void pawl_tracer_call_(pawl_host *h, unsigned blocker, pawl_work *work)
{
	struct pawl_traced e = begin_of(work->task_, h->bg.count + 1 + blocker);

	pawl_work_call_(work);
	e.what = PAWL_HAPPENED_WORK;
	e.end = pawl_port_now();
	e.result = work->result_;
	keep(h, h->bg.count + 1, &e);
}

static void trace_park(pawl_worker *w, pawl_time from, pawl_time until)
{
	struct pawl_traced e = { .name = "parked",
				 .what = PAWL_HAPPENED_PARK,
				 .begin = from,
				 .end = until,
				 .thread = w->index + 1 };

	keep(host_of(w), w->index + 1, &e);
}

static void trace_steal(pawl_worker *w, uint32_t n)
{
	pawl_time now = pawl_port_now();
	struct pawl_traced e = { .name = "steal",
				 .what = PAWL_HAPPENED_STEAL,
				 .begin = now,
				 .end = now,
				 .result = (int)n,
				 .thread = w->index + 1 };

	keep(host_of(w), w->index + 1, &e);
}

static const struct pawl_tracing tracing = { trace_poll, trace_park, trace_steal };

static unsigned take_some(struct pawl_track *k, struct pawl_traced *ret, unsigned max)
{
	uintptr_t was = pawl_port_lock(k);
	unsigned n = k->count < max ? k->count : max, i;

	for (i = 0; i < n; i++)
		ret[i] = k->ring[(k->first + i) % k->room];
	if (n)
		k->first = (k->first + n) % k->room;
	k->count -= n;
	pawl_port_unlock(k, was);
	return n;
}

static uint32_t look(struct pawl_track *k, uint64_t *ret_lost)
{
	uintptr_t was = pawl_port_lock(k);
	uint32_t count = k->count;

	*ret_lost = k->lost;
	k->lost = 0;
	pawl_port_unlock(k, was);
	return count;
}

/* What was there at the beginning: others may be put in as fast as these are taken out. */
static void drain(pawl_host *h, unsigned track)
{
	struct pawl_track *k = &h->tracer.tracks[track];
	struct pawl_traced some[PIECE];
	uint64_t lost;
	uint32_t left = look(k, &lost);
	unsigned n;

	if (lost)
		pawl_tracer_lost_text_(h, track, lost);
	h->tracer.lost += lost;
	do {
		n = take_some(k, some, left < PIECE ? left : PIECE);
		pawl_tracer_text_(h, some, n);
		left -= n;
	} while (n && left);
}

static void give_ring(struct pawl_track *k, struct pawl_traced *ring, uint32_t room)
{
	uintptr_t was = pawl_port_lock(k);
	struct pawl_traced *old = k->ring;

	*k = (struct pawl_track){ .ring = ring, .room = room };
	pawl_port_unlock(k, was);
	free(old);
}

static void free_rings(struct pawl_tracer *r)
{
	unsigned i;

	for (i = 0; i < r->track_count; i++)
		give_ring(&r->tracks[i], NULL, 0);
	free(r->is_named);
	r->is_named = NULL;
}

/* Those who put events in may still be at it after a trace was stopped: the tracks stay. */
static int make_tracks(pawl_host *h)
{
	struct pawl_tracer *r = &h->tracer;

	if (r->tracks)
		return 0;
	r->tracks = calloc(h->bg.count + 2, sizeof(*r->tracks));
	if (!r->tracks)
		return PAWL_ENOMEM;
	r->track_count = h->bg.count + 2;
	return 0;
}

static int make_rings(pawl_host *h, uint32_t room)
{
	struct pawl_tracer *r = &h->tracer;
	int error = make_tracks(h);
	unsigned i;

	if (error < 0)
		return error;
	r->is_named = calloc(h->bl.max, sizeof(*r->is_named));
	if (!r->is_named)
		return PAWL_ENOMEM;
	for (i = 0; i < r->track_count; i++) {
		struct pawl_traced *ring = calloc(room, sizeof(*ring));

		if (!ring) {
			free_rings(r);
			return PAWL_ENOMEM;
		}
		give_ring(&r->tracks[i], ring, room);
	}
	return 0;
}

static int start_locked(pawl_host *h, const pawl_tracer_options *o)
{
	struct pawl_tracer *r = &h->tracer;
	int error;

	if (r->is_started)
		return PAWL_EBUSY;
	error = make_rings(h, o->events_max ? o->events_max : EVENTS_MAX);
	if (error < 0)
		return error;
	r->options = *o;
	r->written = 0;
	r->lost = 0;
	r->error = 0;
	pawl_tracer_begin_text_(h);
	if (r->error < 0) {
		free_rings(r);
		return r->error;
	}
	r->is_started = true;
	pawl_store_ptr(&h->bg.tracing, (uintptr_t)&tracing);
	return 0;
}

int pawl_tracer_start(pawl_host *h, const pawl_tracer_options *options)
{
	int r;

	PAWL_ASSERT(options && options->write);
	pthread_mutex_lock(&h->tracer.lock);
	r = start_locked(h, options);
	pthread_mutex_unlock(&h->tracer.lock);
	return r;
}

static int flush_locked(pawl_host *h, uint64_t *ret_lost)
{
	struct pawl_tracer *r = &h->tracer;
	unsigned i;

	if (ret_lost)
		*ret_lost = 0;
	if (!r->is_started)
		return 0;
	for (i = 0; i < r->track_count; i++)
		drain(h, i);
	if (ret_lost)
		*ret_lost = r->lost;
	return r->error;
}

int pawl_tracer_flush(pawl_host *h, uint64_t *ret_lost)
{
	int r;

	pthread_mutex_lock(&h->tracer.lock);
	r = flush_locked(h, ret_lost);
	pthread_mutex_unlock(&h->tracer.lock);
	return r;
}

static int stop_locked(pawl_host *h, uint64_t *ret_lost)
{
	struct pawl_tracer *r = &h->tracer;

	pawl_store_ptr(&h->bg.tracing, 0);
	flush_locked(h, ret_lost);
	if (!r->is_started)
		return 0;
	pawl_tracer_end_text_(h);
	free_rings(r);
	r->is_started = false;
	return r->error;
}

int pawl_tracer_stop(pawl_host *h, uint64_t *ret_lost)
{
	int r;

	pthread_mutex_lock(&h->tracer.lock);
	r = stop_locked(h, ret_lost);
	pthread_mutex_unlock(&h->tracer.lock);
	return r;
}

void pawl_tracer_fini_(pawl_host *h)
{
	pawl_tracer_stop(h, NULL);
	free(h->tracer.tracks);
	pthread_mutex_destroy(&h->tracer.lock);
}

#else

int pawl_tracer_start(pawl_host *h, const pawl_tracer_options *options)
{
	(void)h, (void)options;
	return PAWL_ENOTSUP;
}

int pawl_tracer_flush(pawl_host *h, uint64_t *ret_lost)
{
	(void)h;
	if (ret_lost)
		*ret_lost = 0;
	return 0;
}

int pawl_tracer_stop(pawl_host *h, uint64_t *ret_lost)
{
	return pawl_tracer_flush(h, ret_lost);
}

void pawl_tracer_run_(pawl_host *h, pawl_task *t)
{
	(void)h;
	pawl_run(t);
}

void pawl_tracer_call_(pawl_host *h, unsigned blocker, pawl_work *work)
{
	(void)h, (void)blocker;
	pawl_work_call_(work);
}

void pawl_tracer_fini_(pawl_host *h)
{
	pthread_mutex_destroy(&h->tracer.lock);
}

#endif
