/* SPDX-License-Identifier: MIT */
/* The simulated disk: what programs see of it, and what a power cut may and may not do. */
#include "kit.h"
#include "sim/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how choices are answered ---- */

/* Random ones, all nothing, all everything, or all combinations one after the other. */
enum answers { NOTHING, EVERYTHING, RANDOM, COUNTED };

struct chooser {
	enum answers how;
	uint64_t state;
	uint32_t digits[64], below[64]; /* COUNTED: the answers of this round */
	unsigned count, given;
};

static uint32_t next(struct chooser *c)
{
	c->state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = (c->state ^ c->state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);

	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

static uint32_t below(struct chooser *c, uint32_t n)
{
	return next(c) % n;
}

static uint32_t counted(struct chooser *c, uint32_t n)
{
	CHECK(c->given < KIT_COUNT(c->digits));
	if (c->given == c->count) {
		c->digits[c->count] = 0;
		c->below[c->count++] = n;
	}
	CHECK_UINT(c->below[c->given], n);
	return c->digits[c->given++];
}

/* The next round of COUNTED; false: that was the last. */
static bool advance(struct chooser *c)
{
	c->count = c->given;
	c->given = 0;
	while (c->count) {
		if (++c->digits[c->count - 1] < c->below[c->count - 1])
			return true;
		c->count--;
	}
	return false;
}

static uint32_t choose(void *arg, uint32_t n)
{
	struct chooser *c = arg;

	switch (c->how) {
	case EVERYTHING:
		return n == 3 ? 1 : n - 1;
	case RANDOM:
		return below(c, n);
	case COUNTED:
		return counted(c, n);
	default:
		return 0;
	}
}

static struct sim_disk *disk(struct chooser *c, bool is_journaled)
{
	return pawl_disk_new_(
		&(struct sim_disk_how){ .is_journaled = is_journaled, .choose = choose, .arg = c });
}

static struct sim_disk *copy(const struct sim_disk *d, struct chooser *c, bool is_journaled)
{
	return pawl_disk_copy_(d, &(struct sim_disk_how){ .is_journaled = is_journaled,
							  .choose = choose,
							  .arg = c });
}

/* ---- what tests do with it ---- */

static void write_file(struct sim_disk *d, const char *path, const char *text)
{
	struct sim_inode *n;
	size_t done;

	CHECK_INT(pawl_disk_open_(d, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &n), 0);
	CHECK_INT(pawl_disk_write_(d, n, 0, text, strlen(text), &done), 0);
	CHECK_UINT(done, strlen(text));
	pawl_disk_close_(d, n);
}

static void sync_path(struct sim_disk *d, const char *path)
{
	struct sim_inode *n;

	CHECK_INT(pawl_disk_open_(d, path, 0, 0, &n), 0);
	pawl_disk_sync_(d, n);
	pawl_disk_close_(d, n);
}

static const char *text_of(struct sim_disk *d, const char *path)
{
	static char buf[64 * 1024];
	size_t size;
	int r = pawl_disk_get_(d, path, buf, sizeof buf - 1, &size);

	if (r < 0)
		return pawl_strerror(r);
	CHECK(size < sizeof buf);
	buf[size] = '\0';
	return buf;
}

static bool is_there(struct sim_disk *d, const char *path)
{
	pawl_stat st;

	return pawl_disk_stat_(d, path, false, &st) == 0;
}

static void check_dump(struct sim_disk *d, const char *want)
{
	char *got = pawl_disk_dump_(d, false);

	CHECK_STR(got, want);
	free(got);
}

/* ---- what is seen ---- */

TEST(is_a_tree)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdir_(d, "/a", 0700), 0);
	CHECK_INT(pawl_disk_mkdir_(d, "/a/b/", 0755), 0);
	write_file(d, "/a/b/f", "hello");
	CHECK_INT(pawl_disk_link_(d, "/a/b/f", "/a/g"), 0);
	CHECK_INT(pawl_disk_symlink_(d, "b/../g", "/a/l"), 0);
	CHECK_INT(pawl_disk_chmod_(d, "/a/l", 04751), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a/b", "/c"), 0);
	CHECK_STR(text_of(d, "/c/../a/./g"), "hello");
	check_dump(d, "/a d0700 2\n"
		      "/a/g -4751 2 \"hello\"\n"
		      "/a/l l0777 1 -> b/../g\n"
		      "/c d0755 2\n"
		      "/c/f -4751 2 \"hello\"\n");
	pawl_disk_free_(d);
}

