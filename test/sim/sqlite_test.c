/* SPDX-License-Identifier: MIT */
/* SQLite on the simulated disk: what was committed is there after a cut at any of its calls. */
#define _GNU_SOURCE
#include "files_fix.h"

#include <pawl/sim_sqlite.h>

#include <setjmp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DB "/db/a.db"

static sqlite3 *open_db(pawl_world *w, const char *path)
{
	sqlite3 *db;

	CHECK_INT(pawl_sim_sqlite(w), 0);
	CHECK_INT(sqlite3_open_v2(path, &db,
				  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				  w->ops->sqlite_vfs),
		  SQLITE_OK);
	return db;
}

static int run(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static void must(sqlite3 *db, const char *text)
{
	if (run(db, text) != SQLITE_OK)
		CHECK_FAIL(sqlite3_errmsg(db));
}

/* The first column of the first row; -1: there is none, or it fails. */
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

/* ---- what is done: transactions that can be told apart ---- */

struct work {
	sqlite3 *db;
	const char *mode;         /* of the journal */
	unsigned committed;       /* so many transactions have said that they are durable */
	unsigned late;            /* the last so many may be missing */
	unsigned cuts, recovered; /* and so many of those had more than was committed */
};

static int begin_work(struct work *k, pawl_world *w)
{
	char text[100];

	k->db = open_db(w, DB);
	snprintf(text, sizeof text,
		 "PRAGMA synchronous = FULL; PRAGMA journal_mode = %s;"
		 "PRAGMA wal_autocheckpoint = 12",
		 k->mode);
	if (run(k->db, text) != SQLITE_OK)
		return SQLITE_ERROR;
	return run(k->db, "BEGIN IMMEDIATE; CREATE TABLE t (i INTEGER PRIMARY KEY, b TEXT);"
			  "CREATE TABLE s (n INTEGER); INSERT INTO s VALUES (0); COMMIT");
}

static int transact(struct work *k, unsigned i)
{
	char text[300];
	int r;

	snprintf(text, sizeof text,
		 "BEGIN IMMEDIATE; INSERT INTO t VALUES (%u, printf('%%.*c', %u, 'x'));"
		 "UPDATE t SET b = upper(b) WHERE i = %u; UPDATE s SET n = %u; COMMIT",
		 i, 10 + i * 37 % 900, i / 2, i);
	r = run(k->db, text);
	if (r != SQLITE_OK)
		run(k->db, "ROLLBACK");
	return r;
}

/* What is there is what was after one of the transactions, and none is missing. */
static void check_work(struct work *k, sqlite3 *db)
{
	int64_t n;

	CHECK_INT(ask(db, "SELECT count(*) FROM pragma_integrity_check"
			  " WHERE integrity_check = 'ok'"),
		  1);
	n = ask(db, "SELECT n FROM s");
	if (n < 0) {
		CHECK_UINT(k->committed, 0);
		CHECK_INT(ask(db, "SELECT count(*) FROM sqlite_schema"), 0);
		return;
	}
	CHECK(n + k->late >= k->committed);
	CHECK(n <= (int64_t)k->committed + 1);
	k->recovered += n > (int64_t)k->committed;
	CHECK_INT(ask(db, "SELECT count(*) FROM t"), n);
	CHECK_INT(ask(db, "SELECT count(*) FROM t WHERE length(b) <> 10 + i * 37 % 900"), 0);
	CHECK_INT(ask(db, "SELECT count(*) FROM t, s WHERE (b = upper(b)) <> (i <= n / 2)"), 0);
}

/* ---- a cut at each call ---- */

static struct work *work;

static void check_disk(const struct sim_disk *d)
{
	struct fix after;
	sqlite3 *db;

	fix_open_copy(&after, d);
	pawl_disk_cut_(after.machine.disk);
	if (pawl_disk_stat_(after.machine.disk, DB, true, &(pawl_stat){ 0 }) == 0) {
		db = open_db(after.w, DB);
		check_work(work, db);
		/* It can go on from there. */
		must(db, "CREATE TABLE more (x); INSERT INTO more VALUES (1)");
		CHECK_INT(sqlite3_close(db), SQLITE_OK);
	} else {
		CHECK_UINT(work->committed, 0);
	}
	fix_close(&after);
}

static void cut_here(struct sim_world *w)
{
	struct stage before = stage;

	memset(&stage.faults, 0, sizeof stage.faults);
	stage.at_point = NULL;
	kit_at("call", before.alone);
	check_disk(w->machine->disk);
	work->cuts++;
	before.random = stage.random;
	stage = before;
}

static void cut_each(const char *mode, unsigned late, unsigned seed, unsigned count)
{
	struct work k = { .mode = mode, .late = late };
	struct fix f;

	fix_open(&f);
	stage.random = stage.seed = seed;
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	work = &k;
	stage.at_point = cut_here;
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	for (unsigned i = 1; i <= count; i++) {
		CHECK_INT(transact(&k, i), SQLITE_OK);
		k.committed = i;
	}
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	CHECK(k.cuts > 8 * count);
	CHECK(k.recovered > 0); /* by chance a commit arrives before it says so */
	stage.at_point = NULL;
	check_disk(f.machine.disk);
	fix_close(&f);
}

/* With a write-ahead log, as the build's database has it. */
TEST(what_was_committed_outlives_a_cut_at_each_call)
{
	unsigned seeds = kit_long() ? 100 : 2;

	for (unsigned seed = 0; seed < seeds; seed++)
		cut_each("WAL", 0, seed, 60);
}

/* FULL does not sync the folder that a journal went from: the last transaction may be undone. */
TEST(a_rollback_journal_loses_the_last_at_most)
{
	unsigned seeds = kit_long() ? 50 : 1;

	for (unsigned seed = 0; seed < seeds; seed++)
		cut_each("DELETE", 1, seed, 40);
}

/* ---- a program that is killed in SQLite ---- */

static jmp_buf death;
static unsigned dies_at;

static void die_here(struct sim_world *w)
{
	(void)w;
	if (stage.alone == dies_at)
		longjmp(death, 1);
}

/* The whole life of two programs, in a process of its own, since the first one's memory is lost. */
static int live_and_die(unsigned at)
{
	static struct fix f;
	static struct work k;
	struct sim_seat next;

	fix_open(&f);
	k = (struct work){ .mode = "WAL" };
	dies_at = at;
	stage.at_point = die_here;
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	if (setjmp(death) == 0) {
		CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
		for (unsigned i = 1; i <= 12; i++, k.committed++)
			CHECK_INT(transact(&k, i), SQLITE_OK);
		return 0; /* it came to its end before */
	}
	stage.at_point = NULL;
	pawl_sim_files_free_(f.seat.world.files);
	f.seat.world.files = NULL;
	fix_open_seat(&f, &next);
	k.db = open_db(&next.world.world, DB);
	check_work(&k, k.db);
	must(k.db, "CREATE TABLE more (x)");
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	pawl_sim_files_free_(next.world.files);
	pawl_disk_free_(f.machine.disk);
	return 1;
}

TEST(whoever_is_killed_in_sqlite_stops_nobody)
{
	int status, died = 1;
	pid_t pid;

	for (unsigned at = 1; died; at += 5) {
		kit_at("call", at);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			_exit(10 + live_and_die(at));
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) >= 10);
		died = WEXITSTATUS(status) - 10;
		CHECK(died || at > 100);
	}
}

