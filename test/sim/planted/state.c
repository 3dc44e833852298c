/* SPDX-License-Identifier: MIT */
/* Planted bugs of what is kept over an await: slots, an order, a balance, a cache. */
#include "planted.h"

#include <string.h>

/*
 * Requests have numbers, which are slots of a table. One that is given up leaves its slot to the
 * next, while an answer to it is on its way.
 */
static struct {
	struct slot {
		bool is_used;
		unsigned generation;
		const char *asked, *answer;
	} slots[1];
	pawl_task first, second, server;
	struct turns gives_up, comes, answers;
	unsigned generation;
	const char *asked;
	bool is_mended;
} table;

static void ask(const char *what)
{
	table.slots[0].generation++;
	table.slots[0].is_used = true;
	table.slots[0].asked = what;
	table.slots[0].answer = NULL;
}

static int asks_and_gives_up(pawl_task *t)
{
	PAWL_BEGIN(t);
	table.gives_up.left = 3;
	PAWL_AWAIT(t, planted_turns(t, &table.gives_up));
	table.slots[0].is_used = false;
	PAWL_END(t);
}

static int asks_later(pawl_task *t)
{
	PAWL_BEGIN(t);
	table.comes.left = 4;
	PAWL_AWAIT(t, planted_turns(t, &table.comes));
	if (!table.slots[0].is_used)
		ask("second");
	PAWL_END(t);
}

static bool is_still_asked(const struct slot *s)
{
	return s->is_used && (!table.is_mended || s->generation == table.generation);
}

static int answers(pawl_task *t)
{
	PAWL_BEGIN(t);
	table.generation = table.slots[0].generation;
	table.asked = table.slots[0].asked;
	table.answers.left = 2;
	PAWL_AWAIT(t, planted_turns(t, &table.answers));
	if (is_still_asked(&table.slots[0]))
		table.slots[0].answer = table.asked;
	PAWL_END(t);
}

static void aba_slot(pawl_sim *sim, bool is_mended)
{
	const struct slot *s = &table.slots[0];

	memset(&table, 0, sizeof table);
	table.is_mended = is_mended;
	ask("first");
	pawl_spawn(pawl_sim_exec(sim), &table.first, asks_and_gives_up);
	pawl_spawn(pawl_sim_exec(sim), &table.second, asks_later);
	pawl_spawn(pawl_sim_exec(sim), &table.server, answers);
	pawl_detach(&table.first);
	pawl_detach(&table.second);
	pawl_detach(&table.server);
	pawl_sim_run(sim);
	CHECK(!s->is_used || !s->answer || strcmp(s->asked, s->answer) == 0);
}

PLANTED(aba_slot, false);

/*
 * Jobs of a pool; who started one is told of its end, and looks into its slot for the result: which
 * may be another's by then.
 */
struct asker {
	pawl_task task;
	struct turns before;
	struct job *job;
	unsigned id, result;
	bool is_told;
};

struct job {
	pawl_task task;
	struct turns turns;
	struct asker *asker;
	unsigned result;
};

PAWL_TASK_POOL(planted_jobs, struct job, 1);

static struct {
	struct asker askers[2];
	bool is_mended;
} desk;

static int does_job(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	PAWL_BEGIN(t);
	j->turns.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &j->turns));
	j->result = 10 * j->asker->id;
	if (desk.is_mended)
		j->asker->result = j->result;
	j->asker->is_told = true;
	pawl_wake(&j->asker->task);
	PAWL_END(t);
}

static struct job *starts_job(struct asker *a, pawl_exec *x)
{
	struct job *j = planted_jobs_claim();

	if (!j)
		return NULL;
	j->asker = a;
	pawl_spawn(x, &j->task, does_job);
	pawl_detach(&j->task);
	return j;
}

static int asks_for_job(pawl_task *t)
{
	struct asker *a = PAWL_OF(t, struct asker, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, planted_turns(t, &a->before));
	a->job = starts_job(a, pawl_here(t));
	if (!a->job)
		return PAWL_EFULL;
	PAWL_AWAIT(t, planted_told(t, &a->is_told));
	if (!desk.is_mended)
		a->result = a->job->result;
	PAWL_END(t);
}

