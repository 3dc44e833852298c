/* SPDX-License-Identifier: MIT */
/* Trees and deltas in memory and as bytes: order, sums, and decoding of whatever comes. */
#include "store_kit.h"
#include <stdlib.h>

static struct pawl_entry entry(const char *path, enum pawl_kind kind)
{
	struct pawl_entry e = {
		.path = path, .kind = kind, .mode = kind == PAWL_KIND_DIR ? 0755 : 0644, .mtime = 1
	};

	if (kind == PAWL_KIND_LINK) {
		e.mode = 0;
		e.target = "target";
	} else if (kind == PAWL_KIND_FILE) {
		e.size = 3;
		e.digest.bytes[0] = 7;
	}
	return e;
}

static void add(struct pawl_tree *t, const char *path, enum pawl_kind kind)
{
	struct pawl_entry e = entry(path, kind);

	pawl_tree_add(t, &e);
}

/* The paths of a tree, one after the other. */
static const char *paths(const struct pawl_tree *t, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < t->len && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? " " : "",
					t->at[i].path);
	return text;
}

TEST(order_is_that_of_a_walk)
{
	static const char *const sorted[] = { "a",   "a/b", "a/b/c", "a/b.c", "a\1",
					      "a b", "a.b", "a.b/c", "aa",    "b" };

	for (size_t i = 0; i < PAWL_COUNT(sorted); i++) {
		for (size_t j = 0; j < PAWL_COUNT(sorted); j++) {
			int order = pawl_path_order(sorted[i], sorted[j]);

			CHECK_INT((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

TEST(find_finds_each)
{
	struct pawl_tree t = { 0 };
	char name[16];

	CHECK(!pawl_tree_find(&t, "x"));
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "f%03d", i);
		add(&t, name, PAWL_KIND_FILE);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "f%03d", i);
		CHECK_STR(pawl_tree_find(&t, name)->path, name);
		strcat(name, "x");
		CHECK(!pawl_tree_find(&t, name));
	}
	pawl_tree_fini(&t);
}

TEST(removed_tells_only_the_top)
{
	struct pawl_tree before = { 0 }, after = { 0 }, result;
	struct pawl_delta d;
	char text[100];

	add(&before, "dir", PAWL_KIND_DIR);
	add(&before, "dir/sub", PAWL_KIND_DIR);
	add(&before, "dir/sub/f", PAWL_KIND_FILE);
	add(&before, "dir/x", PAWL_KIND_FILE);
	add(&before, "dir.x", PAWL_KIND_FILE);
	add(&before, "other", PAWL_KIND_DIR);
	add(&before, "other/f", PAWL_KIND_FILE);
	add(&after, "dir.x", PAWL_KIND_FILE);
	add(&after, "other", PAWL_KIND_FILE);
	pawl_delta_make(&before, &after, &d);
	CHECK_UINT(d.removed.len, 1);
	CHECK_STR(d.removed.at[0], "dir");
	CHECK_UINT(d.set.len, 1);
	pawl_delta_apply(&before, &d, &result);
	CHECK_STR(paths(&result, text, sizeof text), "dir.x other");
	pawl_tree_fini(&before);
	pawl_tree_fini(&after);
	pawl_tree_fini(&result);
	pawl_delta_fini(&d);
}

/* Deltas of tasks that did not see each other: what is missing above an entry is made. */
TEST(sum_of_strangers_is_whole)
{
	struct pawl_delta a = { 0 }, b = { 0 }, c = { 0 };
	const struct pawl_delta *all[] = { &a, &b, &c };
	struct pawl_tree sum;
	char text[100];

	add(&a.set, "d", PAWL_KIND_DIR);
	add(&a.set, "d/one", PAWL_KIND_FILE);
	add(&b.set, "e/f/two", PAWL_KIND_FILE);
	pawl_list_add(&b.removed, (void *)"d");
	add(&c.set, "d/three", PAWL_KIND_FILE);
	pawl_delta_sum(all, 3, &sum);
	CHECK_STR(paths(&sum, text, sizeof text), "d d/three e e/f e/f/two");
	CHECK_UINT(sum.at[0].kind, PAWL_KIND_DIR);
	pawl_tree_fini(&sum);
	pawl_delta_sum(NULL, 0, &sum);
	CHECK_UINT(sum.len, 0);
	pawl_tree_fini(&sum);
	pawl_delta_fini(&a);
	pawl_delta_fini(&b);
	pawl_delta_fini(&c);
}

/* ---- random trees ---- */

static struct pawl_tree random_tree(uint64_t *seed)
{
	struct pawl_tree t = { 0 };

	for (char a = 'a'; a < 'f'; a++) {
		char dir[8] = { a, 0 };
		bool full = random_next(seed) % 3 == 0;

		if (random_next(seed) % 3 == 0)
			continue;
		add(&t, dir,
		    full                    ? PAWL_KIND_DIR
		    : random_next(seed) % 2 ? PAWL_KIND_FILE
					    : PAWL_KIND_LINK);
		for (char b = 'x'; full && b <= 'z'; b++) {
			char name[8] = { a, '/', b, 0 };

			if (random_next(seed) % 2)
				continue;
			add(&t, name, PAWL_KIND_FILE);
			t.at[t.len - 1].digest.bytes[0] = (uint8_t)(random_next(seed) % 3);
			t.at[t.len - 1].mtime = random_next(seed) % 2;
		}
	}
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i].kind == PAWL_KIND_FILE && t.at[i].digest.bytes[0] == 1 &&
		    t.at[i].mtime == 1)
			t.at[i].group = 100 + random_next(seed) % 2;
	pawl_tree_number_groups(&t);
	return t;
}