/* A connection that outlives its world fails, and can be closed. */
TEST(the_dead_are_answered_with_errors)
{
	struct fix f;
	struct work k = { .mode = "WAL" };

	fix_open(&f);
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	must(k.db, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 'x')");
	pawl_sim_files_free_(f.seat.world.files);
	CHECK(!f.w->ops->sqlite_vfs);
	fix_open_seat(&f, &f.seat);
	CHECK(run(k.db, "COMMIT") != SQLITE_OK);
	sqlite3_close(k.db);
	k.db = open_db(f.w, DB);
	CHECK_INT(ask(k.db, "SELECT count(*) FROM t"), 0);
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
}

/* ---- faults ---- */

TEST(what_fails_leaves_the_database_whole)
{
	unsigned failed = 0, done = 0;

	for (unsigned seed = 0; seed < 20; seed++) {
		struct work k = { .mode = "WAL" };
		struct fix f;

		kit_at("seed", seed);
		fix_open(&f);
		stage.random = seed;
		CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
		CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
		stage.faults = (pawl_sim_faults){ .read_fails_in = 60,
						  .write_fails_in = 60,
						  .sync_fails_in = 30,
						  .open_fails_in = 10,
						  .change_fails_in = 10 };
		for (unsigned i = 1; i <= 40; i++) {
			int r = transact(&k, k.committed + 1);

			/* one that failed may have been committed */
			if (r == SQLITE_OK || ask(k.db, "SELECT n FROM s") == k.committed + 1)
				k.committed++;
			failed += r != SQLITE_OK;
			done += r == SQLITE_OK;
		}
		memset(&stage.faults, 0, sizeof stage.faults);
		sqlite3_close(k.db);
		k.db = open_db(f.w, DB);
		check_work(&k, k.db);
		CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
		fix_close(&f);
	}
	CHECK(failed > 50 && done > 200);
}

