/* SPDX-License-Identifier: MIT */
/* Files as the language sees them: each is looked at once, and what was seen is remembered. */
#ifndef PAWL_GRAPH_LOOK_H
#define PAWL_GRAPH_LOOK_H

#include "meta.h"
#include "parse.h"

struct pawl_look {
	pawl_world *world;
	struct pawl_messages *messages;
	struct pawl_arena arena; /* of paths and of sources that are kept */
	struct pawl_map seen;    /* path -> struct pawl_input */
	struct pawl_map sources; /* path -> struct pawl_source */
};

void pawl_look_fini(struct pawl_look *l);

/* Is there anything at path? What it is, or NULL. */
const struct pawl_input *pawl_look_at(struct pawl_look *l, const char *path);
bool pawl_look_is_dir(struct pawl_look *l, const char *path);
/* The first folder of paths (joined by ':') that holds name; its whole path, or NULL. */
const char *pawl_look_which(struct pawl_look *l, const char *paths, const char *name);
/* Appends what is in a file; negative when it cannot be read. */
int pawl_look_read(struct pawl_look *l, const char *path, struct pawl_buf *ret);
/*
 * The statements of a file. Kept, so that a second time costs nothing, when `own` is NULL; else
 * they live in own. NULL and *ret_result when it cannot be read.
 */
struct pawl_source *pawl_look_source(struct pawl_look *l, const char *path, struct pawl_arena *own,
				     int *ret_result);
/* The paths that a pattern (with * ? []) stands for, sorted, appended to ret. */
void pawl_look_glob(struct pawl_look *l, const char *pattern, struct pawl_list *ret);
/* All files below a folder, sorted. */
void pawl_look_tree(struct pawl_look *l, const char *dir, struct pawl_list *ret);
/* What was seen, as the list that struct pawl_meta shows. */
void pawl_look_inputs(const struct pawl_look *l, struct pawl_input **ret, size_t *ret_count);

#endif
