/* SPDX-License-Identifier: MIT */
/* Memory that does not fail, text buffers, maps, lists and messages. */
#include "base.h"
#include "format.h"

#include <pawl/task.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- memory ---- */

void *pawl_mem_new(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		pawl_panic("out of memory");
	return p;
}

void *pawl_mem_grow(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		pawl_panic("out of memory");
	return q;
}

char *pawl_mem_text(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(pawl_mem_grow(NULL, n), s, n);
}

void pawl_mem_free(void *p)
{
	free(p);
}

/* ---- arenas ---- */

struct pawl_arena_block {
	struct pawl_arena_block *next;
	_Alignas(max_align_t) char room[];
};

/* Most arenas stay small: such a block the C library has at hand. */
enum { BLOCK_FIRST = 1000, BLOCK_MOST = 262144 };

static void *arena_room(struct pawl_arena *a, size_t size, size_t align)
{
	size_t at = (a->used_ + align - 1) & ~(align - 1);
	struct pawl_arena_block *b;

	if (!a->blocks_ || at + size > a->size_ || at + size < size) {
		size_t next = a->size_ ? a->size_ * 2 : BLOCK_FIRST;

		next = next > BLOCK_MOST ? BLOCK_MOST : next;
		next = next < size ? size : next;
		b = pawl_mem_grow(NULL, sizeof *b + next);
		b->next = a->blocks_;
		a->blocks_ = b;
		a->size_ = next;
		at = 0;
	}
	a->used_ = at + size;
	return a->blocks_->room + at;
}

void *pawl_arena_new(struct pawl_arena *a, size_t size)
{
	return memset(arena_room(a, size, _Alignof(max_align_t)), 0, size);
}

char *pawl_arena_span(struct pawl_arena *a, const char *s, size_t len)
{
	char *p = arena_room(a, len + 1, 1);

	memcpy(p, s, len);
	p[len] = 0;
	return p;
}

char *pawl_arena_text(struct pawl_arena *a, const char *s)
{
	return pawl_arena_span(a, s, strlen(s));
}

