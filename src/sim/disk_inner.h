/* SPDX-License-Identifier: MIT */
/* The inside of the simulated disk, for its own files. */
#ifndef PAWL_SIM_DISK_INNER_H
#define PAWL_SIM_DISK_INNER_H

#include "sim/disk.h"

#include "port/assert.h"

enum {
	DISK_NAME_MAX = 255,
	DISK_PATH_MAX = 4096,
	DISK_FOLLOW_MAX = 40, /* links in a path */
	DISK_LINKS_MAX = 65000
};

/* ---- contents ---- */

/* Never changes while two have it. What is behind its room is zero. */
struct disk_block {
	uint32_t refs;
	uint16_t room;
	bool is_fresh; /* there was nothing at its place: until it is synced it may be zero */
	unsigned char bytes[];
};

/* Blocks that are NULL, or behind the last that is listed, are zero; so is all behind the end. */
struct disk_data {
	int64_t size;
	uint32_t count;
	uint32_t room; /* 1: one; else many */
	union {
		struct disk_block *one;
		struct disk_block **many;
	} blocks;
};

void pawl_disk_data_fini_(struct disk_data *d);
void pawl_disk_data_share_(struct disk_data *to, const struct disk_data *from);
void pawl_disk_data_swap_(struct disk_data *a, struct disk_data *b);
size_t pawl_disk_data_read_(const struct disk_data *d, int64_t at, void *buf, size_t size);

/* How many of its blocks there are. */
uint32_t pawl_disk_data_used_(const struct disk_data *d);

/* Writes within one block; `kept` is what is durable. Returns by how many blocks it is larger. */
unsigned pawl_disk_data_write_(struct disk_data *d, const struct disk_data *kept, int64_t at,
			       const void *buf, size_t size);
bool pawl_disk_data_has_(const struct disk_data *d, int64_t at);

/* Returns how many blocks went. */
uint32_t pawl_disk_data_truncate_(struct disk_data *d, const struct disk_data *kept, int64_t size);
bool pawl_disk_data_is_(const struct disk_data *a, const struct disk_data *b);

/* What differs in `d` from `from` becomes so in `to`. */
void pawl_disk_data_bring_(struct disk_data *to, const struct disk_data *d,
			   const struct disk_data *from);

/* A mixture of what is durable and what is not, by choice; becomes `kept`. */
void pawl_disk_data_mix_(struct sim_disk *disk, struct disk_data *kept, const struct disk_data *d,
			 const struct disk_data *from);

/* ---- inodes ---- */

struct disk_meta {
	uint32_t mode;
	int64_t mtime, ctime;
};

/* A name, now or durably or in a change. */
struct disk_entry {
	struct sim_inode *now, *kept;
	uint32_t changes; /* that wait */
	uint32_t mark;
	uint64_t head; /* of the name: its first bytes as a number */
	uint16_t length;
	char name[];
};

struct sim_inode {
	struct sim_inode *next, *previous; /* of the disk, by number */
	uint64_t ino;
	uint32_t dev; /* of which file system it is */
	enum pawl_kind kind;
	uint32_t links; /* as stat tells it */
	uint32_t refs;  /* names now and durable, changes, open files */
	uint32_t mark, meta_mark, new_mark;
	bool is_locked;
	bool is_mtime_written; /* by writing, not by who set it */
	struct disk_meta meta, kept_meta;
	struct disk_data data, kept; /* of a file */
	struct disk_data *clean;     /* what the disk thinks is durable; NULL: what is */
	char *target;                /* of a link */
	struct disk_entry **entries; /* of a folder, in the order of their bytes */
	uint32_t entry_count, entry_room, live;
	uint32_t recent;          /* the entry that was found last, perhaps */
	struct sim_inode *parent; /* of a folder */
	struct sim_inode *copy;   /* while the disk is copied */
	void *beside;
};

/* One change that waits. */
struct disk_part {
	struct sim_inode *folder;
	struct disk_entry *entry;
	struct sim_inode *to; /* NULL: no name any more */
};

enum disk_sets { DISK_SETS_NOTHING, DISK_SETS_MODE, DISK_SETS_MTIME };

