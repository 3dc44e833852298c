/* SPDX-License-Identifier: MIT */
/* The file system by names: looked at, renamed, removed, listed; whole files loaded and saved. */
#define _GNU_SOURCE
#include "io_fs_fix.h"

#include <pawl/dir.h>

#include <errno.h>
#include <sys/syscall.h>

/* The next such calls of the system fail. */
static bool is_disk_broken, is_rename_broken;

int fsync(int fd)
{
	if (is_disk_broken) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	if (is_rename_broken) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

/* A task that does one thing and counts its polls. */
struct user {
	pawl_task task;
	pawl_fs f;
	int (*op)(pawl_task *t);
	const char *path, *to, *text;
	bool follow;
	pawl_stat st;
	char buf[16];
	size_t size, n;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls, mode;
};

static struct user *user_of(pawl_task *t)
{
	return PAWL_OF(t, struct user, task);
}

static int looks(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_fs_stat(t, &u->f, u->path, u->follow, &u->st);
}

static int renames(pawl_task *t)
{
	return pawl_fs_rename(t, &user_of(t)->f, user_of(t)->path, user_of(t)->to);
}

static int unlinks(pawl_task *t)
{
	return pawl_fs_unlink(t, &user_of(t)->f, user_of(t)->path);
}

static int makes(pawl_task *t)
{
	return pawl_fs_mkdir(t, &user_of(t)->f, user_of(t)->path, user_of(t)->mode);
}

static int removes(pawl_task *t)
{
	return pawl_fs_rmdir(t, &user_of(t)->f, user_of(t)->path);
}

static int loads(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_fs_load(t, &u->f, u->path, u->buf, u->size, &u->n);
}

static int saves(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_fs_save(t, &u->f, u->path, u->text, strlen(u->text), u->mode);
}

static int uses(pawl_task *t)
{
	struct user *u = user_of(t);

	u->polls++;
	return u->after ? PAWL_TIMEOUT(t, &u->limit, u->after, u->op(t)) : u->op(t);
}

static int use(pawl_host *h, struct user *u, const char *path, int (*op)(pawl_task *t))
{
	int r;

	u->path = path;
	u->op = op;
	u->polls = 0;
	r = io_run(h, &u->task, uses);
	CHECK_UINT(u->polls, 2);
	return r;
}

TEST(looked_at)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 };

	fs_begin(folder, sizeof(folder));
	fs_put("a", "hello");
	chmod("a", 0640);
	CHECK_INT(symlink("a", "link"), 0);
	CHECK_INT(symlink("none", "nowhere"), 0);
	CHECK_INT(mkfifo("pipe", 0600), 0);
	CHECK_INT(use(h, &u, "a", looks), 0);
	CHECK_INT(u.st.kind, PAWL_KIND_FILE);
	CHECK_INT(u.st.size, 5);
	CHECK_UINT(u.st.mode, 0640);
	CHECK_INT(use(h, &u, "link", looks), 0);
	CHECK_INT(u.st.kind, PAWL_KIND_LINK);
	CHECK_INT(use(h, &u, "nowhere", looks), 0);
	u.follow = true;
	CHECK_INT(use(h, &u, "link", looks), 0);
	CHECK_INT(u.st.kind, PAWL_KIND_FILE);
	CHECK_INT(use(h, &u, "nowhere", looks), PAWL_ENOENT);
	CHECK_INT(use(h, &u, "a/b", looks), PAWL_ENOTDIR);
	CHECK_INT(use(h, &u, ".", looks), 0);
	CHECK_INT(u.st.kind, PAWL_KIND_DIR);
	CHECK_INT(use(h, &u, "pipe", looks), 0);
	CHECK_INT(u.st.kind, PAWL_KIND_ODD);
	unlink("a");
	unlink("link");
	unlink("nowhere");
	unlink("pipe");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(renamed_and_removed)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .to = "b", .mode = 0777 };
	struct stat st;

	fs_begin(folder, sizeof(folder));
	umask(022);
	fs_put("a", "new");
	fs_put("b", "old");
	CHECK_INT(use(h, &u, "a", renames), 0);
	fs_expect("b", "new");
	CHECK_INT(use(h, &u, "a", renames), PAWL_ENOENT);
	CHECK_INT(use(h, &u, "dir", makes), 0);
	stat("dir", &st);
	CHECK_UINT(st.st_mode & 07777, 0755);
	CHECK_INT(use(h, &u, "dir", makes), PAWL_EEXIST);
	CHECK_INT(use(h, &u, "none/dir", makes), PAWL_ENOENT);
	CHECK_INT(use(h, &u, "dir", renames), PAWL_ENOTDIR);
	u.to = "dir/b";
	CHECK_INT(use(h, &u, "b", renames), 0);
	u.to = "dir/dir";
	CHECK_INT(use(h, &u, "dir", renames), PAWL_EINVAL);
	CHECK_INT(use(h, &u, "dir", removes), PAWL_ENOTEMPTY);
	CHECK_INT(use(h, &u, "dir/b", removes), PAWL_ENOTDIR);
	CHECK_INT(use(h, &u, "dir", unlinks), PAWL_EISDIR);
	CHECK_INT(use(h, &u, "dir/b", unlinks), 0);
	CHECK_INT(use(h, &u, "dir/b", unlinks), PAWL_ENOENT);
	CHECK_INT(use(h, &u, "dir", removes), 0);
	CHECK_INT(use(h, &u, "dir", removes), PAWL_ENOENT);
	fs_end(folder);
	pawl_host_free(h);
}

