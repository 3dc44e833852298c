/* SPDX-License-Identifier: MIT */
/* The store of variables: setting, flags, overrides, renaming and deleting. */
#include "data.h"
#include "sigvars.h"

#include <assert.h>
#include <stdlib.h>

/* ---- arrays in an arena ---- */

static void vec_grow(struct pawl_arena *a, struct pawl_vec *v, uint32_t cap, size_t elem)
{
	void *at = pawl_arena_new(a, cap * elem);

	if (v->len)
		memcpy(at, v->at, v->len * elem);
	v->at = at;
	v->cap = cap;
}

void *pawl_vec_push(struct pawl_arena *a, struct pawl_vec *v, size_t elem)
{
	if (v->len == v->cap || !v->cap)
		vec_grow(a, v, v->len < 2 ? 4 : v->len * 2, elem);
	return (char *)v->at + v->len++ * elem;
}

void *pawl_vec_own(struct pawl_arena *a, struct pawl_vec *v, size_t elem)
{
	if (!v->cap && v->len)
		vec_grow(a, v, v->len + 2, elem);
	return v->at;
}

static struct pawl_vec vec_copy(struct pawl_arena *a, const struct pawl_vec *v, size_t elem)
{
	struct pawl_vec copy = *v;

	copy.cap = 0;
	pawl_vec_own(a, &copy, elem);
	return copy;
}

static void vec_remove(struct pawl_vec *v, uint32_t i, size_t elem)
{
	char *at = v->at;

	assert(v->cap && i < v->len);
	memmove(at + i * elem, at + (i + 1) * elem, (v->len - i - 1) * elem);
	v->len--;
	memset(at + v->len * elem, 0, elem);
}

/* ---- finding ---- */

uint32_t pawl_name_hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

static struct pawl_var *table_find(const struct pawl_table *t, const char *name, size_t len,
				   uint32_t hash)
{
	if (!t->size)
		return NULL;
	for (uint32_t i = hash & (t->size - 1); t->at[i]; i = (i + 1) & (t->size - 1)) {
		struct pawl_var *v = t->at[i];

		if (v->hash == hash && v->len == len && memcmp(v->name, name, len) == 0)
			return v;
	}
	return NULL;
}

static void table_put(struct pawl_table *t, struct pawl_var *v)
{
	uint32_t i = v->hash & (t->size - 1);

	while (t->at[i])
		i = (i + 1) & (t->size - 1);
	t->at[i] = v;
	t->count++;
}

static void table_add(struct pawl_data *d, struct pawl_table *t, struct pawl_var *v)
{
	if (t->count * 2 >= t->size) {
		struct pawl_table old = *t;

		t->size = old.size ? old.size * 2 : 64;
		t->count = 0;
		t->at = pawl_arena_new(&d->arena, t->size * sizeof(*t->at));
		for (uint32_t i = 0; i < old.size; i++)
			if (old.at[i])
				table_put(t, old.at[i]);
	}
	table_put(t, v);
}

struct pawl_var *pawl_data_find(const struct pawl_data *d, const char *name, size_t len,
				uint32_t hash)
{
	for (; d; d = d->parent) {
		struct pawl_var *v = table_find(&d->vars, name, len, hash);

		if (v)
			return v;
	}
	return NULL;
}

struct pawl_var *pawl_data_find_name(const struct pawl_data *d, const char *name)
{
	size_t len = strlen(name);

	return pawl_data_find(d, name, len, pawl_name_hash(name, len));
}

static struct pawl_link *link_name(struct pawl_data *d, struct pawl_link *older, const char *name)
{
	struct pawl_link *l = pawl_arena_new(&d->arena, sizeof(*l));

	l->older = older;
	l->name = name;
	return l;
}

static struct pawl_var *var_shadow(struct pawl_data *d, const struct pawl_var *from)
{
	struct pawl_var *v = pawl_arena_new(&d->arena, sizeof(*v));

	*v = *from;
	v->flags.cap = v->over.cap = 0;
	for (int i = 0; i < PAWL_CHANGE_KINDS; i++)
		v->changes[i].cap = 0;
	return v;
}