TEST(a_file_lives_while_it_is_open)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);
	struct sim_inode *n;
	char buf[8];
	size_t got;

	write_file(d, "/f", "text");
	CHECK_INT(pawl_disk_open_(d, "/f", 0, 0, &n), 0);
	CHECK_INT(pawl_disk_unlink_(d, "/f"), 0);
	CHECK_INT(pawl_disk_read_(n, 1, buf, sizeof buf, &got), 0);
	CHECK_UINT(got, 3);
	CHECK_MEM(buf, "ext", 3);
	CHECK_UINT(pawl_disk_used_(d), SIM_DISK_BLOCK);
	pawl_disk_sync_all_(d);
	pawl_disk_close_(d, n);
	CHECK_UINT(pawl_disk_used_(d), 0);
	CHECK_UINT(pawl_disk_changes_(d), 0);
	pawl_disk_free_(d);
}

TEST(is_full_at_its_limit)
{
	static char big[5 * SIM_DISK_BLOCK];
	struct sim_disk *d =
		pawl_disk_new_(&(struct sim_disk_how){ .bytes_max = 4 * SIM_DISK_BLOCK });
	struct sim_inode *n, *m;
	pawl_stat st;
	size_t done;

	write_file(d, "/small", "x");
	CHECK_INT(pawl_disk_open_(d, "/f", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0644, &n), 0);
	CHECK_INT(pawl_disk_write_(d, n, 100, big, sizeof big, &done), PAWL_ENOSPC);
	CHECK_UINT(done, 3 * SIM_DISK_BLOCK - 100);
	pawl_disk_fstat_(n, &st);
	CHECK_INT(st.size, 3 * SIM_DISK_BLOCK);
	CHECK_INT(pawl_disk_write_(d, n, 0, big, 100, &done), 0); /* what is there can be changed */
	CHECK_INT(pawl_disk_open_(d, "/g", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0644, &m), 0);
	CHECK_INT(pawl_disk_share_(d, n, m), PAWL_ENOSPC);
	pawl_disk_close_(d, m);
	pawl_disk_close_(d, n);
	CHECK_INT(pawl_disk_unlink_(d, "/f"), 0);
	pawl_disk_sync_all_(d);
	CHECK_UINT(pawl_disk_used_(d), SIM_DISK_BLOCK);
	pawl_disk_free_(d);
}

TEST(holes_and_ends_are_zero)
{
	struct sim_disk *d = pawl_disk_new_(&(struct sim_disk_how){ 0 });
	struct sim_inode *n;
	char buf[3 * SIM_DISK_BLOCK], want[3 * SIM_DISK_BLOCK] = { 0 };
	size_t done;

	CHECK_INT(pawl_disk_open_(d, "/f", SIM_OPEN_BOTH | PAWL_OPEN_NEW, 0644, &n), 0);
	CHECK_INT(pawl_disk_write_(d, n, 2 * SIM_DISK_BLOCK + 5, "abc", 3, &done), 0);
	CHECK_INT(pawl_disk_write_(d, n, 0, "123456", 6, &done), 0);
	CHECK_INT(pawl_disk_truncate_(d, n, 3), 0);
	CHECK_INT(pawl_disk_truncate_(d, n, sizeof buf), 0);
	memcpy(want, "123", 3);
	CHECK_INT(pawl_disk_read_(n, 0, buf, sizeof buf, &done), 0);
	CHECK_UINT(done, sizeof buf);
	CHECK_MEM(buf, want, sizeof buf);
	CHECK_UINT(pawl_disk_used_(d), SIM_DISK_BLOCK);
	pawl_disk_close_(d, n);
	pawl_disk_free_(d);
}

TEST(clones_share_until_written)
{
	struct sim_disk *d = pawl_disk_new_(&(struct sim_disk_how){ 0 });
	struct sim_inode *n, *m;
	size_t done;

	write_file(d, "/a", "same");
	CHECK_INT(pawl_disk_open_(d, "/a", SIM_OPEN_BOTH, 0, &n), 0);
	CHECK_INT(pawl_disk_open_(d, "/b", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0600, &m), 0);
	CHECK_INT(pawl_disk_share_(d, n, m), 0);
	CHECK_INT(pawl_disk_write_(d, n, 0, "t", 1, &done), 0);
	CHECK_INT(pawl_disk_write_(d, m, 4, "!", 1, &done), 0);
	CHECK_STR(text_of(d, "/a"), "tame");
	CHECK_STR(text_of(d, "/b"), "same!");
	pawl_disk_close_(d, n);
	pawl_disk_close_(d, m);
	pawl_disk_free_(d);
}

