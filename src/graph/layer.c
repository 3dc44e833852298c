/* SPDX-License-Identifier: MIT */
/* Layers: their collections, priorities, dependencies and the recipe files that they bring. */
#include "layer.h"

#include <stdlib.h>

static const char *conf(struct pawl_data *d, const char *prefix, const char *name)
{
	return pawl_data_get(d, pawl_arena_fmt(&d->arena, "%s_%s", prefix, name));
}

const struct pawl_layer *pawl_layer_of(const struct pawl_meta *meta, const char *path)
{
	const struct pawl_meta_state *s = meta->state_;

	for (size_t i = 0; i < s->layer_count; i++) {
		regmatch_t at;

		if (s->layers[i].has_regex && regexec(&s->layers[i].regex, path, 1, &at, 0) == 0 &&
		    at.rm_so == 0)
			return &s->layers[i];
	}
	return NULL;
}

/* ---- dependencies ---- */

static struct pawl_layer *find_layer(struct pawl_meta *meta, const char *name, size_t len)
{
	struct pawl_meta_state *s = meta->state_;

	for (size_t i = 0; i < s->layer_count; i++)
		if (strlen(s->layers[i].name) == len && memcmp(s->layers[i].name, name, len) == 0)
			return &s->layers[i];
	return NULL;
}

static bool version_fits(const char *op, size_t op_len, int order)
{
	bool equal = memchr(op, '=', op_len) != NULL;

	if (op_len && *op == '>')
		return order > 0 || (equal && order == 0);
	if (op_len && *op == '<')
		return order < 0 || (equal && order == 0);
	return order == 0;
}

/* "(>= 5)" after a dependency; *at moves behind it. */
static void check_version(struct pawl_meta *meta, const struct pawl_layer *l,
			  const struct pawl_layer *dep, const char **at)
{
	struct pawl_data *d = meta->config;
	const char *p = *at + strspn(*at, " \t\n"), *have, *want;
	size_t op, len;

	if (*p != '(')
		return;
	p += 1 + strspn(p + 1, " \t");
	op = strspn(p, "<>=");
	want = p + op + strspn(p + op, " \t");
	len = strcspn(want, " \t)");
	*at = strchr(want, ')') ? strchr(want, ')') + 1 : want + len;
	have = dep ? conf(d, "LAYERVERSION", dep->name) : NULL;
	if (!dep ||
	    (have && version_fits(p, op,
				  pawl_version_compare("", have, "", "",
						       pawl_arena_span(&d->arena, want, len), ""))))
		return;
	pawl_say(d->messages, PAWL_ERROR, NULL, 0, 0,
		 "layer %s needs version %.*s %.*s of layer %s, found %s", l->name, (int)op, p,
		 (int)len, want, dep->name, have ? have : "none");
}

static int settle_priority(struct pawl_meta *meta, struct pawl_layer *l, int lowest, int depth);

/* Checks LAYERDEPENDS of l; the highest priority among them, at least `lowest`. */
static int read_depends(struct pawl_meta *meta, struct pawl_layer *l, int lowest, int depth)
{
	const char *at = conf(meta->config, "LAYERDEPENDS", l->name), *w;
	int highest = lowest;
	size_t n;

	while (at && (w = pawl_word(&at, &n))) {
		size_t len = strcspn(w, ": \t\n(");
		struct pawl_layer *dep = find_layer(meta, w, len < n ? len : n);

		if (len < n && w[len] == '(')
			at = w + len;
		if (!dep && depth == 0)
			pawl_say(meta->state_->messages, PAWL_ERROR, NULL, 0, 0,
				 "layer %s needs layer %.*s, which is not in BBLAYERS", l->name,
				 (int)(len < n ? len : n), w);
		check_version(meta, l, depth == 0 ? dep : NULL, &at);
		if (dep && dep != l) {
			int p = settle_priority(meta, dep, lowest, depth + 1);

			highest = p > highest ? p : highest;
		}
	}
	return highest;
}

