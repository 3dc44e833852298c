/* SPDX-License-Identifier: MIT */
/* The shared parts of the store's tests. */
#define _GNU_SOURCE
#include "store_kit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* libcrypto and SQLite keep things of their own: made before a test's heap is watched. */
__attribute__((constructor)) static void warm(void)
{
	struct pawl_hasher hasher = { 0 };
	sqlite3 *sql = NULL;
	pawl_digest d;

	if (pawl_hasher_open(&hasher) == 0)
		pawl_hash_span(&hasher, "", 0, &d);
	pawl_hasher_close(&hasher);
	sqlite3_open(":memory:", &sql);
	sqlite3_close(sql);
}

/* ---- trouble ---- */

static void lose_unsynced(struct trouble *t)
{
	for (unsigned i = 0; i < t->unsynced_count; i++) {
		struct stat st;

		if (stat(t->unsynced[i], &st) < 0)
			continue;
		chmod(t->unsynced[i], 0600);
		if (truncate(t->unsynced[i], st.st_size / 2) == 0 && i % 2) {
			/* The right length, the wrong bytes. */
			(void)!truncate(t->unsynced[i], st.st_size);
		}
		chmod(t->unsynced[i], st.st_mode & 07777);
		set_time(t->unsynced[i],
			 (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	}
}

static int step(struct trouble *t)
{
	t->calls++;
	if (t->die_at && t->calls == t->die_at) {
		if (t->power_cut)
			lose_unsynced(t);
		_exit(99);
	}
	if (t->fail_at && (t->calls == t->fail_at || (t->for_ever && t->calls > t->fail_at)))
		return t->error;
	return 0;
}

static void dirty(struct trouble *t, const char *path)
{
	if (t->unsynced_count < 64)
		snprintf(t->unsynced[t->unsynced_count++], 256, "%s", path);
}

#define T(w) ((struct trouble *)(w))
#define STEP(w)                          \
	do {                             \
		int step_r = step(T(w)); \
		if (step_r < 0)          \
			return step_r;   \
	} while (0)
#define BELOW(w) (T(w)->below->ops)

static pawl_time t_now(pawl_world *w)
{
	return BELOW(w)->now(T(w)->below);
}
static int64_t t_wall(pawl_world *w)
{
	return BELOW(w)->wall(T(w)->below);
}
static int t_open(pawl_world *w, const char *path, unsigned flags, unsigned mode, int *ret)
{
	STEP(w);
	if (flags & PAWL_OPEN_WRITE)
		dirty(T(w), path);
	return BELOW(w)->open(T(w)->below, path, flags, mode, ret);
}
static int t_close(pawl_world *w, int file)
{
	return BELOW(w)->close(T(w)->below, file);
}
static int t_read(pawl_world *w, int file, void *buf, size_t size, size_t *ret)
{
	STEP(w);
	return BELOW(w)->read(T(w)->below, file, buf, size, ret);
}
static int t_write(pawl_world *w, int file, const void *buf, size_t size)
{
	STEP(w);
	return BELOW(w)->write(T(w)->below, file, buf, size);
}
static int t_fstat(pawl_world *w, int file, pawl_stat *ret)
{
	STEP(w);
	return BELOW(w)->fstat(T(w)->below, file, ret);
}
static int t_stat(pawl_world *w, const char *path, bool follow, pawl_stat *ret)
{
	STEP(w);
	return BELOW(w)->stat(T(w)->below, path, follow, ret);
}
static int t_walk(pawl_world *w, const char *path, unsigned depth, pawl_walk_fn *each, void *arg)
{
	STEP(w);
	return BELOW(w)->walk(T(w)->below, path, depth, each, arg);
}
static int t_mkdir(pawl_world *w, const char *path, unsigned mode)
{
	STEP(w);
	return BELOW(w)->mkdir(T(w)->below, path, mode);
}
static int t_unlink(pawl_world *w, const char *path)
{
	STEP(w);
	return BELOW(w)->unlink(T(w)->below, path);
}
static int t_rmdir(pawl_world *w, const char *path)
{
	STEP(w);
	return BELOW(w)->rmdir(T(w)->below, path);
}
static int t_rename(pawl_world *w, const char *from, const char *to)
{
	STEP(w);
	for (unsigned i = 0; i < T(w)->unsynced_count; i++)
		if (strcmp(T(w)->unsynced[i], from) == 0)
			snprintf(T(w)->unsynced[i], 256, "%s", to);
	return BELOW(w)->rename(T(w)->below, from, to);
}
static int t_link(pawl_world *w, const char *from, const char *to)
{
	STEP(w);
	if (T(w)->no_links)
		return PAWL_EXDEV;
	return BELOW(w)->link(T(w)->below, from, to);
}
static int t_symlink(pawl_world *w, const char *target, const char *path)
{
	STEP(w);
	return BELOW(w)->symlink(T(w)->below, target, path);
}
static int t_readlink(pawl_world *w, const char *path, char *buf, size_t size)
{
	STEP(w);
	return BELOW(w)->readlink(T(w)->below, path, buf, size);
}
static int t_chmod(pawl_world *w, const char *path, unsigned mode)
{
	STEP(w);
	return BELOW(w)->chmod(T(w)->below, path, mode);
}
static int t_set_mtime(pawl_world *w, const char *path, int64_t mtime)
{
	STEP(w);
	return BELOW(w)->set_mtime(T(w)->below, path, mtime);
}
static int t_clone(pawl_world *w, const char *from, const char *to, unsigned mode)
{
	STEP(w);
	dirty(T(w), to);
	return BELOW(w)->clone(T(w)->below, from, to, mode);
}
static int t_sync(pawl_world *w, int file)
{
	char link[64], path[256];
	ssize_t n;

	STEP(w);
	snprintf(link, sizeof link, "/proc/self/fd/%d", file);
	n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	for (unsigned i = 0; i < T(w)->unsynced_count; i++)
		if (strcmp(T(w)->unsynced[i], path) == 0)
			T(w)->unsynced[i][0] = '\0';
	return BELOW(w)->sync(T(w)->below, file);
}
static int t_sync_all(pawl_world *w, const char *path)
{
	(void)path;
	STEP(w);
	T(w)->unsynced_count = 0;
	return 0; /* what matters here is that it was asked for */
}
static int t_lock(pawl_world *w, const char *path, int *ret)
{
	STEP(w);
	return BELOW(w)->lock(T(w)->below, path, ret);
}

/* ---- trouble with the database ---- */

/* A VFS over SQLite's own whose writes and syncs are steps of one trouble. */
struct shim {
	sqlite3_file base;
	sqlite3_file *real;
};

static struct trouble *shim_trouble;
static sqlite3_vfs *shim_below;
static sqlite3_vfs shim_vfs;
static sqlite3_io_methods shim_methods;

#define REAL(f) (((struct shim *)(f))->real)

static int shim_step(void)
{
	return step(shim_trouble) < 0 ? SQLITE_IOERR : SQLITE_OK;
}
static int shim_close(sqlite3_file *f)
{
	return REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
}
static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int r = shim_step();

	return r ? r : REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int r = shim_step();

	return r ? r : REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int shim_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return shim_step();
}
static int shim_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), ret);
}
static int shim_lock(sqlite3_file *f, int how)
{
	return REAL(f)->pMethods->xLock(REAL(f), how);
}
static int shim_unlock(sqlite3_file *f, int how)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), how);
}
static int shim_check(sqlite3_file *f, int *ret)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), ret);
}
static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int shim_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int shim_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, ret);
}
static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}
static void shim_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int shim_shm_unmap(sqlite3_file *f, int gone)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), gone);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct shim *s = (struct shim *)f;
	int r;

	(void)vfs;
	s->real = (sqlite3_file *)(void *)(s + 1);
	s->base.pMethods = NULL;
	r = shim_below->xOpen(shim_below, name, s->real, flags, ret_flags);
	if (r == SQLITE_OK)
		s->base.pMethods = &shim_methods;
	return r;
}

