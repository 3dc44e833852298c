/* SPDX-License-Identifier: MIT */
/* A world of a few files in memory, and stores read from texts, for the tests of the language. */
#ifndef PAWL_LANG_KIT_H
#define PAWL_LANG_KIT_H

#include "kit.h"

#include <graph/data.h>
#include <graph/layer.h>
#include <graph/statement.h>

/* A file of the little world: its path and what is in it. Folders are where files are. */
struct lang_file {
	const char *path, *text;
};

struct lang_kit {
	pawl_world world;
	const struct lang_file *files;
	size_t file_count;
	size_t offset[64]; /* of the files that are open */
	bool open[64];
	unsigned reads; /* how often a file was opened */
	struct pawl_messages messages;
	struct pawl_meta *meta;
	struct pawl_buf said;
};

/* The files are the caller's and stay in place. */
void lang_init(struct lang_kit *k, const struct lang_file *files, size_t count);
void lang_fini(struct lang_kit *k);

/* Reads the build folder /b with pawl's own layer /own, once. */
int lang_load(struct lang_kit *k, const char *const *assign);
/* All that was said, one message a line, each with its level: "error: …". */
const char *lang_said(struct lang_kit *k);
/* How often `text` was said. */
size_t lang_count(struct lang_kit *k, const char *text);

/*
 * A store that has read one text as the file /t.bb (or another name), its names expanded as in a
 * recipe.
 */
struct lang_store {
	struct lang_kit kit;
	struct lang_file file;
	struct pawl_meta meta;
	struct pawl_meta_state state;
	struct pawl_data *base, *data;
};

void lang_store_init(struct lang_store *s, const char *path, const char *text);
void lang_store_fini(struct lang_store *s);

/* CHECK_STR that knows NULL. */
void lang_check(const char *got, const char *want, const char *file, int line);
#define CHECK_TEXT(got, want) lang_check((got), (want), __FILE__, __LINE__)

#endif
