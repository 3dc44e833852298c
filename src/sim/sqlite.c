/* SPDX-License-Identifier: MIT */
/* A SQLite VFS over the files of a simulated world. */
#include <pawl/sim_sqlite.h>

#include "sim/sqlite.h"

#include "port/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096
#define FOLLOW_MAX 40

static struct sqlite_vfs *vfs_of(sqlite3_vfs *base)
{
	return (struct sqlite_vfs *)(void *)base;
}

/* ---- opening ---- */

#define JOURNALS (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)

/* A journal may be read by those who may read its database. */
static unsigned mode_for(struct sqlite_vfs *v, const char *path, int flags)
{
	char database[PATH_SIZE];
	const char *real, *end = strrchr(path, '-');
	pawl_stat st;

	if (!(flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) || !end)
		return 0644;
	snprintf(database, sizeof database, "%.*s", (int)(end - path), path);
	if (pawl_sim_reach_(v->world, database, SIM_REACH_FOLLOW, 0, &real) < 0 ||
	    pawl_disk_stat_(pawl_sqlite_disk_(v), real, true, &st) < 0)
		return 0644;
	return st.mode & 0777;
}

static int open_path(struct sqlite_vfs *v, const char *path, int flags, bool writes,
		     struct sim_inode **ret)
{
	unsigned mode = mode_for(v, path, flags), how = SIM_REACH_FOLLOW, open = 0;
	const char *real;
	int r;

	if (writes) {
		how |= SIM_REACH_WRITES;
		open = SIM_OPEN_BOTH | (flags & SQLITE_OPEN_CREATE ? PAWL_OPEN_CREATE : 0);
	}
	if (writes && flags & SQLITE_OPEN_EXCLUSIVE && flags & SQLITE_OPEN_CREATE)
		open |= PAWL_OPEN_NEW;
	r = pawl_sim_reach_(v->world, path, how, 0, &real);
	return r < 0 ? r : pawl_disk_open_(pawl_sqlite_disk_(v), real, open, mode, ret);
}

static int open_inode(struct sqlite_vfs *v, const char *path, int flags, bool *writes,
		      struct sim_inode **ret)
{
	int r;

	if (!path) {
		*ret = pawl_disk_open_nameless_(pawl_sqlite_disk_(v));
		return 0;
	}
	r = open_path(v, path, flags, *writes, ret);
	if (r == PAWL_EROFS && *writes) {
		*writes = false;
		r = open_path(v, path, flags, false, ret);
	}
	return r;
}

static struct sqlite_shared *share(struct sim_inode *n)
{
	void **beside = pawl_disk_beside_(n);
	struct sqlite_shared *s = *beside;

	if (!s)
		*beside = s = calloc(1, sizeof(*s));
	if (s)
		s->users++;
	return s;
}

static struct sqlite_handle *handle_new(struct sqlite_vfs *v, const char *path, struct sim_inode *n)
{
	size_t size = path ? strlen(path) + 1 : 1;
	struct sqlite_handle *h = calloc(1, sizeof(*h) + size);
	struct sqlite_shared *s = h ? share(n) : NULL;

	if (!s) {
		free(h);
		pawl_disk_close_(pawl_sqlite_disk_(v), n);
		return NULL;
	}
	if (path)
		memcpy(h->path, path, size);
	h->vfs = v;
	h->inode = n;
	h->shared = s;
	h->next = v->handles;
	h->at = &v->handles;
	if (h->next)
		h->next->at = &h->next;
	v->handles = h;
	v->world->files->count++;
	return h;
}

static bool has_room(const struct sqlite_vfs *v)
{
	uint32_t max = v->world->machine->how.files_max;

	return !max || v->world->files->count < max;
}

