/* SPDX-License-Identifier: MIT */
/* Files of the real machine: each entry of the table, and the numbers with which it fails. */
#define _GNU_SOURCE
#include "kit.h"
#include "world_fix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPS(f) const pawl_world_ops *ops = (f).w->ops

TEST(reads_and_writes)
{
	struct fix f;
	char buf[16];
	pawl_stat st;
	size_t n;
	int file;

	fix_open(&f);
	OPS(f);
	umask(077);
	CHECK_INT(ops->open(f.w, fix_path(&f, "a"), PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0755, &file),
		  0);
	CHECK_INT(ops->write(f.w, file, "hello", 5), 0);
	CHECK_INT(ops->sync(f.w, file), 0);
	CHECK_INT(ops->fstat(f.w, file, &st), 0);
	CHECK_UINT(st.mode, 0755); /* exactly, whatever the umask */
	CHECK_INT(ops->close(f.w, file), 0);

	CHECK_INT(ops->open(f.w, fix_path(&f, "a"), PAWL_OPEN_WRITE | PAWL_OPEN_APPEND, 0, &file),
		  0);
	CHECK_INT(ops->write(f.w, file, " you", 4), 0);
	CHECK_INT(ops->close(f.w, file), 0);

	CHECK_INT(ops->open(f.w, fix_path(&f, "a"), 0, 0, &file), 0);
	CHECK_INT(ops->read(f.w, file, buf, sizeof buf, &n), 0);
	CHECK_UINT(n, 9);
	CHECK_MEM(buf, "hello you", 9);
	CHECK_INT(ops->read(f.w, file, buf, sizeof buf, &n), 0);
	CHECK_UINT(n, 0);
	CHECK_INT(ops->write(f.w, file, "x", 1), PAWL_EIO); /* it is open for reading */
	CHECK_INT(ops->close(f.w, file), 0);
	fix_close(&f);
}

TEST(stat_tells_what_it_is)
{
	struct fix f;
	pawl_stat st;

	fix_open(&f);
	OPS(f);
	fix_write(&f, "file", "12345");
	CHECK_INT(ops->chmod(f.w, fix_path(&f, "file"), 04751), 0);
	CHECK_INT(ops->link(f.w, fix_path(&f, "file"), fix_path(&f, "hard")), 0);
	CHECK_INT(ops->symlink(f.w, "file", fix_path(&f, "soft")), 0);
	CHECK_INT(mkfifo(fix_path(&f, "fifo"), 0600), 0);

	CHECK_INT(ops->stat(f.w, fix_path(&f, "file"), true, &st), 0);
	CHECK_INT(st.kind, PAWL_KIND_FILE);
	CHECK_UINT(st.mode, 04751);
	CHECK_UINT(st.links, 2);
	CHECK_INT(st.size, 5);
	CHECK(st.mtime > 0 && st.ctime > 0 && st.ino && st.dev);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "soft"), true, &st), 0);
	CHECK_INT(st.kind, PAWL_KIND_FILE);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "soft"), false, &st), 0);
	CHECK_INT(st.kind, PAWL_KIND_LINK);
	CHECK_INT(ops->stat(f.w, f.dir, false, &st), 0);
	CHECK_INT(st.kind, PAWL_KIND_DIR);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "fifo"), false, &st), 0);
	CHECK_INT(st.kind, PAWL_KIND_ODD);
	fix_close(&f);
}

TEST(times_of_files_and_of_links)
{
	struct fix f;
	pawl_stat st;

	fix_open(&f);
	OPS(f);
	fix_write(&f, "file", "");
	CHECK_INT(ops->symlink(f.w, "file", fix_path(&f, "soft")), 0);
	CHECK_INT(ops->set_mtime(f.w, fix_path(&f, "file"), 1234567890123456789), 0);
	CHECK_INT(ops->set_mtime(f.w, fix_path(&f, "soft"), -1500000000), 0);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "soft"), true, &st), 0);
	CHECK_INT(st.mtime, 1234567890123456789);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "soft"), false, &st), 0);
	CHECK_INT(st.mtime, -1500000000);
	fix_close(&f);
}

