/* SPDX-License-Identifier: MIT */
/* Files as SQLite has them open on the simulated disk: their content, locks and shared memory. */
#include "sim/sqlite.h"

#include <stdlib.h>
#include <string.h>

static struct sqlite_handle *handle_of(sqlite3_file *base)
{
	return ((struct sqlite_file *)(void *)base)->handle;
}

const pawl_sim_faults *pawl_sqlite_faults_(const struct sqlite_vfs *v)
{
	return pawl_sim_faults_(v->world->machine->sim);
}

bool pawl_sqlite_fails_(struct sqlite_vfs *v, uint32_t once_in, const char *fault)
{
	return pawl_sim_fault_(v->world, once_in, fault);
}

/* A call begins; false: its program is dead. */
static bool begin(struct sqlite_handle *h, const char *call)
{
	if (!h->inode)
		return false;
	pawl_sim_point_alone_(h->vfs->world, call, h->path);
	return true;
}

/* ---- locks on a file ---- */

static void unlock(struct sqlite_handle *h, int level)
{
	struct sqlite_shared *s = h->shared;

	if (h->level <= level)
		return;
	if (s->reserved == h)
		s->reserved = NULL;
	if (s->pending == h)
		s->pending = NULL;
	if (level == SQLITE_LOCK_NONE)
		s->readers--;
	h->level = level;
}

static bool is_taken(const struct sqlite_handle *by, const struct sqlite_handle *h)
{
	return by && by != h;
}

static int lock(struct sqlite_handle *h, int level)
{
	struct sqlite_shared *s = h->shared;

	if (h->level >= level)
		return SQLITE_OK;
	if (is_taken(s->pending, h))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_SHARED) {
		s->readers++;
	} else if (level == SQLITE_LOCK_RESERVED) {
		if (is_taken(s->reserved, h))
			return SQLITE_BUSY;
		s->reserved = h;
	} else {
		s->pending = h;
		h->level = SQLITE_LOCK_PENDING;
		if (s->readers > 1)
			return SQLITE_BUSY;
	}
	h->level = level;
	return SQLITE_OK;
}

static int x_lock(sqlite3_file *f, int level)
{
	struct sqlite_handle *h = handle_of(f);

	return begin(h, "lock") ? lock(h, level) : SQLITE_IOERR_LOCK;
}

static int x_unlock(sqlite3_file *f, int level)
{
	struct sqlite_handle *h = handle_of(f);

	if (!begin(h, "unlock"))
		return SQLITE_IOERR_UNLOCK;
	unlock(h, level);
	return SQLITE_OK;
}

static int x_check_reserved(sqlite3_file *f, int *ret)
{
	struct sqlite_handle *h = handle_of(f);

	if (!begin(h, "check lock"))
		return SQLITE_IOERR_CHECKRESERVEDLOCK;
	*ret = h->shared->reserved || h->shared->pending;
	return SQLITE_OK;
}

/* ---- the memory of a write-ahead log ---- */

static int grow_regions(struct sqlite_shared *s, int count, int size)
{
	char **regions = realloc(s->regions, (size_t)count * sizeof(*regions));

	if (!regions)
		return SQLITE_NOMEM;
	s->regions = regions;
	for (; s->region_count < count; s->region_count++) {
		regions[s->region_count] = calloc(1, (size_t)size);
		if (!regions[s->region_count])
			return SQLITE_NOMEM;
	}
	return SQLITE_OK;
}

static int x_shm_map(sqlite3_file *f, int region, int size, int extends, void volatile **ret)
{
	struct sqlite_handle *h = handle_of(f);
	struct sqlite_shared *s = h->shared;
	int r = SQLITE_OK;

	if (!begin(h, "map"))
		return SQLITE_IOERR_SHMMAP;
	if (!h->is_mapped) {
		h->is_mapped = true;
		s->mappers++;
	}
	if (region >= s->region_count && extends)
		r = grow_regions(s, region + 1, size);
	*ret = region < s->region_count ? s->regions[region] : NULL;
	return r;
}

static void shm_unlock(struct sqlite_handle *h, unsigned mask)
{
	struct sqlite_shared *s = h->shared;

	for (unsigned i = 0; i < SQLITE_SHM_NLOCK; i++) {
		if (mask & h->shm_read & 1u << i)
			s->shm_readers[i]--;
		if (mask & h->shm_write & 1u << i)
			s->shm_writers[i] = NULL;
	}
	h->shm_read &= ~mask;
	h->shm_write &= ~mask;
}

static bool shm_is_free(const struct sqlite_handle *h, unsigned i, bool writes)
{
	const struct sqlite_shared *s = h->shared;

	if (is_taken(s->shm_writers[i], h))
		return false;
	return !writes || s->shm_readers[i] == (h->shm_read >> i & 1);
}

