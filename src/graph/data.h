/* SPDX-License-Identifier: MIT */
/* Inside the store of variables: what a variable consists of and how stores hang together. */
#ifndef PAWL_GRAPH_DATA_H
#define PAWL_GRAPH_DATA_H

#include "meta.h"

/*
 * A growing array in a store's arena. A shadow copy of a variable shares it (cap 0) until it
 * writes.
 */
struct pawl_vec {
	void *at;
	uint32_t len, cap;
};

/* Where an operation was written. */
struct pawl_where {
	const char *file; /* NULL: pawl itself */
	int line;
	const char *op; /* as in struct pawl_set_by */
	const char *text;
};

struct pawl_var_event {
	struct pawl_var_event *older;
	/* generation of the store: orders events of several names */
	uint64_t at;
	struct pawl_where where;
	const char *flag;
};

struct pawl_flag {
	const char *name;
	const char *value; /* NULL: not set */
	const char *weak;  /* set by ??=; NULL: not set */
};

struct pawl_change {
	const char *text;
	/* overrides joined by ':' that must all be active; NULL or "": always */
	const char *when;
};

/* An override of a variable: A:foo is the override "foo" of A. */
struct pawl_over {
	const char *name; /* "A:foo" */
	const char *when; /* "foo" */
};

enum pawl_change_kind { PAWL_APPEND, PAWL_PREPEND, PAWL_REMOVE, PAWL_CHANGE_KINDS };

struct pawl_var {
	const char *name;
	uint32_t hash;
	uint32_t len;                               /* of name */
	const char *content;                        /* NULL: not set */
	const char *weak;                           /* set by ??=; NULL: not set */
	struct pawl_vec flags;                      /* struct pawl_flag */
	struct pawl_vec changes[PAWL_CHANGE_KINDS]; /* struct pawl_change, oldest first */
	struct pawl_vec over;                       /* struct pawl_over, oldest first */
	struct pawl_var_event *events;              /* newest first */
};

/*
 * The value of a name, computed when it is asked for and kept until something in the store changes.
 */
struct pawl_value {
	const char *name;
	uint32_t hash;
	uint32_t len;
	uint64_t raw_at; /* generation in which raw is right; 0: never */
	uint64_t text_at;
	/* with overrides, :append and :prepend, not expanded; NULL: not set */
	const char *raw;
	const char *match;       /* the override that gave the value (NULL: none) */
	const char *text;        /* expanded, less what :remove takes; NULL: not set or failed */
	struct pawl_vec removed; /* const char *: texts of :remove that took something */
	bool broken;             /* raw could not be made */
	bool busy;               /* is being expanded: meeting it again is a loop */
	bool failed;             /* with text_at: an error was said */
};

struct pawl_table {
	void **at; /* struct pawl_var * or struct pawl_value *, NULL: free */
	uint32_t size, count;
};

/* A name in a list that children share with their parents; newest first. */
struct pawl_link {
	struct pawl_link *older;
	const char *name;
	const char *file; /* for deferred inherits */
	int line;
};

struct pawl_data {
	struct pawl_data *parent; /* read only from here */
	struct pawl_arena arena;
	struct pawl_messages *messages;
	struct pawl_meta *meta;   /* may be NULL in tests */
	struct pawl_table vars;   /* struct pawl_var, with shadows of the parent's */
	struct pawl_table values; /* struct pawl_value */
	uint64_t generation;      /* grows with each change; 1 at first */
	const char **overrides;   /* active ones, in order */
	size_t override_count;
	const char *override_text;   /* what they were split from */
	uint64_t overrides_at;       /* generation in which they are right; 0: never */
	bool in_overrides;           /* OVERRIDES itself is being computed */
	bool overrides_asked;        /* … and something in it depends on overrides */
	int level;                   /* how many values are being computed inside each other */
	struct pawl_frame *frame;    /* what is being expanded, innermost first */
	struct pawl_link *keyed;     /* names that contain ${ */
	struct pawl_link *exported;  /* names that ever had the flag export or unexport */
	struct pawl_link *inherited; /* paths of classes */
	struct pawl_link *deferred;  /* classes of inherit_defer, newest first */
	unsigned failures;           /* expansions that failed */
	int depth;                   /* of files that read files */
	bool is_recipe;
	bool has_file;                    /* a file set FILE in this very store */
	struct pawl_sig_cache *sig_cache; /* what sigvars.c keeps; NULL at first */
	struct pawl_recipe *recipe;       /* whose store it is; NULL: a configuration */
};

