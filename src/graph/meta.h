/* SPDX-License-Identifier: MIT */
/* What the layers say: variables, recipes, their tasks, scripts and sources. */
#ifndef PAWL_GRAPH_META_H
#define PAWL_GRAPH_META_H

#include <pawl/world.h>
#include "base.h"

/*
 * A store of variables. Texts that these functions return belong to the store and live as long as
 * it does. A store may be used by one thread at a time; a recipe's store reads its configuration's,
 * which nobody may change once recipes exist. What goes wrong (a loop, inline Python) is said in
 * the messages that were given to pawl_meta_load, once per variable, and gives NULL.
 */
struct pawl_data;

/* One operation on a variable, in the order in which they were read. */
struct pawl_set_by {
	const char *file; /* NULL: pawl itself */
	int line;
	/*
	 * "=", "?=", "??=", ":=", "+=", "=+", ".=", "=.", ":append", ":append:foo", ":foo =",
	 * "export", "unset", "function" …
	 */
	const char *op;
	const char *text; /* as written, not expanded */
	const char *flag; /* NULL: the value itself */
};

/* expanded; NULL: not set */
const char *pawl_data_get(struct pawl_data *d, const char *name);
/* with overrides and :append, not expanded */
const char *pawl_data_raw(struct pawl_data *d, const char *name);
/* expanded; NULL: not set */
const char *pawl_data_flag(struct pawl_data *d, const char *name, const char *flag);
const char *pawl_data_raw_flag(struct pawl_data *d, const char *name, const char *flag);
/* what = text with its ${…} replaced */
const char *pawl_data_expand(struct pawl_data *d, const char *text);
/*
 * As BitBake reads a switch: "1 y yes on true" is true; "0 n no off false", empty and not set are
 * not; flag may be NULL.
 */
bool pawl_data_true(struct pawl_data *d, const char *name, const char *flag);
bool pawl_data_is_function(struct pawl_data *d, const char *name);
/* All names that are set, sorted by bytes; flags of one name, sorted. In the memory of `a`. */
void pawl_data_names(struct pawl_data *d, struct pawl_arena *a, const char ***ret_names,
		     size_t *ret_count);
void pawl_data_flags(struct pawl_data *d, const char *name, struct pawl_arena *a,
		     const char ***ret_names, size_t *ret_count);
/* Everything that was done to a name and to its overrides (NAME:foo), oldest first. */
void pawl_data_history(struct pawl_data *d, const char *name, struct pawl_arena *a,
		       struct pawl_set_by **ret_at, size_t *ret_count);

/*
 * A task of a recipe and the tasks (of the same recipe) that it comes after; in the order of
 * addtask.
 */
struct pawl_recipe_task {
	const char *name;         /* "do_compile" */
	const char *const *after; /* each is a task of this recipe */
	size_t after_count;
};

struct pawl_recipe {
	const char *pn, *pe, *pv, *pr; /* pe may be "" */
	const char *file;              /* the .bb */
	const char *const *appends;    /* the .bbappend files that were read, in order */
	size_t append_count;
	const char *layer;           /* name of its collection, "" when none claims it */
	int priority;                /* of that layer */
	int preference;              /* DEFAULT_PREFERENCE */
	const char *const *provides; /* PN first */
	size_t provide_count;
	struct pawl_recipe_task *tasks;
	size_t task_count;
	struct pawl_data *data;
	struct pawl_meta *meta;
	void *lead;           /* for whoever plans with it; NULL at first */
	bool sources_refused; /* what is wrong with SRC_URI was said */
};

/*
 * A thing that was looked at while loading: when all of them are still the same, loading again
 * gives the same.
 */
enum pawl_input_kind {
	PAWL_INPUT_FILE = 1,
	PAWL_INPUT_DIR,   /* its list of names was read */
	PAWL_INPUT_ABSENT /* there was nothing at this path */
};

struct pawl_input {
	const char *path;
	enum pawl_input_kind kind;
	pawl_stat st; /* taken before it was read; zero for ABSENT */
};