static int x_open(sqlite3_vfs *base, const char *path, sqlite3_file *f, int flags, int *ret_flags)
{
	struct sqlite_vfs *v = vfs_of(base);
	bool writes = flags & SQLITE_OPEN_READWRITE;
	struct sim_inode *n;
	struct sqlite_handle *h;

	f->pMethods = NULL;
	if (!v->world)
		return SQLITE_CANTOPEN;
	pawl_sim_point_alone_(v->world, "open", path ? path : "");
	if (pawl_sqlite_fails_(v, pawl_sqlite_faults_(v)->open_fails_in, "too many open files") ||
	    !has_room(v) || open_inode(v, path, flags, &writes, &n) < 0)
		return SQLITE_CANTOPEN;
	h = handle_new(v, path, n);
	if (!h)
		return SQLITE_NOMEM;
	h->writes = writes;
	h->is_temporary = flags & SQLITE_OPEN_DELETEONCLOSE;
	h->syncs_folder = flags & JOURNALS && flags & SQLITE_OPEN_CREATE;
	f->pMethods = &pawl_sqlite_methods_;
	((struct sqlite_file *)(void *)f)->handle = h;
	if (ret_flags)
		*ret_flags = writes ? flags
				    : (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
					      SQLITE_OPEN_READONLY;
	return SQLITE_OK;
}

/* ---- names ---- */

static int x_delete(sqlite3_vfs *base, const char *path, int syncs_folder)
{
	struct sqlite_vfs *v = vfs_of(base);
	int r;

	if (!v->world)
		return SQLITE_IOERR_DELETE;
	pawl_sim_point_alone_(v->world, "unlink", path);
	if (pawl_sqlite_fails_(v, pawl_sqlite_faults_(v)->change_fails_in, "the change fails"))
		return SQLITE_IOERR_DELETE;
	r = pawl_sqlite_unlink_(v, path);
	if (r == PAWL_ENOENT)
		return SQLITE_IOERR_DELETE_NOENT;
	if (r < 0)
		return SQLITE_IOERR_DELETE;
	if (!(syncs_folder & 1))
		return SQLITE_OK;
	pawl_sim_point_alone_(v->world, "sync folder", path);
	return pawl_sqlite_sync_folder_(v, path);
}

static int x_access(sqlite3_vfs *base, const char *path, int flags, int *ret)
{
	struct sqlite_vfs *v = vfs_of(base);
	const char *real;
	pawl_stat st;
	int r;

	if (!v->world)
		return SQLITE_IOERR_ACCESS;
	pawl_sim_point_alone_(v->world, "stat", path);
	r = pawl_sim_reach_(v->world, path, SIM_REACH_FOLLOW, 0, &real);
	if (r == 0)
		r = pawl_disk_stat_(pawl_sqlite_disk_(v), real, true, &st);
	/* an empty journal is none */
	*ret = r == 0 &&
	       (flags != SQLITE_ACCESS_EXISTS || st.kind != PAWL_KIND_FILE || st.size > 0);
	return SQLITE_OK;
}

/* One link further; `path` has room for `size`. 0, 1 when there was one, negative. */
static int follow(struct sqlite_vfs *v, char *path, size_t size)
{
	const char *real, *target;
	char *name;
	int r = pawl_sim_reach_(v->world, path, SIM_REACH_NAME, 0, &real);

	if (r < 0 || pawl_disk_target_(pawl_sqlite_disk_(v), real, &target) < 0)
		return 0; /* no link, or nothing */
	name = target[0] == '/' ? path : strrchr(path, '/') + 1;
	if ((size_t)(name - path) + strlen(target) >= size)
		return PAWL_ENAMETOOLONG;
	strcpy(name, target);
	return 1;
}

static int x_full_path(sqlite3_vfs *base, const char *path, int size, char *ret)
{
	struct sqlite_vfs *v = vfs_of(base);
	unsigned links = 0;
	int r;

	if (!v->world || path[0] != '/' || strlen(path) >= (size_t)size)
		return SQLITE_CANTOPEN;
	strcpy(ret, path);
	while ((r = follow(v, ret, (size_t)size)) == 1)
		if (++links > FOLLOW_MAX)
			return SQLITE_CANTOPEN;
	if (r < 0)
		return SQLITE_CANTOPEN;
	return links ? SQLITE_OK_SYMLINK : SQLITE_OK;
}

/* ---- the rest of the machine ---- */

static int x_randomness(sqlite3_vfs *base, int size, char *ret)
{
	struct sqlite_vfs *v = vfs_of(base);

	for (int i = 0; i < size; i++)
		ret[i] = (char)pawl_chacha_below_(&v->random, 256);
	return size;
}

/* Whoever waits in SQLite waits for somebody who cannot go on meanwhile: so its patience ends. */
static int x_sleep(sqlite3_vfs *base, int us)
{
	(void)base;
	return us;
}

static int x_time_ms(sqlite3_vfs *base, sqlite3_int64 *ret)
{
	static const sqlite3_int64 ms_until_1970 = INT64_C(210866760000000);
	struct sqlite_vfs *v = vfs_of(base);
	pawl_world *w = v->world ? &v->world->world : NULL;

	*ret = ms_until_1970 + (w && w->ops->wall ? w->ops->wall(w) / 1000000 : 0);
	return SQLITE_OK;
}

static int x_time(sqlite3_vfs *base, double *ret)
{
	sqlite3_int64 ms;
	int r = x_time_ms(base, &ms);

	*ret = (double)ms / 86400000.0;
	return r;
}

static int x_last_error(sqlite3_vfs *base, int size, char *ret)
{
	(void)base, (void)size, (void)ret;
	return 0;
}

/* ---- worlds ---- */

/* Its program is dead, or the machine goes. */
static void end(struct sim_files *f)
{
	struct sqlite_vfs *v = f->sqlite;

	sqlite3_vfs_unregister(&v->base);
	for (struct sqlite_handle *h = v->handles; h; h = h->next)
		pawl_sqlite_let_go_(h);
	v->world->world.ops = v->ops_before;
	v->world = NULL;
	f->sqlite = NULL;
	if (!v->handles)
		free(v);
}

/*
 * SQLite has one source of randomness for all of a process, and asks the default VFS where it
 * begins. For that moment it is this one.
 */
static int add(struct sqlite_vfs *v)
{
	sqlite3_vfs *before = sqlite3_vfs_find(NULL);
	unsigned char byte;

	if (sqlite3_vfs_register(&v->base, 1) != SQLITE_OK)
		return PAWL_ENOMEM;
	sqlite3_randomness(0, NULL);
	sqlite3_randomness(1, &byte);
	if (before && sqlite3_vfs_register(before, 1) != SQLITE_OK) {
		sqlite3_vfs_unregister(&v->base);
		return PAWL_ENOMEM;
	}
	return 0;
}

static void fill(struct sqlite_vfs *v, struct sim_world *w)
{
	uint64_t stream = UINT64_C(0x73716c) << 32 | pawl_disk_serial_(w->machine->disk);

	snprintf(v->name, sizeof v->name, "pawl-sim-%p", (void *)v);
	v->world = w;
	v->ops_before = w->world.ops;
	v->ops = *w->world.ops;
	v->ops.sqlite_vfs = v->name;
	pawl_chacha_init_(&v->random, pawl_sim_seed(w->machine->sim), stream);
	v->base = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct sqlite_file),
		.mxPathname = PATH_SIZE,
		.zName = v->name,
		.xOpen = x_open,
		.xDelete = x_delete,
		.xAccess = x_access,
		.xFullPathname = x_full_path,
		.xRandomness = x_randomness,
		.xSleep = x_sleep,
		.xCurrentTime = x_time,
		.xGetLastError = x_last_error,
		.xCurrentTimeInt64 = x_time_ms,
	};
}

int pawl_sim_sqlite(pawl_world *world)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	struct sqlite_vfs *v;

	PAWL_ASSERT(w->files); /* else its program is dead */
	if (w->files->sqlite)
		return 0;
	if (sqlite3_initialize() != SQLITE_OK)
		return PAWL_ENOMEM;
	v = calloc(1, sizeof(*v));
	if (!v)
		return PAWL_ENOMEM;
	fill(v, w);
	if (add(v) < 0) {
		free(v);
		return PAWL_ENOMEM;
	}
	w->files->sqlite = v;
	w->files->sqlite_end = end;
	w->world.ops = &v->ops;
	return 0;
}