/* ---- what is durable ---- */

TEST(a_file_needs_its_own_sync_and_that_of_its_folder)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	write_file(d, "/none", "1");
	write_file(d, "/file", "2");
	sync_path(d, "/file");
	pawl_disk_cut_(d);
	check_dump(d, "");

	write_file(d, "/folder", "3");
	sync_path(d, "/");
	write_file(d, "/both", "4");
	sync_path(d, "/both");
	sync_path(d, "/");
	pawl_disk_cut_(d);
	check_dump(d, "/both -0644 1 \"4\"\n/folder -0644 1 \"\"\n");
	pawl_disk_free_(d);
}

TEST(everything_may_be_kept)
{
	struct chooser c = { .how = EVERYTHING };

	for (int journaled = 0; journaled < 2; journaled++) {
		struct sim_disk *d = disk(&c, journaled);
		char *before, *after;

		write_file(d, "/a", "a");
		CHECK_INT(pawl_disk_mkdir_(d, "/b", 0755), 0);
		CHECK_INT(pawl_disk_rename_(d, "/a", "/b/c"), 0);
		CHECK_INT(pawl_disk_chmod_(d, "/b", 0500), 0);
		CHECK_INT(pawl_disk_set_mtime_(d, "/b/c", 77), 0);
		before = pawl_disk_dump_(d, true);
		pawl_disk_cut_(d);
		after = pawl_disk_dump_(d, true);
		CHECK_STR(after, before);
		free(before);
		free(after);
		pawl_disk_free_(d);
	}
}

/* Each way a cut can go, of a state that does not change; how many there were. */
static unsigned each_cut(const struct sim_disk *d, bool is_journaled,
			 void (*check)(struct sim_disk *d, void *arg), void *arg)
{
	struct chooser c = { .how = COUNTED };
	unsigned count = 0;

	do {
		struct sim_disk *after = copy(d, &c, is_journaled);

		pawl_disk_cut_(after);
		check(after, arg);
		pawl_disk_free_(after);
		count++;
	} while (advance(&c));
	return count;
}

static bool is_empty(struct sim_disk *d, const char *path)
{
	pawl_stat st;

	return pawl_disk_stat_(d, path, true, &st) == 0 && st.size == 0;
}

static void count_texts(struct sim_disk *d, void *arg)
{
	unsigned *seen = arg;
	const char *text = text_of(d, "/f");

	if (strcmp(text, "old") == 0)
		seen[0]++;
	else if (strcmp(text, "new!") == 0)
		seen[1]++;
	else if (!*text && is_empty(d, "/f"))
		seen[2]++;
	else
		seen[3]++;
}

TEST(renamed_over_it_is_the_old_or_the_new)
{
	unsigned seen[4] = { 0 };
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	write_file(d, "/f", "old");
	pawl_disk_sync_all_(d);
	write_file(d, "/g", "new!");
	sync_path(d, "/g");
	CHECK_INT(pawl_disk_rename_(d, "/g", "/f"), 0);
	each_cut(d, false, count_texts, seen);
	CHECK(seen[0] && seen[1]);
	CHECK_UINT(seen[2] + seen[3], 0);
	sync_path(d, "/");
	memset(seen, 0, sizeof seen);
	CHECK_UINT(each_cut(d, false, count_texts, seen), 1);
	CHECK_UINT(seen[1], 1);
	pawl_disk_free_(d);
}

TEST(renamed_before_its_sync_may_be_empty)
{
	unsigned seen[4] = { 0 };
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	write_file(d, "/f", "old");
	pawl_disk_sync_all_(d);
	write_file(d, "/g", "new!");
	CHECK_INT(pawl_disk_rename_(d, "/g", "/f"), 0);
	each_cut(d, true, count_texts, seen);
	CHECK(seen[0] && seen[1] && seen[2] && seen[3]); /* the last: zeros */
	pawl_disk_free_(d);
}

static void check_one_name(struct sim_disk *d, void *arg)
{
	unsigned *seen = arg;
	bool a = is_there(d, "/a/f"), b = is_there(d, "/b/f");

	CHECK(a != b);
	seen[b]++;
	CHECK_STR(text_of(d, a ? "/a/f" : "/b/f"), "1");
}