static void check_same(const struct pawl_tree *a, const struct pawl_tree *b)
{
	char x[200], y[200];

	CHECK_STR(paths(a, x, sizeof x), paths(b, y, sizeof y));
	for (size_t i = 0; i < a->len; i++) {
		CHECK(pawl_entry_is(&a->at[i], &b->at[i]));
		CHECK_UINT(a->at[i].group, b->at[i].group);
	}
}

/* For any two trees: before plus the difference is after, also after a trip through bytes. */
TEST(difference_and_sum_are_inverse)
{
	uint64_t seed = 1;

	for (int i = 0; i < (kit_long() ? 200000 : 5000); i++) {
		struct pawl_tree trees[4], sum;
		struct pawl_delta deltas[4], decoded;
		const struct pawl_delta *list[4];
		struct pawl_buf bytes = { 0 };

		kit_at("round", i);
		for (int k = 0; k < 4; k++) {
			const struct pawl_tree none = { 0 };

			trees[k] = random_tree(&seed);
			pawl_delta_make(k ? &trees[k - 1] : &none, &trees[k], &deltas[k]);
			pawl_buf_clear(&bytes);
			pawl_delta_encode(&deltas[k], &bytes);
			CHECK_INT(pawl_delta_decode(bytes.s, bytes.len, &decoded), 0);
			pawl_delta_fini(&deltas[k]);
			deltas[k] = decoded;
			list[k] = &deltas[k];
		}
		pawl_delta_sum(list, 4, &sum);
		check_same(&sum, &trees[3]);
		for (int k = 0; k < 4; k++) {
			pawl_tree_fini(&trees[k]);
			pawl_delta_fini(&deltas[k]);
		}
		pawl_tree_fini(&sum);
		pawl_buf_fini(&bytes);
	}
}

/* ---- bytes ---- */