TEST(folders)
{
	struct fix f;
	pawl_stat st;

	fix_open(&f);
	OPS(f);
	umask(077);
	CHECK_INT(ops->mkdir(f.w, fix_path(&f, "d"), 02775), 0);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "d"), false, &st), 0);
	CHECK_UINT(st.mode, 02775);
	CHECK_INT(ops->mkdir(f.w, fix_path(&f, "d"), 0755), PAWL_EEXIST);
	fix_write(&f, "d/x", "");
	CHECK_INT(ops->rmdir(f.w, fix_path(&f, "d")), PAWL_ENOTEMPTY);
	CHECK_INT(ops->unlink(f.w, fix_path(&f, "d")), PAWL_EISDIR);
	CHECK_INT(ops->unlink(f.w, fix_path(&f, "d/x")), 0);
	CHECK_INT(ops->sync_all(f.w, f.dir), 0);
	CHECK_INT(ops->rmdir(f.w, fix_path(&f, "d")), 0);
	fix_close(&f);
}

TEST(each_failure_has_its_number)
{
	struct fix f;
	char small[4], buf[8];
	pawl_stat st;
	size_t n;
	int file;

	fix_open(&f);
	OPS(f);
	fix_write(&f, "file", "");
	CHECK_INT(ops->symlink(f.w, "loop", fix_path(&f, "loop")), 0);

	file = -7;
	CHECK_INT(ops->open(f.w, fix_path(&f, "none"), 0, 0, &file), PAWL_ENOENT);
	CHECK_INT(file, -7); /* untouched */
	CHECK_INT(ops->open(f.w, fix_path(&f, "file"), PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0600,
			    &file),
		  PAWL_EEXIST);
	CHECK_INT(ops->open(f.w, f.dir, PAWL_OPEN_WRITE, 0, &file), PAWL_EISDIR);
	CHECK_INT(ops->open(f.w, fix_path(&f, "file/x"), 0, 0, &file), PAWL_ENOTDIR);
	CHECK_INT(ops->open(f.w, fix_path(&f, "loop"), 0, 0, &file), PAWL_ELOOP);
	CHECK_INT(ops->open(f.w, f.dir, 0, 0, &file), 0);
	CHECK_INT(ops->read(f.w, file, buf, sizeof buf, &n), PAWL_EISDIR);
	CHECK_INT(ops->close(f.w, file), 0);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "none"), true, &st), PAWL_ENOENT);
	CHECK_INT(ops->unlink(f.w, fix_path(&f, "none")), PAWL_ENOENT);
	CHECK_INT(ops->rmdir(f.w, fix_path(&f, "file")), PAWL_ENOTDIR);
	CHECK_INT(ops->rename(f.w, fix_path(&f, "none"), fix_path(&f, "x")), PAWL_ENOENT);
	CHECK_INT(ops->rename(f.w, fix_path(&f, "file"), "/proc/x"), PAWL_EXDEV);
	CHECK_INT(ops->link(f.w, fix_path(&f, "file"), fix_path(&f, "loop")), PAWL_EEXIST);
	CHECK_INT(ops->symlink(f.w, "x", fix_path(&f, "file")), PAWL_EEXIST);
	CHECK_INT(ops->readlink(f.w, fix_path(&f, "file"), small, sizeof small), PAWL_EINVAL);
	CHECK_INT(ops->readlink(f.w, fix_path(&f, "loop"), small, sizeof small), PAWL_ENAMETOOLONG);
	CHECK_INT(ops->readlink(f.w, fix_path(&f, "loop"), buf, sizeof buf), 0);
	CHECK_STR(buf, "loop");
	CHECK_INT(ops->chmod(f.w, fix_path(&f, "none"), 0600), PAWL_ENOENT);
	CHECK_INT(ops->set_mtime(f.w, fix_path(&f, "none"), 0), PAWL_ENOENT);
	CHECK_INT(ops->clone(f.w, fix_path(&f, "none"), fix_path(&f, "x"), 0600), PAWL_ENOENT);
	CHECK_INT(ops->sync_all(f.w, fix_path(&f, "none")), PAWL_ENOENT);
	fix_close(&f);
}

