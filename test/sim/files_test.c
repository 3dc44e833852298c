/* SPDX-License-Identifier: MIT */
/* The files of a simulated world: the same results as the real machine's, and faults on demand. */
#define _GNU_SOURCE
#include "files_fix.h"

#include "host/machine.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(struct fix *f, const char *path, const char *text)
{
	CHECK_INT(pawl_disk_put_(f->machine.disk, path, text, strlen(text), 0644), 0);
}

static const char *get(struct fix *f, const char *path)
{
	static char buf[4096];
	size_t size;
	int r = pawl_disk_get_(f->machine.disk, path, buf, sizeof buf - 1, &size);

	if (r < 0)
		return pawl_strerror(r);
	buf[size] = '\0';
	return buf;
}

static int open_at(struct fix *f, const char *path, unsigned flags)
{
	int file;

	CHECK_INT(pawl_sim_file_open_(f->w, path, flags, 0644, &file), 0);
	return file;
}

/* ---- the real machine says what is right ---- */

/*
 * Both worlds do the same at random, with paths through links, dots and slashes. The real one does
 * it below a root of its own, so that no path leads out of it.
 */
struct pair {
	struct fix sim;
	int outside; /* the root as it was */
	char dir[64];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type;
	return ftw->level ? remove(path) : 0;
}

static void write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "%s cannot be written\n", path);
	close(fd);
}

/* Writing takes these from a file, unless root of the whole machine does it. */
static unsigned modes_below = 010000;

/* Whoever is not root becomes it in a namespace of users. */
static bool enter_root(const char *dir)
{
	static const char *const maps[] = { "/proc/self/uid_map", "/proc/self/gid_map" };
	unsigned ids[2] = { getuid(), getgid() };
	char text[32];

	if (chroot(dir) == 0)
		return true;
	if (unshare(CLONE_NEWUSER) < 0)
		return false;
	modes_below = 01000;
	write_map("/proc/self/setgroups", "deny");
	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "0 %u 1", ids[i]);
		write_map(maps[i], text);
	}
	return chroot(dir) == 0;
}

static bool pair_open(struct pair *p)
{
	static const char two[] = "XX";

	fix_open(&p->sim);
	snprintf(p->dir, sizeof p->dir, "/tmp/pawl-test-%s%s%s", two, two, two);
	CHECK(mkdtemp(p->dir));
	CHECK_INT(chmod(p->dir, 0755), 0);
	p->outside = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(p->outside >= 0);
	umask(022);
	if (enter_root(p->dir)) {
		CHECK_INT(chdir("/"), 0);
		return true;
	}
	CHECK_INT(rmdir(p->dir), 0);
	close(p->outside);
	fix_close(&p->sim);
	return false;
}

static void pair_close(struct pair *p)
{
	nftw("/", remove_one, 8, FTW_DEPTH | FTW_PHYS);
	CHECK_INT(fchdir(p->outside), 0);
	CHECK_INT(chroot("."), 0);
	CHECK_INT(rmdir(p->dir), 0);
	close(p->outside);
	fix_close(&p->sim);
}

/* Mostly plain, and now and then all that a path may have in it. */
static const char *random_path(void)
{
	static const char *const parts[] = { "a", "b", "c", "l", "m", ".", ".." };
	static char buf[4][128];
	static unsigned at;
	char *p = buf[at++ % 4];
	unsigned depth = stage_next(20) ? 1 + stage_next(3) : 0;
	size_t n = 0;

	n += (size_t)sprintf(p, "/");
	while (depth--)
		n += (size_t)sprintf(p + n, "%s%s", parts[stage_next(stage_next(8) ? 5 : 7)],
				     depth ? (stage_next(9) ? "/" : "//") : "");
	if (stage_next(12) == 0)
		sprintf(p + n, "/");
	return p;
}

static void check_same(int sim, int real, const char *what, const char *a, const char *b)
{
	char text[400];

	if (sim == real)
		return;
	snprintf(text, sizeof text, "%s %s %s: simulated %d (%s), really %d (%s)", what, a, b, sim,
		 pawl_strerror(sim), real, pawl_strerror(real));
	CHECK_FAIL(text);
}

