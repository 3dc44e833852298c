/* SPDX-License-Identifier: MIT */
/* Programs with a database that are killed, or lose their power, at any of their calls. */
#include <pawl/sim_sqlite.h>
#include <pawl/sim_world.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define COUNT 6 /* transactions of a program */

/* One that writes, off the main thread. What it says is told to the outside of the machine. */
struct program {
	pawl_work work;
	pawl_task task;
	pawl_sim *sim;
	pawl_sim_node *node;
	unsigned begun, committed; /* transactions of all that there were */
	bool may_fail;
};

static sqlite3 *open_db(pawl_sim *sim, pawl_world *w, bool may_fail)
{
	sqlite3 *db = NULL;
	int r;

	CHECK(pawl_sim_sqlite(w) == 0);
	r = sqlite3_open_v2("/db", &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    w->ops->sqlite_vfs);
	CHECK(r == SQLITE_OK || may_fail);
	return db;
}

static bool run(struct program *p, sqlite3 *db, const char *text)
{
	bool is_done = sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;

	pawl_sim_check(p->sim, is_done || p->may_fail, text, __FILE__, __LINE__);
	return is_done;
}

static void write_all(pawl_work *work)
{
	struct program *p = PAWL_OF(work, struct program, work);
	sqlite3 *db = open_db(p->sim, pawl_sim_node_world(p->node), p->may_fail);
	char text[100];

	run(p, db,
	    "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;"
	    "PRAGMA wal_autocheckpoint = 3; CREATE TABLE IF NOT EXISTS t (i INTEGER)");
	for (int i = 0; i < COUNT; i++) {
		p->begun++;
		snprintf(text, sizeof text, "INSERT INTO t VALUES (%u)", p->begun);
		if (run(p, db, text))
			p->committed = p->begun;
	}
	sqlite3_close(db);
}

static int run_program(pawl_task *t)
{
	struct program *p = PAWL_OF(t, struct program, task);

	PAWL_BEGIN(t);
	p->work.fn = write_all;
	PAWL_AWAIT(t, pawl_blocking(t, &p->work));
	PAWL_END(t);
}

static void begin(pawl_sim *sim, struct program *p)
{
	p->sim = sim;
	memset(&p->task, 0, sizeof p->task); /* the killed one's is nobody's any more */
	memset(&p->work, 0, sizeof p->work);
	CHECK(pawl_sim_node_new(sim, "writer", &p->node) == 0);
	CHECK(pawl_sim_node_world(p->node) != NULL);
	CHECK(pawl_spawn_foreground(pawl_sim_node_exec(p->node), &p->task, run_program) == 0);
	pawl_detach(&p->task);
}

static int64_t ask(sqlite3 *db, const char *text)
{
	sqlite3_stmt *q = NULL;
	int64_t r = -1;

	if (sqlite3_prepare_v2(db, text, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		r = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return r;
}

/* Somebody else looks, who is never disturbed: what was committed is there, the rest all or not. */
static void look(pawl_sim *sim, const struct program *p)
{
	pawl_sim_node *n;
	sqlite3 *db;

	CHECK(pawl_sim_node_new(sim, "looks", &n) == 0);
	db = open_db(sim, pawl_sim_node_world(n), false);
	CHECK(ask(db, "SELECT count(*) FROM pragma_integrity_check"
		      " WHERE integrity_check = 'ok'") == 1);
	if (p->committed) {
		CHECK(ask(db, "SELECT max(i) FROM t") >= p->committed);
		CHECK(ask(db, "SELECT max(i) FROM t") <= p->begun);
	}
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* So often that each of the calls is one of them, under some seed. */
PAWL_SIM_TEST(killed, .seeds = 600)
{
	struct program p = { 0 };

	begin(sim, &p);
	pawl_sim_kill_at(sim, 1 + pawl_sim_seed(sim) % 300);
	pawl_sim_run(sim);
	CHECK(pawl_sim_node_is_dead(p.node) || p.committed == COUNT);
	look(sim, &p);
	pawl_sim_kill_at(sim, 0);
	begin(sim, &p);
	pawl_sim_run(sim);
	CHECK(p.committed == p.begun);
	look(sim, &p);
}

static void cut(pawl_sim *sim, bool is_journaled)
{
	const pawl_sim_machine m = { .is_journaled = is_journaled };
	struct program p = { 0 };

	pawl_sim_set_machine(sim, &m);
	for (unsigned round = 0; round < 3; round++) {
		begin(sim, &p);
		pawl_sim_power_cut_at(sim, pawl_sim_world_calls(sim) + 1 +
						   (pawl_sim_seed(sim) + round * 89) % 300);
		pawl_sim_run(sim);
		look(sim, &p);
	}
}

PAWL_SIM_TEST(cut_with_a_journal, .seeds = 600)
{
	cut(sim, true);
}

PAWL_SIM_TEST(cut_without_one, .seeds = 600)
{
	cut(sim, false);
}

/*
 * Syncs do not fail here. A log whose sync failed is read back from memory by the next program,
 * which believes it and adds to it; what the disk never got is then missing before what it has.
 * That is so on real machines, and SQLite has no answer to it.
 */
PAWL_SIM_TEST(fails_and_is_cut, .seeds = 600)
{
	static const pawl_sim_faults all = { .read_fails_in = 80,
					     .write_fails_in = 80,
					     .open_fails_in = 20,
					     .change_fails_in = 20,
					     .delay_in = 10,
					     .delay_max = PAWL_MS(10),
					     .kill_in = 300,
					     .power_cut_in = 300 };
	struct program p = { .may_fail = true };

	for (unsigned round = 0; round < 4; round++) {
		pawl_sim_set_faults(sim, &all);
		begin(sim, &p);
		pawl_sim_run(sim);
		pawl_sim_set_faults(sim, NULL);
		look(sim, &p);
	}
}

PAWL_SIM_MAIN(&killed_case, &cut_with_a_journal_case, &cut_without_one_case, &fails_and_is_cut_case)