TEST(moved_between_folders_it_has_one_name)
{
	struct chooser c = { 0 };

	for (int synced = 0; synced < 3; synced++) {
		unsigned seen[2] = { 0 };
		struct sim_disk *d = disk(&c, false);

		CHECK_INT(pawl_disk_put_(d, "/a/f", "1", 1, 0644), 0);
		CHECK_INT(pawl_disk_mkdirs_(d, "/b", false), 0);
		CHECK_INT(pawl_disk_rename_(d, "/a/f", "/b/f"), 0);
		if (synced)
			sync_path(d, synced == 1 ? "/a" : "/b");
		each_cut(d, false, check_one_name, seen);
		CHECK_UINT(seen[0], !synced);
		CHECK_UINT(seen[1], 1);
		pawl_disk_free_(d);
	}
}

static void check_order(struct sim_disk *d, void *arg)
{
	bool *journaled = arg;
	bool a = is_there(d, "/a"), b = is_there(d, "/b"), e = is_there(d, "/c");

	CHECK(!*journaled || a >= b); /* /b came later */
	CHECK(!(a && e));             /* /c was /a, which needs /a */
}

TEST(names_come_in_order_only_on_a_journaled_disk)
{
	struct chooser c = { 0 };
	bool journaled;
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdir_(d, "/a", 0755), 0);
	CHECK_INT(pawl_disk_mkdir_(d, "/b", 0755), 0);
	journaled = true;
	CHECK_UINT(each_cut(d, true, check_order, &journaled), 3);
	journaled = false;
	CHECK_UINT(each_cut(d, false, check_order, &journaled), 4);
	CHECK_INT(pawl_disk_rename_(d, "/a", "/c"), 0);
	CHECK_UINT(each_cut(d, false, check_order, &journaled), 6);
	pawl_disk_free_(d);
}

static void check_not_lost(struct sim_disk *d, void *arg)
{
	(void)arg;
	CHECK(is_there(d, "/a/x") || is_there(d, "/x"));
}

TEST(a_folder_goes_only_after_what_was_in_it)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_put_(d, "/a/x", "1", 1, 0644), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a/x", "/x"), 0);
	CHECK_INT(pawl_disk_rmdir_(d, "/a"), 0);
	CHECK_UINT(each_cut(d, false, check_not_lost, NULL), 3);
	pawl_disk_free_(d);
}

static void check_no_circle(struct sim_disk *d, void *arg)
{
	char *text = pawl_disk_dump_(d, false);

	(void)arg;
	CHECK(strstr(text, "a d0755") && strstr(text, "b d0755"));
	free(text);
}

TEST(folders_never_get_into_each_other)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdirs_(d, "/a/b", false), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a/b", "/b"), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a", "/b/a"), 0);
	CHECK_UINT(each_cut(d, false, check_no_circle, NULL), 3);
	pawl_disk_free_(d);
}

/* ---- what a sync of a folder takes along ---- */

TEST(a_rename_takes_along_what_its_old_name_was)
{
	unsigned seen[2] = { 0 };
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdirs_(d, "/a", false), 0);
	CHECK_INT(pawl_disk_mkdirs_(d, "/b", false), 0);
	write_file(d, "/a/f", "1");
	sync_path(d, "/a/f");
	CHECK_INT(pawl_disk_rename_(d, "/a/f", "/b/f"), 0);
	sync_path(d, "/b");
	CHECK_UINT(each_cut(d, false, check_one_name, seen), 1);
	CHECK_UINT(seen[1], 1);
	pawl_disk_free_(d);
}

TEST(a_rename_takes_along_the_folders_it_leads_to)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_put_(d, "/f", "1", 1, 0644), 0);
	CHECK_INT(pawl_disk_mkdir_(d, "/n", 0755), 0);
	CHECK_INT(pawl_disk_mkdir_(d, "/other", 0755), 0);
	CHECK_INT(pawl_disk_mkdir_(d, "/n/m", 0755), 0);
	CHECK_INT(pawl_disk_rename_(d, "/f", "/n/m/f"), 0);
	sync_path(d, "/n/m");
	pawl_disk_cut_(d);
	check_dump(d, "/n d0755 3\n/n/m d0755 2\n/n/m/f -0644 1 \"1\"\n");
	pawl_disk_free_(d);
}

TEST(a_folder_that_goes_takes_along_what_was_in_it)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_put_(d, "/a/x", "1", 1, 0644), 0);
	CHECK_INT(pawl_disk_mkdirs_(d, "/b", false), 0);
	CHECK_INT(pawl_disk_mkdirs_(d, "/c/d", false), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a/x", "/b/x"), 0);
	CHECK_INT(pawl_disk_rename_(d, "/c/d", "/a"), 0); /* over it */
	sync_path(d, "/");
	pawl_disk_cut_(d);
	check_dump(d, "/a d0755 2\n/b d0755 2\n/b/x -0644 1 \"1\"\n/c d0755 2\n");
	pawl_disk_free_(d);
}