/* Times that were set are long ago; the simulated clock begins at 0, the real one is of today. */
#define SET_BEFORE 1000000000

static void same_mtime(int64_t sim, int64_t real)
{
	if (real < (int64_t)SET_BEFORE * 1000000000)
		CHECK_INT(sim, real);
	else
		CHECK(sim < 1000000000);
}

static void same_stat(struct pair *p, const char *path)
{
	bool follow = stage_next(2);
	pawl_stat a = { 0 }, b = { 0 };
	int r = pawl_sim_file_stat_(p->sim.w, path, follow, &a);

	check_same(r, pawl_machine_stat(NULL, path, follow, &b), follow ? "stat" : "lstat", path,
		   "");
	if (r < 0)
		return;
	CHECK_INT(a.kind, b.kind);
	CHECK_UINT(a.mode, b.mode);
	same_mtime(a.mtime, b.mtime);
	if (a.kind != PAWL_KIND_DIR) {
		CHECK_UINT(a.links, b.links);
		CHECK_INT(a.size, b.size);
	}
}

static void same_read(struct pair *p, const char *path)
{
	char a[256], b[256];
	int sim, real, r = pawl_sim_file_open_(p->sim.w, path, 0, 0, &sim);
	size_t got = 0, really = 0;

	check_same(r, pawl_machine_open(NULL, path, 0, 0, &real), "open", path, "");
	if (r < 0)
		return;
	for (unsigned i = 0; i < 3; i++) {
		size_t size = stage_next(sizeof a);

		r = pawl_sim_file_read_(p->sim.w, sim, a, size, &got);
		check_same(r, pawl_machine_read(NULL, real, b, size, &really), "read", path, "");
		CHECK_UINT(got, really);
		CHECK_MEM(a, b, got);
	}
	check_same(pawl_sim_file_write_(p->sim.w, sim, "x", 1),
		   pawl_machine_write(NULL, real, "x", 1), "write", path, "(for reading)");
	check_same(pawl_sim_file_sync_(p->sim.w, sim), 0, "sync", path, "");
	CHECK_INT(pawl_sim_file_close_(p->sim.w, sim), 0);
	CHECK_INT(pawl_machine_close(NULL, real), 0);
}

static void same_write(struct pair *p, const char *path)
{
	static const unsigned extra[] = { 0, PAWL_OPEN_CREATE, PAWL_OPEN_NEW, PAWL_OPEN_APPEND,
					  PAWL_OPEN_CREATE | PAWL_OPEN_APPEND };
	unsigned flags = PAWL_OPEN_WRITE | extra[stage_next(KIT_COUNT(extra))];
	unsigned mode = stage_next(01000), pieces = stage_next(3);
	char text[300];
	int sim, real, r = pawl_sim_file_open_(p->sim.w, path, flags, mode, &sim);

	snprintf(text, sizeof text, "flags %u mode %o", flags, mode);
	check_same(r, pawl_machine_open(NULL, path, flags, mode, &real), "open", path, text);
	if (r < 0)
		return;
	while (pieces--) {
		size_t size = stage_next(sizeof text);

		memset(text, 'a' + (int)stage_next(26), sizeof text);
		CHECK_INT(pawl_sim_file_write_(p->sim.w, sim, text, size), 0);
		CHECK_INT(pawl_machine_write(NULL, real, text, size), 0);
	}
	r = pawl_sim_file_read_(p->sim.w, sim, text, 1, &(size_t){ 0 });
	check_same(r, pawl_machine_read(NULL, real, text, 1, &(size_t){ 0 }), "read", path,
		   "(for writing)");
	CHECK_INT(pawl_sim_file_close_(p->sim.w, sim), 0);
	CHECK_INT(pawl_machine_close(NULL, real), 0);
}

static void same_readlink(struct pair *p, const char *path)
{
	char a[16], b[16];
	size_t size = 1 + stage_next(sizeof a - 1);
	int r = pawl_sim_file_readlink_(p->sim.w, path, a, size);

	check_same(r, pawl_machine_readlink(NULL, path, b, size), "readlink", path, "");
	if (r == 0)
		CHECK_STR(a, b);
}

