/* SPDX-License-Identifier: MIT */
/* Idle workers: keeping watch, parking, and waking them. The rules stand in worker.h. */
#include "host/worker.h"

/* How long the watch naps at first, and at most. */
#define NAP_MIN PAWL_US(50)
#define NAP_MAX PAWL_MS(1)

/* For so many naps it stays after the last active worker went idle: the next may come soon. */
#define LINGER 8

static uint32_t watched(enum pawl_watch_state state, const pawl_worker *w)
{
	return (uint32_t)state | w->index << 2;
}

static bool has_watch(const pawl_worker *w)
{
	return pawl_load(&w->bg->watch) == watched(PAWL_WATCH_AWAKE, w);
}

/* Takes a worker out of the parked ones, and makes it the watch. */
static pawl_worker *unpark_one(struct pawl_background *bg)
{
	uintptr_t was = pawl_port_lock(bg);
	pawl_worker *w = bg->parked;

	if (w) {
		bg->parked = w->parked_next;
		w->is_parked = false;
		pawl_store(&bg->parked_count, bg->parked_count - 1);
		pawl_store(&bg->watch, watched(PAWL_WATCH_AWAKE, w));
	} else {
		pawl_store(&bg->watch, PAWL_WATCH_NONE);
	}
	pawl_port_unlock(bg, was);
	return w;
}

/* Wakes the watch from its nap, or a worker to keep it. Answers whom; NULL: nobody has to be. */
static pawl_worker *rouse(struct pawl_background *bg)
{
	uint32_t s = pawl_load(&bg->watch);

	for (;;) {
		switch (s & PAWL_WATCH_STATE_) {
		case PAWL_WATCH_AWAKE:
			return NULL;
		case PAWL_WATCH_NAPPING:
			if (pawl_cas(&bg->watch, &s, (s & ~3u) | PAWL_WATCH_AWAKE))
				return &bg->workers[s >> 2];
			break;
		default:
			if (!pawl_load(&bg->parked_count))
				return NULL;
			if (pawl_cas(&bg->watch, &s, PAWL_WATCH_AWAKE | bg->count << 2))
				return unpark_one(bg);
		}
	}
}

static void count_wake(struct pawl_background *bg)
{
	pawl_worker *here = pawl_worker_here_;

	if (here && here->bg == bg)
		pawl_count_(&here->counts.wakes, 1);
	else
		pawl_count_shared_(&bg->wakes, 1);
}

void pawl_rouse_(struct pawl_background *bg)
{
	pawl_worker *w;

	pawl_fence(&bg->active);
	w = rouse(bg);
	if (!w)
		return;
	count_wake(bg);
	pawl_port_wake(&w->event);
}

static bool has_bags(const struct pawl_background *bg)
{
	return pawl_load(&bg->high.count) || pawl_load(&bg->normal.count) ||
	       pawl_load(&bg->low.count);
}

static pawl_task *look(pawl_worker *w)
{
	pawl_task *t;

	pawl_worker_expire_(w);
	t = pawl_worker_next_(w);
	return t ? t : pawl_worker_steal_(w);
}

/* Does this worker have more than the task that it is about to poll, perhaps for long? */
static bool has_left(const pawl_worker *w)
{
	return pawl_ring_count_(&w->ring) || pawl_worker_has_timers_(w);
}

/* The others have to be looked after by somebody else, and what this worker has left over, too. */
static void give_up_watch(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;

	pawl_store(&bg->watch, PAWL_WATCH_NONE);
	pawl_fence(&bg->active);
	if (pawl_load(&bg->parked_count) &&
	    (pawl_load(&bg->active) > 1 || has_left(w) || has_bags(bg)))
		pawl_rouse_(bg);
}

/*
 * It does not spin before: in a virtual machine, where a wake across processors takes longest, that
 * keeps the one whom it waits for from running on this processor, and is slower than no spinning.
 */
static void sleep(pawl_worker *w, pawl_time until)
{
	const struct pawl_tracing *tracing = pawl_tracing_(w->bg);
	pawl_time next = __atomic_load_n(&w->timers_next, __ATOMIC_RELAXED);
	pawl_time from = tracing ? pawl_port_now() : 0;

	pawl_count_(&w->counts.parks, 1);
	pawl_port_sleep(&w->event, until < next ? until : next);
	w->clock = pawl_port_now();
	if (tracing)
		tracing->parked(w, from, w->clock);
}

