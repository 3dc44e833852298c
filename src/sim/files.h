/* SPDX-License-Identifier: MIT */
/* The files of a simulated world: the entries of its table, and what is open. */
#ifndef PAWL_SIM_FILES_H
#define PAWL_SIM_FILES_H

#include "sim/disk.h"
#include "sim/machine.h"

/* One open file, and its position; processes that were started with it share it. */
struct sim_file {
	struct sim_inode *inode;
	int64_t at;
	unsigned refs;
	bool reads, writes, appends;
	bool is_locked;
	char path[]; /* as it was opened, for traces */
};

/* A folder that is being walked. */
struct sim_step {
	struct sim_step *outer;
	struct sim_inode *folder;
	char *names;
};

/* Where the path of a call leads on the disk, for those whose world shows a part of it. */
struct sim_paths;

struct sim_files {
	struct sim_machine *machine;
	struct sim_file **files; /* by number, from SIM_FILE_FIRST on */
	unsigned room, count;
	struct sim_step *steps; /* the innermost of what is walked last */
	struct sim_paths *paths;
	char *walk_path; /* for the next walk; NULL: one has it */
	void *sqlite;    /* what SQLite has open; NULL: it was never asked for */
	void (*sqlite_end)(struct sim_files *f);
};

/* The numbers before are those of every program. */
#define SIM_FILE_FIRST 3

struct sim_files *pawl_sim_files_new_(struct sim_machine *m);
void pawl_sim_files_free_(struct sim_files *f);

/* The same open file, with one position, in another world; no point, no fault. */
int pawl_sim_files_pass_(struct sim_world *from, int file, struct sim_world *to, int *ret_file);

/* The world's entries. */
int pawl_sim_file_open_(pawl_world *w, const char *path, unsigned flags, unsigned mode,
			int *ret_file);
int pawl_sim_file_close_(pawl_world *w, int file);
int pawl_sim_file_read_(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size);
int pawl_sim_file_write_(pawl_world *w, int file, const void *buf, size_t size);
int pawl_sim_file_fstat_(pawl_world *w, int file, pawl_stat *ret_stat);
int pawl_sim_file_stat_(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat);
int pawl_sim_file_walk_(pawl_world *w, const char *path, unsigned depth_max, pawl_walk_fn *each,
			void *arg);
int pawl_sim_file_mkdir_(pawl_world *w, const char *path, unsigned mode);
int pawl_sim_file_unlink_(pawl_world *w, const char *path);
int pawl_sim_file_rmdir_(pawl_world *w, const char *path);
int pawl_sim_file_rename_(pawl_world *w, const char *from, const char *to);
int pawl_sim_file_link_(pawl_world *w, const char *from, const char *to);
int pawl_sim_file_symlink_(pawl_world *w, const char *target, const char *path);
int pawl_sim_file_readlink_(pawl_world *w, const char *path, char *buf, size_t size);
int pawl_sim_file_chmod_(pawl_world *w, const char *path, unsigned mode);
int pawl_sim_file_set_mtime_(pawl_world *w, const char *path, int64_t mtime);
int pawl_sim_file_clone_(pawl_world *w, const char *from, const char *to, unsigned mode);
int pawl_sim_file_sync_(pawl_world *w, int file);
int pawl_sim_file_sync_all_(pawl_world *w, const char *path);
int pawl_sim_file_lock_(pawl_world *w, const char *path, int *ret_file);

/* ---- files_path.c ---- */

/* How the last part of a path is taken. */
enum sim_reach {
	SIM_REACH_NAME = 0,   /* as it is: it is the name that counts */
	SIM_REACH_FOLLOW = 1, /* through links */
	SIM_REACH_WRITES = 2  /* what is there is to be changed */
};

/*
 * Where a path is on the disk, in memory that the next call overwrites; `place`, 0 or 1, says which
 * of two. Links on the way are those that the world sees.
 */
int pawl_sim_reach_(struct sim_world *w, const char *path, unsigned how, unsigned place,
		    const char **ret_real);

/* Are the two that were asked for last on different mounts? */
bool pawl_sim_is_across_(struct sim_world *w);
void pawl_sim_paths_free_(struct sim_paths *p);

/* ---- files_walk.c ---- */

void pawl_sim_steps_free_(struct sim_files *f);

#endif
