/* SPDX-License-Identifier: MIT */
/* The workers: threads that run background tasks. */
#define _GNU_SOURCE
#include "core/core.h"
#include "host/host.h"
#include "port/switch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/*
 * What is left of atomic operations on this path, at about 6 ns each: a task that is spawned on a
 * worker, run there and joined after its end costs three. It is taken out of the ring (others may
 * steal it), its state word goes from SCHEDULED to RUNNING (a cancel may come in between), and to
 * DONE (as may a joiner). A task that waits and is woken costs two more: the waker marks it, and
 * the end of its poll looks whether somebody did. Who gives way costs only the first. Counting,
 * listing, starting a timer, pushing and making a task the next are plain stores, by the rule that
 * only the worker does them; who comes from outside pays (core's crew.c, port's biased.h, ring.h).
 */

/*
 * How often, in turns, a worker looks first at what would otherwise come later. Powers of two, and
 * at different turns.
 */
#define CLOCK_EVERY 8   /* its timers, and tasks that stay; else when it has nothing else to do */
#define HIGH_SKIPS 8    /* the others, although tasks of high priority wait */
#define SHARED_EVERY 32 /* in turn what came from other threads and what is of low priority */

/* So many tasks in a row may come before all others. */
#define SLOT_RUNS_MAX 16

_Thread_local pawl_worker *pawl_worker_here_;

bool pawl_workers_is_here_(const pawl_host *h)
{
	return pawl_worker_here_ && pawl_worker_here_->bg == &h->bg;
}

static struct pawl_bag *bag_of(struct pawl_background *bg, const pawl_task *t)
{
	if (t->priority_ == 0)
		return &bg->normal;
	return t->priority_ > 0 ? &bg->high : &bg->low;
}

void pawl_worker_push_(pawl_worker *w, pawl_task *t)
{
	if (t->priority_) {
		pawl_bag_put_(bag_of(w->bg, t), t);
		pawl_rouse_(w->bg);
		return;
	}
	/* What spilled comes after the ring, and this after it. */
	if (pawl_peek(&w->spill.count) || !pawl_ring_push_(&w->ring, t))
		pawl_bag_put_(&w->spill, t);
}

void pawl_worker_bind_(const pawl_worker *w, pawl_task *t)
{
	t->timer_.of_.worker_ = (uint16_t)w->index;
	t->kind_ |= PAWL_TASK_STAYS_;
}

/* The others need not look: it is woken itself, by an event that it cannot miss. */
void pawl_worker_keep_(struct pawl_background *bg, pawl_task *t)
{
	pawl_worker *w = &bg->workers[t->timer_.of_.worker_];

	pawl_bag_put_(&w->kept, t);
	if (w != pawl_worker_here_)
		pawl_port_wake(&w->event);
}

void pawl_workers_schedule_(pawl_host *h, pawl_task *t)
{
	pawl_worker *w = pawl_worker_here_;

	if (!w || w->bg != &h->bg) {
		pawl_bag_put_(bag_of(&h->bg, t), t);
		pawl_rouse_(&h->bg);
		return;
	}
	/*
	 * What the running task makes ready is next, but not who waits for the end of one, or for
	 * the next turn: of 1,000 children that are joined, each would otherwise wake its parent.
	 */
	if (t->priority_ || !w->current || !pawl_ring_put_next_(&w->ring, t))
		pawl_worker_push_(w, t);
	pawl_worker_mind_(w);
}

int pawl_workers_arm_(pawl_host *h, pawl_task *t, pawl_time due)
{
	pawl_worker *w = pawl_worker_here_;

	return pawl_worker_arm_(w && w->bg == &h->bg ? w : &h->bg.workers[0], t, due);
}

pawl_time pawl_workers_disarm_(pawl_host *h, pawl_task *t)
{
	return pawl_background_disarm_(&h->bg, t);
}

static pawl_task *take_shared(pawl_worker *w, struct pawl_bag *b)
{
	uint32_t share = pawl_load(&b->count) / w->bg->count;
	uint32_t room = PAWL_RING_ROOM - pawl_ring_count_(&w->ring);

	share = share < PAWL_RING_ROOM / 4 ? share : PAWL_RING_ROOM / 4;
	return pawl_bag_take_(b, &w->ring, share < room ? share : room);
}