TEST(loaded_whole)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .size = 5, .n = 77 };
	unsigned before = fs_descriptors();

	fs_begin(folder, sizeof(folder));
	fs_put("five", "12345");
	fs_put("six", "123456");
	fs_put("empty", "");
	CHECK_INT(mkfifo("pipe", 0600), 0);
	CHECK_INT(use(h, &u, "six", loads), PAWL_EFULL);
	CHECK_INT(use(h, &u, "none", loads), PAWL_ENOENT);
	CHECK_INT(use(h, &u, ".", loads), PAWL_EISDIR);
	CHECK_INT(use(h, &u, "pipe", loads), PAWL_ENOTSUP);
	CHECK_UINT(u.n, 77);
	CHECK_INT(use(h, &u, "five", loads), 0);
	CHECK_UINT(u.n, 5);
	CHECK_MEM(u.buf, "12345", 5);
	CHECK_INT(use(h, &u, "empty", loads), 0);
	CHECK_UINT(u.n, 0);
	u.size = 16;
	CHECK_INT(use(h, &u, "/proc/self/oom_score_adj", loads), 0); /* its size is said to be 0 */
	CHECK(u.n >= 2);
	u.size = 0;
	CHECK_INT(use(h, &u, "five", loads), PAWL_EFULL);
	CHECK_INT(use(h, &u, "empty", loads), 0);
	CHECK_UINT(fs_descriptors(), before);
	unlink("five");
	unlink("six");
	unlink("empty");
	unlink("pipe");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(saved_whole)
{
	char folder[64], path[128];
	pawl_host *h = io_begin();
	struct user u = { .text = "new", .mode = 0666 };
	struct stat st;

	fs_begin(folder, sizeof(folder));
	umask(022);
	CHECK_INT(use(h, &u, "a", saves), 0);
	fs_expect("a", "new");
	stat("a", &st);
	CHECK_UINT(st.st_mode & 07777, 0644);
	u.text = "";
	snprintf(path, sizeof(path), "%s/a", folder);
	CHECK_INT(use(h, &u, path, saves), 0);
	fs_expect("a", "");
	CHECK_INT(symlink("a", "link"), 0);
	u.text = "other";
	CHECK_INT(use(h, &u, "link", saves), 0);
	fs_expect("link", "other");
	fs_expect("a", "");
	CHECK_UINT(fs_count("."), 2);
	unlink("a");
	unlink("link");
	fs_end(folder);
	pawl_host_free(h);
}

