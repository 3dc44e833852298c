/* SPDX-License-Identifier: MIT */
/* What earlier builds left: last results, places, explanations; and other versions. */
#define _GNU_SOURCE
#include "store_kit.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static pawl_digest digest_of(int n)
{
	pawl_digest d = { { 9, (uint8_t)n, (uint8_t)(n >> 8) } };

	return d;
}

static void ended(struct scratch *s, const char *name, int n, enum pawl_ending ending, int64_t took)
{
	struct pawl_ended e = { .name = name,
				.signature = digest_of(n),
				.ending = ending,
				.took = took,
				.exit_code = ending == PAWL_ENDING_FAILED ? 3 : 0,
				.log = took ? "/the/log" : NULL };

	pawl_store_ended(s->store, &e);
}

static void again(struct scratch *s)
{
	CHECK_INT(scratch_flush(s), 0);
	scratch_close(s);
	scratch_open(s);
}

TEST(last_results_survive)
{
	const struct pawl_last *last;
	struct pawl_last_more more;
	struct pawl_arena texts = { 0 };
	struct scratch s;
	pawl_digest d;

	scratch_init(&s);
	scratch_open(&s);
	CHECK(!pawl_store_last(s.store, "lua:do_compile"));
	ended(&s, "lua:do_compile", 1, PAWL_ENDING_OK, 3000);
	ended(&s, "zlib:do_compile", 2, PAWL_ENDING_FAILED, 50);
	for (int i = 0; i < 2; i++) {
		last = pawl_store_last(s.store, "lua:do_compile");
		CHECK(last);
		d = digest_of(1);
		CHECK(pawl_digest_is(&last->signature, &d));
		CHECK_INT(last->ending, PAWL_ENDING_OK);
		CHECK_INT(last->duration, 3000);
		last = pawl_store_last(s.store, "zlib:do_compile");
		CHECK(pawl_digest_none(&last->signature));
		CHECK_INT(last->ending, PAWL_ENDING_FAILED);
		again(&s);
	}
	CHECK_INT(pawl_store_last_more(s.store, "zlib:do_compile", &texts, &more), 0);
	d = digest_of(2);
	CHECK(pawl_digest_is(&more.tried, &d));
	CHECK_INT(more.exit_code, 3);
	CHECK_INT(more.took, 50);
	CHECK_STR(more.log, "/the/log");
	CHECK_INT(pawl_store_last_more(s.store, "nobody", &texts, &more), PAWL_ENOENT);
	pawl_arena_fini(&texts);
	scratch_fini(&s);
}

/* A failure keeps the last good signature; what did not run keeps the last run's log and time. */
TEST(what_did_not_run_changes_no_history)
{
	struct pawl_last_more more;
	struct pawl_arena texts = { 0 };
	struct scratch s;
	pawl_digest one = digest_of(1), two = digest_of(2), three = digest_of(3);

	scratch_init(&s);
	scratch_open(&s);
	ended(&s, "a:b", 1, PAWL_ENDING_OK, 900);
	ended(&s, "a:b", 2, PAWL_ENDING_FAILED, 1200);
	again(&s);
	CHECK(pawl_digest_is(&pawl_store_last(s.store, "a:b")->signature, &one));
	CHECK_INT(pawl_store_last(s.store, "a:b")->duration, 1000);
	ended(&s, "a:b", 3, PAWL_ENDING_OK, 0);
	again(&s);
	CHECK(pawl_digest_is(&pawl_store_last(s.store, "a:b")->signature, &three));
	CHECK_INT(pawl_store_last(s.store, "a:b")->duration, 1000);
	CHECK_INT(pawl_store_last_more(s.store, "a:b", &texts, &more), 0);
	CHECK(pawl_digest_is(&more.tried, &two));
	CHECK_INT(more.took, 1200);
	CHECK_INT(more.exit_code, 3);
	CHECK_STR(more.log, "/the/log");
	pawl_arena_fini(&texts);
	scratch_fini(&s);
}

TEST(explanations_survive)
{
	struct pawl_arena texts = { 0 };
	struct scratch s;
	pawl_digest one = digest_of(1), two = digest_of(2);

	scratch_init(&s);
	scratch_open(&s);
	pawl_store_explain(s.store, &one, "CC=gcc\nthe code\n");
	again(&s);
	CHECK_STR(pawl_store_explained(s.store, &one, &texts), "CC=gcc\nthe code\n");
	CHECK(!pawl_store_explained(s.store, &two, &texts));
	pawl_arena_fini(&texts);
	scratch_fini(&s);
}

/* A tree of `count` files with the fingerprints of none. */
static struct pawl_tree tree_of(int count)
{
	struct pawl_tree t = { .root_mtime = 5, .root_sure = true };
	char name[32];

	for (int i = 0; i < count; i++) {
		struct pawl_entry e = { .path = name,
					.kind = PAWL_KIND_FILE,
					.mode = 0644,
					.mtime = i,
					.size = 1,
					.ino = (uint64_t)i,
					.ctime = i + 7,
					.sure = i % 2 };

		snprintf(name, sizeof name, "file-%05d", i);
		pawl_tree_add(&t, &e);
	}
	return t;
}