struct pawl_var *pawl_data_own(struct pawl_data *d, const char *name)
{
	size_t len = strlen(name);
	uint32_t hash = pawl_name_hash(name, len);
	struct pawl_var *v = table_find(&d->vars, name, len, hash), *inherited;

	if (v)
		return v;
	inherited = d->parent ? pawl_data_find(d->parent, name, len, hash) : NULL;
	if (inherited) {
		v = var_shadow(d, inherited);
	} else {
		v = pawl_arena_new(&d->arena, sizeof(*v));
		v->name = pawl_arena_span(&d->arena, name, len);
		v->hash = hash;
		v->len = (uint32_t)len;
		if (strstr(v->name, "${"))
			d->keyed = link_name(d, d->keyed, v->name);
	}
	table_add(d, &d->vars, v);
	return v;
}

bool pawl_var_is_set(const struct pawl_var *v)
{
	return v->content || v->weak || v->flags.len || v->changes[PAWL_APPEND].len ||
	       v->changes[PAWL_PREPEND].len || v->changes[PAWL_REMOVE].len;
}

/* ---- stores ---- */

struct pawl_data *pawl_data_new(struct pawl_data *parent, struct pawl_messages *m,
				struct pawl_meta *meta)
{
	struct pawl_data *d = pawl_mem_new(sizeof(*d));

	d->parent = parent;
	d->messages = m;
	d->meta = meta;
	d->generation = 1;
	if (parent) {
		d->generation = parent->generation + 1;
		d->keyed = parent->keyed;
		d->exported = parent->exported;
		d->inherited = parent->inherited;
		d->deferred = parent->deferred;
	}
	return d;
}

void pawl_data_free(struct pawl_data *d)
{
	if (!d)
		return;
	pawl_sig_cache_free(d->sig_cache);
	pawl_arena_fini(&d->arena);
	pawl_mem_free(d);
}

/* ---- history ---- */

static void record(struct pawl_data *d, struct pawl_var *v, const struct pawl_where *w,
		   const char *op, const char *flag)
{
	struct pawl_var_event *e;

	if (!w)
		return;
	e = pawl_arena_new(&d->arena, sizeof(*e));
	e->older = v->events;
	e->at = d->generation;
	e->where = *w;
	e->flag = flag;
	if (op)
		e->where.op = op;
	v->events = e;
}

struct pawl_where pawl_data_place(const struct pawl_data *d, const char *name)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	const struct pawl_var_event *e = v ? v->events : NULL;

	while (e && (e->flag || !e->where.file))
		e = e->older;
	return e ? e->where : (struct pawl_where){ 0 };
}

struct pawl_where pawl_data_place_of(struct pawl_data *d, const char *name, const char *text)
{
	size_t n = strcspn(name, "[");
	const struct pawl_var *v = pawl_data_find(d, name, n, pawl_name_hash(name, n));
	const struct pawl_var_event *e = v ? v->events : NULL;

	for (; e; e = e->older)
		if (e->where.file && e->where.text && strstr(e->where.text, text))
			return e->where;
	for (uint32_t i = 0; v && i < v->over.len; i++) {
		const char *other = ((struct pawl_over *)v->over.at)[i].name;
		struct pawl_where w = strlen(other) > n ? pawl_data_place_of(d, other, text)
							: (struct pawl_where){ 0 };

		if (w.file)
			return w;
	}
	return (struct pawl_where){ 0 };
}

/* ---- overrides of a name ---- */