static void same_lock(struct pair *p, const char *path)
{
	int sim, real, r = pawl_sim_file_lock_(p->sim.w, path, &sim);

	check_same(r, pawl_machine_lock(NULL, path, &real), "lock", path, "");
	if (r < 0)
		return;
	CHECK_INT(pawl_sim_file_write_(p->sim.w, sim, "me", 2), 0);
	CHECK_INT(pawl_machine_write(NULL, real, "me", 2), 0);
	CHECK_INT(pawl_sim_file_close_(p->sim.w, sim), 0);
	CHECK_INT(pawl_machine_close(NULL, real), 0);
}

static void same_symlink(struct pair *p, const char *path)
{
	static const char *const targets[] = { "a",  "/b", "../c", "l",   "m/a", ".",
					       "/l", "c/", "",     "/.a", "..",  "a/b/c" };
	const char *target = targets[stage_next(KIT_COUNT(targets))];

	check_same(pawl_sim_file_symlink_(p->sim.w, target, path),
		   pawl_machine_symlink(NULL, target, path), "symlink", target, path);
}

static void same_mode(struct pair *p, const char *path)
{
	unsigned mode = stage_next(modes_below) | 0700; /* who is not root enters its own folders */
	int64_t mtime =
		(int64_t)stage_next(SET_BEFORE) * 1000000000 + stage_next(1000000000) + 1000000000;

	check_same(pawl_sim_file_chmod_(p->sim.w, path, mode), pawl_machine_chmod(NULL, path, mode),
		   "chmod", path, "");
	check_same(pawl_sim_file_set_mtime_(p->sim.w, path, mtime),
		   pawl_machine_set_mtime(NULL, path, mtime), "set_mtime", path, "");
}

static void same_step(struct pair *p)
{
	pawl_world *w = p->sim.w;
	const char *a = random_path(), *b = random_path();
	unsigned mode = 0700 | stage_next(0100);

	switch (stage_next(16)) {
	case 0:
	case 1:
		check_same(pawl_sim_file_mkdir_(w, a, mode), pawl_machine_mkdir(NULL, a, mode),
			   "mkdir", a, "");
		break;
	case 2:
		check_same(pawl_sim_file_unlink_(w, a), pawl_machine_unlink(NULL, a), "unlink", a,
			   "");
		break;
	case 3:
		check_same(pawl_sim_file_rmdir_(w, a), pawl_machine_rmdir(NULL, a), "rmdir", a, "");
		break;
	case 4:
	case 5:
	case 6:
		check_same(pawl_sim_file_rename_(w, a, b), pawl_machine_rename(NULL, a, b),
			   "rename", a, b);
		break;
	case 7:
		check_same(pawl_sim_file_link_(w, a, b), pawl_machine_link(NULL, a, b), "link", a,
			   b);
		break;
	case 8:
		same_symlink(p, a);
		break;
	case 9:
		same_readlink(p, a);
		break;
	case 10:
		same_mode(p, a);
		break;
	case 11:
		check_same(pawl_sim_file_clone_(w, a, b, mode),
			   pawl_machine_clone(NULL, a, b, mode), "clone", a, b);
		break;
	case 12:
		same_lock(p, a);
		break;
	case 13:
		same_read(p, a);
		break;
	case 14:
		same_stat(p, a);
		break;
	default:
		same_write(p, a);
		break;
	}
}

/* What a walk says, as a text. */
struct listing {
	char text[64 * 1024];
	size_t length;
};

static int list(void *arg, const char *path, const pawl_stat *st)
{
	struct listing *l = arg;
	bool is_folder = st->kind == PAWL_KIND_DIR;
	int n = snprintf(l->text + l->length, sizeof l->text - l->length, "%s %d %o %u %lld\n",
			 path, st->kind, st->mode, is_folder ? 0 : st->links,
			 is_folder ? 0 : (long long)st->size);

	l->length += (size_t)n;
	CHECK(l->length < sizeof l->text);
	return strcmp(path, "b/c") == 0 ? PAWL_WALK_SKIP : 0;
}