/* What was woken by the running task is next, but not for ever. */
static pawl_task *take_slot(pawl_worker *w)
{
	pawl_task *t = pawl_ring_take_next_(&w->ring);

	w->slot_runs = t ? w->slot_runs + 1 : 0;
	return t;
}

static pawl_task *take_own(pawl_worker *w)
{
	pawl_task *t = NULL;

	if (w->slot_runs < SLOT_RUNS_MAX)
		t = take_slot(w);
	if (!t) {
		w->slot_runs = 0;
		t = pawl_ring_pop_(&w->ring);
	}
	if (!t)
		t = pawl_bag_take_(&w->spill, &w->ring, PAWL_RING_ROOM / 2);
	return t ? t : take_slot(w);
}

/* When more of them are ready it is their turn again after two others. */
static pawl_task *take_kept(pawl_worker *w)
{
	pawl_task *t = pawl_bag_take_(&w->kept, NULL, 0);

	if (pawl_load(&w->kept.count))
		w->turn += CLOCK_EVERY - 3;
	return t;
}

pawl_task *pawl_worker_next_(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;
	uint32_t turn = w->turn++;
	pawl_task *t = NULL;

	if (turn % CLOCK_EVERY == 0) {
		pawl_worker_expire_(w);
		if (pawl_load(&w->kept.count))
			return take_kept(w);
	}
	if (turn % HIGH_SKIPS != HIGH_SKIPS - 1)
		t = pawl_bag_take_(&bg->high, NULL, 0);
	else if (turn % SHARED_EVERY == SHARED_EVERY - 1)
		t = pawl_bag_take_(turn / SHARED_EVERY % 2 ? &bg->low : &bg->normal, NULL, 0);
	if (!t)
		t = take_own(w);
	if (!t)
		t = take_shared(w, &bg->normal);
	if (!t)
		t = pawl_bag_take_(&bg->high, NULL, 0);
	if (!t)
		t = pawl_bag_take_(&w->kept, NULL, 0);
	if (!t)
		t = pawl_bag_take_(&bg->low, NULL, 0);
	return t;
}

static pawl_task *next(pawl_worker *w, const uint32_t *stop)
{
	pawl_task *t = pawl_worker_next_(w);

	if (t)
		return t;
	/* The clock may not have been looked at for a while. */
	if (pawl_worker_expire_(w))
		t = pawl_worker_next_(w);
	if (!t)
		t = pawl_worker_steal_(w);
	return t ? t : pawl_worker_idle_(w, stop);
}

/*
 * A task that ended may have been the one that pawl_host_free waits for. Who does not see yet that
 * it waits is looked for again.
 */
static void tell_closing(pawl_host *h)
{
	if (pawl_peek(&h->is_closing) && pawl_crew_count(&h->crew) == 0)
		pawl_loop_wake_(h);
}

/* Who looks whether it is held up reads it. */
static void set_current(pawl_worker *w, pawl_task *t)
{
	__atomic_store_n(&w->current, t, __ATOMIC_RELAXED);
}

static void say_running(pawl_worker *w, const pawl_task *t)
{
	pawl_poke(&w->is_first_poll, t && pawl_is_unlisted_(t));
#if PAWL_DIAG
	__atomic_store_n(&w->label, t ? t->label_ : NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&w->place, t ? t->place_ : NULL, __ATOMIC_RELEASE);
#endif
}

static void end(pawl_worker *w, pawl_task *t, int r)
{
	pawl_end_(t, r);
	tell_closing(PAWL_OF(w->bg, pawl_host, bg));
}

static int poll_or_trace(pawl_worker *w, pawl_task *t)
{
	const struct pawl_tracing *tracing = pawl_tracing_(w->bg);

	return tracing ? tracing->poll(w, t) : pawl_poll_(t);
}

static void poll(pawl_worker *w, pawl_task *t)
{
	int r;

	set_current(w, t);
	say_running(w, t);
	pawl_begin_unlisted_(t, &PAWL_OF(w->bg, pawl_host, bg)->crew);
	r = poll_or_trace(w, t);
	set_current(w, NULL);
	pawl_count_(&w->counts.polls, 1);
	/* Listed before that is said, or a dump misses it; not settled, or it may end meanwhile. */
	if (r == PAWL_PENDING && pawl_is_unlisted_(t))
		pawl_crew_list_(t);
	pawl_poke(&w->is_first_poll, 0);
	if (r == PAWL_PENDING)
		pawl_settle_(t);
	else
		end(w, t, r);
}