static bool starts_override(const char *s)
{
	return (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9');
}

static bool over_has(const struct pawl_var *v, const char *name, const char *when)
{
	const struct pawl_over *o = v->over.at;

	for (uint32_t i = 0; i < v->over.len; i++)
		if (strcmp(o[i].name, name) == 0 && strcmp(o[i].when, when) == 0)
			return true;
	return false;
}

static void over_add(struct pawl_data *d, const char *base, const char *name, const char *when)
{
	struct pawl_var *v = pawl_data_own(d, base);
	struct pawl_over *o;

	if (over_has(v, name, when))
		return;
	o = pawl_vec_push(&d->arena, &v->over, sizeof(*o));
	o->name = pawl_arena_text(&d->arena, name);
	o->when = pawl_arena_text(&d->arena, when);
}

static void over_del(struct pawl_data *d, const char *base, const char *name, const char *when)
{
	struct pawl_var *v = pawl_data_find_name(d, base);
	struct pawl_over *o;

	if (!v || !over_has(v, name, when))
		return;
	v = pawl_data_own(d, base);
	o = pawl_vec_own(&d->arena, &v->over, sizeof(*o));
	for (uint32_t i = 0; i < v->over.len; i++)
		if (strcmp(o[i].name, name) == 0 && strcmp(o[i].when, when) == 0) {
			vec_remove(&v->over, i, sizeof(*o));
			return;
		}
}

/*
 * Calls each(base, name, when) for every way to read A:b:c as a base with overrides: (A:b, c), (A,
 * b:c).
 */
static void over_each(struct pawl_data *d, const char *name,
		      void (*each)(struct pawl_data *, const char *, const char *, const char *))
{
	size_t cut = strlen(name);

	for (;;) {
		char *base;

		while (cut && name[cut - 1] != ':')
			cut--;
		if (cut <= 1 || !starts_override(name + cut))
			return;
		cut--;
		base = pawl_arena_span(&d->arena, name, cut);
		each(d, base, name, name + cut + 1);
	}
}

static void over_note(struct pawl_data *d, const char *name)
{
	if (strchr(name, ':'))
		over_each(d, name, over_add);
}

/* ---- setting ---- */

/*
 * The place of the first :append, :prepend or :remove that is one, not just part of a name; or
 * NULL.
 */
static const char *find_change(const char *name, enum pawl_change_kind *ret_kind,
			       const char **ret_when)
{
	static const char *const words[] = { ":append", ":prepend", ":remove" };

	for (const char *p = strchr(name, ':'); p; p = strchr(p + 1, ':'))
		for (int k = 0; k < PAWL_CHANGE_KINDS; k++) {
			const char *end = p + strlen(words[k]);

			if (!pawl_has_prefix(p, words[k]) || (*end && *end != ':'))
				continue;
			if (*end && strpbrk(end, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
				continue;
			*ret_kind = (enum pawl_change_kind)k;
			*ret_when = *end ? end + 1 : NULL;
			return p;
		}
	return NULL;
}

static void add_change(struct pawl_data *d, const char *base, enum pawl_change_kind kind,
		       const char *text, const char *when)
{
	struct pawl_var *v = pawl_data_own(d, base);
	struct pawl_change *c = pawl_vec_push(&d->arena, &v->changes[kind], sizeof(*c));

	c->text = text;
	c->when = when;
}

void pawl_data_assign(struct pawl_data *d, const char *name, const char *value,
		      const struct pawl_where *w)
{
	enum pawl_change_kind kind;
	const char *when, *change = find_change(name, &kind, &when);
	struct pawl_var *v;

	d->generation++;
	if (change) {
		char *base = pawl_arena_span(&d->arena, name, (size_t)(change - name));

		add_change(d, base, kind, value, when ? pawl_arena_text(&d->arena, when) : NULL);
		record(d, pawl_data_own(d, base), w, pawl_arena_text(&d->arena, change), NULL);
		over_note(d, base);
		return;
	}
	v = pawl_data_own(d, name);
	over_note(d, name);
	v->content = value;
	record(d, v, w, NULL, NULL);
}

/* Forgets the active overrides of v. */
static void drop_overrides(struct pawl_data *d, struct pawl_var *v)
{
	struct pawl_vec old = vec_copy(&d->arena, &v->over, sizeof(struct pawl_over));
	const struct pawl_over *o = old.at;

	for (uint32_t i = 0; i < old.len; i++)
		if (pawl_data_override_active(d, o[i].when))
			pawl_data_del(d, o[i].name, NULL);
	v->over = (struct pawl_vec){ 0 };
}

void pawl_data_put(struct pawl_data *d, const char *name, const char *value,
		   const struct pawl_where *w)
{
	enum pawl_change_kind kind;
	const char *when;
	struct pawl_var *v;

	if (!find_change(name, &kind, &when)) {
		v = pawl_data_own(d, name);
		memset(v->changes, 0, sizeof(v->changes));
		if (v->over.len)
			drop_overrides(d, v);
	}
	pawl_data_assign(d, name, value, w);
}

void pawl_data_put_weak(struct pawl_data *d, const char *name, const char *value,
			const struct pawl_where *w)
{
	struct pawl_var *v = pawl_data_own(d, name);

	d->generation++;
	v->weak = value;
	over_note(d, name);
	record(d, v, w, NULL, NULL);
}

/* ---- flags ---- */

static struct pawl_flag *flag_find(const struct pawl_var *v, const char *flag)
{
	struct pawl_flag *f = v->flags.at;

	for (uint32_t i = 0; i < v->flags.len; i++)
		if (f[i].name[0] == flag[0] && strcmp(f[i].name, flag) == 0)
			return &f[i];
	return NULL;
}

static struct pawl_flag *flag_own(struct pawl_data *d, struct pawl_var *v, const char *flag)
{
	struct pawl_flag *f;

	pawl_vec_own(&d->arena, &v->flags, sizeof(*f));
	f = flag_find(v, flag);
	if (f)
		return f;
	f = pawl_vec_push(&d->arena, &v->flags, sizeof(*f));
	f->name = flag;
	return f;
}

void pawl_data_put_flag(struct pawl_data *d, const char *name, const char *flag, const char *value,
			const struct pawl_where *w)
{
	struct pawl_var *v = pawl_data_own(d, name);

	d->generation++;
	flag_own(d, v, flag)->value = value;
	record(d, v, w, NULL, flag);
	if (strcmp(flag, "export") == 0 || strcmp(flag, "unexport") == 0)
		d->exported = link_name(d, d->exported, v->name);
}

void pawl_data_put_weak_flag(struct pawl_data *d, const char *name, const char *flag,
			     const char *value, const struct pawl_where *w)
{
	struct pawl_var *v = pawl_data_own(d, name);

	d->generation++;
	flag_own(d, v, flag)->weak = value;
	record(d, v, w, NULL, flag);
}

void pawl_data_del_flag(struct pawl_data *d, const char *name, const char *flag,
			const struct pawl_where *w)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	struct pawl_flag *f = v ? flag_find(v, flag) : NULL;

	if (!f || !f->value)
		return;
	v = pawl_data_own(d, name);
	f = pawl_vec_own(&d->arena, &v->flags, sizeof(*f));
	d->generation++;
	record(d, v, w, NULL, flag);
	vec_remove(&v->flags, (uint32_t)(flag_find(v, flag) - f), sizeof(*f));
}

const char *pawl_data_set_flag_text(const struct pawl_data *d, const char *name, const char *flag)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	struct pawl_flag *f = v ? flag_find(v, flag) : NULL;

	return f ? f->value : NULL;
}

const char *pawl_data_raw_flag(struct pawl_data *d, const char *name, const char *flag)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	struct pawl_flag *f = v ? flag_find(v, flag) : NULL;

	return !f ? NULL : f->value ? f->value : f->weak;
}

