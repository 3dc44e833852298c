/* SPDX-License-Identifier: MIT */
/* Capturing and bringing: whatever a folder holds comes back exactly. */
#define _GNU_SOURCE
#include "store_kit.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const skip[] = { "temp", NULL };

/* Captures root as one action on an empty folder. */
static void capture_all(struct scratch *s, const char *root, struct pawl_tree *ret_tree,
			struct pawl_action *ret_action)
{
	struct pawl_tree none = { 0 };

	CHECK_INT(pawl_store_capture(s->store, root, skip, &none, ret_tree, ret_action), 0);
}

static int bring(struct scratch *s, const char *root, const struct pawl_tree *known,
		 const struct pawl_tree *target, struct pawl_bring *ret_bring,
		 struct pawl_tree *ret_tree)
{
	*ret_bring = (struct pawl_bring){ .root = root,
					  .skip = skip,
					  .known = known,
					  .target = target,
					  .messages = &s->messages };
	return pawl_store_bring(s->store, ret_bring, ret_tree);
}

TEST(odd_tree_comes_back_exactly)
{
	struct pawl_tree after, brought;
	struct pawl_action action;
	struct pawl_bring b;
	struct scratch s;
	char from[200], to[200];
	char *want, *got;

	scratch_init(&s);
	scratch_open(&s);
	snprintf(from, sizeof from, "%s", scratch_path(&s, "from"));
	snprintf(to, sizeof to, "%s", scratch_path(&s, "to/deep"));
	make_dir(from, 0755);
	make_odd_tree(from);
	want = folder_text(from);
	capture_all(&s, from, &after, &action);
	got = folder_text(from);
	CHECK_STR(got, want);
	free(got);
	CHECK_UINT(action.delta.set.len, after.len);

	CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
	got = folder_text(to);
	CHECK_STR(got, want);
	CHECK_UINT(b.placed, after.len);
	pawl_tree_fini(&brought);

	/* Nothing to do, with and without knowing what is there. */
	CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
	CHECK_UINT(b.placed + b.removed + b.fixed, 0);
	{
		struct pawl_tree again;

		CHECK_INT(bring(&s, to, &brought, &after, &b, &again), 0);
		CHECK_UINT(b.placed + b.removed + b.fixed, 0);
		pawl_tree_fini(&again);
	}
	pawl_tree_fini(&brought);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
	free(want);
	free(got);
	scratch_fini(&s);
}

/* ---- every kind of entry before and after ---- */

enum {
	NONE,
	FILE_A,
	FILE_B,
	FILE_MODE,
	FILE_TIME,
	FILE_CLOSED,
	DIR_EMPTY,
	DIR_FULL,
	DIR_CLOSED,
	LINK_A,
	LINK_B,
	HARD,
	HARD_OTHER,
	SOCKET,
	KINDS
};

static void make_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	CHECK(strlen(path) < sizeof a.sun_path);
	strcpy(a.sun_path, path);
	CHECK_INT(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	close(fd);
}

static void make_kind(const char *root, int kind)
{
	char x[200], in[220], other[220];

	snprintf(x, sizeof x, "%s/sub/x", root);
	snprintf(in, sizeof in, "%s/in", x);
	snprintf(other, sizeof other, "%s/sub/a-other", root);
	switch (kind) {
	case NONE:
		break;
	case FILE_A:
		make_text(x, "content A", 0644);
		break;
	case FILE_B:
		make_text(x, "content B", 0644);
		break;
	case FILE_MODE:
		make_text(x, "content A", 0755);
		break;
	case FILE_TIME:
		make_text(x, "content A", 0644);
		set_time(x, 1000000000000000007);
		return;
	case FILE_CLOSED:
		make_text(x, "content C", 0000);
		break;
	case DIR_EMPTY:
		make_dir(x, 0755);
		break;
	case DIR_FULL:
	case DIR_CLOSED:
		make_dir(x, 0755);
		make_text(in, "in it", 0644);
		set_time(in, 50);
		set_mode(x, kind == DIR_FULL ? 0755 : 0000);
		break;
	case LINK_A:
		make_link("somewhere", x);
		break;
	case LINK_B:
		make_link("a-other", x);
		break;
	case HARD:
		make_hard(other, x);
		return;
	case HARD_OTHER:
		snprintf(in, sizeof in, "%s/sub/b-other", root);
		make_hard(in, x);
		return;
	case SOCKET:
		make_socket(x);
		break;
	}
	if (kind != NONE && kind != SOCKET)
		set_time(x, 1600000000000000001);
}