static void check_place(struct scratch *s, const char *folder, int count)
{
	struct pawl_place p;

	CHECK_INT(pawl_store_place(s->store, folder, &p), 0);
	CHECK_UINT(p.held_count, 2);
	CHECK_STR(p.held[0].task, "lua:do_unpack");
	CHECK_STR(p.held[1].task, "lua:do_patch");
	CHECK_UINT(p.held[1].signature.bytes[1], 2);
	CHECK_UINT(p.tree.len, (uint64_t)count);
	CHECK_INT(p.tree.root_mtime, 5);
	for (int i = 0; i < count; i++) {
		CHECK_INT(p.tree.at[i].ctime, i + 7);
		CHECK(p.tree.at[i].sure == (i % 2));
	}
	pawl_place_fini(&p);
}

/* Small ones are read at once, big ones when asked for; the last word counts, flushed or not. */
TEST(places_survive)
{
	static const int counts[] = { 0, 3, 2000 };
	struct pawl_held held[2] = { { "lua:do_unpack", digest_of(1) },
				     { "lua:do_patch", digest_of(2) } };
	struct pawl_place none;
	struct scratch s;

	scratch_init(&s);
	scratch_open(&s);
	CHECK_INT(pawl_store_place(s.store, "/w/0", &none), PAWL_ENOENT);
	for (int i = 0; i < 3; i++) {
		struct pawl_tree t = tree_of(counts[i]), other = tree_of(17);
		char folder[16];

		snprintf(folder, sizeof folder, "/w/%d", i);
		pawl_store_placed(s.store, folder, held, 1, &other);
		pawl_store_placed(s.store, folder, held, 2, &t);
		pawl_tree_fini(&t);
		pawl_tree_fini(&other);
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++) {
			char folder[16];

			snprintf(folder, sizeof folder, "/w/%d", i);
			check_place(&s, folder, counts[i]);
		}
		if (round == 0)
			CHECK_INT(scratch_flush(&s), 0);
		else
			again(&s);
	}
	pawl_store_unplaced(s.store, "/w/1");
	CHECK_INT(pawl_store_place(s.store, "/w/1", &none), PAWL_ENOENT);
	again(&s);
	CHECK_INT(pawl_store_place(s.store, "/w/1", &none), PAWL_ENOENT);
	check_place(&s, "/w/2", 2000);
	scratch_fini(&s);
}

/* While a flush is under way, main goes on; when it fails, nothing is forgotten. */
TEST(queueing_goes_on_during_a_flush)
{
	struct pawl_held held[2] = { { "lua:do_unpack", digest_of(1) },
				     { "lua:do_patch", digest_of(2) } };
	struct pawl_tree old = tree_of(1), new = tree_of(3);
	struct scratch s;

	for (int fails = 0; fails < 2; fails++) {
		scratch_init(&s);
		scratch_open(&s);
		pawl_store_placed(s.store, "/w", held, 2, &old);
		ended(&s, "a:b", 1, PAWL_ENDING_OK, 900);
		pawl_store_flush_begin(s.store);
		pawl_store_placed(s.store, "/w", held, 2, &new);
		ended(&s, "a:b", 2, PAWL_ENDING_OK, 900);
		if (!fails)
			CHECK_INT(pawl_store_flush(s.store), 0);
		pawl_store_flush_end(s.store, fails ? PAWL_ENOSPC : 0);
		check_place(&s, "/w", 3);
		again(&s);
		check_place(&s, "/w", 3);
		CHECK_UINT(pawl_store_last(s.store, "a:b")->signature.bytes[1], 2);
		scratch_fini(&s);
	}
	pawl_tree_fini(&old);
	pawl_tree_fini(&new);
}

static void set_version(struct scratch *s, int version)
{
	sqlite3 *sql;
	char text[64];

	CHECK_INT(sqlite3_open(scratch_path(s, "store/pawl.db"), &sql), SQLITE_OK);
	snprintf(text, sizeof text, "PRAGMA user_version = %d", version);
	CHECK_INT(sqlite3_exec(sql, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
}

TEST(newer_is_refused_older_is_made_anew)
{
	struct scratch s;

	scratch_init(&s);
	scratch_open(&s);
	ended(&s, "a:b", 1, PAWL_ENDING_OK, 900);
	CHECK_INT(scratch_flush(&s), 0);
	scratch_close(&s);
	set_version(&s, 1000);
	CHECK_INT(scratch_try_open(&s), PAWL_ECORRUPT);
	CHECK(strstr(s.messages.at[0].text, "newer pawl (version 1000"));
	scratch_close(&s);
	set_version(&s, 0);
	scratch_open(&s);
	CHECK(!pawl_store_last(s.store, "a:b"));
	ended(&s, "a:b", 1, PAWL_ENDING_OK, 900);
	again(&s);
	CHECK(pawl_store_last(s.store, "a:b"));
	scratch_fini(&s);
}

TEST(what_is_no_database_is_refused_in_words)
{
	struct scratch s;
	char junk[9000];

	memset(junk, 'x', sizeof junk);
	scratch_init(&s);
	make_dir(scratch_path(&s, "store"), 0755);
	make_file(scratch_path(&s, "store/pawl.db"), junk, sizeof junk, 0644);
	CHECK_INT(scratch_try_open(&s), PAWL_ECORRUPT);
	CHECK(strstr(s.messages.at[0].text, "remove it to start over"));
	scratch_fini(&s);
}

static const struct kit_case cases[] = {
	CASE(last_results_survive),
	CASE(what_did_not_run_changes_no_history),
	CASE(explanations_survive),
	CASE(places_survive),
	CASE(queueing_goes_on_during_a_flush),
	CASE(newer_is_refused_older_is_made_anew),
	CASE(what_is_no_database_is_refused_in_words),
};

KIT_MAIN(cases)