static void same_walk(struct pair *p, const char *path, unsigned depth_max)
{
	static struct listing a, b;
	int r;

	a.length = b.length = 0;
	a.text[0] = b.text[0] = '\0';
	r = pawl_sim_file_walk_(p->sim.w, path, depth_max, list, &a);
	check_same(r, pawl_walk(NULL, path, depth_max, list, &b), "walk", path, "");
	CHECK_STR(a.text, b.text);
}

TEST(does_what_the_real_machine_does)
{
	unsigned seeds = kit_long() ? 20000 : 1000;
	struct pair p;

	for (unsigned seed = 0; seed < seeds; seed++) {
		if (!pair_open(&p)) {
			fprintf(stderr, "not compared: there can be no root of its own here\n");
			return;
		}
		stage.random = seed;
		kit_at("seed", seed);
		for (unsigned i = 0; i < 100; i++)
			same_step(&p);
		same_walk(&p, "/", 0);
		same_walk(&p, random_path(), stage_next(3));
		pair_close(&p);
	}
}

/* ---- open files ---- */

TEST(numbers_are_the_lowest_and_limited)
{
	struct fix f;
	int file;

	fix_open(&f);
	f.machine.how.files_max = 3;
	put(&f, "/a", "1");
	CHECK_INT(open_at(&f, "/a", 0), 3);
	CHECK_INT(open_at(&f, "/a", 0), 4);
	CHECK_INT(open_at(&f, "/a", 0), 5);
	CHECK_INT(pawl_sim_file_open_(f.w, "/a", 0, 0, &file), PAWL_EMFILE);
	CHECK_INT(pawl_sim_file_close_(f.w, 4), 0);
	CHECK_INT(pawl_sim_file_close_(f.w, 4), PAWL_EIO);
	CHECK_INT(open_at(&f, "/a", 0), 4);
	fix_close(&f);
}

TEST(a_lock_is_let_go_by_close_and_by_death)
{
	struct fix f;
	struct sim_seat other;
	pawl_world *w = &other.world.world;
	int a, b;

	fix_open(&f);
	fix_open_seat(&f, &other);
	CHECK_INT(pawl_sim_file_lock_(f.w, "/lock", &a), 0);
	CHECK_INT(pawl_sim_file_lock_(w, "/lock", &b), PAWL_EBUSY);
	CHECK_INT(pawl_sim_file_lock_(f.w, "/lock", &b), PAWL_EBUSY);
	CHECK_INT(pawl_sim_file_close_(f.w, a), 0);
	CHECK_INT(pawl_sim_file_lock_(w, "/lock", &b), 0);
	pawl_sim_files_free_(other.world.files);
	CHECK_INT(pawl_sim_file_lock_(f.w, "/lock", &a), 0);
	fix_close(&f);
}

TEST(a_passed_file_has_one_position)
{
	struct fix f;
	struct sim_seat other;
	int a, b;

	fix_open(&f);
	fix_open_seat(&f, &other);
	a = open_at(&f, "/log", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE);
	CHECK_INT(pawl_sim_files_pass_(&f.seat.world, a, &other.world, &b), 0);
	CHECK_INT(pawl_sim_files_pass_(&f.seat.world, 99, &other.world, &b), PAWL_EIO);
	CHECK_INT(pawl_sim_file_write_(f.w, a, "one ", 4), 0);
	CHECK_INT(pawl_sim_file_write_(&other.world.world, b, "two ", 4), 0);
	CHECK_INT(pawl_sim_file_close_(f.w, a), 0);
	CHECK_INT(pawl_sim_file_write_(&other.world.world, b, "three", 5), 0);
	CHECK_STR(get(&f, "/log"), "one two three");
	pawl_sim_files_free_(other.world.files);
	fix_close(&f);
}