static int shm_lock(struct sqlite_handle *h, unsigned mask, bool writes)
{
	struct sqlite_shared *s = h->shared;

	for (unsigned i = 0; i < SQLITE_SHM_NLOCK; i++)
		if (mask & 1u << i && !shm_is_free(h, i, writes))
			return SQLITE_BUSY;
	for (unsigned i = 0; i < SQLITE_SHM_NLOCK; i++) {
		if (!(mask & 1u << i))
			continue;
		if (writes)
			s->shm_writers[i] = h;
		else if (!(h->shm_read & 1u << i))
			s->shm_readers[i]++;
	}
	if (writes)
		h->shm_write |= mask;
	else
		h->shm_read |= mask;
	return SQLITE_OK;
}

static int x_shm_lock(sqlite3_file *f, int first, int count, int flags)
{
	struct sqlite_handle *h = handle_of(f);
	unsigned mask = ((1u << count) - 1) << first;

	if (!begin(h, flags & SQLITE_SHM_UNLOCK ? "unlock memory" : "lock memory"))
		return SQLITE_IOERR_SHMLOCK;
	if (flags & SQLITE_SHM_LOCK)
		return shm_lock(h, mask, flags & SQLITE_SHM_EXCLUSIVE);
	shm_unlock(h, mask);
	return SQLITE_OK;
}

static void x_shm_barrier(sqlite3_file *f)
{
	(void)f; /* all of a simulator runs on one processor */
}

static void unmap(struct sqlite_handle *h)
{
	struct sqlite_shared *s = h->shared;

	if (!h->is_mapped)
		return;
	shm_unlock(h, ~0u);
	h->is_mapped = false;
	if (--s->mappers)
		return;
	while (s->region_count)
		free(s->regions[--s->region_count]);
	free(s->regions);
	s->regions = NULL;
}

static int x_shm_unmap(sqlite3_file *f, int deletes)
{
	struct sqlite_handle *h = handle_of(f);

	(void)deletes; /* it goes with its last user in any case */
	if (begin(h, "unmap"))
		unmap(h);
	return SQLITE_OK;
}

/* ---- open files ---- */

/* Lets go of all that is not its own memory. */
void pawl_sqlite_let_go_(struct sqlite_handle *h)
{
	struct sqlite_shared *s = h->shared;
	struct sqlite_vfs *v = h->vfs;

	unmap(h);
	unlock(h, SQLITE_LOCK_NONE);
	if (--s->users == 0) {
		*pawl_disk_beside_(h->inode) = NULL;
		free(s);
	}
	pawl_disk_close_(pawl_sqlite_disk_(v), h->inode);
	h->inode = NULL;
	h->shared = NULL;
	v->world->files->count--;
}

int pawl_sqlite_unlink_(struct sqlite_vfs *v, const char *path)
{
	const char *real;
	int r = pawl_sim_reach_(v->world, path, SIM_REACH_WRITES, 0, &real);

	return r < 0 ? r : pawl_disk_unlink_(pawl_sqlite_disk_(v), real);
}

static int x_close(sqlite3_file *f)
{
	struct sqlite_handle *h = handle_of(f);
	struct sqlite_vfs *v = h->vfs;

	if (begin(h, "close")) {
		if (h->is_temporary && h->path[0])
			(void)pawl_sqlite_unlink_(v, h->path);
		pawl_sqlite_let_go_(h);
	}
	*h->at = h->next;
	if (h->next)
		h->next->at = h->at;
	free(h);
	if (!v->world && !v->handles)
		free(v);
	return SQLITE_OK;
}