TEST(a_move_takes_along_earlier_moves)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdirs_(d, "/a/b", false), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a/b", "/b"), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a", "/b/a"), 0);
	sync_path(d, "/b");
	pawl_disk_cut_(d);
	check_dump(d, "/b d0755 3\n/b/a d0755 2\n");
	pawl_disk_free_(d);
}

static void count_mtime(struct sim_disk *d, void *arg)
{
	unsigned *seen = arg;
	pawl_stat st;

	CHECK_INT(pawl_disk_stat_(d, "/f", true, &st), 0);
	seen[st.mtime == 77]++;
}

TEST(a_time_that_was_set_comes_only_with_its_change)
{
	unsigned seen[2] = { 0 }, cuts;
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_put_(d, "/f", "1", 1, 0644), 0);
	write_file(d, "/f", "2");
	CHECK_INT(pawl_disk_set_mtime_(d, "/f", 77), 0);
	cuts = each_cut(d, false, count_mtime, seen);
	CHECK_UINT(seen[1], cuts / 2);
	CHECK_UINT(seen[0], cuts / 2);
	sync_path(d, "/f");
	CHECK_UINT(each_cut(d, false, count_mtime, seen), 1);
	CHECK_UINT(seen[1], cuts / 2 + 1);
	pawl_disk_free_(d);
}

/* What was durable: 'o'; what is not: 'n'. */
static void check_blocks(struct sim_disk *d, void *arg)
{
	const char *text = text_of(d, "/f");
	bool *seen = arg;
	pawl_stat st;

	CHECK_INT(pawl_disk_stat_(d, "/f", true, &st), 0);
	CHECK(st.size == 2 * SIM_DISK_BLOCK || st.size == 3 * SIM_DISK_BLOCK);
	CHECK(text[0] == 'o' || text[0] == 'n');
	CHECK(text[SIM_DISK_BLOCK] == 'o');
	if (st.size == 3 * SIM_DISK_BLOCK) {
		char third = text[2 * SIM_DISK_BLOCK];

		CHECK(third == 'n' || third == '\0');
		seen[third == 'n' ? 0 : 1] = true;
	}
	seen[text[0] == 'o' ? 2 : 3] = true;
	CHECK(text[0] == text[SIM_DISK_BLOCK - 1]);
}

TEST(blocks_are_old_or_new_and_zero_where_nothing_was)
{
	static char old[2 * SIM_DISK_BLOCK], new[SIM_DISK_BLOCK];
	bool seen[4] = { false };
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);
	struct sim_inode *n;
	size_t done;

	memset(old, 'o', sizeof old);
	memset(new, 'n', sizeof new);
	CHECK_INT(pawl_disk_put_(d, "/f", old, sizeof old, 0644), 0);
	CHECK_INT(pawl_disk_open_(d, "/f", SIM_OPEN_BOTH, 0, &n), 0);
	CHECK_INT(pawl_disk_write_(d, n, 0, new, sizeof new, &done), 0);
	CHECK_INT(pawl_disk_write_(d, n, sizeof old, new, sizeof new, &done), 0);
	pawl_disk_close_(d, n);
	CHECK_UINT(each_cut(d, false, check_blocks, seen), 2 + 2 * 2 * 3 * 2);
	CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
	pawl_disk_free_(d);
}

static void count_clones(struct sim_disk *d, void *arg)
{
	unsigned *seen = arg;
	pawl_stat st;

	CHECK_INT(pawl_disk_stat_(d, "/b", true, &st), 0);
	if (st.size == 0)
		seen[0]++;
	else
		seen[strcmp(text_of(d, "/b"), "tame") == 0 ? 1 : 2]++;
	CHECK_STR(text_of(d, "/a"), "tame");
}

TEST(a_clone_is_a_copy_that_needs_its_sync)
{
	unsigned seen[3] = { 0 };
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false);
	struct sim_inode *n, *m;
	size_t done;

	CHECK_INT(pawl_disk_put_(d, "/a", "same", 4, 0644), 0);
	CHECK_INT(pawl_disk_open_(d, "/a", SIM_OPEN_BOTH, 0, &n), 0);
	CHECK_INT(pawl_disk_write_(d, n, 0, "t", 1, &done), 0);
	pawl_disk_sync_(d, n);
	CHECK_INT(pawl_disk_open_(d, "/b", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0644, &m), 0);
	CHECK_INT(pawl_disk_share_(d, n, m), 0);
	pawl_disk_close_(d, n);
	sync_path(d, "/");
	each_cut(d, false, count_clones, seen);
	CHECK(seen[0] && seen[1] && seen[2]); /* empty, whole, zeros */
	pawl_disk_sync_(d, m);
	pawl_disk_close_(d, m);
	CHECK_UINT(each_cut(d, false, count_clones, seen), 1);
	pawl_disk_free_(d);
}

