/* SPDX-License-Identifier: MIT */
/* Which variables a task uses, however indirectly: what its signature consists of. */
#include "data.h"
#include "shellrefs.h"
#include "sigvars.h"

#include <stdlib.h>

/* A variable (or NAME[flag]) with what it refers to directly; kept per recipe. */
struct node {
	const char *name;
	const char *value; /* NULL: not set */
	struct node **uses;
	size_t use_count;
	unsigned seen; /* the round that met it last */
	bool failed;
};

struct uses {
	struct pawl_map names; /* only keys matter */
};

struct pawl_sig_cache {
	struct pawl_map nodes; /* name -> struct node */
	unsigned round;
	const char *ignored; /* BB_BASEHASH_IGNORE_VARS */
	/* BB_SIGNATURE_EXCLUDE_FLAGS; NULL or "": flags do not count by themselves */
	const char *no_flags;
	struct pawl_list exported; /* names, sorted */
};

/* ---- what counts for all variables of a recipe ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void pawl_exported_names(struct pawl_data *d, struct pawl_list *ret)
{
	struct pawl_map seen = { 0 };

	for (struct pawl_link *l = d->exported; l; l = l->older) {
		if (pawl_map_has(&seen, l->name))
			continue;
		pawl_map_put(&seen, l->name, &seen);
		if (pawl_data_true(d, l->name, "export") && !pawl_data_true(d, l->name, "unexport"))
			pawl_list_add(ret, (void *)l->name);
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(*ret->at), compare_names);
	pawl_map_fini(&seen);
}

static struct pawl_sig_cache *cache_of(struct pawl_data *d)
{
	struct pawl_sig_cache *c = d->sig_cache;

	if (c)
		return c;
	d->sig_cache = c = pawl_mem_new(sizeof(*c));
	c->ignored = pawl_data_get(d, "BB_BASEHASH_IGNORE_VARS");
	if (!c->ignored)
		/* where things lie does not change what they are */
		c->ignored = "DL_DIR PAWL_STORE_DIR";
	c->no_flags = pawl_data_get(d, "BB_SIGNATURE_EXCLUDE_FLAGS");
	pawl_exported_names(d, &c->exported);
	return c;
}

void pawl_sig_cache_free(struct pawl_sig_cache *c)
{
	if (!c)
		return;
	pawl_map_fini(&c->nodes);
	pawl_list_fini(&c->exported);
	pawl_mem_free(c);
}

static bool has_word(const char *words, const char *word)
{
	const char *w;
	size_t n, len = strlen(word);

	while (words && (w = pawl_word(&words, &n)))
		if (n == len && memcmp(w, word, n) == 0)
			return true;
	return false;
}

/* ---- what one variable uses ---- */

static void use(struct uses *u, const char *name)
{
	pawl_map_put(&u->names, name, u);
}

static void use_keys(struct uses *u, const struct pawl_map *m)
{
	for (size_t i = 0; i < m->len; i++)
		if (m->at[i].key)
			use(u, m->at[i].key);
}

/* Expands text only to learn what it refers to; the expanded text, or NULL when that failed. */
static const char *use_references(struct pawl_data *d, struct uses *u, const char *text,
				  const char *name)
{
	struct pawl_refs refs = { { 0 } };
	const char *ret;

	if (!strstr(text, "${"))
		return text;
	ret = pawl_data_expand_as(d, text, name, &refs);
	use_keys(u, &refs.names);
	pawl_map_fini(&refs.names);
	return ret;
}

/* Functions (and variables) of the store that a shell text runs as commands. */
static void use_commands(struct pawl_data *d, struct uses *u, const char *text)
{
	struct pawl_map found = { 0 };

	pawl_shellrefs(text, &found);
	for (size_t i = 0; i < found.len; i++) {
		struct pawl_var *v = found.at[i].key ? pawl_data_find_name(d, found.at[i].key)
						     : NULL;

		if (v && pawl_var_is_set(v) && !pawl_has_prefix(v->name, "__"))
			use(u, v->name);
	}
	pawl_map_fini(&found);
}