TEST(any_flipped_bit_is_seen)
{
	uint64_t seed = 3;
	struct pawl_tree t = random_tree(&seed), out;
	const struct pawl_tree none = { 0 };
	struct pawl_delta d, out_delta;
	struct pawl_buf tree = { 0 }, delta = { 0 };

	pawl_delta_make(&none, &t, &d);
	pawl_tree_encode(&t, &tree);
	pawl_delta_encode(&d, &delta);
	for (size_t bit = 0; bit < 8 * tree.len; bit++) {
		tree.s[bit / 8] ^= (char)(1 << bit % 8);
		CHECK_INT(pawl_tree_decode(tree.s, tree.len, &out), PAWL_ECORRUPT);
		tree.s[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * delta.len; bit++) {
		delta.s[bit / 8] ^= (char)(1 << bit % 8);
		CHECK_INT(pawl_delta_decode(delta.s, delta.len, &out_delta), PAWL_ECORRUPT);
		delta.s[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < tree.len; len++)
		CHECK_INT(pawl_tree_decode(tree.s, len, &out), PAWL_ECORRUPT);
	CHECK_INT(pawl_tree_decode(delta.s, delta.len, &out), PAWL_ECORRUPT);
	pawl_tree_fini(&t);
	pawl_delta_fini(&d);
	pawl_buf_fini(&tree);
	pawl_buf_fini(&delta);
}

/*
 * The same bytes with a right sum: as a memory of exactly that size, so that a checker sees each
 * step too far.
 */
static void decode_mutant(const char *data, size_t len, bool tree)
{
	struct pawl_buf sealed = { 0 };
	struct pawl_delta d;
	struct pawl_tree t;
	size_t begin = pawl_seal_begin(&sealed, tree ? "PTR1" : "PDE1");
	char *exact;

	pawl_buf_add(&sealed, data, len);
	pawl_seal_end(&sealed, begin);
	exact = malloc(sealed.len);
	memcpy(exact, sealed.s, sealed.len);
	if (tree && pawl_tree_decode(exact, sealed.len, &t) == 0)
		pawl_tree_fini(&t);
	else if (!tree && pawl_delta_decode(exact, sealed.len, &d) == 0)
		pawl_delta_fini(&d);
	free(exact);
	pawl_buf_fini(&sealed);
}

TEST(mutants_do_not_crash)
{
	uint64_t seed = 5;
	const struct pawl_tree none = { 0 };

	for (int i = 0; i < (kit_long() ? 1000000 : 20000); i++) {
		struct pawl_tree t = random_tree(&seed);
		struct pawl_buf bytes = { 0 };
		struct pawl_delta d;
		bool tree = i % 2;

		pawl_delta_make(&none, &t, &d);
		if (tree)
			pawl_tree_encode(&t, &bytes);
		else
			pawl_delta_encode(&d, &bytes);
		/* Without magic and sum, with a few bytes changed, and cut somewhere. */
		for (unsigned n = random_next(&seed) % 4; n; n--)
			bytes.s[random_next(&seed) % bytes.len] = (char)random_next(&seed);
		decode_mutant(bytes.s + 4,
			      random_next(&seed) % 3 ? bytes.len - 12
						     : random_next(&seed) % (bytes.len - 11),
			      tree);
		pawl_buf_fini(&bytes);
		pawl_tree_fini(&t);
		pawl_delta_fini(&d);
	}
}

/* Paths that would leave the folder, and entries that lie in no folder. */
TEST(bad_paths_are_refused)
{
	static const char *const bad[] = { "..",   ".",    "a/../b", "/a",   "a/",
					   "a//b", "../x", "a/.",    "a/..", "a/b/../../.." };
	struct pawl_tree out;
	struct pawl_delta d;

	for (size_t i = 0; i < PAWL_COUNT(bad); i++) {
		struct pawl_delta delta = { 0 };
		struct pawl_buf bytes = { 0 };

		kit_at("path", (int64_t)i);
		add(&delta.set, bad[i], PAWL_KIND_FILE);
		pawl_delta_encode(&delta, &bytes);
		CHECK_INT(pawl_delta_decode(bytes.s, bytes.len, &d), PAWL_ECORRUPT);
		pawl_delta_fini(&delta);
		pawl_buf_clear(&bytes);
		pawl_list_add(&delta.removed, (void *)bad[i]);
		pawl_delta_encode(&delta, &bytes);
		CHECK_INT(pawl_delta_decode(bytes.s, bytes.len, &d), PAWL_ECORRUPT);
		pawl_delta_fini(&delta);
		pawl_buf_fini(&bytes);
	}
	for (int k = 0; k < 2; k++) {
		struct pawl_tree t = { 0 };
		struct pawl_buf bytes = { 0 };

		if (k)
			add(&t, "a", PAWL_KIND_LINK);
		add(&t, "a/b", PAWL_KIND_FILE);
		pawl_tree_encode(&t, &bytes);
		CHECK_INT(pawl_tree_decode(bytes.s, bytes.len, &out), PAWL_ECORRUPT);
		pawl_tree_fini(&t);
		pawl_buf_fini(&bytes);
	}
}

static const struct kit_case cases[] = {
	CASE(order_is_that_of_a_walk),        CASE(find_finds_each),
	CASE(removed_tells_only_the_top),     CASE(sum_of_strangers_is_whole),
	CASE(difference_and_sum_are_inverse), CASE(any_flipped_bit_is_seen),
	CASE(mutants_do_not_crash),           CASE(bad_paths_are_refused),
};

KIT_MAIN(cases)