TEST(a_sync_that_failed_is_not_made_up_for)
{
	struct chooser c = { 0 };
	struct sim_disk *d = disk(&c, false), *e;
	struct sim_inode *n;
	size_t done;

	CHECK_INT(pawl_disk_put_(d, "/f", "old", 3, 0644), 0);
	write_file(d, "/f", "new!");
	CHECK_INT(pawl_disk_open_(d, "/f", SIM_OPEN_BOTH, 0, &n), 0);
	pawl_disk_sync_fails_(d, n);
	pawl_disk_sync_(d, n);
	pawl_disk_sync_all_(d);
	CHECK_STR(text_of(d, "/f"), "new!");
	e = copy(d, &c, false);
	c.how = EVERYTHING;
	pawl_disk_cut_(e);
	CHECK_STR(text_of(e, "/f"), "old");
	pawl_disk_free_(e);

	/* Written again it is dirty again. */
	CHECK_INT(pawl_disk_write_(d, n, 0, "new!", 4, &done), 0);
	pawl_disk_sync_(d, n);
	pawl_disk_close_(d, n);
	c.how = NOTHING;
	pawl_disk_cut_(d);
	CHECK_STR(text_of(d, "/f"), "new!");
	pawl_disk_free_(d);
}

TEST(a_copy_goes_its_own_way)
{
	struct chooser c = { .how = RANDOM, .state = 7 };
	struct sim_disk *d = disk(&c, false), *e;
	char *before, *after;

	write_file(d, "/a", "1");
	sync_path(d, "/a");
	CHECK_INT(pawl_disk_mkdir_(d, "/b", 0755), 0);
	CHECK_INT(pawl_disk_rename_(d, "/a", "/b/a"), 0);
	before = pawl_disk_dump_(d, true);
	e = copy(d, &c, false);
	after = pawl_disk_dump_(e, true);
	CHECK_STR(after, before);
	free(after);
	write_file(e, "/b/a", "2");
	pawl_disk_cut_(e);
	pawl_disk_free_(e);
	after = pawl_disk_dump_(d, true);
	CHECK_STR(after, before);
	free(after);
	free(before);
	CHECK_UINT(pawl_disk_changes_(d), 3);
	pawl_disk_free_(d);
}

TEST(what_is_fleeting_never_stays)
{
	struct chooser c = { .how = EVERYTHING };
	struct sim_disk *d = disk(&c, false);

	CHECK_INT(pawl_disk_mkdirs_(d, "/.box/1", true), 0);
	write_file(d, "/.box/1/f", "x");
	pawl_disk_sync_all_(d);
	pawl_disk_cut_(d);
	check_dump(d, "");
	CHECK_INT(pawl_disk_mkdirs_(d, "/.box/1", true), 0);
	write_file(d, "/.box/1/f", "x");
	CHECK_INT(pawl_disk_mkdir_(d, "/.box/1/d", 0755), 0);
	pawl_disk_remove_(d, "/.box");
	check_dump(d, "");
	pawl_disk_sync_all_(d);
	CHECK_UINT(pawl_disk_used_(d), 0);
	pawl_disk_free_(d);
}

/* ---- anything at all ---- */

static const char *random_path(struct chooser *c)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	static char buf[4][64];
	static unsigned at;
	char *p = buf[at++ % 4];
	unsigned depth = 1 + below(c, 3);
	int n = 0;

	while (depth--)
		n += snprintf(p + n, sizeof buf[0] - (size_t)n, "/%s", names[below(c, 4)]);
	return p;
}

/* Files whose inode had a durable name and did not lose a name since. */
struct safe {
	uint64_t ino[256];
	unsigned count;
};

static void forget_safe(struct safe *s, struct sim_disk *d, const char *path)
{
	pawl_stat st;

	if (pawl_disk_stat_(d, path, false, &st) < 0)
		return;
	for (unsigned i = 0; i < s->count; i++)
		if (s->ino[i] == st.ino)
			s->ino[i--] = s->ino[--s->count];
}