/* What :remove took is part of the value. */
static bool add_removed(struct pawl_data *d, struct uses *u, struct node *n,
			const struct pawl_value *v)
{
	const char **texts = v->removed.at;
	size_t count = v->removed.len;

	if (!count || !n->value)
		return true;
	qsort((void *)texts, count, sizeof(*texts), compare_names);
	for (size_t i = 0; i < count; i++) {
		n->value = pawl_arena_fmt(&d->arena, "%s\n_remove of %s", n->value, texts[i]);
		if (!use_references(d, u, texts[i], NULL))
			return false;
	}
	return true;
}

static bool read_shell_function(struct pawl_data *d, struct pawl_sig_cache *c, struct uses *u,
				struct node *n)
{
	struct pawl_value *v = pawl_data_value(d, n->name, strlen(n->name));

	n->value = v->raw;
	if (v->failed)
		return false;
	for (size_t i = 0; i < c->exported.len; i++)
		use(u, c->exported.at[i]);
	if (!v->raw || !use_references(d, u, v->raw, n->name))
		return v->raw == NULL;
	use_commands(d, u, v->text ? v->text : "");
	return add_removed(d, u, n, v);
}

static bool read_plain(struct pawl_data *d, struct uses *u, struct node *n)
{
	struct pawl_value *v = pawl_data_value(d, n->name, strlen(n->name));

	n->value = v->raw;
	if (v->failed)
		return false;
	if (v->raw && !use_references(d, u, v->raw, n->name))
		return false;
	return add_removed(d, u, n, v);
}

static bool read_function(struct pawl_data *d, struct pawl_sig_cache *c, struct uses *u,
			  struct node *n)
{
	static const char *const more[] = { "prefuncs", "postfuncs", "exports" };

	for (int i = 0; i < 3; i++)
		pawl_map_words(&u->names, pawl_data_flag(d, n->name, more[i]));
	if (pawl_data_raw_flag(d, n->name, "python")) {
		n->value = pawl_data_raw(d, n->name);
		return true;
	}
	return read_shell_function(d, c, u, n);
}