static int settle_priority(struct pawl_meta *meta, struct pawl_layer *l, int lowest, int depth)
{
	int highest;

	if (l->has_priority || depth > 32)
		return l->priority;
	highest = read_depends(meta, l, lowest, depth);
	l->priority = highest + 1;
	return l->priority;
}

/* ---- collections ---- */

static void compile_pattern(struct pawl_meta *meta, struct pawl_layer *l)
{
	struct pawl_data *d = meta->config;

	l->pattern = conf(d, "BBFILE_PATTERN", l->name);
	if (!l->pattern)
		pawl_say(d->messages, PAWL_ERROR, NULL, 0, 0, "BBFILE_PATTERN_%s is not set",
			 l->name);
	else if (*l->pattern && regcomp(&l->regex, l->pattern, REG_EXTENDED) != 0)
		pawl_say(d->messages, PAWL_ERROR, NULL, 0, 0,
			 "BBFILE_PATTERN_%s is no regular expression: %s", l->name, l->pattern);
	else
		l->has_regex = *l->pattern != '\0';
}

static void read_layer(struct pawl_meta *meta, struct pawl_layer *l)
{
	const char *priority = conf(meta->config, "BBFILE_PRIORITY", l->name);

	compile_pattern(meta, l);
	if (priority && *priority) {
		char *end;

		l->priority = (int)strtol(priority, &end, 10);
		l->has_priority = l->priority != 0;
		if (*end || end == priority)
			pawl_say(meta->state_->messages, PAWL_ERROR, NULL, 0, 0,
				 "BBFILE_PRIORITY_%s is no number: %s", l->name, priority);
	}
}

static int compare_patterns(const void *a, const void *b)
{
	const struct pawl_layer *x = a, *y = b;

	return strcmp(y->pattern ? y->pattern : "", x->pattern ? x->pattern : "");
}

static void settle_priorities(struct pawl_meta *meta)
{
	struct pawl_meta_state *s = meta->state_;
	int lowest = 0;

	for (size_t i = 0; i < s->layer_count; i++)
		if (s->layers[i].has_priority && (lowest == 0 || s->layers[i].priority < lowest))
			lowest = s->layers[i].priority;
	for (size_t i = 0; i < s->layer_count; i++) {
		int highest = read_depends(meta, &s->layers[i], lowest, 0);

		if (!s->layers[i].has_priority)
			s->layers[i].priority = highest + 1;
	}
}

void pawl_layers_read(struct pawl_meta *meta)
{
	struct pawl_meta_state *s = meta->state_;
	const char *all = pawl_data_get(meta->config, "BBFILE_COLLECTIONS"), *at, *w;
	size_t n, count = 0;

	for (at = all; at && pawl_word(&at, &n);)
		count++;
	s->layers = pawl_mem_new((count + 1) * sizeof(*s->layers));
	for (at = all; at && (w = pawl_word(&at, &n));) {
		if (find_layer(meta, w, n)) {
			pawl_say(s->messages, PAWL_ERROR, NULL, 0, 0,
				 "the collection %.*s is in BBFILE_COLLECTIONS twice", (int)n, w);
			continue;
		}
		s->layers[s->layer_count].name = pawl_arena_span(&meta->config->arena, w, n);
		read_layer(meta, &s->layers[s->layer_count]);
		s->layer_count++;
	}
	settle_priorities(meta);
	if (s->layer_count)
		qsort(s->layers, s->layer_count, sizeof(*s->layers), compare_patterns);
}

void pawl_layers_fini(struct pawl_meta *meta)
{
	struct pawl_meta_state *s = meta->state_;

	for (size_t i = 0; i < s->layer_count; i++)
		if (s->layers[i].has_regex)
			regfree(&s->layers[i].regex);
	pawl_mem_free(s->layers);
}

/* ---- BBFILES ---- */

static int priority_of(const struct pawl_meta *meta, const char *path)
{
	const struct pawl_layer *l = pawl_layer_of(meta, path);

	return l ? l->priority : 0;
}