static const char *shim_register(struct trouble *t)
{
	shim_trouble = t;
	shim_below = sqlite3_vfs_find(NULL);
	shim_methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = shim_close,
		.xRead = shim_read,
		.xWrite = shim_write,
		.xTruncate = shim_truncate,
		.xSync = shim_sync,
		.xFileSize = shim_size,
		.xLock = shim_lock,
		.xUnlock = shim_unlock,
		.xCheckReservedLock = shim_check,
		.xFileControl = shim_control,
		.xSectorSize = shim_sector,
		.xDeviceCharacteristics = shim_device,
		.xShmMap = shim_shm_map,
		.xShmLock = shim_shm_lock,
		.xShmBarrier = shim_shm_barrier,
		.xShmUnmap = shim_shm_unmap,
	};
	shim_vfs = *shim_below;
	shim_vfs.zName = "trouble";
	shim_vfs.pNext = NULL;
	shim_vfs.szOsFile = (int)sizeof(struct shim) + shim_below->szOsFile;
	shim_vfs.xOpen = shim_open;
	CHECK_INT(sqlite3_vfs_register(&shim_vfs, 0), SQLITE_OK);
	return shim_vfs.zName;
}

void trouble_database(struct trouble *t)
{
	t->ops.sqlite_vfs = shim_register(t);
}

