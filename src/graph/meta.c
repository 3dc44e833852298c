/* SPDX-License-Identifier: MIT */
/* A build folder becomes meta data: configuration files first, then the layers' recipes. */
#include "layer.h"
#include "statement.h"

#include <stdlib.h>

struct pawl_look *pawl_meta_look(struct pawl_meta *meta)
{
	return &meta->state_->look;
}

static void fail(struct pawl_meta *meta, const char *file, const char *what, const char *more)
{
	pawl_say(meta->state_->messages, PAWL_ERROR, file, 0, 0, "%s%s", what, more);
}

/* Puts the NAME=value pairs of the command line. */
static void put_assigned(struct pawl_data *d, const struct pawl_meta_options *o)
{
	for (const char *const *a = o->assign; a && *a; a++) {
		const char *eq = strchr(*a, '=');
		struct pawl_where w = { "command line", 0, "=", eq ? eq + 1 : "" };

		if (eq)
			pawl_data_put(d, pawl_arena_span(&d->arena, *a, (size_t)(eq - *a)),
				      pawl_arena_text(&d->arena, eq + 1), &w);
	}
}

static void put(struct pawl_data *d, const char *name, const char *value)
{
	pawl_data_put(d, name, pawl_arena_text(&d->arena, value), NULL);
}