/* One level of expansion, to show loops. */
struct pawl_frame {
	struct pawl_frame *outer;
	const char *name;
};

/* What a text refers to: names found in ${…}, each once, in order of appearance. */
struct pawl_refs {
	struct pawl_map names; /* values are the map itself, only keys matter */
};

struct pawl_data *pawl_data_new(struct pawl_data *parent, struct pawl_messages *m,
				struct pawl_meta *meta);
void pawl_data_free(struct pawl_data *d);

/* a zeroed new last one */
void *pawl_vec_push(struct pawl_arena *a, struct pawl_vec *v, size_t elem);
/* v->at, writable */
void *pawl_vec_own(struct pawl_arena *a, struct pawl_vec *v, size_t elem);

uint32_t pawl_name_hash(const char *s, size_t len);
struct pawl_var *pawl_data_find(const struct pawl_data *d, const char *name, size_t len,
				uint32_t hash);
struct pawl_var *pawl_data_find_name(const struct pawl_data *d, const char *name);
/* in this very store, made when missing */
struct pawl_var *pawl_data_own(struct pawl_data *d, const char *name);
/* has content, flags or changes: is a key of the store */
/* set, or an override is active */
bool pawl_data_is_key(struct pawl_data *d, const struct pawl_var *v);
bool pawl_var_is_set(const struct pawl_var *v);

/*
 * As the statements of a file do it: `NAME = value`, and NAME:append and its kin go to the lists of
 * NAME.
 */
void pawl_data_assign(struct pawl_data *d, const char *name, const char *value,
		      const struct pawl_where *w);
/*
 * As a program would do it: what was appended, prepended, removed or overridden before is
 * forgotten.
 */
void pawl_data_put(struct pawl_data *d, const char *name, const char *value,
		   const struct pawl_where *w);
void pawl_data_put_weak(struct pawl_data *d, const char *name, const char *value,
			const struct pawl_where *w);
void pawl_data_put_flag(struct pawl_data *d, const char *name, const char *flag, const char *value,
			const struct pawl_where *w);
void pawl_data_put_weak_flag(struct pawl_data *d, const char *name, const char *flag,
			     const char *value, const struct pawl_where *w);
void pawl_data_del(struct pawl_data *d, const char *name, const struct pawl_where *w);
void pawl_data_del_flag(struct pawl_data *d, const char *name, const char *flag,
			const struct pawl_where *w);
void pawl_data_rename(struct pawl_data *d, const char *from, const char *to);
/* Expands the names of variables themselves: A_${PN} becomes A_foo. */
void pawl_data_expand_names(struct pawl_data *d);
/* Writes `value` for ${name} in all texts of this very store (for LAYERDIR). */
void pawl_data_settle(struct pawl_data *d, const char *name);

/* as last written, no overrides, no weak default */
const char *pawl_data_content(const struct pawl_data *d, const char *name);
/* as written, no weak default */
const char *pawl_data_set_flag_text(const struct pawl_data *d, const char *name, const char *flag);
/* The place of the last thing done to name (of its value, if any); zero when not known. */
struct pawl_where pawl_data_place(const struct pawl_data *d, const char *name);
/*
 * The place of the last thing done to name or its overrides whose text contains `text`; zero when
 * there is none.
 */
struct pawl_where pawl_data_place_of(struct pawl_data *d, const char *name, const char *text);

struct pawl_value *pawl_data_raw_value(struct pawl_data *d, const char *name, size_t len);
struct pawl_value *pawl_data_value(struct pawl_data *d, const char *name, size_t len);
/*
 * text with its ${…} replaced; `name` is what is being expanded ("A", "A[flag]"), NULL for a mere
 * text. NULL when it failed (which was said). refs may be NULL.
 */
const char *pawl_data_expand_as(struct pawl_data *d, const char *text, const char *name,
				struct pawl_refs *refs);
bool pawl_data_override_active(struct pawl_data *d, const char *when); /* all of a:b */
bool pawl_is_true(const char *s);

struct pawl_look *pawl_meta_look(struct pawl_meta *meta);

#endif