char *pawl_arena_fmt(struct pawl_arena *a, const char *fmt, ...)
{
	size_t room = a->blocks_ && a->used_ < a->size_ ? a->size_ - a->used_ : 0;
	char *p = room ? a->blocks_->room + a->used_ : NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = pawl_format(p, room, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	p = arena_room(a, (size_t)n + 1, 1);
	if ((size_t)n < room)
		return p;
	va_start(ap, fmt);
	pawl_format(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void pawl_arena_fini(struct pawl_arena *a)
{
	struct pawl_arena_block *b = a->blocks_, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof *a);
}

/* ---- text buffers ---- */

static char *buf_room(struct pawl_buf *b, size_t len)
{
	if (b->len + len + 1 > b->cap_) {
		size_t cap = b->cap_ ? b->cap_ * 2 : 64;

		while (cap < b->len + len + 1)
			cap *= 2;
		b->s = pawl_mem_grow(b->s, cap);
		b->cap_ = cap;
	}
	return b->s + b->len;
}

void pawl_buf_add(struct pawl_buf *b, const void *s, size_t len)
{
	char *p = buf_room(b, len);

	if (len)
		memcpy(p, s, len);
	p[len] = 0;
	b->len += len;
}

void pawl_buf_text(struct pawl_buf *b, const char *s)
{
	pawl_buf_add(b, s, strlen(s));
}

void pawl_buf_char(struct pawl_buf *b, char c)
{
	char *p = buf_room(b, 1);

	p[0] = c;
	p[1] = '\0';
	b->len++;
}

void pawl_buf_vfmt(struct pawl_buf *b, const char *fmt, va_list ap)
{
	char *at = buf_room(b, 0);
	size_t room = b->cap_ - b->len;
	va_list again;
	int n;

	va_copy(again, ap);
	n = pawl_format(at, room, fmt, again);
	va_end(again);
	assert(n >= 0);
	if ((size_t)n >= room)
		pawl_format(buf_room(b, (size_t)n), (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void pawl_buf_fmt(struct pawl_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pawl_buf_vfmt(b, fmt, ap);
	va_end(ap);
}

/* Length of the UTF-8 sequence at s that JSON may carry as it is; 0: not one. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80                   ? 1
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		   : (s[0] & 0xf0) == 0xe0       ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						 : 0;

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
		return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void pawl_buf_json(struct pawl_buf *b, const char *s)
{
	static const char plain[] = "\"\\\b\f\n\r\t", code[] = "\"\\bfnrt";
	const unsigned char *p = (const unsigned char *)s;
	const char *c;
	size_t n;

	pawl_buf_char(b, '"');
	for (; *p; p += n ? n : 1) {
		n = utf8_len(p);
		if ((c = strchr(plain, *p)))
			pawl_buf_fmt(b, "\\%c", code[c - plain]);
		else if (*p < 0x20)
			pawl_buf_fmt(b, "\\u%04x", *p);
		else if (n)
			pawl_buf_add(b, p, n);
		else
			pawl_buf_text(b, "\\ufffd");
	}
	pawl_buf_char(b, '"');
}

void pawl_buf_clear(struct pawl_buf *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = 0;
}

const char *pawl_buf_str(const struct pawl_buf *b)
{
	return b->s ? b->s : "";
}

void pawl_buf_fini(struct pawl_buf *b)
{
	free(b->s);
	memset(b, 0, sizeof *b);
}

/* ---- lists ---- */

void pawl_list_room(struct pawl_list *l, size_t more)
{
	size_t cap = l->cap_ ? l->cap_ : 8;

	if (l->len + more <= l->cap_)
		return;
	while (cap < l->len + more)
		cap *= 2;
	l->at = pawl_mem_grow(l->at, cap * sizeof *l->at);
	l->cap_ = cap;
}

void pawl_list_add(struct pawl_list *l, void *p)
{
	pawl_list_room(l, 1);
	l->at[l->len++] = p;
}

void pawl_list_fini(struct pawl_list *l)
{
	free(l->at);
	memset(l, 0, sizeof *l);
}

/* ---- maps: open addressing over an array in order of insertion ---- */

static uint32_t hash_span(const char *s, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ? h : 1;
}

/* The index cell that holds key, or the empty one where it would go. Cells hold position + 1. */
static uint32_t *map_cell(const struct pawl_map *m, const char *key, size_t len, uint32_t hash)
{
	size_t mask = m->index_size_ - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		uint32_t *cell = &m->index_[i];
		const struct pawl_map_entry *e;

		if (!*cell)
			return cell;
		e = &m->at[*cell - 1];
		if (e->hash_ == hash && e->key && !strncmp(e->key, key, len) && !e->key[len])
			return cell;
	}
}

static void map_reindex(struct pawl_map *m, size_t size)
{
	size_t kept = 0;

	m->index_ = pawl_mem_grow(m->index_, size * sizeof *m->index_);
	for (size_t i = 0; i < m->len; i++) {
		if (m->at[i].key)
			m->at[kept++] = m->at[i];
	}
	m->len = kept;
	m->index_size_ = size;
	memset(m->index_, 0, size * sizeof *m->index_);
	for (size_t i = 0; i < m->len; i++)
		*map_cell(m, m->at[i].key, strlen(m->at[i].key), m->at[i].hash_) = (uint32_t)i + 1;
}

static struct pawl_map_entry *map_find(const struct pawl_map *m, const char *key, size_t len)
{
	uint32_t at;

	if (!m->index_size_)
		return NULL;
	at = *map_cell(m, key, len, hash_span(key, len));
	return at ? &m->at[at - 1] : NULL;
}

void *pawl_map_get_span(const struct pawl_map *m, const char *key, size_t len)
{
	struct pawl_map_entry *e = map_find(m, key, len);

	return e ? e->value : NULL;
}

void *pawl_map_get(const struct pawl_map *m, const char *key)
{
	return pawl_map_get_span(m, key, strlen(key));
}

bool pawl_map_has(const struct pawl_map *m, const char *key)
{
	return map_find(m, key, strlen(key)) != NULL;
}

void **pawl_map_slot(struct pawl_map *m, const char *key)
{
	size_t len = strlen(key);
	struct pawl_map_entry *e = map_find(m, key, len);
	size_t cap = m->cap_ ? m->cap_ * 2 : 8;
	char *copy;

	if (e)
		return &e->value;
	if ((m->len + 1) * 2 > m->index_size_)
		map_reindex(m, m->count * 4 + 16 > m->index_size_
				       ? (m->index_size_ ? m->index_size_ * 2 : 16)
				       : m->index_size_);
	if (m->len == m->cap_) {
		m->at = pawl_mem_grow(m->at, cap * sizeof *m->at);
		m->cap_ = cap;
	}
	copy = pawl_mem_text(key);
	e = &m->at[m->len];
	*e = (struct pawl_map_entry){ .hash_ = hash_span(key, len) };
	*map_cell(m, key, len, e->hash_) = (uint32_t)m->len + 1;
	e->key = copy;
	m->len++;
	m->count++;
	return &e->value;
}

void pawl_map_put(struct pawl_map *m, const char *key, void *value)
{
	*pawl_map_slot(m, key) = value;
}

void *pawl_map_del(struct pawl_map *m, const char *key)
{
	struct pawl_map_entry *e = map_find(m, key, strlen(key));

	if (!e)
		return NULL;
	free(e->key);
	e->key = NULL; /* the cell stays taken until the next reindexing, so probes go past it */
	m->count--;
	return e->value;
}

void pawl_map_fini(struct pawl_map *m)
{
	for (size_t i = 0; i < m->len; i++)
		free(m->at[i].key);
	free(m->at);
	free(m->index_);
	memset(m, 0, sizeof *m);
}

void pawl_map_words(struct pawl_map *m, const char *words)
{
	struct pawl_buf b = { 0 };
	const char *w;
	size_t len;

	while (words && (w = pawl_word(&words, &len))) {
		pawl_buf_clear(&b);
		pawl_buf_add(&b, w, len);
		pawl_map_put(m, b.s, m);
	}
	pawl_buf_fini(&b);
}

/* ---- messages ---- */

void pawl_say(struct pawl_messages *m, enum pawl_level level, const char *file, int line, int col,
	      const char *fmt, ...)
{
	size_t cap = m->cap_ ? m->cap_ * 2 : 8;
	struct pawl_buf b = { 0 };
	va_list ap;

	if (file)
		pawl_buf_fmt(&b, "%s:", file);
	if (file && line > 0)
		pawl_buf_fmt(&b, "%d:", line);
	if (file && line > 0 && col > 0)
		pawl_buf_fmt(&b, "%d:", col);
	if (file)
		pawl_buf_char(&b, ' ');
	va_start(ap, fmt);
	pawl_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	if (m->len == m->cap_) {
		m->at = pawl_mem_grow(m->at, cap * sizeof *m->at);
		m->cap_ = cap;
	}
	m->at[m->len++] = (struct pawl_message){ level, b.s };
	m->errors += level == PAWL_ERROR;
}

void pawl_messages_fini(struct pawl_messages *m)
{
	for (size_t i = 0; i < m->len; i++)
		free(m->at[i].text);
	free(m->at);
	memset(m, 0, sizeof *m);
}

/* ---- small helpers ---- */

bool pawl_has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool pawl_has_suffix(const char *s, const char *suffix)
{
	size_t a = strlen(s), b = strlen(suffix);

	return a >= b && !memcmp(s + a - b, suffix, b);
}

const char *pawl_word(const char **at, size_t *ret_len)
{
	static const char blanks[] = " \t\r\n\v\f";
	const char *s = *at + strspn(*at, blanks);

	if (!*s)
		return NULL;
	*ret_len = strcspn(s, blanks);
	*at = s + *ret_len;
	return s;
}

/* Levenshtein's distance, given up as soon as it must exceed most. */
static size_t distance(const char *a, const char *b, size_t most)
{
	size_t row[64], n = strlen(b);

	if (n >= 64)
		return most + 1;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0], least = row[0] = i + 1;

		for (size_t j = 0; j < n; j++) {
			size_t d = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			d = d > row[j] + 1 ? row[j] + 1 : d;
			row[j + 1] = d > diagonal + 1 ? diagonal + 1 : d;
			least = row[j + 1] < least ? row[j + 1] : least;
		}
		if (least > most)
			return most + 1;
	}
	return row[n];
}

const char *pawl_closest(const char *name, const char *const *names, size_t count)
{
	size_t most = strlen(name) / 3 + 1;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(name, names[i], most);

		if (d <= most && d) {
			best = names[i];
			most = d - 1;
		}
	}
	return best;
}
