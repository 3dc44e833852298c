/* SPDX-License-Identifier: MIT */
/* Long polls: who is at the same poll for too long is told of, once and while it lasts. */
#define _GNU_SOURCE
#include "host/host.h"

#include "core/core.h"

#include <stdlib.h>

#if PAWL_DIAG

/* In so many parts the limit is looked at. */
#define PARTS 4

/* So many looks in a row find nobody at anything, and the watchdog sleeps until it is woken. */
#define QUIET 2

/*
 * A thread, as it was when the watchdog looked last: how many polls were over, and was it at one?
 */
struct seen {
	uint64_t polls;
	pawl_time since; /* has it been at the same poll */
	bool is_polling;
	bool is_told;
};

/* The thread of a watchdog. Only the beginning is for others. */
struct dog {
	struct pawl_watchdog face;
	pawl_host *host;
	pawl_time limit;
	void (*report)(void *arg, const pawl_long_poll *p);
	void *arg;
	pthread_t thread;
	bool has_thread;
	unsigned count;     /* of threads: the main thread and the workers */
	struct seen seen[]; /* the main thread is the first */
};

/* What a thread is at, copied. */
struct look {
	uint64_t polls;
	struct pawl_running running;
};

#define READ(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)

static struct look look_at(pawl_host *h, unsigned i)
{
	const struct pawl_running *m = &h->fg.running;
	const pawl_worker *w;

	if (i == 0)
		return (struct look){ pawl_counted_(&h->fg.counts.polls),
				      { READ(&m->task), READ(&m->place), READ(&m->label) } };
	w = &h->bg.workers[i - 1];
	return (struct look){ pawl_counted_(&w->counts.polls),
			      { READ(&w->current), READ(&w->place), READ(&w->label) } };
}

/* It says what it is at before the poll, so this fits when it is still the same one after. */
static void tell(struct dog *d, unsigned i, const struct look *l, pawl_time for_at_least)
{
	pawl_task shown = { .label_ = l->running.label, .place_ = l->running.place };
	struct look again = look_at(d->host, i);
	pawl_long_poll p = {
		.name = pawl_task_name(&shown),
		.place = pawl_task_place(&shown),
		.for_at_least = for_at_least,
		.worker = (int)i - 1,
	};

	if (again.polls != l->polls || again.running.task != l->running.task)
		return;
	d->seen[i].is_told = true;
	d->report(d->arg, &p);
}

/* Whether the thread is at a poll. */
static bool look(struct dog *d, unsigned i, pawl_time now)
{
	struct look l = look_at(d->host, i);
	struct seen *s = &d->seen[i];

	if (!l.running.task || !s->is_polling || l.polls != s->polls)
		*s = (struct seen){ l.polls, now, l.running.task, false };
	else if (!s->is_told && now - s->since >= d->limit)
		tell(d, i, &l, now - s->since);
	return l.running.task;
}

static bool is_anybody_busy(struct dog *d)
{
	return pawl_load(&d->host->bg.active) || READ(&d->host->fg.running.task);
}

static bool look_at_all(struct dog *d, pawl_time now)
{
	bool is_busy = is_anybody_busy(d);
	unsigned i;

	for (i = 0; i < d->count; i++)
		is_busy |= look(d, i, now);
	return is_busy;
}

/* Until somebody has something to do. */
static void rest(struct dog *d)
{
	pawl_store(&d->face.is_asleep, 1);
	pawl_fence(&d->face.is_asleep);
	if (!is_anybody_busy(d) && !pawl_load(&d->face.is_stopping))
		pawl_port_sleep(&d->face.event, PAWL_NEVER);
	pawl_store(&d->face.is_asleep, 0);
}

static void *watch(void *arg)
{
	struct dog *d = arg;
	unsigned quiet = 0;

	while (!pawl_load(&d->face.is_stopping)) {
		pawl_time now = pawl_port_now();

		quiet = look_at_all(d, now) ? 0 : quiet + 1;
		if (quiet < QUIET) {
			pawl_port_sleep(&d->face.event, now + d->limit / PARTS);
			continue;
		}
		rest(d);
		quiet = 0;
	}
	return NULL;
}

static struct dog *dog_of(struct pawl_watchdog *w)
{
	return PAWL_OF(w, struct dog, face);
}

int pawl_watchdog_new_(pawl_host *h, const pawl_host_options *o, unsigned workers,
		       struct pawl_watchdog **ret)
{
	unsigned count = workers + 1;
	struct dog *d;

	*ret = NULL;
	if (!o->long_poll)
		return 0;
	PAWL_ASSERT(o->long_poll > 0 && o->on_long_poll);
	d = calloc(1, sizeof(*d) + count * sizeof(d->seen[0]));
	if (!d)
		return PAWL_ENOMEM;
	d->host = h;
	d->limit = o->long_poll;
	d->report = o->on_long_poll;
	d->arg = o->long_poll_arg;
	d->count = count;
	*ret = &d->face;
	return 0;
}

int pawl_watchdog_start_(struct pawl_watchdog *w)
{
	struct dog *d;
	int r;

	if (!w)
		return 0;
	d = dog_of(w);
	r = pawl_thread_start_(&d->thread, "pawl-watchdog", watch, d);
	d->has_thread = r == 0;
	return r;
}

void pawl_watchdog_stop_(struct pawl_watchdog *w)
{
	struct dog *d;

	if (!w)
		return;
	d = dog_of(w);
	pawl_store(&w->is_stopping, 1);
	pawl_port_wake(&w->event);
	if (d->has_thread)
		pthread_join(d->thread, NULL);
	d->has_thread = false;
}

void pawl_watchdog_free_(struct pawl_watchdog *w)
{
	if (w)
		free(dog_of(w));
}

#else

int pawl_watchdog_new_(pawl_host *h, const pawl_host_options *o, unsigned workers,
		       struct pawl_watchdog **ret)
{
	(void)h, (void)workers;
	*ret = NULL;
	return o->long_poll ? PAWL_ENOTSUP : 0;
}

int pawl_watchdog_start_(struct pawl_watchdog *w)
{
	(void)w;
	return 0;
}

void pawl_watchdog_stop_(struct pawl_watchdog *w)
{
	(void)w;
}

void pawl_watchdog_free_(struct pawl_watchdog *w)
{
	(void)w;
}

#endif