TEST(each_call_is_a_point_with_its_path)
{
	struct fix f;
	int file;

	fix_open(&f);
	file = open_at(&f, "/a", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE);
	CHECK_STR(stage.call, "open");
	CHECK_STR(stage.path, "/a");
	CHECK_INT(pawl_sim_file_write_(f.w, file, "x", 1), 0);
	CHECK_STR(stage.call, "write");
	CHECK_STR(stage.path, "/a");
	CHECK_INT(pawl_sim_file_sync_(f.w, file), 0);
	CHECK_INT(pawl_sim_file_close_(f.w, file), 0);
	CHECK_INT(pawl_sim_file_mkdir_(f.w, "/d", 0755), 0);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/a", "/d/a"), 0);
	CHECK_INT(pawl_sim_file_sync_all_(f.w, "/"), 0);
	CHECK_INT(pawl_sim_file_sync_all_(f.w, "/none"), PAWL_ENOENT);
	CHECK_UINT(stage.points, 8);
	fix_close(&f);
}

/* ---- faults ---- */

TEST(reads_come_short_and_fail)
{
	struct fix f;
	unsigned shorter = 0, failed = 0;
	char buf[8];
	size_t got;

	fix_open(&f);
	put(&f, "/a", "12345678");
	stage.faults = (pawl_sim_faults){ .short_read_in = 2, .read_fails_in = 4 };
	for (unsigned i = 0; i < 200; i++) {
		int r, file = open_at(&f, "/a", 0);

		r = pawl_sim_file_read_(f.w, file, buf, sizeof buf, &got);
		CHECK(r == 0 || r == PAWL_EIO);
		CHECK(r < 0 || (got > 0 && memcmp(buf, "12345678", got) == 0));
		failed += r < 0;
		shorter += r == 0 && got < 8;
		CHECK_INT(pawl_sim_file_close_(f.w, file), 0);
	}
	CHECK(failed > 20 && shorter > 40 && failed + shorter < 180);
	fix_close(&f);
}

TEST(failed_writes_leave_a_part)
{
	struct fix f;
	unsigned seen[5] = { 0 };

	fix_open(&f);
	stage.faults.write_fails_in = 1;
	for (unsigned i = 0; i < 200; i++) {
		int file = open_at(&f, "/a", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE);

		CHECK_INT(pawl_sim_file_write_(f.w, file, "1234", 4), PAWL_EIO);
		CHECK_INT(pawl_sim_file_close_(f.w, file), 0);
		seen[strlen(get(&f, "/a"))]++;
	}
	for (unsigned i = 0; i < 5; i++)
		CHECK(seen[i] > 10);
	CHECK_INT(pawl_sim_file_clone_(f.w, "/a", "/b", 0644), PAWL_EIO);
	CHECK_STR(get(&f, "/b"), pawl_strerror(PAWL_ENOENT));
	fix_close(&f);
}

TEST(opening_and_changing_fails_and_does_nothing)
{
	struct fix f;
	char *before, *after;
	int file;

	fix_open(&f);
	put(&f, "/d/a", "1");
	before = pawl_disk_dump_(f.machine.disk, true);
	stage.faults = (pawl_sim_faults){ .open_fails_in = 1, .change_fails_in = 1 };
	CHECK_INT(pawl_sim_file_open_(f.w, "/d/a", 0, 0, &file), PAWL_EMFILE);
	CHECK_INT(pawl_sim_file_lock_(f.w, "/lock", &file), PAWL_EMFILE);
	CHECK_INT(pawl_sim_file_clone_(f.w, "/d/a", "/b", 0644), PAWL_EMFILE);
	CHECK_INT(pawl_sim_file_walk_(f.w, "/d", 0, list, NULL), PAWL_EMFILE);
	CHECK_INT(pawl_sim_file_mkdir_(f.w, "/e", 0755), PAWL_EIO);
	CHECK_INT(pawl_sim_file_unlink_(f.w, "/d/a"), PAWL_EIO);
	CHECK_INT(pawl_sim_file_rmdir_(f.w, "/d"), PAWL_EIO);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/d", "/e"), PAWL_EIO);
	CHECK_INT(pawl_sim_file_link_(f.w, "/d/a", "/e"), PAWL_EIO);
	CHECK_INT(pawl_sim_file_symlink_(f.w, "/d/a", "/e"), PAWL_EIO);
	CHECK_INT(pawl_sim_file_chmod_(f.w, "/d/a", 0), PAWL_EIO);
	CHECK_INT(pawl_sim_file_set_mtime_(f.w, "/d/a", 0), PAWL_EIO);
	after = pawl_disk_dump_(f.machine.disk, true);
	CHECK_STR(after, before);
	free(before);
	free(after);
	fix_close(&f);
}

