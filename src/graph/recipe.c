/* SPDX-License-Identifier: MIT */
/* One recipe: its name and version, its statements, and the tasks that came out. */
#include "layer.h"
#include "statement.h"

#include <stdlib.h>

/* ---- name and version ---- */

/* Parts 0 (PN), 1 (PV) and 2 (PR) of name_version_revision.bb; NULL: not there. */
static void split_name(struct pawl_data *d, const char *file, const char *ret_part[3])
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	char *p = pawl_arena_span(&d->arena, base, strlen(base) - strlen(".bb"));
	int count = 0;

	for (char *next; p; p = next, count++) {
		next = strchr(p, '_');
		if (next)
			*next++ = '\0';
		if (count < 3)
			ret_part[count] = p;
	}
	if (count > 3)
		pawl_say(
			d->messages, PAWL_ERROR, file, 0, 0,
				"found %d parts in the file's name, expected at most "
				"name_version_revision.bb",
			count);
}

static void put_part(struct pawl_data *d, const char *name, const char *part, const char *otherwise)
{
	struct pawl_where w = { NULL, 0, "=", part ? part : otherwise };

	if (part || !pawl_data_content(d->parent, name) ||
	    strstr(pawl_data_content(d->parent, name), "vars_from_file"))
		pawl_data_assign(d, name, part ? part : otherwise, &w);
}

static void put_names(struct pawl_data *d, const char *file)
{
	const char *part[3] = { NULL, NULL, NULL };

	split_name(d, file, part);
	put_part(d, "PN", part[0], "defaultpkgname");
	put_part(d, "PV", part[1], "1.0");
	put_part(d, "PR", part[2], "r0");
}

/* ---- tasks ---- */

static size_t count_words(const char *s)
{
	size_t n, count = 0;

	while (s && pawl_word(&s, &n))
		count++;
	return count;
}

static int task_index(const struct pawl_recipe *r, const char *name)
{
	for (size_t i = 0; i < r->task_count; i++)
		if (strcmp(r->tasks[i].name, name) == 0)
			return (int)i;
	return -1;
}

int pawl_recipe_task(const struct pawl_recipe *r, const char *name)
{
	return task_index(r, name);
}

static void fill_after(struct pawl_recipe *r, struct pawl_recipe_task *t, const char *list)
{
	const char **after = pawl_arena_new(&r->data->arena,
					    (count_words(list) + 1) * sizeof(*after)),
		   *w;
	size_t n;

	t->after = after;
	while (list && (w = pawl_word(&list, &n))) {
		const char *name =
			pawl_data_expand(r->data, pawl_arena_span(&r->data->arena, w, n));

		if (name && task_index(r, name) >= 0 && strcmp(name, t->name) != 0)
			after[t->after_count++] = name;
	}
}

static void fill_tasks(struct pawl_recipe *r)
{
	struct pawl_data *d = r->data;
	const char *list = pawl_data_content(d, PAWL_TASK_LIST), *w;
	struct pawl_list written = { 0 };
	size_t n;

	r->tasks = pawl_arena_new(&d->arena, (count_words(list) + 1) * sizeof(*r->tasks));
	while (list && (w = pawl_word(&list, &n))) {
		const char *as_written = pawl_arena_span(&d->arena, w, n),
			   *name = pawl_data_expand(d, as_written);

		if (!name || task_index(r, name) >= 0)
			continue;
		r->tasks[r->task_count++].name = name;
		pawl_list_add(&written, (void *)as_written);
		if (name != as_written)
			pawl_data_put_flag(d, name, "task", "1", NULL);
	}
	for (size_t i = 0; i < r->task_count; i++)
		fill_after(r, &r->tasks[i], pawl_data_raw_flag(d, written.at[i], PAWL_TASK_AFTER));
	pawl_list_fini(&written);
}

/* ---- what it provides ---- */

static bool is_provided(const struct pawl_recipe *r, const char *name)
{
	for (size_t i = 0; i < r->provide_count; i++)
		if (strcmp(r->provides[i], name) == 0)
			return true;
	return false;
}

static void fill_provides(struct pawl_recipe *r)
{
	const char *at = pawl_data_get(r->data, "PROVIDES"), *w;
	const char **provides =
		pawl_arena_new(&r->data->arena, (count_words(at) + 2) * sizeof(*provides));
	size_t n;

	r->provides = provides;
	provides[r->provide_count++] = r->pn;
	while (at && (w = pawl_word(&at, &n))) {
		const char *name = pawl_arena_span(&r->data->arena, w, n);

		if (!is_provided(r, name))
			provides[r->provide_count++] = name;
	}
}

static const char *get(struct pawl_recipe *r, const char *name)
{
	const char *s = pawl_data_get(r->data, name);

	return s ? s : "";
}

static void fill_names(struct pawl_recipe *r)
{
	const struct pawl_layer *layer = pawl_layer_of(r->meta, r->file);

	r->pn = get(r, "PN");
	r->pe = get(r, "PE");
	r->pv = get(r, "PV");
	r->pr = get(r, "PR");
	r->layer = layer ? layer->name : "";
	r->priority = layer ? layer->priority : 0;
	r->preference = atoi(get(r, "DEFAULT_PREFERENCE"));
	if (*get(r, "BBCLASSEXTEND"))
		pawl_say(r->data->messages, PAWL_WARNING, r->file, 0, 0,
			 "variants are not built: BBCLASSEXTEND = \"%s\"", get(r, "BBCLASSEXTEND"));
}

/* ---- reading ---- */

static void read_file(struct pawl_recipe *r, const char *path, struct pawl_arena *own)
{
	if (!pawl_statements_read(r->data, path, own))
		pawl_say(r->data->messages, PAWL_ERROR, path, 0, 0, "cannot read this file");
}

struct pawl_recipe *pawl_recipe_new(struct pawl_meta *meta, const char *file,
				    const struct pawl_list *appends)
{
	struct pawl_data *d = pawl_data_new(meta->config, meta->state_->messages, meta);
	struct pawl_recipe *r = pawl_arena_new(&d->arena, sizeof(*r));
	const char **names = pawl_arena_new(&d->arena, (appends->len + 1) * sizeof(*names));

	d->is_recipe = true;
	d->recipe = r;
	r->data = d;
	r->meta = meta;
	r->file = file;
	r->appends = names;
	r->append_count = appends->len;
	put_names(d, file);
	read_file(r, file, &d->arena);
	for (size_t i = 0; i < appends->len; i++) {
		names[i] = appends->at[i];
		read_file(r, names[i], NULL);
	}
	pawl_statements_inherit_deferred(d);
	pawl_data_expand_names(d);
	fill_names(r);
	fill_tasks(r);
	fill_provides(r);
	return r;
}

void pawl_recipe_free(struct pawl_recipe *r)
{
	if (r)
		pawl_data_free(r->data); /* r lives in its arena */
}
