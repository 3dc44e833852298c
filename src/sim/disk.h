/* SPDX-License-Identifier: MIT */
/* A simulated disk: what programs see of it, and what of that a power cut would leave. */
#ifndef PAWL_SIM_DISK_H
#define PAWL_SIM_DISK_H

#include <pawl/world.h>

/*
 * A file system in memory that knows, of all its names and contents, which have reached the disk.
 *
 * Names change by *changes*: one names or un-names an inode, or, as a rename, does both at once.
 * Changes that were not synced wait in a log. Syncing a folder makes those of its names durable,
 * and what they need: earlier changes of the same names; for a folder that goes, all earlier ones
 * in it; for a folder that moves, all earlier moves of folders. A power cut keeps any of the others
 * that has what it needs, or, on a journaled disk, the first so many of all.
 *
 * Contents are blocks of 4 KB that are shared until written to: by what is seen, by what is
 * durable, by clones, and by copies of a whole disk.
 *
 * Everybody is root: modes are kept and forbid nothing. Not for several threads. Running out of
 * real memory ends the program.
 */
struct sim_disk;
struct sim_inode;

#define SIM_DISK_BLOCK 4096u

struct sim_disk_how {
	uint64_t bytes_max; /* of blocks with something in them; 0: no limit */
	bool is_journaled;
	int64_t (*now)(void *arg); /* ns since 1970; NULL: counts */
	/* one of 0 to below - 1, 0 being the plainest; NULL: 0 */
	uint32_t (*choose)(void *arg, uint32_t below);
	void *arg;
};

struct sim_disk *pawl_disk_new_(const struct sim_disk_how *how);
void pawl_disk_free_(struct sim_disk *d);

/* A disk with the same files, and the same of them durable; none is open. O(files). */
struct sim_disk *pawl_disk_copy_(const struct sim_disk *d, const struct sim_disk_how *how);

/*
 * The power is gone and comes back. Inodes that are still open stay readable and have no name. What
 * was locked is not.
 */
void pawl_disk_cut_(struct sim_disk *d);

/* All that there is is durable from now on. */
void pawl_disk_settle_(struct sim_disk *d);

/* ---- open files; each gives back a negative number as the world's entries do ---- */

/*
 * Flags are those of the world, and these. `mode` is exact: what a umask takes is the caller's.
 * What is opened stays, without a name if need be, until pawl_disk_close_.
 */
enum {
	SIM_OPEN_BOTH = 256, /* read and write, and nothing is truncated */
};

int pawl_disk_open_(struct sim_disk *d, const char *path, unsigned flags, unsigned mode,
		    struct sim_inode **ret);

/* A new file without a name. */
struct sim_inode *pawl_disk_open_nameless_(struct sim_disk *d);

/* One more to close. */
void pawl_disk_keep_(struct sim_inode *n);
void pawl_disk_close_(struct sim_disk *d, struct sim_inode *n);

/* Less than was asked for: that is all there is. */
int pawl_disk_read_(const struct sim_inode *n, int64_t at, void *buf, size_t size,
		    size_t *ret_size);

/* On PAWL_ENOSPC a part of it may be written: *ret_size. */
int pawl_disk_write_(struct sim_disk *d, struct sim_inode *n, int64_t at, const void *buf,
		     size_t size, size_t *ret_size);

int pawl_disk_truncate_(struct sim_disk *d, struct sim_inode *n, int64_t size);
void pawl_disk_fstat_(const struct sim_inode *n, pawl_stat *ret);

/* The content of `from` becomes that of the empty file `to`. */
int pawl_disk_share_(struct sim_disk *d, const struct sim_inode *from, struct sim_inode *to);

/* False: somebody else has it. Closing does not unlock. */
bool pawl_disk_lock_(struct sim_inode *n);
void pawl_disk_unlock_(struct sim_inode *n);

/* For whoever keeps something beside an open file; NULL at first. */
void **pawl_disk_beside_(struct sim_inode *n);

/* ---- durability ---- */

/* A file's content and inode, a folder's inode and names. */
void pawl_disk_sync_(struct sim_disk *d, struct sim_inode *n);