struct pawl_meta_options {
	const char *top; /* the build folder, absolute: TOPDIR */
	/* pawl's own layer (conf/bitbake.conf, classes/base.bbclass); may be NULL */
	const char *own_layer;
	/* "NAME=value" from the command line, ends in NULL; may be NULL */
	const char *const *assign;
};

struct pawl_meta {
	struct pawl_data *config;
	struct pawl_recipe **recipes; /* sorted by file name */
	size_t recipe_count;
	struct pawl_input *inputs; /* no path twice */
	size_t input_count;
	struct pawl_meta_state *state_;
};

/*
 * Reads a build folder: configuration, layers and all recipes.
 *
 *	m	gets what is wrong; must outlive the meta data, since later expansions report there
 *		too
 *
 * result:  0; PAWL_ESYNTAX when m got an error (*ret_meta is then set all the same, for its inputs)
 * owns:    *ret_meta is the caller's: pawl_meta_free
 * from:    a task or a blocking section
 * cost:    about 50 us per small recipe
 */
int pawl_meta_load(pawl_world *w, const struct pawl_meta_options *o, struct pawl_messages *m,
		   struct pawl_meta **ret_meta);
void pawl_meta_free(struct pawl_meta *meta);

/*
 * The recipe that builds `what` (a PN or something that one provides), after preferences; NULL:
 * none.
 */
struct pawl_recipe *pawl_meta_provider(struct pawl_meta *meta, const char *what);
/* Is `what` in ASSUME_PROVIDED? */
bool pawl_meta_assumed(struct pawl_meta *meta, const char *what);
/* What is provided and looks most like `what`, or NULL. */
const char *pawl_meta_closest(struct pawl_meta *meta, const char *what);
/* Compares versions as BitBake does: negative, 0 or positive. */
int pawl_version_compare(const char *pe1, const char *pv1, const char *pr1, const char *pe2,
			 const char *pv2, const char *pr2);

/* The index of a task of the recipe, or -1. */
int pawl_recipe_task(const struct pawl_recipe *r, const char *name);

/*
 * What a task's signature consists of: its function and all variables that it uses, however
 * indirectly, with their values as they stand (not expanded: what they refer to is in the list
 * itself). Names that are not set are left out.
 */
struct pawl_sigvar {
	const char *name; /* "do_compile", "CFLAGS", or "do_compile[depends]" for a flag */
	const char *value;
};

/* 0 or PAWL_ESYNTAX (said in the messages). Sorted by name. */
int pawl_recipe_task_vars(struct pawl_recipe *r, const char *task, struct pawl_arena *a,
			  struct pawl_sigvar **ret, size_t *ret_count);
/* The whole text of run.<task>: exports, functions, the call. 0 or PAWL_ESYNTAX. */
int pawl_recipe_script(struct pawl_recipe *r, const char *task, struct pawl_buf *ret_script);

/* One entry of SRC_URI. */
struct pawl_uri {
	const char *type; /* "file", "http" or "https" */
	const char *url;  /* without its parameters */
	const char *name; /* parameter name=, or NULL */
	bool remote;      /* must be fetched to `path` */
	/* on this machine: the file (or folder) found, or ${DL_DIR}/<downloadfilename> */
	const char *path;
	const char *file_name; /* last part of path */
	const char *sha256;    /* of a remote one: never NULL. Of a local one: NULL */
	/* of a remote one: the URLs to try, in order: premirrors, its own, mirrors */
	const char *const *from;
	size_t from_count;
	bool unpack;
	bool patch;             /* applied by do_patch */
	const char *subdir;     /* NULL: none */
	const char *destsuffix; /* NULL: none */
	const char *patchdir;   /* NULL: S */
	int striplevel;
};

/* 0 or PAWL_ESYNTAX (said in the messages, with the recipe and the line). */
int pawl_recipe_uris(struct pawl_recipe *r, struct pawl_arena *a, struct pawl_uri **ret,
		     size_t *ret_count);

#endif