/* Without what vardepvalueexclude names (joined by '|'). */
static const char *without(struct pawl_data *d, const char *value, const char *exclude)
{
	struct pawl_buf b = { 0 };
	const char *ret;

	while (*value) {
		size_t len, hit = 0;
		const char *e = exclude;

		for (;; e += len + 1) {
			len = strcspn(e, "|");
			if (len && strncmp(value, e, len) == 0)
				hit = len;
			if (hit || !e[len])
				break;
		}
		if (!hit)
			pawl_buf_char(&b, *value);
		value += hit ? hit : 1;
	}
	ret = pawl_arena_text(&d->arena, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return ret;
}

static void use_flags(struct pawl_data *d, struct pawl_sig_cache *c, struct uses *u,
		      const char *name)
{
	const char **flags;
	size_t count;

	if (!c->no_flags || !*c->no_flags)
		return;
	pawl_data_flags(d, name, &d->arena, &flags, &count);
	for (size_t i = 0; i < count; i++)
		if (!has_word(c->no_flags, flags[i]))
			use(u, pawl_arena_fmt(&d->arena, "%s[%s]", name, flags[i]));
}

static bool read_variable(struct pawl_data *d, struct pawl_sig_cache *c, struct uses *u,
			  struct node *n)
{
	const char *value = pawl_data_flag(d, n->name, "vardepvalue"), *exclude;
	bool good = true;

	if (value)
		n->value = value;
	else if (pawl_data_is_function(d, n->name))
		good = read_function(d, c, u, n);
	else
		good = read_plain(d, u, n);
	exclude = pawl_data_flag(d, n->name, "vardepvalueexclude");
	if (exclude && n->value)
		n->value = without(d, n->value, exclude);
	use_flags(d, c, u, n->name);
	pawl_map_words(&u->names, pawl_data_flag(d, n->name, "vardeps"));
	return good;
}

/* NAME[flag] */
static bool read_flag(struct pawl_data *d, struct uses *u, struct node *n, const char *open)
{
	char *name = pawl_arena_span(&d->arena, n->name, (size_t)(open - n->name));
	char *flag = pawl_arena_span(&d->arena, open + 1, strlen(open) - 2);

	if (strcmp(flag, "vardepvalueexclude") == 0) {
		n->value = "";
		return true;
	}
	n->value = pawl_data_raw_flag(d, name, flag);
	return !n->value || use_references(d, u, n->value, n->name);
}

static struct node *node_of(struct pawl_data *d, struct pawl_sig_cache *c, const char *name);

/* What u holds, less the ignored and excluded, becomes n's list. */
static void settle_uses(struct pawl_data *d, struct pawl_sig_cache *c, struct node *n,
			struct uses *u, const char *excluded)
{
	n->uses = pawl_arena_new(&d->arena, (u->names.count + 1) * sizeof(*n->uses));
	for (size_t i = 0; i < u->names.len; i++) {
		const char *name = u->names.at[i].key;

		if (!name || has_word(excluded, name) || has_word(c->ignored, name))
			continue;
		n->uses[n->use_count++] = node_of(d, c, name);
	}
}

static void read_node(struct pawl_data *d, struct pawl_sig_cache *c, struct node *n)
{
	struct uses u = { { 0 } };
	const char *open = strchr(n->name, '['), *excluded = NULL;

	if (open && pawl_has_suffix(n->name, "]")) {
		n->failed = !read_flag(d, &u, n, open);
	} else {
		n->failed = !read_variable(d, c, &u, n);
		excluded = pawl_data_flag(d, n->name, "vardepsexclude");
	}
	settle_uses(d, c, n, &u, excluded);
	pawl_map_fini(&u.names);
}

/* The node of a name; what it uses is read when it is met. */
static struct node *node_of(struct pawl_data *d, struct pawl_sig_cache *c, const char *name)
{
	struct node *n = pawl_map_get(&c->nodes, name);

	if (n)
		return n;
	n = pawl_arena_new(&d->arena, sizeof(*n));
	n->name = pawl_arena_text(&d->arena, name);
	pawl_map_put(&c->nodes, name, n);
	return n;
}

/* ---- a task's closure ---- */

static bool visit(struct pawl_data *d, struct pawl_sig_cache *c, struct pawl_list *todo,
		  struct node *n)
{
	if (n->seen == c->round)
		return true;
	n->seen = c->round;
	if (!n->uses)
		read_node(d, c, n);
	pawl_list_add(todo, n);
	return !n->failed;
}

static bool collect(struct pawl_data *d, struct pawl_sig_cache *c, const char *task,
		    struct pawl_list *all)
{
	bool good;

	c->round++;
	good = visit(d, c, all, node_of(d, c, task));
	for (size_t i = 0; i < all->len; i++) {
		struct node *n = all->at[i];

		for (size_t k = 0; k < n->use_count; k++)
			good &= visit(d, c, all, n->uses[k]);
	}
	return good;
}

static int compare_vars(const void *a, const void *b)
{
	return strcmp(((const struct pawl_sigvar *)a)->name, ((const struct pawl_sigvar *)b)->name);
}

bool pawl_check_shell_task(struct pawl_recipe *r, const char *task)
{
	struct pawl_where w;

	if (!pawl_data_raw_flag(r->data, task, "python"))
		return true;
	w = pawl_data_place(r->data, task);
	pawl_say(r->data->messages, PAWL_ERROR, w.file, w.line, 0,
		 "%s of %s is a Python function, which is not supported: python %s() {", task,
		 r->pn, task);
	return false;
}

int pawl_recipe_task_vars(struct pawl_recipe *r, const char *task, struct pawl_arena *a,
			  struct pawl_sigvar **ret, size_t *ret_count)
{
	struct pawl_list all = { 0 };
	struct pawl_sigvar *vars;
	size_t count = 0;

	if (!pawl_check_shell_task(r, task))
		return PAWL_ESYNTAX;
	if (!collect(r->data, cache_of(r->data), task, &all)) {
		pawl_list_fini(&all);
		return PAWL_ESYNTAX;
	}
	vars = pawl_arena_new(a, (all.len + 1) * sizeof(*vars));
	for (size_t i = 0; i < all.len; i++) {
		const struct node *n = all.at[i];

		if (n->value)
			vars[count++] = (struct pawl_sigvar){ n->name, n->value };
	}
	qsort(vars, count, sizeof(*vars), compare_vars);
	pawl_list_fini(&all);
	*ret = vars;
	*ret_count = count;
	return PAWL_OK;
}