TEST(a_user_may_not_everything)
{
	struct fix f;
	int file;

	if (!fix_be_user() || geteuid() == 0)
		return;
	fix_open(&f);
	OPS(f);
	CHECK_INT(ops->open(f.w, "/etc/shadow", 0, 0, &file), PAWL_EACCES);
	CHECK_INT(ops->mkdir(f.w, "/usr/new", 0755), PAWL_EACCES);
	CHECK_INT(ops->chmod(f.w, "/usr", 0755), PAWL_EACCES);
	fix_close(&f);
}

static void fill(const struct fix *f, const char *name, size_t size)
{
	FILE *out = fopen(fix_path(f, name), "we");

	for (size_t i = 0; i < size; i++)
		putc((int)(i * 7 % 251), out);
	CHECK_INT(fclose(out), 0);
}

TEST(clone_is_a_copy)
{
	static const size_t sizes[] = { 0, 1, 4096, 1000003 };
	struct fix f;
	char command[300];
	pawl_stat st;

	fix_open(&f);
	OPS(f);
	umask(077);
	for (size_t i = 0; i < KIT_COUNT(sizes); i++) {
		fill(&f, "from", sizes[i]);
		CHECK_INT(ops->clone(f.w, fix_path(&f, "from"), fix_path(&f, "to"), 0555), 0);
		CHECK_INT(ops->stat(f.w, fix_path(&f, "to"), false, &st), 0);
		CHECK_UINT(st.mode, 0555);
		CHECK_INT(st.size, (int64_t)sizes[i]);
		snprintf(command, sizeof command, "cmp -s %s/from %s/to", f.dir, f.dir);
		CHECK_INT(system(command), 0);
		CHECK_INT(ops->clone(f.w, fix_path(&f, "from"), fix_path(&f, "to"), 0555),
			  PAWL_EEXIST);
		CHECK_INT(ops->unlink(f.w, fix_path(&f, "to")), 0);
	}
	/* a file of which the kernel says that it is empty */
	CHECK_INT(ops->clone(f.w, "/proc/self/status", fix_path(&f, "to"), 0600), 0);
	CHECK_INT(ops->stat(f.w, fix_path(&f, "to"), false, &st), 0);
	CHECK(st.size > 0);
	fix_close(&f);
}

TEST(one_lock_at_a_time)
{
	struct fix f;
	int a, b;

	fix_open(&f);
	OPS(f);
	CHECK_INT(ops->lock(f.w, fix_path(&f, "lock"), &a), 0);
	CHECK_INT(ops->lock(f.w, fix_path(&f, "lock"), &b), PAWL_EBUSY);
	CHECK_INT(ops->close(f.w, a), 0);
	CHECK_INT(ops->lock(f.w, fix_path(&f, "lock"), &b), 0);
	CHECK_INT(ops->close(f.w, b), 0);
	fix_close(&f);
}

/* A command that was started while the lock was held does not keep it. */
TEST(a_child_does_not_keep_the_lock)
{
	pawl_world_process p;
	struct fix f;
	int a, out[2];
	char ready;

	fix_open(&f);
	OPS(f);
	CHECK_INT(ops->lock(f.w, fix_path(&f, "lock"), &a), 0);
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	fix_start(&f, &p, &(struct shell){ .script = "echo; exec sleep 1000", .out = out[1] });
	close(out[1]);
	/* the kernel lets the parent go on a moment before it closes the child's files */
	CHECK_INT(read(out[0], &ready, 1), 1);
	close(out[0]);
	CHECK_INT(ops->close(f.w, a), 0);
	CHECK_INT(ops->lock(f.w, fix_path(&f, "lock"), &a), 0);
	CHECK_INT(ops->close(f.w, a), 0);
	ops->kill(f.w, &p, PAWL_KILL_NOW);
	fix_wait(&f, &p);
	fix_close(&f);
}

struct seen {
	char text[400];
	const char *skip;
	int end_at, count;
};