/* ---- deleting and renaming ---- */

const char *pawl_data_content(const struct pawl_data *d, const char *name)
{
	struct pawl_var *v = pawl_data_find_name(d, name);

	return v ? v->content : NULL;
}

static void var_clear(struct pawl_var *v)
{
	v->content = v->weak = NULL;
	v->flags = v->over = (struct pawl_vec){ 0 };
	memset(v->changes, 0, sizeof(v->changes));
}

void pawl_data_del(struct pawl_data *d, const char *name, const struct pawl_where *w)
{
	struct pawl_var *v = pawl_data_own(d, name);

	d->generation++;
	record(d, v, w, NULL, NULL);
	var_clear(v);
	if (strchr(name, ':'))
		over_each(d, name, over_del);
}

/* s with each `from` replaced by `to`. */
static char *replaced(struct pawl_arena *a, const char *s, const char *from, const char *to)
{
	struct pawl_buf b = { 0 };
	size_t len = strlen(from);
	char *ret;

	for (const char *hit; (hit = strstr(s, from)); s = hit + len) {
		pawl_buf_add(&b, s, (size_t)(hit - s));
		pawl_buf_text(&b, to);
	}
	pawl_buf_text(&b, s);
	ret = pawl_arena_span(a, pawl_buf_str(&b), b.len);
	pawl_buf_fini(&b);
	return ret;
}