static void dropped_slot(pawl_sim *sim, bool is_mended)
{
	struct asker *a;

	memset(&desk, 0, sizeof desk);
	desk.is_mended = is_mended;
	for (a = desk.askers; a < desk.askers + 2; a++) {
		a->id = 1 + (unsigned)(a - desk.askers);
		a->before.left = 6 * (a->id - 1);
		pawl_spawn(pawl_sim_exec(sim), &a->task, asks_for_job);
		pawl_detach(&a->task);
	}
	pawl_sim_run(sim);
	for (a = desk.askers; a < desk.askers + 2; a++)
		CHECK(!a->job || a->result == 10 * a->id);
}

PLANTED(dropped_slot, false);

/* The settings are mostly there before anybody needs them. */
static struct {
	pawl_task loader, server;
	struct turns loads, starts;
	unsigned port;
	pawl_event loaded;
	bool is_mended;
} settings;

static int loads_settings(pawl_task *t)
{
	PAWL_BEGIN(t);
	settings.loads.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &settings.loads));
	settings.port = 80;
	pawl_event_set(&settings.loaded);
	PAWL_END(t);
}

static int serves(pawl_task *t)
{
	PAWL_BEGIN(t);
	settings.starts.left = 16;
	PAWL_AWAIT(t, planted_turns(t, &settings.starts));
	if (settings.is_mended)
		PAWL_AWAIT(t, pawl_event_wait(t, &settings.loaded));
	return settings.port == 80 ? 0 : PAWL_EINVAL;
	PAWL_END(t);
}

static void order(pawl_sim *sim, bool is_mended)
{
	int outcome = 0;

	memset(&settings, 0, sizeof settings);
	pawl_event_init(&settings.loaded);
	settings.is_mended = is_mended;
	pawl_spawn(pawl_sim_exec(sim), &settings.loader, loads_settings);
	pawl_spawn(pawl_sim_exec(sim), &settings.server, serves);
	pawl_detach(&settings.loader);
	pawl_block_on(pawl_sim_exec(sim), &settings.server, &outcome);
	pawl_sim_run(sim);
	CHECK(outcome == 0);
}

PLANTED(order, true);

/* Looks at the balance, asks whether that is all right, and then takes the money. */
static struct {
	int balance, held;
	struct payment {
		pawl_task task;
		struct turns before, asks;
	} payments[2];
	bool is_mended;
} account;

static int pays(pawl_task *t)
{
	struct payment *p = PAWL_OF(t, struct payment, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, planted_turns(t, &p->before));
	if (account.balance - account.held < 80)
		return PAWL_EFULL;
	if (account.is_mended)
		account.held += 80;
	p->asks.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &p->asks));
	if (account.is_mended)
		account.held -= 80;
	account.balance -= 80;
	PAWL_END(t);
}

static void overdraw(pawl_sim *sim, bool is_mended)
{
	unsigned i;

	memset(&account, 0, sizeof account);
	account.balance = 100;
	account.is_mended = is_mended;
	for (i = 0; i < 2; i++) {
		account.payments[i].before.left = 4 * i;
		pawl_spawn(pawl_sim_exec(sim), &account.payments[i].task, pays);
		pawl_detach(&account.payments[i].task);
	}
	pawl_sim_run(sim);
	CHECK(account.balance >= 0);
}

PLANTED(overdraw, false);

/* Whoever does not find it in the cache loads it, which takes a while. */
static struct {
	unsigned loads;
	bool is_filled, is_mended;
	pawl_mutex filling;
	struct visitor {
		pawl_task task;
		struct turns before, waits;
	} visitors[3];
} cache;

static int looks_up(pawl_task *t)
{
	struct visitor *v = PAWL_OF(t, struct visitor, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, planted_turns(t, &v->before));
	if (cache.is_mended)
		PAWL_AWAIT(t, pawl_mutex_lock(t, &cache.filling));
	if (!cache.is_filled) {
		v->waits.left = 2;
		PAWL_AWAIT(t, planted_turns(t, &v->waits));
		cache.loads++;
		cache.is_filled = true;
	}
	if (cache.is_mended)
		pawl_mutex_unlock(t, &cache.filling);
	PAWL_END(t);
}

static void filled_twice(pawl_sim *sim, bool is_mended)
{
	unsigned i;

	memset(&cache, 0, sizeof cache);
	cache.is_mended = is_mended;
	pawl_mutex_init(&cache.filling);
	for (i = 0; i < 3; i++) {
		cache.visitors[i].before.left = 6 * i;
		pawl_spawn(pawl_sim_exec(sim), &cache.visitors[i].task, looks_up);
		pawl_detach(&cache.visitors[i].task);
	}
	pawl_sim_run(sim);
	CHECK(cache.loads == 1);
}

PLANTED(filled_twice, false);