static void make_scene(const char *root, int kind)
{
	char path[200];

	make_dir(root, 0755);
	snprintf(path, sizeof path, "%s/sub", root);
	make_dir(path, 0755);
	snprintf(path, sizeof path, "%s/sub/a-other", root);
	make_text(path, "content A", 0644);
	set_time(path, 99);
	snprintf(path, sizeof path, "%s/sub/b-other", root);
	make_text(path, "content A", 0644);
	set_time(path, 99);
	make_kind(root, kind);
	snprintf(path, sizeof path, "%s/sub", root);
	set_time(path, 1111);
	set_mode(path, kind % 2 ? 0555 : 0755);
}

/* The change from one kind to another, as a delta and on disk. */
static void check_change(struct scratch *s, const char *a, const char *b, int before, int after)
{
	struct pawl_tree old, new, applied, decoded_tree, brought;
	struct pawl_action first, second;
	struct pawl_delta delta, decoded;
	struct pawl_buf bytes = { 0 };
	struct pawl_bring br;
	char *want, *got;

	make_scene(a, before);
	make_scene(b, after);
	capture_all(s, a, &old, &first);
	capture_all(s, b, &new, &second);
	pawl_delta_make(&old, &new, &delta);
	pawl_delta_encode(&delta, &bytes);
	CHECK_INT(pawl_delta_decode(bytes.s, bytes.len, &decoded), 0);
	pawl_delta_apply(&old, &decoded, &applied);
	CHECK_UINT(applied.len, new.len);
	for (size_t i = 0; i < new.len; i++) {
		CHECK_STR(applied.at[i].path, new.at[i].path);
		CHECK(pawl_entry_is(&applied.at[i], &new.at[i]));
		CHECK_UINT(applied.at[i].group, new.at[i].group);
	}
	pawl_buf_clear(&bytes);
	pawl_tree_encode(&applied, &bytes);
	CHECK_INT(pawl_tree_decode(bytes.s, bytes.len, &decoded_tree), 0);

	if (after == SOCKET) {
		char x[240];

		snprintf(x, sizeof x, "%s/sub", b);
		set_mode(x, 0755);
		snprintf(x, sizeof x, "%s/sub/x", b);
		make_gone(x);
		snprintf(x, sizeof x, "%s/sub", b);
		set_time(x, 1111);
		set_mode(x, after % 2 ? 0555 : 0755);
	}
	want = folder_text(b);
	CHECK_INT(bring(s, a, (before + after) % 2 ? &old : NULL, &decoded_tree, &br, &brought), 0);
	got = folder_text(a);
	CHECK_STR(got, want);
	pawl_tree_fini(&brought);
	CHECK_INT(bring(s, a, NULL, &new, &br, &brought), 0);
	CHECK_UINT(br.placed + br.removed + br.fixed, 0);

	free(want);
	free(got);
	pawl_buf_fini(&bytes);
	pawl_tree_fini(&old);
	pawl_tree_fini(&new);
	pawl_tree_fini(&applied);
	pawl_tree_fini(&decoded_tree);
	pawl_tree_fini(&brought);
	pawl_delta_fini(&delta);
	pawl_delta_fini(&decoded);
	pawl_action_fini(&first);
	pawl_action_fini(&second);
	make_gone(a);
	make_gone(b);
}

static void every_change(bool as_user)
{
	struct scratch s;
	char a[200], b[200];

	scratch_init(&s);
	if (as_user && getuid() == 0) {
		CHECK_INT(chown(s.root, 1000, 1000), 0);
		CHECK_INT(setgid(1000), 0);
		CHECK_INT(setuid(1000), 0);
	}
	scratch_open(&s);
	snprintf(a, sizeof a, "%s", scratch_path(&s, "a"));
	snprintf(b, sizeof b, "%s", scratch_path(&s, "b"));
	for (int before = 0; before < KINDS; before++) {
		for (int after = 0; after < KINDS; after++) {
			kit_at("change", before * 100 + after);
			check_change(&s, a, b, before, after);
		}
	}
	scratch_fini(&s);
}

TEST(every_kind_becomes_every_other)
{
	every_change(false);
}