TEST(a_full_disk_is_full)
{
	struct work k = { .mode = "WAL" };
	struct fix f;
	int r = SQLITE_OK;

	fix_open(&f);
	pawl_disk_free_(f.machine.disk);
	f.machine.disk = pawl_disk_new_(&(struct sim_disk_how){ .bytes_max = 64 * 1024 });
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	while (r == SQLITE_OK)
		if ((r = transact(&k, k.committed + 1)) == SQLITE_OK)
			k.committed++;
	CHECK_INT(r, SQLITE_FULL);
	check_work(&k, k.db);
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
}

/* ---- several connections ---- */

TEST(readers_see_one_moment_and_writers_wait_for_each_other)
{
	struct work k = { .mode = "WAL" };
	struct sim_seat seat;
	struct fix f;
	sqlite3 *other;

	fix_open(&f);
	fix_open_seat(&f, &seat);
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	other = open_db(&seat.world.world, DB);
	sqlite3_busy_timeout(other, 5000); /* which takes no time */
	must(other, "BEGIN; SELECT n FROM s");
	CHECK_INT(transact(&k, 1), SQLITE_OK);
	CHECK_INT(ask(other, "SELECT n FROM s"), 0);
	must(other, "COMMIT");
	CHECK_INT(ask(other, "SELECT n FROM s"), 1);
	must(k.db, "BEGIN IMMEDIATE");
	CHECK_INT(run(other, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	must(k.db, "COMMIT");
	must(other, "BEGIN IMMEDIATE");
	/* Its program dies, and what it had is free. */
	pawl_sim_files_free_(seat.world.files);
	must(k.db, "BEGIN IMMEDIATE; COMMIT");
	sqlite3_close(other);
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
}

TEST(one_file_by_two_names_is_one_database)
{
	struct work k = { .mode = "DELETE" };
	struct fix f;
	sqlite3 *other;

	fix_open(&f);
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(pawl_disk_symlink_(f.machine.disk, "../db/a.db", "/db/link"), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	other = open_db(f.w, "/db/link");
	CHECK_STR(sqlite3_filename_database(sqlite3_db_filename(other, "main")), "/db/../db/a.db");
	must(other, "BEGIN EXCLUSIVE");
	CHECK_INT(run(k.db, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	CHECK_INT(sqlite3_close(other), SQLITE_OK);
	CHECK_INT(transact(&k, 1), SQLITE_OK);
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
}

/* ---- the interface itself ---- */

TEST(temporary_files_have_no_name_and_go)
{
	struct work k = { .mode = "WAL" };
	struct fix f;
	char *before, *during;

	fix_open(&f);
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	before = pawl_disk_dump_(f.machine.disk, false);
	must(k.db,
	     "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 2; CREATE TEMP TABLE big (x);"
	     "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500)"
	     " INSERT INTO big SELECT printf('%.*c', 900, 'y') FROM c");
	CHECK(pawl_disk_used_(f.machine.disk) > 400000);
	during = pawl_disk_dump_(f.machine.disk, false);
	CHECK_STR(during, before);
	free(before);
	free(during);
	must(k.db, "DROP TABLE big");
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	CHECK(pawl_disk_used_(f.machine.disk) < 40000);
	CHECK_UINT(f.seat.world.files->count, 0);
	fix_close(&f);
}

TEST(reads_behind_the_end_are_short_and_zero)
{
	struct work k = { .mode = "WAL" };
	sqlite3_file *file;
	struct fix f;
	char buf[8] = "xxxxxxx", zeros[8] = { 0 };
	int moved = -1;

	fix_open(&f);
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	CHECK_INT(sqlite3_file_control(k.db, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
	CHECK_INT(file->pMethods->xRead(file, buf, 8, 1000000), SQLITE_IOERR_SHORT_READ);
	CHECK_MEM(buf, zeros, 8);
	CHECK_INT(sqlite3_file_control(k.db, "main", SQLITE_FCNTL_HAS_MOVED, &moved), SQLITE_OK);
	CHECK_INT(moved, 0);
	CHECK_INT(pawl_disk_rename_(f.machine.disk, DB, "/db/b.db"), 0);
	CHECK_INT(sqlite3_file_control(k.db, "main", SQLITE_FCNTL_HAS_MOVED, &moved), SQLITE_OK);
	CHECK_INT(moved, 1);
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
}

TEST(a_world_has_only_so_many_files)
{
	struct fix f;
	sqlite3 *db;

	fix_open(&f);
	f.machine.how.files_max = 1;
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	db = open_db(f.w, DB);
	CHECK_INT(run(db, "CREATE TABLE t (x)"), SQLITE_CANTOPEN); /* the journal */
	f.machine.how.files_max = 2;
	must(db, "CREATE TABLE t (x)");
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	fix_close(&f);
}

/* ---- the same again ---- */

static char *dump_of(unsigned seed, unsigned *ret_calls)
{
	struct work k = { .mode = "WAL" };
	struct fix f;
	char *text;

	fix_open(&f);
	stage.seed = seed;
	CHECK_INT(pawl_disk_mkdirs_(f.machine.disk, "/db", false), 0);
	CHECK_INT(begin_work(&k, f.w), SQLITE_OK);
	for (unsigned i = 1; i <= 5; i++)
		CHECK_INT(transact(&k, i), SQLITE_OK);
	must(k.db, "INSERT INTO t VALUES (100, hex(randomblob(20)))");
	*ret_calls = stage.alone;
	text = pawl_disk_dump_(f.machine.disk, true); /* with its log, which has random salts */
	CHECK_INT(sqlite3_close(k.db), SQLITE_OK);
	fix_close(&f);
	return text;
}

TEST(a_seed_says_what_is_random)
{
	unsigned calls[3];
	char *a = dump_of(1, &calls[0]), *b = dump_of(1, &calls[1]), *c = dump_of(2, &calls[2]);

	CHECK(strcmp(a, b) == 0);
	CHECK(strcmp(a, c) != 0);
	CHECK_UINT(calls[0], calls[1]);
	free(a);
	free(b);
	free(c);
}

static const struct kit_case cases[] = {
	CASE(what_was_committed_outlives_a_cut_at_each_call),
	CASE(a_rollback_journal_loses_the_last_at_most),
	CASE(whoever_is_killed_in_sqlite_stops_nobody),
	CASE(the_dead_are_answered_with_errors),
	CASE(what_fails_leaves_the_database_whole),
	CASE(a_full_disk_is_full),
	CASE(readers_see_one_moment_and_writers_wait_for_each_other),
	CASE(one_file_by_two_names_is_one_database),
	CASE(temporary_files_have_no_name_and_go),
	CASE(reads_behind_the_end_are_short_and_zero),
	CASE(a_world_has_only_so_many_files),
	CASE(a_seed_says_what_is_random),
};

KIT_MAIN(cases)