/* Whatever goes wrong, the old content stands, and nothing else is left. */
TEST(save_that_fails)
{
	char folder[64], longer[260];
	pawl_host *h = io_begin();
	struct user u = { .text = "new", .mode = 0644 };
	unsigned before = fs_descriptors();

	fs_begin(folder, sizeof(folder));
	fs_put("a", "old");
	is_disk_broken = true;
	CHECK_INT(use(h, &u, "a", saves), PAWL_EIO);
	is_disk_broken = false;
	fs_expect("a", "old");
	is_rename_broken = true;
	CHECK_INT(use(h, &u, "a", saves), PAWL_EACCES);
	is_rename_broken = false;
	fs_expect("a", "old");
	CHECK_UINT(fs_count("."), 1);
	CHECK_INT(use(h, &u, "none/a", saves), PAWL_ENOENT);
	CHECK_INT(use(h, &u, "a/b", saves), PAWL_ENOTDIR);
	CHECK_INT(mkdir("dir", 0755), 0);
	CHECK_INT(use(h, &u, "dir", saves), PAWL_EISDIR);
	memset(longer, 'x', 255);
	longer[255] = '\0';
	CHECK_INT(use(h, &u, longer, saves), PAWL_ENAMETOOLONG);
	CHECK_UINT(fs_count("."), 2);
	CHECK_UINT(fs_descriptors(), before);
	rmdir("dir");
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(cancelled_before_it_began)
{
	char folder[64];
	pawl_host *h = fs_one_thread();
	struct user u = { .path = "a", .text = "new", .op = saves }, v = u;
	struct fs_taken k;

	fs_begin(folder, sizeof(folder));
	fs_put("a", "old");
	fs_take(h, &k);
	v.op = unlinks;
	io_spawn(h, &u.task, uses);
	io_spawn(h, &v.task, uses);
	io_settle(h);
	CHECK_STR(pawl_task_wait(&u.task), "blocking work");
	pawl_cancel(&u.task);
	pawl_cancel(&v.task);
	CHECK_INT(io_end(h, &u.task), PAWL_ECANCELED);
	CHECK_INT(io_end(h, &v.task), PAWL_ECANCELED);
	CHECK_UINT(u.polls, 2);
	u.after = 1;
	CHECK_INT(io_run(h, &u.task, uses), PAWL_ETIMEDOUT);
	fs_give(h, &k);
	fs_expect("a", "old");
	CHECK_UINT(fs_count("."), 1);
	u.after = 0;
	CHECK_INT(use(h, &u, "a", saves), 0);
	fs_expect("a", "new");
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

/* A task that takes names out of a folder. */
struct lister {
	pawl_task task;
	pawl_dir d;
	const char *path;
	pawl_dir_entry e;
	bool seen[1000];
	unsigned count, odd, polls;
	int r, stop_at; /* 0: never */
};

static int opens_dir(pawl_task *t)
{
	struct lister *l = PAWL_OF(t, struct lister, task);

	return pawl_dir_open(t, &l->d, l->path);
}

static void note(struct lister *l)
{
	unsigned n;

	l->count++;
	if (sscanf(l->e.name, "file-with-a-long-name-%u", &n) == 1) {
		CHECK(n < PAWL_COUNT(l->seen) && !l->seen[n]);
		CHECK_INT(l->e.kind, PAWL_KIND_FILE);
		l->seen[n] = true;
	} else {
		CHECK_INT(l->e.kind, strcmp(l->e.name, "dir") == 0    ? PAWL_KIND_DIR
				     : strcmp(l->e.name, "link") == 0 ? PAWL_KIND_LINK
								      : PAWL_KIND_ODD);
		l->odd++;
	}
}

static int lists(pawl_task *t)
{
	struct lister *l = PAWL_OF(t, struct lister, task);
	int r;

	l->polls++;
	while ((r = pawl_dir_next(t, &l->d, &l->e)) == 0) {
		note(l);
		if (l->stop_at && (int)l->count == l->stop_at)
			pawl_cancel(t);
	}
	return r;
}

static void fill_folder(unsigned count)
{
	char name[64];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "file-with-a-long-name-%u", i);
		fs_put(name, "");
	}
}

