/* SPDX-License-Identifier: MIT */
/* Planted bugs of waiting: a lost wake, a deadlock, a missed cancel, a loader that went, a lock. */
#include "planted.h"

#include <string.h>

/* Looks whether it is full, then tells a log, and only then says that it waits. */
static struct {
	pawl_task reader, writer;
	struct turns reads, writes;
	pawl_task *waiting;
	bool is_full, is_told, is_mended;
} wake;

static int wakes_up(pawl_task *t)
{
	PAWL_BEGIN(t);
	if (wake.is_full)
		return 0;
	if (wake.is_mended)
		wake.waiting = t;
	wake.reads.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &wake.reads));
	wake.waiting = t;
	PAWL_AWAIT(t, planted_told(t, &wake.is_told));
	PAWL_END(t);
}

static int fills(pawl_task *t)
{
	PAWL_BEGIN(t);
	wake.writes.left = 5;
	PAWL_AWAIT(t, planted_turns(t, &wake.writes));
	wake.is_full = true;
	if (wake.waiting) {
		wake.is_told = true;
		pawl_wake(wake.waiting);
	}
	PAWL_END(t);
}

static void lost_wake(pawl_sim *sim, bool is_mended)
{
	memset(&wake, 0, sizeof wake);
	wake.is_mended = is_mended;
	pawl_spawn(pawl_sim_exec(sim), &wake.reader, wakes_up);
	pawl_spawn(pawl_sim_exec(sim), &wake.writer, fills);
	pawl_detach(&wake.writer);
	pawl_block_on(pawl_sim_exec(sim), &wake.reader, NULL);
	pawl_sim_run(sim);
}

PLANTED(lost_wake, false);

/* Two accounts, two transfers: each holds one account while it waits for the other. */
static struct transfer {
	pawl_task task;
	struct turns before, asks;
	pawl_sem *first, *second;
} transfers[2];

static int transfers_money(pawl_task *t)
{
	struct transfer *s = PAWL_OF(t, struct transfer, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, planted_turns(t, &s->before));
	PAWL_AWAIT(t, pawl_sem_acquire(t, s->first));
	s->asks.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &s->asks));
	PAWL_AWAIT(t, pawl_sem_acquire(t, s->second));
	pawl_sem_release(s->second);
	pawl_sem_release(s->first);
	PAWL_END(t);
}

static void two_sems(pawl_sim *sim, bool is_mended)
{
	static pawl_sem accounts[2];
	unsigned i;

	memset(transfers, 0, sizeof transfers);
	for (i = 0; i < 2; i++) {
		pawl_sem_init(&accounts[i], 1);
		transfers[i].first = &accounts[is_mended ? 0 : i];
		transfers[i].second = &accounts[is_mended ? 1 : 1 - i];
		transfers[i].before.left = 4 * i;
		pawl_spawn(pawl_sim_exec(sim), &transfers[i].task, transfers_money);
	}
	for (i = 0; i < 2; i++)
		pawl_block_on(pawl_sim_exec(sim), &transfers[i].task, NULL);
}

PLANTED(two_sems, false);

/* Who closes it cancels the connection; while that is not spawned yet, there is nothing to. */
static struct {
	pawl_task opener, closer, connection;
	struct turns opens, closes;
	bool is_open, is_closing, is_mended, never;
} link;

static int stays_connected(pawl_task *t)
{
	return planted_told(t, &link.never);
}

static int opens(pawl_task *t)
{
	PAWL_BEGIN(t);
	link.opens.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &link.opens));
	if (link.is_mended && link.is_closing)
		return 0;
	pawl_spawn(pawl_here(t), &link.connection, stays_connected);
	pawl_detach(&link.connection);
	link.is_open = true;
	PAWL_END(t);
}

static int closes(pawl_task *t)
{
	PAWL_BEGIN(t);
	link.closes.left = 3;
	PAWL_AWAIT(t, planted_turns(t, &link.closes));
	link.is_closing = true;
	if (link.is_open)
		pawl_cancel(&link.connection);
	PAWL_END(t);
}

static void missed_cancel(pawl_sim *sim, bool is_mended)
{
	memset(&link, 0, sizeof link);
	link.is_mended = is_mended;
	pawl_spawn(pawl_sim_exec(sim), &link.opener, opens);
	pawl_spawn(pawl_sim_exec(sim), &link.closer, closes);
	pawl_detach(&link.opener);
	pawl_detach(&link.closer);
	pawl_sim_run(sim);
}

