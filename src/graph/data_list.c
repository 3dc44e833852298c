/* SPDX-License-Identifier: MIT */
/* What is in a store: its names, their flags, and who did what to them. */
#include "data.h"

#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void pawl_data_names(struct pawl_data *d, struct pawl_arena *a, const char ***ret_names,
		     size_t *ret_count)
{
	struct pawl_list l = { 0 };

	for (struct pawl_data *s = d; s; s = s->parent)
		for (uint32_t i = 0; i < s->vars.size; i++) {
			struct pawl_var *v = s->vars.at[i];

			if (v && pawl_data_find(d, v->name, v->len, v->hash) == v &&
			    pawl_data_is_key(d, v))
				pawl_list_add(&l, (void *)v->name);
		}
	if (l.len)
		qsort(l.at, l.len, sizeof(*l.at), compare_names);
	*ret_names = pawl_arena_new(a, (l.len + 1) * sizeof(**ret_names));
	if (l.len)
		memcpy((void *)*ret_names, l.at, l.len * sizeof(*l.at));
	*ret_count = l.len;
	pawl_list_fini(&l);
}

void pawl_data_flags(struct pawl_data *d, const char *name, struct pawl_arena *a,
		     const char ***ret_names, size_t *ret_count)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	uint32_t len = v ? v->flags.len : 0;
	size_t count = 0;

	*ret_names = pawl_arena_new(a, (len + 1) * sizeof(**ret_names));
	for (uint32_t i = 0; i < len; i++) {
		const struct pawl_flag *f = (const struct pawl_flag *)v->flags.at + i;

		if (f->value || f->weak)
			(*ret_names)[count++] = f->name;
	}
	if (count)
		qsort((void *)*ret_names, count, sizeof(**ret_names), compare_names);
	*ret_count = count;
}

static void add_events(struct pawl_list *l, const struct pawl_var *v)
{
	for (struct pawl_var_event *e = v ? v->events : NULL; e; e = e->older)
		pawl_list_add(l, e);
}

/* What was done to NAME:foo is ":foo =" to NAME. */
static const char *op_of(struct pawl_data *d, const struct pawl_var *v,
			 const struct pawl_var_event *e, struct pawl_arena *a)
{
	for (uint32_t i = 0; v && i < v->over.len; i++) {
		const struct pawl_over *o = (struct pawl_over *)v->over.at + i;
		const struct pawl_var *u = pawl_data_find_name(d, o->name);
		const struct pawl_var_event *at = u && u != v ? u->events : NULL;

		while (at && at != e)
			at = at->older;
		if (at)
			return pawl_arena_fmt(a, ":%s %s", o->when, e->where.op);
	}
	return e->where.op;
}

static int compare_events(const void *a, const void *b)
{
	const struct pawl_var_event *x = *(struct pawl_var_event *const *)a,
				    *y = *(struct pawl_var_event *const *)b;

	return (x->at > y->at) - (x->at < y->at);
}

void pawl_data_history(struct pawl_data *d, const char *name, struct pawl_arena *a,
		       struct pawl_set_by **ret_at, size_t *ret_count)
{
	struct pawl_var *v = pawl_data_find_name(d, name);
	struct pawl_list l = { 0 };
	struct pawl_set_by *s;

	add_events(&l, v);
	for (uint32_t i = 0; v && i < v->over.len; i++)
		add_events(&l, pawl_data_find_name(d, ((struct pawl_over *)v->over.at)[i].name));
	if (l.len)
		qsort(l.at, l.len, sizeof(*l.at), compare_events);
	*ret_at = s = pawl_arena_new(a, (l.len + 1) * sizeof(*s));
	for (size_t i = 0; i < l.len; i++) {
		const struct pawl_var_event *e = l.at[i];

		s[i] = (struct pawl_set_by){ e->where.file, e->where.line, op_of(d, v, e, a),
					     e->where.text, e->flag };
	}
	*ret_count = l.len;
	pawl_list_fini(&l);
}
