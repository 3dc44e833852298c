/* SPDX-License-Identifier: MIT */
/* What the tests of the store share: a scratch folder, odd trees, a world that fails. */
#ifndef PAWL_STORE_KIT_H
#define PAWL_STORE_KIT_H

#include "graph/store_inner.h"
#include "kit.h"
#include <pawl/host.h>

/* The machine's files, with a count of the calls and a point at which something goes wrong. */
struct trouble {
	pawl_world world; /* first: what the store is given */
	pawl_world *below;
	pawl_world_ops ops;
	unsigned calls;   /* so far, of those that change or read files */
	unsigned fail_at; /* the call with this number fails; 0: none */
	bool for_ever;    /* and all after it */
	int error;        /* with this */
	unsigned die_at;  /* the process ends before this call */
	bool no_links;    /* as on another file system */
	/* and what was not synced is lost: half of it is gone, times are kept */
	bool power_cut;
	char unsynced[64][256]; /* files written since the last sync */
	unsigned unsynced_count;
};

struct scratch {
	char root[128]; /* a new folder; gone after scratch_fini */
	char text[512]; /* scratch_path's */
	struct trouble trouble;
	pawl_world *w; /* the troubled world */
	struct pawl_store *store;
	struct pawl_messages messages;
};

/* From now on what SQLite writes and syncs is counted, too, and fails with the rest. */
void trouble_database(struct trouble *t);

void scratch_init(struct scratch *s);
void scratch_fini(struct scratch *s);
const char *scratch_path(struct scratch *s, const char *name);
void scratch_open(struct scratch *s); /* the store, at root/store */
int scratch_try_open(struct scratch *s);
void scratch_close(struct scratch *s);
int scratch_flush(struct scratch *s);

/* Helpers that end the test when they fail. Names are full paths. */
void make_dir(const char *path, unsigned mode);
void make_file(const char *path, const void *data, size_t len, unsigned mode);
void make_text(const char *path, const char *text, unsigned mode);
void make_link(const char *target, const char *path);
void make_hard(const char *from, const char *path);
void set_mode(const char *path, unsigned mode);
void set_time(const char *path, int64_t ns);
void make_gone(const char *path); /* a file, or a folder with all that is in it */
bool is_there(const char *path);

/* A tree with one of everything. */
void make_odd_tree(const char *root);

/*
 * All that can be seen of a folder, as text: kinds, modes, times, contents, which files are one.
 * The caller frees it.
 */
char *folder_text(const char *root);

/* Numbers from a seed. */
uint32_t random_next(uint64_t *seed);

#endif