PLANTED(missed_cancel, false);

/* One loads, the others wait for that; whoever loads may be cancelled, and nobody hears of it. */
static struct {
	pawl_task clients[3], user;
	struct turns loads, waits;
	pawl_notify loaded;
	bool is_loading, is_loaded, is_mended;
} page;

static void ends_loading(bool is_loaded)
{
	page.is_loaded = is_loaded;
	page.is_loading = false;
	pawl_notify_all(&page.loaded);
}

static int wants(pawl_task *t)
{
	int r;

	PAWL_BEGIN(t);
	while (page.is_loading)
		PAWL_AWAIT(t, pawl_notify_wait(t, &page.loaded));
	if (page.is_loaded)
		return 0;
	page.is_loading = true;
	page.loads.left = 2;
	PAWL_AWAIT_AS(t, r, planted_turns(t, &page.loads));
	if (r < 0 && !page.is_mended)
		return r;
	ends_loading(r == 0);
	return r;
	PAWL_END(t);
}

static int goes_away(pawl_task *t)
{
	PAWL_BEGIN(t);
	page.waits.left = 4;
	PAWL_AWAIT(t, planted_turns(t, &page.waits));
	pawl_cancel(&page.clients[0]);
	PAWL_END(t);
}

static void loader_goes(pawl_sim *sim, bool is_mended)
{
	unsigned i;

	memset(&page, 0, sizeof page);
	page.is_mended = is_mended;
	pawl_notify_init(&page.loaded);
	for (i = 0; i < 3; i++)
		pawl_spawn(pawl_sim_exec(sim), &page.clients[i], wants);
	pawl_spawn(pawl_sim_exec(sim), &page.user, goes_away);
	pawl_detach(&page.user);
	pawl_sim_run(sim);
	for (i = 0; i < 3; i++)
		pawl_block_on(pawl_sim_exec(sim), &page.clients[i], NULL);
}

PLANTED(loader_goes, false);

/* A task of low priority holds a lock over an await: those between make an urgent one wait. */
static struct {
	pawl_task boss, low, high;
	struct busy {
		pawl_task task;
		struct turns turn;
		unsigned left;
	} others[4];
	struct turns holds, starts;
	unsigned done, waited;
	pawl_mutex lock;
	bool is_mended;
} lock;

static int holds_the_lock(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_mutex_lock(t, &lock.lock));
	lock.holds.left = lock.is_mended ? 0 : 3;
	PAWL_AWAIT(t, planted_turns(t, &lock.holds));
	pawl_mutex_unlock(t, &lock.lock);
	PAWL_END(t);
}

static int is_urgent(pawl_task *t)
{
	PAWL_BEGIN(t);
	lock.waited = lock.done;
	PAWL_AWAIT(t, pawl_mutex_lock(t, &lock.lock));
	lock.waited = lock.done - lock.waited;
	pawl_mutex_unlock(t, &lock.lock);
	PAWL_END(t);
}

static int is_busy(pawl_task *t)
{
	struct busy *b = PAWL_OF(t, struct busy, task);

	PAWL_BEGIN(t);
	for (b->left = 10; b->left; b->left--) {
		lock.done++;
		b->turn.left = 1;
		PAWL_AWAIT(t, planted_turns(t, &b->turn));
	}
	PAWL_END(t);
}

static int starts_them(pawl_task *t)
{
	pawl_spawn_options high = { .priority = 1 };
	unsigned i;

	PAWL_BEGIN(t);
	lock.starts.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &lock.starts));
	for (i = 0; i < 4; i++) {
		pawl_spawn(pawl_here(t), &lock.others[i].task, is_busy);
		pawl_detach(&lock.others[i].task);
	}
	pawl_spawn_with(pawl_here(t), &lock.high, is_urgent, &high);
	pawl_detach(&lock.high);
	PAWL_END(t);
}

static void starved_holder(pawl_sim *sim, bool is_mended)
{
	pawl_spawn_options low = { .priority = -1 };

	memset(&lock, 0, sizeof lock);
	lock.is_mended = is_mended;
	pawl_mutex_init(&lock.lock);
	pawl_spawn_with(pawl_sim_exec(sim), &lock.low, holds_the_lock, &low);
	pawl_spawn(pawl_sim_exec(sim), &lock.boss, starts_them);
	pawl_detach(&lock.low);
	pawl_detach(&lock.boss);
	pawl_sim_run(sim);
	CHECK(lock.waited <= 16);
}

PLANTED(starved_holder, false);