static void each_inode(struct sim_disk *d, struct sim_inode *folder,
		       void (*each)(const pawl_stat *st, void *arg), void *arg)
{
	size_t count;
	char *names = pawl_disk_names_(folder, &count), *name = names;
	struct sim_inode *inner;
	pawl_stat st;

	for (; count--; name += strlen(name) + 1) {
		CHECK_INT(pawl_disk_stat_at_(folder, name, &st), 0);
		each(&st, arg);
		if (st.kind == PAWL_KIND_DIR) {
			CHECK_INT(pawl_disk_open_at_(folder, name, &inner), 0);
			each_inode(d, inner, each, arg);
			pawl_disk_close_(d, inner);
		}
	}
	free(names);
}

static void each_of(struct sim_disk *d, void (*each)(const pawl_stat *st, void *arg), void *arg)
{
	struct sim_inode *root;

	CHECK_INT(pawl_disk_open_(d, "/", 0, 0, &root), 0);
	each_inode(d, root, each, arg);
	pawl_disk_close_(d, root);
}

static void add_safe(const pawl_stat *st, void *arg)
{
	struct safe *s = arg;

	if (st->kind == PAWL_KIND_FILE && s->count < KIT_COUNT(s->ino))
		s->ino[s->count++] = st->ino;
}

static void remove_safe(const pawl_stat *st, void *arg)
{
	struct safe *s = arg;

	CHECK(st->links > 0);
	for (unsigned i = 0; i < s->count; i++)
		if (s->ino[i] == st->ino)
			s->ino[i--] = s->ino[--s->count];
}

static void random_write(struct sim_disk *d, struct chooser *c)
{
	struct sim_inode *n;
	char text[64];
	size_t done;

	if (pawl_disk_open_(d, random_path(c), SIM_OPEN_BOTH | PAWL_OPEN_CREATE, 0644, &n) < 0)
		return;
	snprintf(text, sizeof text, "%u", next(c));
	CHECK_INT(pawl_disk_write_(d, n, below(c, 3) * 3000, text, strlen(text), &done), 0);
	pawl_disk_close_(d, n);
}

static void random_sync(struct sim_disk *d, struct chooser *c, struct safe *s)
{
	struct sim_inode *n;

	if (below(c, 4) == 0) {
		pawl_disk_sync_all_(d);
		s->count = 0;
		each_of(d, add_safe, s);
	} else if (pawl_disk_open_(d, random_path(c), 0, 0, &n) == 0) {
		if (below(c, 4) == 0)
			pawl_disk_sync_fails_(d, n);
		else
			pawl_disk_sync_(d, n);
		pawl_disk_close_(d, n);
	}
}

static void random_rename(struct sim_disk *d, struct chooser *c, struct safe *s)
{
	const char *from = random_path(c), *to = random_path(c);
	struct safe before = *s;
	pawl_stat a, b;

	if (pawl_disk_stat_(d, from, false, &a) == 0 && pawl_disk_stat_(d, to, false, &b) == 0 &&
	    a.ino != b.ino)
		forget_safe(s, d, to);
	if (pawl_disk_rename_(d, from, to) < 0)
		*s = before;
}

static void random_unlink(struct sim_disk *d, struct chooser *c, struct safe *s)
{
	const char *path = random_path(c);
	struct safe before = *s;

	forget_safe(s, d, path);
	if (pawl_disk_unlink_(d, path) < 0)
		*s = before;
}

static void random_step(struct sim_disk *d, struct chooser *c, struct safe *s)
{
	switch (below(c, 9)) {
	case 0:
		pawl_disk_mkdir_(d, random_path(c), 0755);
		break;
	case 1:
	case 2:
		random_write(d, c);
		break;
	case 3:
	case 4:
		random_rename(d, c, s);
		break;
	case 5:
		random_unlink(d, c, s);
		break;
	case 6:
		pawl_disk_rmdir_(d, random_path(c));
		break;
	case 7:
		pawl_disk_link_(d, random_path(c), random_path(c));
		break;
	default:
		if (below(c, 3) == 0)
			random_sync(d, c, s);
		break;
	}
}

/* A copy is the same in all that can be seen of it, and in what a cut makes of it. */
static void check_copy(const struct sim_disk *d, uint64_t seed, bool is_journaled)
{
	struct chooser a = { .how = RANDOM, .state = seed }, b = a;
	struct sim_disk *one = copy(d, &a, is_journaled), *two = copy(one, &b, is_journaled);
	char *x, *y;

	pawl_disk_cut_(one);
	pawl_disk_cut_(two);
	x = pawl_disk_dump_(one, true);
	y = pawl_disk_dump_(two, true);
	CHECK_STR(x, y);
	free(x);
	free(y);
	CHECK_UINT(pawl_disk_used_(one), pawl_disk_used_(two));
	pawl_disk_free_(one);
	pawl_disk_free_(two);
}