/* Sorts by priority; equal ones keep their order. */
static void sort_patterns(const struct pawl_meta *meta, struct pawl_list *l)
{
	for (size_t i = 1; i < l->len; i++) {
		void *p = l->at[i];
		int priority = priority_of(meta, p);
		size_t k = i;

		for (; k && priority_of(meta, l->at[k - 1]) > priority; k--)
			l->at[k] = l->at[k - 1];
		l->at[k] = p;
	}
}

static void expand_pattern(struct pawl_meta *meta, const char *pattern, struct pawl_map *seen,
			   struct pawl_list *ret)
{
	struct pawl_look *look = &meta->state_->look;
	struct pawl_list found = { 0 };
	bool plain = !strpbrk(pattern, "*?[");

	if (plain && pawl_look_is_dir(look, pattern))
		pawl_look_tree(look, pattern, &found);
	else
		pawl_look_glob(look, pattern, &found);
	for (size_t i = 0; i < found.len; i++)
		if (!pawl_map_has(seen, found.at[i])) {
			pawl_map_put(seen, found.at[i], seen);
			pawl_list_add(ret, found.at[i]);
		}
	pawl_list_fini(&found);
}

/* The words of BBMASK as expressions; those that are none are said and left out. */
static void read_masks(struct pawl_meta *meta, struct pawl_list *ret)
{
	const char *at = pawl_data_get(meta->config, "BBMASK"), *w;
	size_t n;

	while (at && (w = pawl_word(&at, &n))) {
		regex_t *re = pawl_mem_new(sizeof(*re));
		char *text = pawl_arena_span(&meta->config->arena, *w == '|' ? w + 1 : w,
					     *w == '|' ? n - 1 : n);

		if (regcomp(re, text, REG_EXTENDED | REG_NOSUB) == 0) {
			pawl_list_add(ret, re);
			continue;
		}
		pawl_say(meta->state_->messages, PAWL_ERROR, NULL, 0, 0,
			 "BBMASK has a word that is no regular expression: %s", text);
		pawl_mem_free(re);
	}
}

static bool is_masked(const struct pawl_list *masks, const char *path)
{
	for (size_t i = 0; i < masks->len; i++)
		if (regexec(masks->at[i], path, 0, NULL, 0) == 0)
			return true;
	return false;
}

static void sort_out(struct pawl_meta *meta, const struct pawl_list *files,
		     struct pawl_list *ret_recipes, struct pawl_list *ret_appends)
{
	struct pawl_list masks = { 0 };

	read_masks(meta, &masks);
	for (size_t i = 0; i < files->len; i++) {
		if (is_masked(&masks, files->at[i]))
			continue;
		if (pawl_has_suffix(files->at[i], ".bb"))
			pawl_list_add(ret_recipes, files->at[i]);
		else if (pawl_has_suffix(files->at[i], ".bbappend"))
			pawl_list_add(ret_appends, files->at[i]);
	}
	for (size_t i = 0; i < masks.len; i++) {
		regfree(masks.at[i]);
		pawl_mem_free(masks.at[i]);
	}
	pawl_list_fini(&masks);
}

void pawl_layers_files(struct pawl_meta *meta, struct pawl_list *ret_recipes,
		       struct pawl_list *ret_appends)
{
	const char *at = pawl_data_get(meta->config, "BBFILES"), *w;
	struct pawl_list patterns = { 0 }, files = { 0 };
	struct pawl_map seen = { 0 };
	size_t n;

	while (at && (w = pawl_word(&at, &n)))
		pawl_list_add(&patterns, pawl_arena_span(&meta->config->arena, w, n));
	sort_patterns(meta, &patterns);
	for (size_t i = 0; i < patterns.len; i++)
		expand_pattern(meta, patterns.at[i], &seen, &files);
	sort_out(meta, &files, ret_recipes, ret_appends);
	if (patterns.len && !ret_recipes->len)
		pawl_say(meta->state_->messages, PAWL_WARNING, NULL, 0, 0,
			 "found no recipe that BBFILES matches: %s",
			 pawl_data_get(meta->config, "BBFILES"));
	pawl_map_fini(&seen);
	pawl_list_fini(&patterns);
	pawl_list_fini(&files);
}