static void clear_folder(unsigned count)
{
	char name[64];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "file-with-a-long-name-%u", i);
		CHECK_INT(unlink(name), 0);
	}
}

TEST(listed_each_once)
{
	static struct lister l = { .path = "." };
	char folder[64];
	pawl_host *h = io_begin();

	fs_begin(folder, sizeof(folder));
	fill_folder(1000);
	CHECK_INT(mkdir("dir", 0755), 0);
	CHECK_INT(symlink("dir", "link"), 0);
	CHECK_INT(mkfifo("pipe", 0600), 0);
	CHECK_INT(io_run(h, &l.task, opens_dir), 0);
	CHECK_INT(io_run(h, &l.task, lists), PAWL_ECLOSED);
	CHECK_UINT(l.count, 1003);
	CHECK_UINT(l.odd, 3);
	CHECK(l.polls > 2 && l.polls < 50); /* one for each block of names */
	CHECK_INT(io_run(h, &l.task, lists), PAWL_ECLOSED);
	CHECK_UINT(l.count, 1003);
	pawl_dir_close(&l.d);
	pawl_dir_close(&l.d);
	pawl_dir_close(NULL);
	CHECK_INT(io_run(h, &l.task, lists), PAWL_ECLOSED);
	clear_folder(1000);
	rmdir("dir");
	unlink("link");
	unlink("pipe");
	fs_end(folder);
	pawl_host_free(h);
}

/* Again and again cancelled in the middle: each name still comes once. */
TEST(listing_that_is_cancelled_loses_none)
{
	static struct lister l = { .path = ".", .stop_at = 1 };
	char folder[64];
	pawl_host *h = io_begin();
	int r;

	fs_begin(folder, sizeof(folder));
	fill_folder(300);
	CHECK_INT(io_run(h, &l.task, opens_dir), 0);
	while ((r = io_run(h, &l.task, lists)) == PAWL_ECANCELED)
		l.stop_at += 7;
	CHECK_INT(r, PAWL_ECLOSED);
	CHECK_UINT(l.count, 300);
	pawl_dir_close(&l.d);
	clear_folder(300);
	fs_end(folder);
	pawl_host_free(h);
}

TEST(folders_that_are_none)
{
	static struct lister l;
	char folder[64];
	pawl_host *h = fs_one_thread();
	struct fs_taken k;
	unsigned before;

	fs_begin(folder, sizeof(folder));
	before = fs_descriptors();
	fs_put("a", "");
	CHECK_INT(mkdir("dir", 0755), 0);
	l.path = "a";
	CHECK_INT(io_run(h, &l.task, opens_dir), PAWL_ENOTDIR);
	l.path = "none";
	CHECK_INT(io_run(h, &l.task, opens_dir), PAWL_ENOENT);
	l.path = "dir";
	fs_take(h, &k);
	io_spawn(h, &l.task, opens_dir);
	io_settle(h);
	pawl_cancel(&l.task);
	CHECK_INT(io_end(h, &l.task), PAWL_ECANCELED);
	fs_give(h, &k);
	CHECK_UINT(fs_descriptors(), before);
	CHECK_INT(io_run(h, &l.task, opens_dir), 0);
	CHECK_INT(io_run(h, &l.task, lists), PAWL_ECLOSED); /* there is nothing in it */
	pawl_dir_close(&l.d);
	CHECK_INT(io_run(h, &l.task, opens_dir), 0);
	rmdir("dir");
	CHECK_INT(io_run(h, &l.task, lists), PAWL_ECLOSED); /* it is gone */
	CHECK_UINT(l.count, 0);
	pawl_dir_close(&l.d);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(looked_at),
	CASE(renamed_and_removed),
	CASE(loaded_whole),
	CASE(saved_whole),
	CASE(save_that_fails),
	CASE(cancelled_before_it_began),
	CASE(listed_each_once),
	CASE(listing_that_is_cancelled_loses_none),
	CASE(folders_that_are_none),
};

KIT_MAIN(cases)