/* path with what a pattern would read otherwise made plain */
static char *escaped(struct pawl_data *d, const char *path)
{
	struct pawl_buf b = { 0 };
	char *ret;

	for (; *path; path++) {
		if (strchr(".^$*+?{}[]\\|()", *path))
			pawl_buf_char(&b, '\\');
		pawl_buf_char(&b, *path);
	}
	ret = pawl_arena_text(&d->arena, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return ret;
}

/* ---- layers ---- */

static void read_layer(struct pawl_meta *meta, struct pawl_data *d, const char *dir,
		       const char *file)
{
	const char *conf = pawl_arena_fmt(&d->arena, "%s/conf/layer.conf", dir);

	if (*dir != '/') {
		fail(meta, file,
		     "expected absolute paths in BBLAYERS, as in ${TOPDIR}/layer, found ", dir);
		return;
	}
	if (!pawl_look_is_dir(&meta->state_->look, dir)) {
		fail(meta, file, "found no such folder in BBLAYERS: ", dir);
		return;
	}
	put(d, "LAYERDIR", dir);
	pawl_data_put(d, "LAYERDIR_RE", escaped(d, dir), NULL);
	if (!pawl_statements_read(d, conf, NULL))
		fail(meta, file, "a layer has no conf/layer.conf: ", dir);
	pawl_data_settle(d, "LAYERDIR");
	pawl_data_settle(d, "LAYERDIR_RE");
}

/*
 * BBFILES_DYNAMIC: patterns that count only when some collection is (or, with "!", is not) there.
 */
static void add_dynamic(struct pawl_data *d, const char *file)
{
	const char *at = pawl_data_get(d, "BBFILES_DYNAMIC"),
		   *have = pawl_data_get(d, "BBFILE_COLLECTIONS"), *w, *c;
	size_t n, m;

	while (at && (w = pawl_word(&at, &n))) {
		const char *colon = memchr(w, ':', n), *each = have;
		bool inverted = *w == '!', found = false;
		const char *name = w + inverted;

		if (!colon) {
			pawl_say(d->messages, PAWL_ERROR, file, 0, 0,
				 "found '%.*s' in BBFILES_DYNAMIC, expected collection:pattern",
				 (int)n, w);
			continue;
		}
		while (each && (c = pawl_word(&each, &m)))
			found |= m == (size_t)(colon - name) && memcmp(c, name, m) == 0;
		if (found != inverted)
			pawl_data_assign(d, "BBFILES:append",
					 pawl_arena_fmt(&d->arena, " %.*s",
							(int)(w + n - colon - 1), colon + 1),
					 NULL);
	}
}

static void read_layers(struct pawl_meta *meta, struct pawl_data *d, const char *file)
{
	const char *at = pawl_data_get(d, "BBLAYERS"), *w;
	size_t n, count = 0;

	for (; at && (w = pawl_word(&at, &n)); count++) {
		while (n > 1 && w[n - 1] == '/')
			n--;
		read_layer(meta, d, pawl_arena_span(&d->arena, w, n), file);
	}
	if (!count)
		fail(meta, file, "found no layers: BBLAYERS is empty", "");
	pawl_data_del(d, "LAYERDIR_RE", NULL);
	pawl_data_del(d, "LAYERDIR", NULL);
	add_dynamic(d, file);
}

/* ---- configuration ---- */

/* pawl's own layer is the last place in which files are searched. */
static void add_own_layer(struct pawl_data *d, const struct pawl_meta_options *o)
{
	const char *path = pawl_data_content(d, "BBPATH");

	if (o->own_layer)
		pawl_data_assign(d, "BBPATH",
				 pawl_arena_fmt(&d->arena, "%s:%s", path ? path : "", o->own_layer),
				 NULL);
}

static bool read_layers_conf(struct pawl_meta *meta, struct pawl_data *d,
			     const struct pawl_meta_options *o)
{
	const char *conf = pawl_arena_fmt(&d->arena, "%s/conf/bblayers.conf", o->top);

	put(d, "TOPDIR", o->top);
	put_assigned(d, o);
	if (!pawl_statements_read(d, conf, NULL)) {
		fail(meta, conf, "found no such file; is this a build folder?", "");
		return false;
	}
	if (!pawl_data_content(d, "BBPATH"))
		pawl_data_assign(d, "BBPATH", "${TOPDIR}", NULL);
	return true;
}

static void read_config(struct pawl_meta *meta, const struct pawl_meta_options *o)
{
	struct pawl_data *d = meta->config;
	const char *bbpath, *conf;

	read_layers(meta, d, pawl_arena_fmt(&d->arena, "%s/conf/bblayers.conf", o->top));
	add_own_layer(d, o);
	bbpath = pawl_data_get(d, "BBPATH");
	conf = pawl_look_which(&meta->state_->look, bbpath, "conf/bitbake.conf");
	if (!conf || !pawl_statements_read(d, conf, NULL)) {
		fail(meta, NULL, "found no conf/bitbake.conf in BBPATH: ", bbpath ? bbpath : "");
		return;
	}
	put_assigned(d, o);
	if (pawl_data_get(d, "BBMULTICONFIG") && *pawl_data_get(d, "BBMULTICONFIG"))
		fail(meta, NULL,
		     "BBMULTICONFIG is not supported: ", pawl_data_get(d, "BBMULTICONFIG"));
	pawl_statements_inherit(d, "base", "configuration", 0);
	if (pawl_data_raw(d, "INHERIT"))
		pawl_statements_inherit(d, "${INHERIT}", "INHERIT", 0);
}

/* ---- recipes ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does name_1.0.bbappend or name_%.bbappend belong to name_1.0.bb? */
static bool append_matches(const char *append, const char *recipe)
{
	size_t len = strlen(append) - strlen("append"); /* "name_1.0.bb" */
	const char *percent = memchr(append, '%', len);

	if (percent)
		return strncmp(append, recipe, (size_t)(percent - append)) == 0;
	return strlen(recipe) == len && memcmp(append, recipe, len) == 0;
}

static void read_recipe(struct pawl_meta *meta, const char *file, const struct pawl_list *appends)
{
	struct pawl_list mine = { 0 };

	for (size_t i = 0; i < appends->len; i++)
		if (append_matches(base_name(appends->at[i]), base_name(file)))
			pawl_list_add(&mine, appends->at[i]);
	meta->recipes[meta->recipe_count++] = pawl_recipe_new(meta, file, &mine);
	pawl_list_fini(&mine);
}

static void check_appends(struct pawl_meta *meta, const struct pawl_list *files,
			  const struct pawl_list *appends)
{
	const char *only_warn = pawl_data_get(meta->config, "BB_DANGLINGAPPENDS_WARNONLY");

	for (size_t i = 0; i < appends->len; i++) {
		bool used = false;

		for (size_t k = 0; k < files->len && !used; k++)
			used = append_matches(base_name(appends->at[i]), base_name(files->at[k]));
		if (!used)
			pawl_say(meta->state_->messages,
				 pawl_is_true(only_warn) ? PAWL_WARNING : PAWL_ERROR,
				 appends->at[i], 0, 0, "found no recipe that this belongs to");
	}
}

static int compare_recipes(const void *a, const void *b)
{
	return strcmp((*(struct pawl_recipe *const *)a)->file,
		      (*(struct pawl_recipe *const *)b)->file);
}

static void read_recipes(struct pawl_meta *meta)
{
	struct pawl_list files = { 0 }, appends = { 0 };

	pawl_layers_files(meta, &files, &appends);
	meta->recipes = pawl_mem_new((files.len + 1) * sizeof(*meta->recipes));
	for (size_t i = 0; i < files.len; i++)
		read_recipe(meta, files.at[i], &appends);
	check_appends(meta, &files, &appends);
	if (meta->recipe_count)
		qsort(meta->recipes, meta->recipe_count, sizeof(*meta->recipes), compare_recipes);
	pawl_list_fini(&files);
	pawl_list_fini(&appends);
}

int pawl_meta_load(pawl_world *w, const struct pawl_meta_options *o, struct pawl_messages *m,
		   struct pawl_meta **ret_meta)
{
	struct pawl_meta *meta = pawl_mem_new(sizeof(*meta));
	struct pawl_meta_state *s = meta->state_ = pawl_mem_new(sizeof(*s));
	size_t errors = m->errors;

	s->look.world = w;
	s->look.messages = s->messages = m;
	s->base = pawl_data_new(NULL, m, meta);
	if (read_layers_conf(meta, s->base, o)) {
		meta->config = pawl_data_new(s->base, m, meta);
		read_config(meta, o);
	} else {
		meta->config = pawl_data_new(s->base, m, meta);
	}
	if (m->errors == errors) {
		pawl_layers_read(meta);
		read_recipes(meta);
		pawl_providers_read(meta);
	}
	pawl_look_inputs(&s->look, &meta->inputs, &meta->input_count);
	*ret_meta = meta;
	return m->errors == errors ? PAWL_OK : PAWL_ESYNTAX;
}

void pawl_meta_free(struct pawl_meta *meta)
{
	if (!meta)
		return;
	for (size_t i = 0; i < meta->recipe_count; i++)
		pawl_recipe_free(meta->recipes[i]);
	pawl_mem_free(meta->recipes);
	pawl_mem_free(meta->inputs);
	pawl_providers_fini(meta);
	pawl_layers_fini(meta);
	pawl_data_free(meta->state_->choice);
	pawl_data_free(meta->config);
	pawl_data_free(meta->state_->base);
	pawl_look_fini(&meta->state_->look);
	pawl_mem_free(meta->state_);
	pawl_mem_free(meta);
}