static bool is_called(const pawl_worker *w, const uint32_t *stop)
{
	return pawl_load(stop) || has_bags(w->bg) || pawl_load(&w->kept.count);
}

static void nap(pawl_worker *w, const uint32_t *stop, pawl_time length)
{
	struct pawl_background *bg = w->bg;

	pawl_store(&bg->watch, watched(PAWL_WATCH_NAPPING, w));
	pawl_fence(&bg->active);
	if (!is_called(w, stop))
		sleep(w, pawl_port_now() + length);
	/* Somebody may have done it already, to wake it. */
	pawl_exchange(&bg->watch, watched(PAWL_WATCH_AWAKE, w));
}

/* Nobody is active: true when nobody has become so until the watch was given up. */
static bool leave_watch(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;
	uint32_t none = PAWL_WATCH_NONE;

	pawl_store(&bg->watch, PAWL_WATCH_NONE);
	pawl_fence(&bg->active);
	return !pawl_load(&bg->active) ||
	       !pawl_cas(&bg->watch, &none, watched(PAWL_WATCH_AWAKE, w));
}

/*
 * Keeps watch until there is a task, or `*stop`, and has it then still; or until nobody is active:
 * then it gave it up.
 */
static pawl_task *keep_watch(pawl_worker *w, const uint32_t *stop)
{
	struct pawl_background *bg = w->bg;
	pawl_time length = NAP_MIN;
	unsigned lonely = 0;
	pawl_task *t;

	for (;;) {
		t = look(w);
		if (t || pawl_load(stop))
			return t;
		lonely = pawl_load(&bg->active) ? 0 : lonely + 1;
		if (lonely > LINGER && leave_watch(w))
			return NULL;
		nap(w, stop, length);
		if (length < NAP_MAX)
			length *= 2;
	}
}

static bool take_watch(pawl_worker *w)
{
	uint32_t none = PAWL_WATCH_NONE;

	return pawl_load(&w->bg->active) &&
	       pawl_cas(&w->bg->watch, &none, watched(PAWL_WATCH_AWAKE, w));
}

static void enter_parked(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;
	uintptr_t was = pawl_port_lock(bg);

	w->parked_next = bg->parked;
	bg->parked = w;
	w->is_parked = true;
	pawl_store(&bg->parked_count, bg->parked_count + 1);
	pawl_port_unlock(bg, was);
	pawl_fence(&bg->active);
}

static void leave_parked(pawl_worker *w)
{
	struct pawl_background *bg = w->bg;
	uintptr_t was = pawl_port_lock(bg);
	pawl_worker **at = &bg->parked;

	if (w->is_parked) {
		while (*at != w)
			at = &(*at)->parked_next;
		*at = w->parked_next;
		w->is_parked = false;
		pawl_store(&bg->parked_count, bg->parked_count - 1);
	}
	pawl_port_unlock(bg, was);
}

static bool is_watch_free(const struct pawl_background *bg)
{
	return pawl_load(&bg->watch) == PAWL_WATCH_NONE && pawl_load(&bg->active);
}

static void park(pawl_worker *w, const uint32_t *stop)
{
	enter_parked(w);
	if (!is_called(w, stop) && !is_watch_free(w->bg))
		sleep(w, PAWL_NEVER);
	leave_parked(w);
}

/* Nobody is left who would look after the others. */
static void tell_all_busy(struct pawl_background *bg)
{
	if (pawl_load(&bg->wants_to_know) && pawl_exchange(&bg->wants_to_know, 0))
		bg->all_busy(bg);
}

pawl_task *pawl_worker_idle_(pawl_worker *w, const uint32_t *stop)
{
	struct pawl_background *bg = w->bg;
	pawl_task *t = NULL;
	bool is_last;

	pawl_fetch_add(&bg->active, UINT32_MAX);
	while (!t && !pawl_load(stop)) {
		/* Who was unparked by another is the watch already. */
		if (has_watch(w) || take_watch(w)) {
			t = keep_watch(w, stop);
			continue;
		}
		park(w, stop);
		if (!has_watch(w))
			t = look(w);
	}
	is_last = pawl_fetch_add(&bg->active, 1) + 1 == bg->count;
	/*
	 * What is read from here on tells of those that saw it idle: that takes more than
	 * acquiring.
	 */
	pawl_fence(&bg->active);
	if (is_last)
		tell_all_busy(bg);
	pawl_watchdog_stir_(bg->dog);
	if (has_watch(w))
		give_up_watch(w);
	else if (has_left(w))
		pawl_worker_mind_(w);
	return t;
}