static int x_read(sqlite3_file *f, void *buf, int size, sqlite3_int64 at)
{
	struct sqlite_handle *h = handle_of(f);
	size_t got;

	if (!begin(h, "read") ||
	    pawl_sqlite_fails_(h->vfs, pawl_sqlite_faults_(h->vfs)->read_fails_in, "reading fails"))
		return SQLITE_IOERR_READ;
	if (pawl_disk_read_(h->inode, at, buf, (size_t)size, &got) < 0)
		return SQLITE_IOERR_READ;
	if (got == (size_t)size)
		return SQLITE_OK;
	memset((char *)buf + got, 0, (size_t)size - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int x_write(sqlite3_file *f, const void *buf, int size, sqlite3_int64 at)
{
	struct sqlite_handle *h = handle_of(f);
	size_t done, part = (size_t)size;
	bool is_failing;
	int r;

	if (!begin(h, "write"))
		return SQLITE_IOERR_WRITE;
	if (!h->writes)
		return SQLITE_READONLY;
	is_failing = pawl_sqlite_fails_(h->vfs, pawl_sqlite_faults_(h->vfs)->write_fails_in,
					"writing fails");
	if (is_failing)
		part = pawl_sim_choose_(h->vfs->world->machine->sim, (uint32_t)size + 1);
	r = pawl_disk_write_(pawl_sqlite_disk_(h->vfs), h->inode, at, buf, part, &done);
	if (is_failing)
		return SQLITE_IOERR_WRITE;
	return r == PAWL_ENOSPC ? SQLITE_FULL : SQLITE_OK;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct sqlite_handle *h = handle_of(f);

	if (!begin(h, "truncate") ||
	    pawl_sqlite_fails_(h->vfs, pawl_sqlite_faults_(h->vfs)->write_fails_in,
			       "writing fails"))
		return SQLITE_IOERR_TRUNCATE;
	return pawl_disk_truncate_(pawl_sqlite_disk_(h->vfs), h->inode, size) < 0
		       ? SQLITE_IOERR_TRUNCATE
		       : SQLITE_OK;
}

int pawl_sqlite_sync_folder_(struct sqlite_vfs *v, const char *path)
{
	struct sim_inode *folder;
	const char *real;
	int r = pawl_sim_reach_(v->world, path, SIM_REACH_NAME, 0, &real);

	if (r == 0)
		r = pawl_disk_open_parent_(pawl_sqlite_disk_(v), real, &folder);
	if (r < 0)
		return SQLITE_OK; /* as for Unix: a folder that cannot be opened is left out */
	if (pawl_sqlite_fails_(v, pawl_sqlite_faults_(v)->sync_fails_in, "syncing fails")) {
		pawl_disk_sync_fails_(pawl_sqlite_disk_(v), folder);
		r = SQLITE_IOERR_DIR_FSYNC;
	} else {
		pawl_disk_sync_(pawl_sqlite_disk_(v), folder);
	}
	pawl_disk_close_(pawl_sqlite_disk_(v), folder);
	return r;
}

static int x_sync(sqlite3_file *f, int flags)
{
	struct sqlite_handle *h = handle_of(f);

	(void)flags;
	if (!begin(h, "sync"))
		return SQLITE_IOERR_FSYNC;
	if (pawl_sqlite_fails_(h->vfs, pawl_sqlite_faults_(h->vfs)->sync_fails_in,
			       "syncing fails")) {
		pawl_disk_sync_fails_(pawl_sqlite_disk_(h->vfs), h->inode);
		return SQLITE_IOERR_FSYNC;
	}
	pawl_disk_sync_(pawl_sqlite_disk_(h->vfs), h->inode);
	if (!h->syncs_folder)
		return SQLITE_OK;
	pawl_sim_point_alone_(h->vfs->world, "sync folder", h->path);
	h->syncs_folder = false;
	return pawl_sqlite_sync_folder_(h->vfs, h->path);
}

static int x_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	struct sqlite_handle *h = handle_of(f);
	pawl_stat st;

	if (!begin(h, "size"))
		return SQLITE_IOERR_FSTAT;
	pawl_disk_fstat_(h->inode, &st);
	*ret = st.size;
	return SQLITE_OK;
}

/* Is what has its name another file, or nothing? */
static bool has_moved(struct sqlite_handle *h)
{
	const char *real;
	pawl_stat mine, now;

	if (!h->inode || !h->path[0])
		return false;
	pawl_disk_fstat_(h->inode, &mine);
	return pawl_sim_reach_(h->vfs->world, h->path, SIM_REACH_FOLLOW, 0, &real) < 0 ||
	       pawl_disk_stat_(pawl_sqlite_disk_(h->vfs), real, true, &now) < 0 ||
	       now.ino != mine.ino;
}

static int x_control(sqlite3_file *f, int what, void *arg)
{
	struct sqlite_handle *h = handle_of(f);

	switch (what) {
	case SQLITE_FCNTL_LOCKSTATE:
		*(int *)arg = h->level;
		return SQLITE_OK;
	case SQLITE_FCNTL_HAS_MOVED:
		*(int *)arg = has_moved(h);
		return SQLITE_OK;
	case SQLITE_FCNTL_VFSNAME:
		*(char **)arg = sqlite3_mprintf("%s", h->vfs->name);
		return SQLITE_OK;
	default:
		return SQLITE_NOTFOUND;
	}
}

static int x_sector_size(sqlite3_file *f)
{
	(void)f;
	return SIM_DISK_BLOCK;
}

/* As SQLite takes the disks of Unix to be: bytes beside those that are written are not damaged. */
static int x_characteristics(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods pawl_sqlite_methods_ = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_check_reserved,
	.xFileControl = x_control,
	.xSectorSize = x_sector_size,
	.xDeviceCharacteristics = x_characteristics,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};