TEST(every_kind_becomes_every_other_as_user)
{
	every_change(true);
}

/* ---- what else may stand there ---- */

TEST(skipped_names_stay)
{
	struct pawl_tree none = { 0 }, brought;
	struct pawl_bring b;
	struct scratch s;
	char root[200];

	scratch_init(&s);
	scratch_open(&s);
	snprintf(root, sizeof root, "%s", scratch_path(&s, "w"));
	make_dir(root, 0755);
	make_dir(scratch_path(&s, "w/temp"), 0755);
	make_text(scratch_path(&s, "w/temp/log"), "log", 0644);
	make_dir(scratch_path(&s, "w/temps"), 0755);
	make_text(scratch_path(&s, "w/left"), "left", 0644);
	CHECK_INT(bring(&s, root, NULL, &none, &b, &brought), 0);
	CHECK_UINT(b.removed, 2);
	CHECK(is_there(scratch_path(&s, "w/temp/log")));
	CHECK(!is_there(scratch_path(&s, "w/left")));
	CHECK(!is_there(scratch_path(&s, "w/temps")));
	pawl_tree_fini(&brought);
	scratch_fini(&s);
}

TEST(in_place_sees_every_change)
{
	struct pawl_tree after;
	struct pawl_action action;
	struct scratch s;
	char root[200], file[220], sub[220], other[220];

	scratch_init(&s);
	scratch_open(&s);
	snprintf(root, sizeof root, "%s", scratch_path(&s, "w"));
	snprintf(file, sizeof file, "%s/sub/file", root);
	snprintf(sub, sizeof sub, "%s/sub", root);
	snprintf(other, sizeof other, "%s/sub/other", root);
	make_dir(root, 0755);
	make_dir(sub, 0755);
	make_text(file, "1", 0644);
	set_time(file, 5);
	set_time(sub, 5);
	set_time(root, 5);
	capture_all(&s, root, &after, &action);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), 0);

	/* As young as this: the same size and time, within one tick of the clock. */
	make_text(file, "2", 0644);
	set_time(file, 5);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), PAWL_ENOENT);
	make_text(file, "1", 0644);
	set_time(file, 5);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);

	capture_all(&s, root, &after, &action);
	set_mode(file, 0600);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), PAWL_ENOENT);
	set_mode(file, 0644);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);

	capture_all(&s, root, &after, &action);
	make_text(other, "new", 0644);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), PAWL_ENOENT);
	make_gone(other);
	set_time(sub, 5);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), 0);
	make_gone(sub);
	CHECK_INT(pawl_tree_in_place(s.w, pawl_store_hasher(s.store), root, &after), PAWL_ENOENT);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
	scratch_fini(&s);
}

/* The content of a young file may change without its time showing it. */
TEST(scan_reads_young_files_again)
{
	struct pawl_tree first, second;
	struct scratch s;
	char root[200], file[220];
	pawl_digest old;

	scratch_init(&s);
	scratch_open(&s);
	snprintf(root, sizeof root, "%s", scratch_path(&s, "w"));
	snprintf(file, sizeof file, "%s/file", root);
	make_dir(root, 0755);
	for (int i = 0; i < 50; i++) {
		make_text(file, "one", 0644);
		CHECK_INT(pawl_store_scan(s.store, root, skip, NULL, false, &first), 0);
		old = first.at[0].digest;
		make_text(file, "two", 0644);
		CHECK_INT(pawl_store_scan(s.store, root, skip, &first, false, &second), 0);
		CHECK(!pawl_digest_is(&old, &second.at[0].digest));
		pawl_tree_fini(&first);
		pawl_tree_fini(&second);
	}
	scratch_fini(&s);
}