/*
 * A link that is made and a name that then goes are two changes: whoever does that without a sync
 * in between may lose the file. A rename never does.
 */
TEST(what_was_synced_and_not_removed_is_never_lost)
{
	unsigned seeds = kit_long() ? 100000 : 3000;

	for (unsigned seed = 0; seed < seeds; seed++) {
		struct chooser c = { .how = RANDOM, .state = seed };
		struct safe safe = { .count = 0 };
		struct sim_disk *d = disk(&c, seed % 2);

		kit_at("seed", seed);
		for (unsigned i = 0; i < 60; i++)
			random_step(d, &c, &safe);
		check_copy(d, seed, seed % 2);
		pawl_disk_cut_(d);
		each_of(d, remove_safe, &safe);
		CHECK_UINT(safe.count, 0);
		CHECK_UINT(pawl_disk_changes_(d), 0);
		/* It goes on. */
		for (unsigned i = 0; i < 20; i++)
			random_step(d, &c, &safe);
		pawl_disk_free_(d);
	}
}

/* The tree without what is in files. */
static char *names_only(struct sim_disk *d)
{
	char *text = pawl_disk_dump_(d, false), *to = text;
	bool quoted = false;

	for (const char *s = text; *s; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted)
			*to++ = *s;
	}
	*to = '\0';
	return text;
}

TEST(journaled_names_are_those_of_one_moment)
{
	enum { STEPS = 40 };

	for (unsigned seed = 0; seed < 1000; seed++) {
		struct chooser c = { .how = RANDOM, .state = seed };
		struct safe safe = { .count = 0 };
		struct sim_disk *d = disk(&c, true);
		char *moments[STEPS + 1], *after;
		bool is_one = false;

		kit_at("seed", seed);
		for (unsigned i = 0; i < STEPS; i++) {
			moments[i] = names_only(d);
			random_step(d, &c, &safe);
		}
		moments[STEPS] = names_only(d);
		pawl_disk_cut_(d);
		after = names_only(d);
		for (unsigned i = 0; i <= STEPS; i++) {
			is_one = is_one || strcmp(moments[i], after) == 0;
			free(moments[i]);
		}
		CHECK(is_one);
		free(after);
		pawl_disk_free_(d);
	}
}

TEST(all_that_goes_gives_its_memory_back)
{
	struct chooser c = { .how = RANDOM, .state = 1 };
	struct sim_disk *d = disk(&c, false);
	struct safe safe = { .count = 0 };

	for (unsigned i = 0; i < 20000; i++)
		random_step(d, &c, &safe);
	for (char name[] = "/a"; name[1] <= 'd'; name[1]++)
		pawl_disk_remove_(d, name);
	pawl_disk_sync_all_(d);
	CHECK_UINT(pawl_disk_used_(d), 0);
	check_dump(d, "");
	pawl_disk_free_(d);
}

static const struct kit_case cases[] = {
	CASE(is_a_tree),
	CASE(a_file_lives_while_it_is_open),
	CASE(is_full_at_its_limit),
	CASE(holes_and_ends_are_zero),
	CASE(clones_share_until_written),
	CASE(a_file_needs_its_own_sync_and_that_of_its_folder),
	CASE(everything_may_be_kept),
	CASE(renamed_over_it_is_the_old_or_the_new),
	CASE(renamed_before_its_sync_may_be_empty),
	CASE(moved_between_folders_it_has_one_name),
	CASE(names_come_in_order_only_on_a_journaled_disk),
	CASE(a_folder_goes_only_after_what_was_in_it),
	CASE(folders_never_get_into_each_other),
	CASE(a_rename_takes_along_what_its_old_name_was),
	CASE(a_rename_takes_along_the_folders_it_leads_to),
	CASE(a_folder_that_goes_takes_along_what_was_in_it),
	CASE(a_move_takes_along_earlier_moves),
	CASE(a_time_that_was_set_comes_only_with_its_change),
	CASE(blocks_are_old_or_new_and_zero_where_nothing_was),
	CASE(a_clone_is_a_copy_that_needs_its_sync),
	CASE(a_sync_that_failed_is_not_made_up_for),
	CASE(a_copy_goes_its_own_way),
	CASE(what_is_fleeting_never_stays),
	CASE(what_was_synced_and_not_removed_is_never_lost),
	CASE(journaled_names_are_those_of_one_moment),
	CASE(all_that_goes_gives_its_memory_back),
};

KIT_MAIN(cases)