/*
 * The same, failing: by choice all of it is durable, or nothing, or some blocks. Of a content that
 * is not, the disk thinks that it is: no later sync brings it, unless it is written again.
 */
void pawl_disk_sync_fails_(struct sim_disk *d, struct sim_inode *n);

void pawl_disk_sync_all_(struct sim_disk *d);
/* Of one file system. */
void pawl_disk_sync_dev_(struct sim_disk *d, uint32_t dev);
void pawl_disk_sync_dev_fails_(struct sim_disk *d, uint32_t dev);

/*
 * The folder, which is made if it is missing, and durable, becomes another file system: what is
 * made in it is of that, none of it is moved or linked across, and it is synced by itself.
 * PAWL_ENOTEMPTY, PAWL_EBUSY when it is one already.
 */
int pawl_disk_mount_(struct sim_disk *d, const char *path);

/* A number that this disk did not give before, and will not again as an inode's. */
uint64_t pawl_disk_serial_(struct sim_disk *d);

/* How many changes of names wait. */
size_t pawl_disk_changes_(const struct sim_disk *d);

/* ---- paths ---- */

int pawl_disk_stat_(struct sim_disk *d, const char *path, bool follow, pawl_stat *ret);
int pawl_disk_mkdir_(struct sim_disk *d, const char *path, unsigned mode);
int pawl_disk_unlink_(struct sim_disk *d, const char *path);
int pawl_disk_rmdir_(struct sim_disk *d, const char *path);
int pawl_disk_rename_(struct sim_disk *d, const char *from, const char *to);
int pawl_disk_link_(struct sim_disk *d, const char *from, const char *to);
int pawl_disk_symlink_(struct sim_disk *d, const char *target, const char *path);
int pawl_disk_chmod_(struct sim_disk *d, const char *path, unsigned mode);
int pawl_disk_set_mtime_(struct sim_disk *d, const char *path, int64_t mtime);

/* The text of a link, until it is unlinked. */
int pawl_disk_target_(struct sim_disk *d, const char *path, const char **ret);

/*
 * Is a path absolute and plain, and each part of it that is followed by others a folder, not a
 * link to one? The last may be missing, and may be a link unless `follow`.
 */
bool pawl_disk_is_direct_(struct sim_disk *d, const char *path, bool follow);

/* The folder that has the name which a path ends with, opened. */
int pawl_disk_open_parent_(struct sim_disk *d, const char *path, struct sim_inode **ret);

/*
 * The names in a folder, in the order of their bytes, each with its NUL, as they are now: the
 * caller's memory, to be freed. NULL: none.
 */
char *pawl_disk_names_(const struct sim_inode *folder, size_t *ret_count);

/* What a name in a folder is; a link is not followed. */
int pawl_disk_stat_at_(struct sim_inode *folder, const char *name, pawl_stat *ret);

/* Opens what a name in a folder is, if it is a folder. */
int pawl_disk_open_at_(struct sim_inode *folder, const char *name, struct sim_inode **ret);

/* ---- for tests, and for what comes with the machine: nothing of it waits in the log ---- */

/* Makes the folders of a path that are missing: durable, or, fleeting, never. */
int pawl_disk_mkdirs_(struct sim_disk *d, const char *path, bool is_fleeting);

/* Makes a file, and the folders above it, durable at once; one that is there is written over. */
int pawl_disk_put_(struct sim_disk *d, const char *path, const void *bytes, size_t size,
		   unsigned mode);

/* As much of a file as `size`; *ret_size is how much it has. */
int pawl_disk_get_(struct sim_disk *d, const char *path, void *buf, size_t size, size_t *ret_size);

/* Makes all that is at a path go, durable or not. */
void pawl_disk_remove_(struct sim_disk *d, const char *path);

/* The whole tree as a text, one line for each name, to be freed; with times or without. */
char *pawl_disk_dump_(struct sim_disk *d, bool with_times);

/* Bytes of blocks with something in them, as they are counted against the limit. */
uint64_t pawl_disk_used_(const struct sim_disk *d);

#endif
