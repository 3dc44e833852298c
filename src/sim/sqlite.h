/* SPDX-License-Identifier: MIT */
/* The inside of the SQLite VFS over a simulated world. */
#ifndef PAWL_SIM_INNER_SQLITE_H
#define PAWL_SIM_INNER_SQLITE_H

#include "sim/files.h"
#include "sim/search.h"

#include <sqlite3.h>

/* What those share who have one file open: locks, and memory. It lies beside the inode. */
struct sqlite_shared {
	unsigned users;
	unsigned readers; /* who has at least SQLITE_LOCK_SHARED */
	struct sqlite_handle *reserved;
	struct sqlite_handle *pending; /* nobody else begins to read; it may be alone already */
	unsigned mappers;
	char **regions;
	int region_count;
	unsigned shm_readers[SQLITE_SHM_NLOCK];
	struct sqlite_handle *shm_writers[SQLITE_SHM_NLOCK];
};

/* One open file; its own memory, since that of SQLite may be lost with its program. */
struct sqlite_handle {
	struct sqlite_handle *next, **at; /* of its world */
	struct sqlite_vfs *vfs;
	struct sim_inode *inode; /* NULL: its program is dead */
	struct sqlite_shared *shared;
	int level; /* of lock */
	bool writes;
	bool is_temporary; /* its name goes with it */
	bool syncs_folder; /* as a journal does that was just made */
	bool is_mapped;
	unsigned shm_read, shm_write; /* a bit for each lock */
	char path[];
};

struct sqlite_file {
	sqlite3_file base; /* first */
	struct sqlite_handle *handle;
};

/* What a world gives to SQLite; it is freed when its program is dead and has closed all files. */
struct sqlite_vfs {
	sqlite3_vfs base; /* first */
	pawl_world_ops ops;
	const pawl_world_ops *ops_before;
	struct sim_world *world; /* NULL: dead */
	struct sqlite_handle *handles;
	struct pawl_chacha random;
	char name[40];
};

static inline struct sim_disk *pawl_sqlite_disk_(const struct sqlite_vfs *v)
{
	return v->world->machine->disk;
}

/* The faults in force, and whether one happens. */
const pawl_sim_faults *pawl_sqlite_faults_(const struct sqlite_vfs *v);
bool pawl_sqlite_fails_(struct sqlite_vfs *v, uint32_t once_in, const char *fault);

/* ---- sqlite_file.c ---- */

extern const sqlite3_io_methods pawl_sqlite_methods_;

/* Lets go of all that is not the handle's own memory. */
void pawl_sqlite_let_go_(struct sqlite_handle *h);

/* As the world's entry, without a point or a fault. */
int pawl_sqlite_unlink_(struct sqlite_vfs *v, const char *path);

/* The folder of a path; a result of SQLite. */
int pawl_sqlite_sync_folder_(struct sqlite_vfs *v, const char *path);

#endif
