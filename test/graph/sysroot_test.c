/* SPDX-License-Identifier: MIT */
/* Sysroots: merged, read-only, linked to the store, reused, and never half made. */
#define _GNU_SOURCE
#include "store_kit.h"
#include "graph/sysroot.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two publishers, captured from two folders. */
struct two {
	struct scratch s;
	struct pawl_tree trees[2];
	struct pawl_action actions[2];
	struct pawl_publisher from[2];
	char dir[200];
	struct pawl_buf path;
};

static char *at(const char *root, const char *name)
{
	static char path[400];

	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static void make_one(const char *root, int i)
{
	make_dir(root, 0755);
	make_text(at(root, "not-published"), "x", 0644);
	make_dir(at(root, "dest"), 0755);
	make_dir(at(root, "dest/usr"), 0700);
	make_dir(at(root, "dest/usr/lib"), 0755);
	make_text(at(root, "dest/usr/lib/common"), "the same", 0644);
	make_text(at(root, i ? "dest/usr/lib/b" : "dest/usr/lib/a"), i ? "bb" : "aa", 0644);
	if (i) {
		make_text(at(root, "dest/usr/tool"), "#!/bin/sh\n", 0755);
		make_link("tool", at(root, "dest/usr/tool-link"));
		make_dir(at(root, "dest/empty"), 0755);
	}
}

static void two_init_in(struct two *t, bool threads)
{
	static const char *const names[] = { "liba:do_populate_sysroot",
					     "libb:do_populate_sysroot" };
	struct pawl_tree none = { 0 };
	char root[200];

	memset(t, 0, sizeof *t);
	scratch_init(&t->s);
	if (threads)
		t->s.w = t->s.trouble.below; /* what counts calls is of one thread */
	scratch_open(&t->s);
	snprintf(t->dir, sizeof t->dir, "%s", scratch_path(&t->s, "sysroots"));
	for (int i = 0; i < 2; i++) {
		snprintf(root, sizeof root, "%s", scratch_path(&t->s, i ? "b" : "a"));
		make_one(root, i);
		CHECK_INT(pawl_store_capture(t->s.store, root, NULL, &none, &t->trees[i],
					     &t->actions[i]),
			  0);
		t->from[i] = (struct pawl_publisher){ names[i], &t->actions[i].delta.set, "dest" };
	}
}

static void two_init(struct two *t)
{
	two_init_in(t, false);
}

static void two_fini(struct two *t)
{
	for (int i = 0; i < 2; i++) {
		pawl_tree_fini(&t->trees[i]);
		pawl_action_fini(&t->actions[i]);
	}
	pawl_buf_fini(&t->path);
	scratch_fini(&t->s);
}

static int make(struct two *t)
{
	pawl_buf_clear(&t->path);
	return pawl_sysroot_make(t->s.store, t->dir, t->from, 2, &t->s.messages, &t->path);
}

TEST(merged_linked_and_read_only)
{
	struct stat st, again;
	struct two t;
	struct pawl_blob tool = { .size = 10 };
	struct pawl_buf blob = { 0 };
	char target[32] = "";

	two_init(&t);
	CHECK_INT(make(&t), 0);
	CHECK(!is_there(at(t.path.s, "not-published")));
	CHECK_INT(stat(at(t.path.s, "usr/lib/common"), &st), 0);
	CHECK_UINT(st.st_mode & 07777, 0444);
	CHECK(st.st_nlink >= 2);
	CHECK(is_there(at(t.path.s, "usr/lib/a")));
	CHECK(is_there(at(t.path.s, "usr/lib/b")));
	CHECK_INT(stat(at(t.path.s, "usr"), &st), 0);
	CHECK_UINT(st.st_mode & 07777, 0755);
	CHECK_INT(stat(at(t.path.s, "empty"), &st), 0);
	CHECK_INT(stat(t.path.s, &st), 0);
	CHECK_UINT(st.st_mode & 07777, 0755);
	CHECK_INT(stat(at(t.path.s, "usr/tool"), &st), 0);
	CHECK_UINT(st.st_mode & 07777, 0555);
	CHECK_INT(readlink(at(t.path.s, "usr/tool-link"), target, sizeof target), 4);
	CHECK_STR(target, "tool");
	/* The program is a link to the store's, also after that moved to its final place. */
	CHECK_INT(scratch_flush(&t.s), 0);
	pawl_hash_span(pawl_store_hasher(t.s.store), "#!/bin/sh\n", 10, &tool.digest);
	CHECK_INT(pawl_store_path(t.s.store, &tool, true, &t.s.messages, &blob), 0);
	CHECK_INT(stat(blob.s, &again), 0);
	CHECK_UINT(st.st_ino, again.st_ino);
	pawl_buf_fini(&blob);
	two_fini(&t);
}

TEST(made_once_whoever_asks)
{
	struct stat first, second;
	struct two t;

	two_init(&t);
	CHECK_INT(make(&t), 0);
	CHECK_INT(stat(t.path.s, &first), 0);
	t.from[0].name = "another";
	{
		struct pawl_publisher swap = t.from[0];

		t.from[0] = t.from[1];
		t.from[1] = swap;
	}
	CHECK_INT(make(&t), 0);
	CHECK_INT(stat(t.path.s, &second), 0);
	CHECK_UINT(first.st_ino, second.st_ino);
	two_fini(&t);
}

TEST(nothing_published_is_an_empty_folder)
{
	struct stat st;
	struct two t;

	two_init(&t);
	CHECK_INT(pawl_sysroot_make(t.s.store, t.dir, NULL, 0, &t.s.messages, &t.path), 0);
	CHECK_INT(stat(t.path.s, &st), 0);
	CHECK_UINT(st.st_nlink, 2);
	two_fini(&t);
}

static void check_conflict(const char *a, const char *b, const char *want)
{
	struct two t;
	struct pawl_tree none = { 0 };
	char root[200];

	two_init(&t);
	for (int i = 0; i < 2; i++) {
		const char *kind = i ? b : a;

		snprintf(root, sizeof root, "%s", scratch_path(&t.s, i ? "b" : "a"));
		if (strcmp(kind, "dir") == 0) {
			make_dir(at(root, "dest/x"), 0755);
			make_text(at(root, "dest/x/in"), "in", 0644);
		} else if (strcmp(kind, "link") == 0) {
			make_link("there", at(root, "dest/x"));
		} else {
			make_text(at(root, "dest/x"), kind, 0644);
		}
		pawl_tree_fini(&t.trees[i]);
		pawl_action_fini(&t.actions[i]);
		CHECK_INT(pawl_store_capture(t.s.store, root, NULL, &none, &t.trees[i],
					     &t.actions[i]),
			  0);
	}
	CHECK_INT(make(&t), PAWL_EEXIST);
	CHECK(t.s.messages.errors > 0);
	CHECK_STR(t.s.messages.at[0].text, want);
	two_fini(&t);
}

TEST(conflicts_name_both)
{
	check_conflict(
		"one", "two",
		"sysroot: liba:do_populate_sysroot and libb:do_populate_sysroot both publish /x,"
		" with different content");
	check_conflict("one", "dir",
		       "sysroot: /x is a file of liba:do_populate_sysroot and a folder of"
		       " libb:do_populate_sysroot");
	check_conflict("dir", "link",
		       "sysroot: /x is a folder of liba:do_populate_sysroot and a link of"
		       " libb:do_populate_sysroot");
}

/* A delta that adds to folders which an earlier task made does not tell of those above. */
TEST(folders_that_no_delta_tells_are_made)
{
	struct two t;
	struct pawl_tree little = { 0 };
	struct pawl_entry e;

	two_init(&t);
	e = *pawl_tree_find(&t.actions[0].delta.set, "dest/usr/lib/a");
	pawl_tree_add(&little, &e);
	t.from[0].tree = &little;
	t.from[1].prefix = "dest/empty";
	CHECK_INT(make(&t), 0);
	CHECK(is_there(at(t.path.s, "usr/lib/a")));
	pawl_tree_fini(&little);
	two_fini(&t);
}

/* Somebody took a file away, added one, or put something else there. */
/*
 * The damaged one is left where it is, as a task may be using what another thread has put there
 * meanwhile; then it goes, since what it links to is counted.
 */
static char *text_made_again(struct two *t)
{
	char old[300];

	snprintf(old, sizeof old, "%s", t->path.s);
	CHECK_INT(make(t), 0);
	CHECK(strcmp(t->path.s, old) != 0);
	make_gone(old);
	return folder_text(t->path.s);
}

TEST(tampered_is_made_again)
{
	for (int how = 0; how < 4; how++) {
		struct two t;
		char *want, *got;

		kit_at("how", how);
		two_init(&t);
		CHECK_INT(make(&t), 0);
		want = folder_text(t.path.s);
		set_mode(t.path.s, 0755);
		set_mode(at(t.path.s, "usr"), 0755);
		set_mode(at(t.path.s, "usr/lib"), 0755);
		if (how == 0)
			make_gone(at(t.path.s, "usr/lib/a"));
		else if (how == 1)
			make_text(at(t.path.s, "usr/new"), "new", 0644);
		else if (how == 2)
			make_gone(at(t.path.s, "usr"));
		if (how == 3) {
			make_gone(t.path.s);
			make_text(t.path.s, "a file", 0644);
		}
		got = text_made_again(&t);
		CHECK_STR(got, want);
		free(want);
		free(got);
		two_fini(&t);
	}
}

/*
 * A power cut leaves folders that link to a blob whose content never reached the disk; the store
 * has dropped it and made another.
 */
TEST(link_to_what_the_store_dropped_is_made_again)
{
	static const char *const torn[] = { "", "zz" };

	for (size_t i = 0; i < PAWL_COUNT(torn); i++) {
		struct two t;
		char *want, *got;

		kit_at("torn", (long)i);
		two_init(&t);
		CHECK_INT(make(&t), 0);
		want = folder_text(t.path.s);
		make_gone(at(t.path.s, "usr/lib/a"));
		make_text(at(t.path.s, "usr/lib/a"), torn[i], 0444);
		set_time(at(t.path.s, "usr/lib/a"), PAWL_BLOB_MTIME);
		set_time(at(t.path.s, "usr/lib"), PAWL_BLOB_MTIME);
		got = text_made_again(&t);
		CHECK_STR(got, want);
		free(want);
		free(got);
		two_fini(&t);
	}
}

/* What was copied, because it cannot be linked, is on the disk before the folder has its name. */
TEST(copies_are_kept)
{
	struct stat first, second;
	struct two t;

	two_init(&t);
	t.s.trouble.no_links = true;
	CHECK_INT(make(&t), 0);
	CHECK_UINT(t.s.trouble.unsynced_count, 0);
	CHECK_INT(stat(at(t.path.s, "usr/lib/a"), &first), 0);
	CHECK_UINT(first.st_nlink, 1);
	CHECK_INT(make(&t), 0);
	CHECK_INT(stat(at(t.path.s, "usr/lib/a"), &second), 0);
	CHECK_UINT(first.st_ino, second.st_ino);
	two_fini(&t);
}

TEST(damaged_blob_is_not_linked)
{
	struct pawl_blob blob = { .size = 2 };
	struct pawl_buf path = { 0 };
	struct two t;

	two_init(&t);
	pawl_hash_span(pawl_store_hasher(t.s.store), "aa", 2, &blob.digest);
	CHECK_INT(pawl_store_path(t.s.store, &blob, false, &t.s.messages, &path), 0);
	make_text(path.s, "ab", 0444);
	CHECK_INT(make(&t), PAWL_ECORRUPT);
	CHECK(strstr(t.s.messages.at[0].text, "is damaged"));
	pawl_buf_fini(&path);
	two_fini(&t);
}

/* Whatever call fails, the name never stands for half of it. */
TEST(any_call_fails)
{
	int r = -1;

	for (unsigned n = 1; r < 0; n++) {
		struct two t;
		char *want, *got;

		kit_at("call", n);
		two_init(&t);
		t.s.trouble.calls = 0;
		t.s.trouble.fail_at = n;
		t.s.trouble.error = PAWL_ENOSPC;
		r = make(&t);
		if (r == 0 && t.s.trouble.calls >= n)
			r = -1;
		t.s.trouble.fail_at = 0;
		CHECK_INT(make(&t), 0);
		want = folder_text(t.path.s);
		CHECK(strstr(want, "usr/tool-link"));
		CHECK_INT(pawl_sysroot_clean(t.s.w, t.dir, true), 0);
		CHECK_INT(make(&t), 0);
		got = folder_text(t.path.s);
		CHECK(strstr(got, "usr/lib/common"));
		free(want);
		free(got);
		two_fini(&t);
	}
}

static void *make_in_thread(void *arg)
{
	struct two *t = arg;
	struct pawl_messages messages = { 0 };
	struct pawl_buf path = { 0 };
	long r = pawl_sysroot_make(t->s.store, t->dir, t->from, 2, &messages, &path);

	pawl_messages_fini(&messages);
	pawl_buf_fini(&path);
	return (void *)r;
}

TEST(two_threads_make_the_same)
{
	pthread_t threads[2];
	void *result;

	for (int i = 0; i < 20; i++) {
		struct two t;

		two_init_in(&t, true);
		for (int k = 0; k < 2; k++)
			CHECK_INT(pthread_create(&threads[k], NULL, make_in_thread, &t), 0);
		for (int k = 0; k < 2; k++) {
			CHECK_INT(pthread_join(threads[k], &result), 0);
			CHECK(!result);
		}
		CHECK_INT(make(&t), 0);
		CHECK(is_there(at(t.path.s, "usr/lib/b")));
		two_fini(&t);
	}
}

static const struct kit_case cases[] = {
	CASE(merged_linked_and_read_only),
	CASE(made_once_whoever_asks),
	CASE(nothing_published_is_an_empty_folder),
	CASE(conflicts_name_both),
	CASE(folders_that_no_delta_tells_are_made),
	CASE(tampered_is_made_again),
	CASE(link_to_what_the_store_dropped_is_made_again),
	CASE(copies_are_kept),
	CASE(damaged_blob_is_not_linked),
	CASE(any_call_fails),
	CASE(two_threads_make_the_same),
};

KIT_MAIN(cases)
