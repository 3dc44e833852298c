/* SPDX-License-Identifier: MIT */
/* Memory that does not fail, text buffers, maps, lists and messages: what the graph stands on. */
#ifndef PAWL_GRAPH_BASE_H
#define PAWL_GRAPH_BASE_H

#include <pawl/graph.h>
#include <stdarg.h>
#include <string.h>

/*
 * Memory. None of these returns NULL: when there is no memory they call pawl_panic, which ends the
 * task that asked with PAWL_EPANIC (see DESIGN: every entry into the graph runs inside a task).
 * What is here, and the store, is then as it was before the call, or as after it: other tasks go
 * on.
 */
void *pawl_mem_new(size_t size);           /* zeroed */
void *pawl_mem_grow(void *p, size_t size); /* realloc */
char *pawl_mem_text(const char *s);        /* a copy */
void pawl_mem_free(void *p);

/* An arena: many small things that go at once. Zero is an empty one. */
struct pawl_arena {
	struct pawl_arena_block *blocks_;
	size_t used_, size_;
};

void *pawl_arena_new(struct pawl_arena *a, size_t size); /* zeroed, aligned for anything */
char *pawl_arena_text(struct pawl_arena *a, const char *s);
char *pawl_arena_span(struct pawl_arena *a, const char *s, size_t len);
char *pawl_arena_fmt(struct pawl_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void pawl_arena_fini(struct pawl_arena *a);

/* A growing text, always followed by NUL once something was added. Zero is an empty one. */
struct pawl_buf {
	char *s; /* NULL while nothing was added */
	size_t len;
	size_t cap_;
};

void pawl_buf_add(struct pawl_buf *b, const void *s, size_t len);
void pawl_buf_text(struct pawl_buf *b, const char *s);
void pawl_buf_char(struct pawl_buf *b, char c);
void pawl_buf_fmt(struct pawl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pawl_buf_vfmt(struct pawl_buf *b, const char *fmt, va_list ap);
void pawl_buf_json(struct pawl_buf *b, const char *s); /* with its quotes */
void pawl_buf_clear(struct pawl_buf *b);               /* keeps the memory */
const char *pawl_buf_str(const struct pawl_buf *b);    /* never NULL */
void pawl_buf_fini(struct pawl_buf *b);

/* A list of pointers. Zero is an empty one. */
struct pawl_list {
	void **at;
	size_t len;
	size_t cap_;
};

void pawl_list_add(struct pawl_list *l, void *p);
void pawl_list_room(struct pawl_list *l, size_t more); /* so many can be added without memory */
void pawl_list_fini(struct pawl_list *l);

/*
 * A map from text to pointers that remembers the order of insertion. Zero is an empty one. Keys are
 * copied.
 */
struct pawl_map_entry {
	char *key; /* NULL: removed */
	void *value;
	uint32_t hash_;
};

struct pawl_map {
	struct pawl_map_entry *at; /* in order of insertion; skip those with key NULL */
	size_t len;                /* entries in `at`, removed ones too */
	size_t count;              /* entries that are there */
	uint32_t *index_;
	size_t cap_, index_size_;
};

void *pawl_map_get(const struct pawl_map *m, const char *key); /* NULL: not there */
void *pawl_map_get_span(const struct pawl_map *m, const char *key, size_t len);
bool pawl_map_has(const struct pawl_map *m, const char *key);
void pawl_map_put(struct pawl_map *m, const char *key, void *value); /* replaces */
/* makes it (NULL) when missing; valid until the next call */
void **pawl_map_slot(struct pawl_map *m, const char *key);
void *pawl_map_del(struct pawl_map *m, const char *key); /* what it held */
void pawl_map_fini(struct pawl_map *m);
/* Puts every word of a text (NULL: none) as a key; the value is the map itself: it is a set. */
void pawl_map_words(struct pawl_map *m, const char *words);

/* Messages about data from outside: collected, shown by whoever owns the terminal. */

struct pawl_message {
	enum pawl_level level;
	char *text; /* "file:line:col: what", or without a place */
};

struct pawl_messages {
	struct pawl_message *at;
	size_t len, errors;
	size_t cap_;
};

/* file may be NULL, line and col 0: not known */
void pawl_say(struct pawl_messages *m, enum pawl_level level, const char *file, int line, int col,
	      const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void pawl_messages_fini(struct pawl_messages *m);

/* Small helpers that several files need. */
bool pawl_has_prefix(const char *s, const char *prefix);
bool pawl_has_suffix(const char *s, const char *suffix);
/*
 * The next word (separated by blanks) of *at; NULL at the end. *at moves on; *ret_len is its
 * length.
 */
const char *pawl_word(const char **at, size_t *ret_len);
/*
 * The name among `names` that looks most like `name` (edit distance at most a third of it), or
 * NULL.
 */
const char *pawl_closest(const char *name, const char *const *names, size_t count);

#endif