static bool rename_changes(struct pawl_data *d, struct pawl_var *v, const char *to)
{
	bool any = false;

	for (int k = 0; k < PAWL_CHANGE_KINDS; k++) {
		const struct pawl_change *c = v->changes[k].at;

		for (uint32_t i = 0; i < v->changes[k].len; i++, any = true)
			add_change(d, to, (enum pawl_change_kind)k, c[i].text, c[i].when);
	}
	return any;
}

static bool rename_overrides(struct pawl_data *d, struct pawl_var *v, const char *from,
			     const char *to)
{
	struct pawl_vec old = vec_copy(&d->arena, &v->over, sizeof(struct pawl_over));
	const struct pawl_over *o = old.at;
	struct pawl_var *target;

	if (!v->over.at)
		return false; /* it never had any; an emptied list counts */
	target = pawl_data_own(d, to);
	target->over = (struct pawl_vec){ 0 };
	for (uint32_t i = 0; i < old.len; i++) {
		char *name = replaced(&d->arena, o[i].name, from, to);
		struct pawl_over *n = pawl_vec_push(&d->arena, &target->over, sizeof(*n));

		n->name = name;
		n->when = o[i].when;
		pawl_data_rename(d, o[i].name, name);
	}
	return true;
}

void pawl_data_rename(struct pawl_data *d, const char *from, const char *to)
{
	struct pawl_var *v = pawl_data_find_name(d, from);
	const char *content;
	struct pawl_var_event *events;
	bool found;

	if (!v || strcmp(from, to) == 0)
		return;
	content = v->content ? v->content : v->weak;
	events = v->events;
	found = content != NULL;
	if (content)
		pawl_data_assign(d, to, content, NULL);
	d->generation++;
	found |= rename_changes(d, v, to);
	found |= rename_overrides(d, v, from, to);
	if (!found)
		return;
	if (!content)
		over_note(d, to);
	if (events)
		pawl_data_own(d, to)->events = events;
	pawl_data_del(d, from, NULL);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool any_override_active(struct pawl_data *d, const struct pawl_var *v)
{
	const struct pawl_over *o = v->over.at;

	for (uint32_t i = 0; i < v->over.len; i++)
		if (pawl_data_override_active(d, o[i].when))
			return true;
	return false;
}

bool pawl_data_is_key(struct pawl_data *d, const struct pawl_var *v)
{
	return pawl_var_is_set(v) || any_override_active(d, v);
}

void pawl_data_expand_names(struct pawl_data *d)
{
	struct pawl_list names = { 0 }, targets = { 0 };

	for (struct pawl_link *l = d->keyed; l; l = l->older)
		if (pawl_data_is_key(d, pawl_data_find_name(d, l->name)))
			pawl_list_add(&names, (void *)l->name);
	if (names.len)
		qsort(names.at, names.len, sizeof(*names.at), compare_names);
	for (size_t i = 0; i < names.len; i++)
		pawl_list_add(&targets, (void *)pawl_data_expand_as(d, names.at[i], NULL, NULL));
	for (size_t i = 0; i < names.len; i++)
		if (targets.at[i] && strcmp(names.at[i], targets.at[i]) != 0)
			pawl_data_rename(d, names.at[i], targets.at[i]);
	pawl_list_fini(&names);
	pawl_list_fini(&targets);
}

void pawl_data_settle(struct pawl_data *d, const char *name)
{
	struct pawl_list vars = { 0 };
	const char *value = pawl_data_raw(d, name);
	char *ref = pawl_arena_fmt(&d->arena, "${%s}", name);

	for (uint32_t i = 0; i < d->vars.size; i++)
		if (d->vars.at[i])
			pawl_list_add(&vars, d->vars.at[i]);
	for (size_t i = 0; value && i < vars.len; i++) {
		struct pawl_var *v = vars.at[i];
		const char *raw = pawl_data_raw(d, v->name);

		if (raw && strstr(raw, ref))
			pawl_data_put(d, v->name, replaced(&d->arena, raw, ref, value), NULL);
	}
	pawl_list_fini(&vars);
}