TEST(a_sync_that_failed_may_have_done_it)
{
	unsigned kept = 0;

	for (unsigned seed = 0; seed < 100; seed++) {
		struct fix f;
		int file;

		fix_open(&f);
		stage.random = seed;
		put(&f, "/a", "old");
		file = open_at(&f, "/a", PAWL_OPEN_WRITE);
		CHECK_INT(pawl_sim_file_write_(f.w, file, "new", 3), 0);
		stage.faults.sync_fails_in = 1;
		CHECK_INT(pawl_sim_file_sync_(f.w, file), PAWL_EIO);
		CHECK_INT(pawl_sim_file_sync_all_(f.w, "/a"), PAWL_EIO);
		stage.faults.sync_fails_in = 0;
		CHECK_INT(pawl_sim_file_sync_(f.w, file), 0); /* says so, and is not */
		CHECK_INT(pawl_sim_file_close_(f.w, file), 0);
		pawl_disk_cut_(f.machine.disk);
		kept += strcmp(get(&f, "/a"), "new") == 0;
		fix_close(&f);
	}
	CHECK(kept > 20 && kept < 80);
}

/* ---- walks ---- */

struct changing {
	struct fix *f;
	char seen[256];
};

static int change_meanwhile(void *arg, const char *path, const pawl_stat *st)
{
	struct changing *c = arg;

	(void)st;
	strcat(strcat(c->seen, path), " ");
	if (strcmp(path, "a") == 0) {
		CHECK_INT(pawl_sim_file_unlink_(c->f->w, "/d/b"), 0);
		CHECK_INT(pawl_sim_file_mkdir_(c->f->w, "/d/c", 0755), 0);
	}
	if (strcmp(path, "e") == 0) {
		CHECK_INT(pawl_sim_file_unlink_(c->f->w, "/d/e/x"), 0);
		CHECK_INT(pawl_sim_file_rmdir_(c->f->w, "/d/e"), 0);
	}
	return 0;
}

TEST(what_goes_during_a_walk_is_left_out)
{
	struct fix f;
	struct changing c = { .f = &f, .seen = "" };

	fix_open(&f);
	put(&f, "/d/a", "1");
	put(&f, "/d/b", "2");
	put(&f, "/d/e/x", "3");
	put(&f, "/d/g", "4");
	CHECK_INT(pawl_sim_file_walk_(f.w, "/d", 0, change_meanwhile, &c), 0);
	CHECK_STR(c.seen, "a e g ");
	CHECK(!f.seat.world.files->steps);
	fix_close(&f);
}

static jmp_buf death;

static int die_there(void *arg, const char *path, const pawl_stat *st)
{
	struct fix *f = arg;

	(void)st;
	if (strcmp(path, "e/x") != 0)
		return 0;
	CHECK(f->seat.world.files->steps);
	longjmp(death, 1);
}

TEST(whoever_dies_in_a_walk_leaves_nothing_open)
{
	static struct fix f;

	fix_open(&f);
	put(&f, "/d/e/x", "3");
	if (setjmp(death) == 0) {
		pawl_sim_file_walk_(f.w, "/d", 0, die_there, &f);
		CHECK_FAIL("went on");
	}
	fix_close(&f); /* the kit looks for what is left */
}

/* ---- sandboxes ---- */

static int see(void *arg, const char *path, const pawl_stat *st)
{
	(void)st;
	strcat(strcat(arg, path), " ");
	return 0;
}