/* A missing and a changed blob: the bring says so, and a second capture heals it. */
TEST(damaged_blob_is_never_placed)
{
	for (int missing = 0; missing < 2; missing++) {
		struct pawl_tree after, brought;
		struct pawl_action action;
		struct pawl_buf path = { 0 };
		struct pawl_bring b;
		struct scratch s;
		pawl_stat st;
		char root[200], to[200];

		scratch_init(&s);
		scratch_open(&s);
		snprintf(root, sizeof root, "%s", scratch_path(&s, "w"));
		snprintf(to, sizeof to, "%s", scratch_path(&s, "to"));
		make_dir(root, 0755);
		make_text(scratch_path(&s, "w/f"), "precious", 0644);
		capture_all(&s, root, &after, &action);
		CHECK_INT(pawl_store_check(s.store, &action, &s.messages), 0);
		CHECK_INT(pawl_blob_find(s.store, &after.at[0].digest, false, &path, &st), 0);
		if (missing)
			make_gone(path.s);
		else
			make_text(path.s, "preciouS", 0444);
		/* not even its time shows it */
		set_time(missing ? root : path.s, PAWL_BLOB_MTIME);
		CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), PAWL_ECORRUPT);
		CHECK(!is_there(scratch_path(&s, "to/f")));
		CHECK(s.messages.len >= 1);
		CHECK(strstr(s.messages.at[0].text, "is damaged"));
		CHECK_INT(pawl_store_check(s.store, &action, &s.messages), PAWL_ECORRUPT);
		pawl_tree_fini(&after);
		pawl_action_fini(&action);

		capture_all(&s, root, &after, &action);
		CHECK_INT(pawl_store_check(s.store, &action, &s.messages), 0);
		CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
		pawl_tree_fini(&brought);
		pawl_tree_fini(&after);
		pawl_action_fini(&action);
		pawl_buf_fini(&path);
		scratch_fini(&s);
	}
}

/* Each call of a bring fails once: it says so, and the next one makes it right. */
TEST(bring_after_any_failure)
{
	struct pawl_tree after, brought, small = { 0 };
	struct pawl_action action;
	struct pawl_bring b;
	struct scratch s;
	char from[200], to[200];
	char *want, *got;
	int r = -1;

	scratch_init(&s);
	scratch_open(&s);
	snprintf(from, sizeof from, "%s", scratch_path(&s, "from"));
	snprintf(to, sizeof to, "%s", scratch_path(&s, "to"));
	make_dir(from, 0755);
	make_odd_tree(from);
	want = folder_text(from);
	capture_all(&s, from, &after, &action);
	CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
	pawl_tree_fini(&brought);
	CHECK_INT(bring(&s, to, NULL, &small, &b, &brought), 0);
	pawl_tree_fini(&brought);
	for (unsigned n = 1; r < 0; n += 3) {
		kit_at("call", n);
		s.trouble.calls = 0;
		s.trouble.fail_at = n;
		s.trouble.error = PAWL_ENOSPC;
		r = bring(&s, to, NULL, &after, &b, &brought);
		s.trouble.fail_at = 0;
		if (r == 0) {
			pawl_tree_fini(&brought);
			if (s.trouble.calls >= n)
				r = -1; /* the failure did not matter */
		}
		CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
		pawl_tree_fini(&brought);
		got = folder_text(to);
		CHECK_STR(got, want);
		free(got);
		CHECK_INT(bring(&s, to, NULL, &small, &b, &brought), 0);
		pawl_tree_fini(&brought);
	}
	free(want);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
	scratch_fini(&s);
}

/* What was put in place is on the disk when the database says that it stands there. */
TEST(placed_is_synced)
{
	struct pawl_tree after, brought;
	struct pawl_action action;
	struct pawl_bring b;
	struct scratch s;
	char from[200], to[200];

	scratch_init(&s);
	scratch_open(&s);
	snprintf(from, sizeof from, "%s", scratch_path(&s, "from"));
	snprintf(to, sizeof to, "%s", scratch_path(&s, "to"));
	make_dir(from, 0755);
	make_text(scratch_path(&s, "from/file"), "1", 0644);
	capture_all(&s, from, &after, &action);
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_INT(bring(&s, to, NULL, &after, &b, &brought), 0);
	CHECK_UINT(b.placed, 1);
	CHECK(s.trouble.unsynced_count > 0);
	pawl_store_placed(s.store, to, NULL, 0, &brought);
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_UINT(s.trouble.unsynced_count, 0);
	pawl_tree_fini(&brought);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
	scratch_fini(&s);
}

static const struct kit_case cases[] = {
	CASE(odd_tree_comes_back_exactly),
	CASE(every_kind_becomes_every_other),
	CASE(every_kind_becomes_every_other_as_user),
	CASE(skipped_names_stay),
	CASE(in_place_sees_every_change),
	CASE(scan_reads_young_files_again),
	CASE(damaged_blob_is_never_placed),
	CASE(bring_after_any_failure),
	CASE(placed_is_synced),
};

KIT_MAIN(cases)