struct disk_change {
	struct disk_part part[2];
	unsigned parts;
	struct sim_inode *gone; /* an empty folder that goes */
	bool is_move;           /* of a folder */
	enum disk_sets sets;    /* and of which inode */
	struct sim_inode *inode;
	struct disk_meta meta;
	int64_t time;
	bool is_wanted; /* while it is found out which go together */
};

struct sim_disk {
	struct sim_disk_how how;
	struct sim_inode *root;
	struct sim_inode *first, *last;
	uint64_t inos;
	uint32_t devs; /* file systems */
	uint64_t used; /* blocks */
	int64_t count; /* the clock when there is none */
	uint32_t mark;
	struct disk_change *log;
	size_t log_count, log_room;
};

/* ---- disk.c ---- */

void *pawl_disk_alloc_(size_t size);
void *pawl_disk_grow_(void *p, size_t size);

/* A disk without a root; one more inode of it. */
struct sim_disk *pawl_disk_bare_(const struct sim_disk_how *how);
void pawl_disk_list_(struct sim_disk *d, struct sim_inode *n);
int64_t pawl_disk_now_(struct sim_disk *d);
uint32_t pawl_disk_choose_(struct sim_disk *d, uint32_t below);
struct sim_inode *pawl_disk_inode_new_(struct sim_disk *d, enum pawl_kind kind, unsigned mode);
void pawl_disk_unref_(struct sim_disk *d, struct sim_inode *n);
void pawl_disk_touch_(struct sim_disk *d, struct sim_inode *n);
bool pawl_disk_is_dirty_(const struct sim_inode *n);

/* ---- disk_name.c ---- */

/* The place of a name in a folder; NULL: none. */
struct disk_entry *pawl_disk_find_(struct sim_inode *folder, const char *name, size_t length);
struct disk_entry *pawl_disk_entry_(struct sim_inode *folder, const char *name, size_t length);

/* Removes the entry if nobody needs it. */
void pawl_disk_prune_(struct sim_inode *folder, struct disk_entry *e);

/* What a name is now, and durably. */
void pawl_disk_set_now_(struct sim_disk *d, struct sim_inode *folder, struct disk_entry *e,
			struct sim_inode *to);
void pawl_disk_set_kept_(struct sim_disk *d, struct disk_entry *e, struct sim_inode *to);

/* ---- disk_path.c ---- */

enum disk_last { DISK_NORMAL, DISK_ROOT, DISK_DOT, DISK_DOTS };

/* Where a path leads. */
struct disk_place {
	struct sim_inode *parent;
	const char *name; /* the last part; in the path, or in the text of a link */
	size_t length;
	enum disk_last last;
	bool has_slash;          /* behind it */
	struct sim_inode *inode; /* NULL: nothing has that name */
};

/* The last part is not looked into, whatever it is; the rest is. */
int pawl_disk_place_(struct sim_disk *d, const char *path, struct disk_place *ret);

/* The same; a link is followed, and what it leads to need not be there. */
int pawl_disk_place_follow_(struct sim_disk *d, const char *path, struct disk_place *ret);
int pawl_disk_place_make_(struct sim_disk *d, const char *path, struct disk_place *ret);

/* Gives the place, where nothing is, a new file. */
struct sim_inode *pawl_disk_make_file_(struct sim_disk *d, const struct disk_place *p,
				       unsigned mode);

/* What is there; PAWL_ENOENT. */
int pawl_disk_look_(struct sim_disk *d, const char *path, bool follow, struct sim_inode **ret);

/* ---- disk_log.c ---- */

/* What is already so in what is seen becomes durable some day. */
struct disk_change *pawl_disk_log_(struct sim_disk *d);
void pawl_disk_log_part_(struct disk_change *c, struct sim_inode *folder, struct disk_entry *e,
			 struct sim_inode *to);
void pawl_disk_log_gone_(struct disk_change *c, struct sim_inode *folder);
void pawl_disk_log_free_(struct sim_disk *d);

/*
 * The changes become durable that concern this inode, with what they need, or all of a file system.
 */
void pawl_disk_log_flush_(struct sim_disk *d, struct sim_inode *n);
void pawl_disk_log_flush_all_(struct sim_disk *d, uint32_t dev);

/* Some, by choice, become durable, and the rest is forgotten. */
void pawl_disk_log_cut_(struct sim_disk *d);

#endif