static void trouble_init(struct trouble *t)
{
	memset(t, 0, sizeof *t);
	CHECK_INT(pawl_world_host(NULL, &t->below), 0);
	t->ops = (pawl_world_ops){
		.size = sizeof t->ops,
		.now = t_now,
		.wall = t_wall,
		.open = t_open,
		.close = t_close,
		.read = t_read,
		.write = t_write,
		.fstat = t_fstat,
		.stat = t_stat,
		.walk = t_walk,
		.mkdir = t_mkdir,
		.unlink = t_unlink,
		.rmdir = t_rmdir,
		.rename = t_rename,
		.link = t_link,
		.symlink = t_symlink,
		.readlink = t_readlink,
		.chmod = t_chmod,
		.set_mtime = t_set_mtime,
		.clone = t_clone,
		.sync = t_sync,
		.sync_all = t_sync_all,
		.lock = t_lock,
	};
	t->world.ops = &t->ops;
}

/* ---- scratch ---- */

void scratch_init(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	memset(s, 0, sizeof *s);
	snprintf(s->root, sizeof s->root, "%s/pawl-store-%.6s", tmp ? tmp : "/tmp",
		 "XX"
		 "XX"
		 "XX");
	CHECK(mkdtemp(s->root));
	trouble_init(&s->trouble);
	s->w = &s->trouble.world;
}

void scratch_fini(struct scratch *s)
{
	scratch_close(s);
	s->trouble.fail_at = 0;
	CHECK_INT(pawl_store_remove(s->w, s->root), 0);
	pawl_world_host_free(s->trouble.below);
}

const char *scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->text, sizeof s->text, "%s/%s", s->root, name);
	return s->text;
}

int scratch_try_open(struct scratch *s)
{
	struct pawl_store_options o = { .holder = "pid 1" };
	char dir[160];

	snprintf(dir, sizeof dir, "%s/store", s->root);
	o.dir = dir;
	return pawl_store_open(s->w, &o, &s->messages, &s->store);
}

void scratch_open(struct scratch *s)
{
	int r = scratch_try_open(s);

	if (r < 0 && s->messages.len)
		CHECK_STR(s->messages.at[s->messages.len - 1].text, "");
	CHECK_INT(r, 0);
}

void scratch_close(struct scratch *s)
{
	pawl_store_close(s->store);
	s->store = NULL;
	pawl_messages_fini(&s->messages);
	memset(&s->messages, 0, sizeof s->messages);
}

int scratch_flush(struct scratch *s)
{
	int r;

	pawl_store_flush_begin(s->store);
	r = pawl_store_flush(s->store);
	pawl_store_flush_end(s->store, r);
	return r;
}

/* ---- files ---- */

void set_mode(const char *path, unsigned mode)
{
	CHECK_INT(chmod(path, mode), 0);
}

void make_dir(const char *path, unsigned mode)
{
	CHECK_INT(mkdir(path, 0755), 0);
	set_mode(path, mode);
}

void make_file(const char *path, const void *data, size_t len, unsigned mode)
{
	int fd;

	chmod(path, 0600); /* a blob is read-only, also for whoever owns it */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, data, len), (int64_t)len);
	close(fd);
	set_mode(path, mode);
}

void make_text(const char *path, const char *text, unsigned mode)
{
	make_file(path, text, strlen(text), mode);
}

void make_link(const char *target, const char *path)
{
	CHECK_INT(symlink(target, path), 0);
}

void make_hard(const char *from, const char *path)
{
	CHECK_INT(link(from, path), 0);
}

void set_time(const char *path, int64_t ns)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT },
				 { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	CHECK_INT(utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW), 0);
}

void make_gone(const char *path)
{
	pawl_world *w;

	CHECK_INT(pawl_world_host(NULL, &w), 0);
	CHECK_INT(pawl_store_remove(w, path), 0);
	pawl_world_host_free(w);
}

bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void make_odd_tree(const char *root)
{
	char p[512];
	char *big = malloc(300000);

#define AT(name) (snprintf(p, sizeof p, "%s/%s", root, name), p)
	for (int i = 0; i < 300000; i++)
		big[i] = (char)(i * 7 + i / 251);
	make_text(AT("a.txt"), "hello\n", 0644);
	make_text(AT("empty"), "", 0600);
	make_file(AT("big"), big, 300000, 0755);
	make_file(AT("chunk"), big, PAWL_CHUNK, 0644);
	free(big);
	make_text(AT("set-id"), "#!/bin/sh\n", 04755);
	make_text(AT("secret"), "none may read this", 0000);
	make_dir(AT("dir"), 0755);
	make_text(AT("dir/one"), "1", 0444);
	make_dir(AT("dir/empty"), 0700);
	make_text(AT("dir.x"), "sorts between dir and its content for strcmp", 0644);
	make_dir(AT("closed"), 0755);
	make_text(AT("closed/in"), "inside", 0400);
	make_text(AT("spaces and\nnewline"), "odd name", 0640);
	make_text(AT("\xff\xfe latin"), "not UTF-8", 0644);
	make_link("nowhere/at/all", AT("dangling"));
	make_link("dir/one", AT("to-one"));
	make_text(AT("hard1"), "three names", 0644);
	{
		char q[512];

		snprintf(q, sizeof q, "%s", AT("dir/hard2"));
		snprintf(p, sizeof p, "%s/hard1", root);
		make_hard(p, q);
		snprintf(q, sizeof q, "%s/zz-hard3", root);
		make_hard(p, q);
	}
	set_time(AT("a.txt"), 1234567890123456789);
	set_time(AT("dangling"), 1000000001);
	set_time(AT("dir/empty"), 999999999000000001);
	set_time(AT("hard1"), 77);
	set_time(AT("dir"), 5000000000000000005);
	set_mode(AT("dir"), 0555);
	set_mode(AT("closed"), 0000);
#undef AT
}

/* ---- a folder as text ---- */

struct text {
	char *s;
	size_t len;
	FILE *out;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void file_text(FILE *out, const char *path, const struct stat *st)
{
	uint64_t h = 1469598103934665603u;
	int fd, c;
	FILE *f;

	if (!(st->st_mode & 0400))
		set_mode(path, 0600);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	f = fdopen(fd, "r");
	while ((c = getc(f)) != EOF)
		h = (h ^ (unsigned)c) * 1099511628211u;
	fclose(f);
	if (!(st->st_mode & 0400))
		set_mode(path, st->st_mode & 07777);
	fprintf(out, " size %lld sum %llx", (long long)st->st_size, (unsigned long long)h);
}

static void dir_text(FILE *out, const char *dir, const char *below);

static void entry_text(FILE *out, const char *path, const char *name)
{
	char target[256] = "";
	struct stat st;

	CHECK_INT(lstat(path, &st), 0);
	fprintf(out, "%s: %o", name, S_ISLNK(st.st_mode) ? st.st_mode & S_IFMT : st.st_mode);
	fprintf(out, " time %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (S_ISREG(st.st_mode)) {
		file_text(out, path, &st);
		fprintf(out, " links %u", (unsigned)st.st_nlink);
	} else if (S_ISLNK(st.st_mode)) {
		CHECK(readlink(path, target, sizeof target - 1) >= 0);
		fprintf(out, " -> %s", target);
	}
	fprintf(out, "\n");
	if (S_ISDIR(st.st_mode)) {
		if ((st.st_mode & 0500) != 0500)
			set_mode(path, 0700);
		dir_text(out, path, name);
		if ((st.st_mode & 0500) != 0500)
			set_mode(path, st.st_mode & 07777);
	}
}

static void dir_text(FILE *out, const char *dir, const char *below)
{
	struct dirent **names;
	char path[1024], name[1024];
	int n = scandir(dir, &names, NULL, by_name);

	CHECK(n >= 0);
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0) {
			snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
			snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "",
				 names[i]->d_name);
			entry_text(out, path, name);
		}
		free(names[i]);
	}
	free(names);
}

char *folder_text(const char *root)
{
	char *s = NULL;
	size_t len;
	FILE *out = open_memstream(&s, &len);

	CHECK(out);
	dir_text(out, root, "");
	fclose(out);
	return s;
}

uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}