static int see(void *arg, const char *path, const pawl_stat *st)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof s->text - n, "%s%s ", path,
		 st->kind == PAWL_KIND_DIR ? "/" : "");
	if (++s->count == s->end_at)
		return PAWL_EFULL;
	return s->skip && strcmp(path, s->skip) == 0 ? PAWL_WALK_SKIP : 0;
}

static void make_tree(const struct fix *f)
{
	static const char *const folders[] = { "t", "t/b", "t/b/deep", "t/\xc3\xa9", "t/empty" };

	for (size_t i = 0; i < KIT_COUNT(folders); i++)
		CHECK_INT(mkdir(fix_path(f, folders[i]), 0755), 0);
	fix_write(f, "t/a", "");
	fix_write(f, "t/b.c", "");
	fix_write(f, "t/Z", "");
	fix_write(f, "t/.hidden", "");
	fix_write(f, "t/b/deep/x", "");
	fix_write(f, "t/b/y", "");
	CHECK_INT(symlink("b", fix_path(f, "t/to-b")), 0);
}

TEST(walks_in_order)
{
	struct seen all = { 0 }, skip = { .skip = "b" }, end = { .end_at = 3 }, shallow = { 0 };
	struct fix f;

	fix_open(&f);
	OPS(f);
	make_tree(&f);
	CHECK_INT(ops->walk(f.w, fix_path(&f, "t"), 0, see, &all), 0);
	CHECK_STR(all.text, ".hidden Z a b/ b/deep/ b/deep/x b/y b.c empty/ to-b \xc3\xa9/ ");
	CHECK_INT(ops->walk(f.w, fix_path(&f, "t"), 0, see, &skip), 0);
	CHECK_STR(skip.text, ".hidden Z a b/ b.c empty/ to-b \xc3\xa9/ ");
	CHECK_INT(ops->walk(f.w, fix_path(&f, "t"), 0, see, &end), PAWL_EFULL);
	CHECK_STR(end.text, ".hidden Z a ");
	CHECK_INT(ops->walk(f.w, fix_path(&f, "t"), 2, see, &shallow), 0);
	CHECK_STR(shallow.text, ".hidden Z a b/ b/deep/ b/y b.c empty/ to-b \xc3\xa9/ ");
	CHECK_INT(ops->walk(f.w, fix_path(&f, "none"), 0, see, &all), PAWL_ENOENT);
	CHECK_INT(ops->walk(f.w, fix_path(&f, "t/a"), 0, see, &all), PAWL_ENOTDIR);
	fix_close(&f);
}

static int count(void *arg, const char *path, const pawl_stat *st)
{
	char *last = arg;

	(void)st;
	CHECK(strcmp(last, path) < 0);
	strcpy(last, path);
	return 0;
}

TEST(walks_large_folders)
{
	char name[40], last[40] = "";
	struct fix f;

	fix_open(&f);
	OPS(f);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "entry-%d-with-some-length", i * 7919 % 3000);
		fix_write(&f, name, "");
	}
	CHECK_INT(ops->walk(f.w, f.dir, 0, count, last), 0);
	CHECK_STR(last, "entry-999-with-some-length");
	fix_close(&f);
}

TEST(clocks_go_forward)
{
	struct fix f;
	pawl_time a;

	fix_open(&f);
	OPS(f);
	a = ops->now(f.w);
	CHECK(ops->now(f.w) >= a);
	CHECK(ops->wall(f.w) > (int64_t)1600000000 * 1000000000);
	CHECK(ops->cpus(f.w) >= 1);
	CHECK_UINT(ops->size, sizeof *ops);
	fix_close(&f);
}

static const struct kit_case cases[] = {
	CASE(reads_and_writes),
	CASE(stat_tells_what_it_is),
	CASE(times_of_files_and_of_links),
	CASE(folders),
	CASE(each_failure_has_its_number),
	CASE(a_user_may_not_everything),
	CASE(clone_is_a_copy),
	CASE(one_lock_at_a_time),
	CASE(a_child_does_not_keep_the_lock),
	CASE(walks_in_order),
	CASE(walks_large_folders),
	CASE(clocks_go_forward),
};

KIT_MAIN(cases)