TEST(links_lead_where_the_sandbox_sees_them)
{
	struct fix f;
	char buf[64], seen[256] = "";
	pawl_stat st;
	int file;

	fix_open(&f);
	put(&f, "/box/tmp/t", "tmp");
	put(&f, "/box/in/dead", "covered");
	put(&f, "/out/in/f", "in");
	put(&f, "/out/ro/f", "ro");
	put(&f, "/tmp/t", "outside");
	CHECK_INT(pawl_disk_symlink_(f.machine.disk, "/tmp/t", "/out/in/l"), 0);
	CHECK_INT(pawl_disk_symlink_(f.machine.disk, "../ro", "/out/in/up"), 0);
	CHECK_INT(pawl_disk_symlink_(f.machine.disk, "/tmp/new", "/out/in/dangling"), 0);
	CHECK_INT(pawl_disk_symlink_(f.machine.disk, "loop", "/out/in/loop"), 0);
	f.seat.view = (struct sim_view *)&f;

	CHECK_INT(pawl_sim_file_stat_(f.w, "/in/l", true, &st), 0);
	CHECK_INT(st.size, 3);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/in/up/f", true, &st), 0);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/in/up/../../../tmp/t", true, &st), 0);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/in/loop", true, &st), PAWL_ELOOP);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/out", true, &st), PAWL_ENOENT);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/in/f/", true, &st), PAWL_ENOTDIR);
	CHECK_INT(pawl_sim_file_readlink_(f.w, "/in/up", buf, sizeof buf), 0);
	CHECK_STR(buf, "../ro");
	CHECK_INT(pawl_sim_file_open_(f.w, "/in/dangling", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644,
				      &file),
		  0);
	CHECK_STR(get(&f, "/box/tmp/new"), "");
	CHECK_INT(pawl_sim_file_open_(f.w, "/in/up/g", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0644,
				      &file),
		  PAWL_EROFS);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/in/f", "/tmp/f"), PAWL_EXDEV);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/in/f", "/in/.."), PAWL_EXDEV);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/in/f", "/in/."), PAWL_EBUSY);
	CHECK_INT(pawl_sim_file_walk_(f.w, "/", 2, see, seen), 0);
	CHECK_STR(seen, "in in/dangling in/f in/l in/loop in/up tmp tmp/new tmp/t ");
	fix_close(&f);
}

/* ---- for tests ---- */

TEST(tests_put_get_and_list)
{
	struct fix f;
	pawl_sim *sim = (pawl_sim *)(void *)&f.machine;
	char buf[2] = "";
	size_t size;
	char *text;

	fix_open(&f);
	CHECK_INT(pawl_sim_put_file(sim, "/a/b", "12345", 5, 0750), 0);
	CHECK_INT(pawl_sim_put_file(sim, "/a/b/c", "", 0, 0), PAWL_ENOTDIR);
	pawl_disk_cut_(f.machine.disk);
	CHECK_INT(pawl_sim_get_file(sim, "/a/b", buf, sizeof buf, &size), 0);
	CHECK_UINT(size, 5);
	CHECK_MEM(buf, "12", 2);
	CHECK_INT(pawl_sim_get_file(sim, "/a", buf, sizeof buf, &size), PAWL_EISDIR);
	text = pawl_sim_list(sim);
	CHECK_STR(text, "/a d0755 2\n/a/b -0750 1 \"12345\"\n");
	free(text);
	CHECK_UINT(stage.points, 0);
	fix_close(&f);
}