struct batch {
	pawl_worker *w;
	const uint32_t *stop;
};

static int run_batch(void *arg)
{
	struct batch *b = arg;

	while (!pawl_load(b->stop)) {
		pawl_task *t = next(b->w, b->stop);

		if (t)
			poll(b->w, t);
	}
	return 0;
}

/* The task that left the batch by a panic has ended. */
static void recover(pawl_worker *w, const char *why)
{
	pawl_task *t = w->current;

	/* Nobody's poll: an owner's drop. */
	if (!t)
		pawl_port_fatal(why);
	set_current(w, NULL);
	pawl_poke(&w->is_first_poll, 0);
	pawl_count_(&w->counts.polls, 1);
	pawl_say_wait_(t, why);
	end(w, t, PAWL_EPANIC);
}

void pawl_worker_run_(pawl_worker *w, const uint32_t *stop)
{
	pawl_task *outer = w->current;
	struct batch b = { w, stop };
	const char *why;

	set_current(w, NULL);
	while (pawl_port_try(run_batch, &b, &why))
		recover(w, why);
	set_current(w, outer);
	say_running(w, outer);
}

#if PAWL_STACKS
/* Only where it is linked: who has no stacks has no handlers for them either. */
void pawl_stacks_prepare(void) __attribute__((weak));

void pawl_thread_begin_(void)
{
	if (pawl_stacks_prepare)
		pawl_stacks_prepare();
}
#else
void pawl_thread_begin_(void)
{
}
#endif

static void *work(void *arg)
{
	pawl_worker *w = arg;

	pawl_thread_begin_();
	pawl_worker_here_ = w;
	w->clock = pawl_port_now();
	pawl_worker_run_(w, &w->bg->is_stopping);
	pawl_worker_here_ = NULL;
	return NULL;
}

int pawl_thread_start_(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
	sigset_t all, before;
	size_t i;
	int r;

	/*
	 * Signals are the main thread's, but for those by which a thread hears what it did itself.
	 */
	sigfillset(&all);
	for (i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(ret, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return r == ENOMEM ? PAWL_ENOMEM : PAWL_EAGAIN;
	if (name)
		pthread_setname_np(*ret, name);
	return 0;
}

static int start_one(struct pawl_background *bg)
{
	pawl_worker *w = &bg->workers[bg->started];
	int r = pawl_thread_start_(&w->thread, "pawl-worker", work, w);

	if (r == 0)
		bg->started++;
	return r;
}

int pawl_workers_start_(pawl_host *h, unsigned count)
{
	struct pawl_background *bg = &h->bg;
	unsigned i;
	int r = 0;

	if (count > UINT16_MAX)
		return PAWL_EAGAIN;
	bg->workers = aligned_alloc(_Alignof(pawl_worker), count * sizeof(*bg->workers));
	if (!bg->workers)
		return PAWL_ENOMEM;
	for (i = 0; i < count; i++) {
		bg->workers[i] = (pawl_worker){ .bg = bg, .index = i, .timers_next = PAWL_NEVER };
		if (!h->crew.limit_)
			pawl_crew_add_tally(&h->crew, &bg->workers[i].tally);
	}
	pawl_thread_begin_();
	bg->count = count;
	pawl_store(&bg->active, count);
	while (r == 0 && bg->started < count)
		r = start_one(bg);
	if (r < 0)
		pawl_workers_stop_(h);
	return r;
}

void pawl_workers_stop_(pawl_host *h)
{
	struct pawl_background *bg = &h->bg;
	unsigned i;

	pawl_watchdog_stop_(bg->dog);
	pawl_store(&bg->is_stopping, 1);
	for (i = 0; i < bg->started; i++)
		pawl_port_wake(&bg->workers[i].event);
	while (bg->started)
		pthread_join(bg->workers[--bg->started].thread, NULL);
	for (i = 0; i < bg->count; i++)
		free(bg->workers[i].timers.heap_);
	free(bg->workers);
}