TEST(what_is_mounted_is_another_file_system)
{
	struct fix f;
	pawl_sim *sim = (pawl_sim *)(void *)&f.machine;
	pawl_stat a, b;
	struct sim_disk *copy;

	fix_open(&f);
	put(&f, "/full/x", "");
	CHECK_INT(pawl_sim_mount(sim, "/full"), PAWL_ENOTEMPTY);
	CHECK_INT(pawl_sim_mount(sim, "/full/x"), PAWL_ENOTDIR);
	CHECK_INT(pawl_sim_mount(sim, "/m/n"), 0);
	CHECK_INT(pawl_sim_mount(sim, "/m/n"), PAWL_EBUSY);
	CHECK_INT(pawl_sim_mount(sim, "/"), PAWL_EBUSY);
	put(&f, "/m/n/f", "f");
	put(&f, "/m/f", "f");
	CHECK_INT(pawl_sim_file_stat_(f.w, "/m/n/f", false, &a), 0);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/m/f", false, &b), 0);
	CHECK(a.dev != b.dev);
	CHECK_INT(pawl_sim_file_stat_(f.w, "/m/n", false, &b), 0);
	CHECK(a.dev == b.dev);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/m/f", "/m/n/f"), PAWL_EXDEV);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/m/n/f", "/m/g"), PAWL_EXDEV);
	CHECK_INT(pawl_sim_file_rename_(f.w, "/m/n", "/m/o"), PAWL_EBUSY);
	CHECK_INT(pawl_sim_file_link_(f.w, "/m/f", "/m/n/g"), PAWL_EXDEV);
	CHECK_INT(pawl_sim_file_clone_(f.w, "/m/f", "/m/n/g", 0644), 0);
	CHECK_INT(pawl_sim_file_unlink_(f.w, "/m/n/f"), 0);
	CHECK_INT(pawl_sim_file_unlink_(f.w, "/m/n/g"), 0);
	CHECK_INT(pawl_sim_file_rmdir_(f.w, "/m/n"), PAWL_EBUSY);
	copy = pawl_disk_copy_(f.machine.disk, &(struct sim_disk_how){ 0 });
	CHECK_INT(pawl_disk_mkdir_(copy, "/m/n/d", 0755), 0);
	CHECK_INT(pawl_disk_rename_(copy, "/m/n/d", "/m/d"), PAWL_EXDEV);
	pawl_disk_free_(copy);
	fix_close(&f);
}

/* Nothing of what is not synced is there: it is the plainest cut. */
static void sync_one_of_two(bool is_journaled, const char *path, const char *want)
{
	struct sim_disk_how how = { .is_journaled = is_journaled };
	struct sim_disk *d = pawl_disk_new_(&how);
	struct sim_inode *n;
	pawl_stat st;
	char *text;

	CHECK_INT(pawl_disk_mkdirs_(d, "/a", false), 0);
	CHECK_INT(pawl_disk_mount_(d, "/b"), 0);
	CHECK_INT(pawl_disk_open_(d, "/b/f", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &n), 0);
	pawl_disk_close_(d, n);
	CHECK_INT(pawl_disk_open_(d, "/a/f", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &n), 0);
	pawl_disk_close_(d, n);
	CHECK_INT(pawl_disk_stat_(d, path, false, &st), 0);
	pawl_disk_sync_dev_(d, (uint32_t)st.dev);
	pawl_disk_cut_(d);
	text = pawl_disk_dump_(d, false);
	CHECK_STR(text, want);
	free(text);
	pawl_disk_free_(d);
}

TEST(file_systems_are_synced_one_by_one)
{
	sync_one_of_two(false, "/a", "/a d0755 2\n/a/f -0644 1 \"\"\n/b d0755 2\n");
	sync_one_of_two(true, "/a", "/a d0755 2\n/a/f -0644 1 \"\"\n/b d0755 2\n");
	sync_one_of_two(false, "/b", "/a d0755 2\n/b d0755 2\n/b/f -0644 1 \"\"\n");
	sync_one_of_two(true, "/b", "/a d0755 2\n/b d0755 2\n/b/f -0644 1 \"\"\n");
}

static const struct kit_case cases[] = {
	CASE(does_what_the_real_machine_does),
	CASE(numbers_are_the_lowest_and_limited),
	CASE(a_lock_is_let_go_by_close_and_by_death),
	CASE(a_passed_file_has_one_position),
	CASE(each_call_is_a_point_with_its_path),
	CASE(reads_come_short_and_fail),
	CASE(failed_writes_leave_a_part),
	CASE(opening_and_changing_fails_and_does_nothing),
	CASE(a_sync_that_failed_may_have_done_it),
	CASE(what_goes_during_a_walk_is_left_out),
	CASE(whoever_dies_in_a_walk_leaves_nothing_open),
	CASE(links_lead_where_the_sandbox_sees_them),
	CASE(tests_put_get_and_list),
	CASE(what_is_mounted_is_another_file_system),
	CASE(file_systems_are_synced_one_by_one),
};

KIT_MAIN(cases)
