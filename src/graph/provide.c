/* SPDX-License-Identifier: MIT */
/* Who builds what: preferences, priorities and versions. */
#include "layer.h"

#include <stdlib.h>

/* ---- versions ---- */

struct piece {
	int kind;      /* -1 '~', 0 number or the end, 1 letters, 2 anything else */
	const char *s; /* NULL: the end */
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct piece next_piece(const char **at)
{
	struct piece p = { 0, *at, 0 };

	if (!**at)
		return (struct piece){ 0, NULL, 0 };
	if (is_digit(**at)) {
		while (is_digit(p.s[p.len]))
			p.len++;
	} else if (is_letter(**at)) {
		p.kind = 1;
		while (is_letter(p.s[p.len]))
			p.len++;
	} else {
		p.kind = **at == '~' ? -1 : 2;
		p.len = 1;
	}
	*at += p.len;
	return p;
}

static int compare_text(struct piece a, struct piece b)
{
	int order = memcmp(a.s, b.s, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_number(struct piece a, struct piece b)
{
	for (; a.len && *a.s == '0'; a.s++)
		a.len--;
	for (; b.len && *b.s == '0'; b.s++)
		b.len--;
	return a.len != b.len ? (a.len > b.len) - (a.len < b.len) : compare_text(a, b);
}

static int compare_part(const char *a, const char *b)
{
	for (;;) {
		struct piece x = next_piece(&a), y = next_piece(&b);
		int order;

		if (!x.s && !y.s)
			return 0;
		if (x.kind != y.kind)
			return x.kind < y.kind ? -1 : 1;
		if (!x.s || !y.s)
			return x.s ? 1 : -1;
		order = x.kind == 0 ? compare_number(x, y) : compare_text(x, y);
		if (order)
			return order;
	}
}

int pawl_version_compare(const char *pe1, const char *pv1, const char *pr1, const char *pe2,
			 const char *pv2, const char *pr2)
{
	int order = atoi(pe1) - atoi(pe2);

	if (order == 0)
		order = compare_part(pv1, pv2);
	return order ? order : compare_part(pr1, pr2);
}

static int compare_recipes(const struct pawl_recipe *a, const struct pawl_recipe *b)
{
	return pawl_version_compare(a->pe, a->pv, a->pr, b->pe, b->pv, b->pr);
}

/* ---- preferences ---- */

static struct pawl_data *choice(struct pawl_meta *meta)
{
	struct pawl_meta_state *s = meta->state_;

	if (!s->choice) {
		s->choice = pawl_data_new(meta->config, s->messages, meta);
		pawl_data_expand_names(s->choice);
	}
	return s->choice;
}

static const char *setting(struct pawl_meta *meta, const char *a, const char *b)
{
	struct pawl_data *d = choice(meta);
	const char *s = pawl_data_get(d, pawl_arena_fmt(&d->arena, "%s%s", a, b));

	return s && *s ? s : NULL;
}

/* PREFERRED_VERSION or REQUIRED_VERSION of pn, in the order in which they count. */
static const char *wanted_version(struct pawl_meta *meta, const char *keyword, const char *pn)
{
	static const char *const forms[] = { "_VERSION:pn-", "_VERSION_" };
	struct pawl_data *d = choice(meta);
	const char *s = NULL;

	for (int i = 0; i < 2 && !s; i++)
		s = setting(meta, pawl_arena_fmt(&d->arena, "%s%s", keyword, forms[i]), pn);
	return s ? s : setting(meta, keyword, "_VERSION");
}

/* want: [epoch:]version, which may end in % */
static bool version_matches(const struct pawl_recipe *r, const char *want)
{
	const char *colon = strchr(want, ':');
	size_t len;

	if (colon && strspn(want, "0123456789") == (size_t)(colon - want)) {
		if (strlen(r->pe) != (size_t)(colon - want) ||
		    strncmp(r->pe, want, (size_t)(colon - want)) != 0)
			return false;
		want = colon + 1;
	}
	len = strlen(want);
	if (len && want[len - 1] == '%')
		return strncmp(r->pv, want, len - 1) == 0;
	return strcmp(r->pv, want) == 0;
}

/* Is a better than b when nothing is preferred? */
static bool is_better(const struct pawl_recipe *a, const struct pawl_recipe *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->preference != b->preference)
		return a->preference > b->preference;
	return compare_recipes(a, b) > 0;
}

/* Among recipes with the wanted version: layer, then preference, then the first file. */
static bool is_better_match(const struct pawl_recipe *a, const struct pawl_recipe *b)
{
	return a->priority != b->priority ? a->priority > b->priority
					  : a->preference < b->preference;
}

static struct pawl_recipe *best_match(const struct pawl_list *l, const char *pn, const char *want)
{
	struct pawl_recipe *best = NULL;

	for (size_t i = 0; i < l->len; i++) {
		struct pawl_recipe *r = l->at[i];

		if (strcmp(r->pn, pn) == 0 && version_matches(r, want) &&
		    (!best || is_better_match(r, best)))
			best = r;
	}
	return best;
}

static struct pawl_recipe *best_latest(const struct pawl_list *l, const char *pn)
{
	struct pawl_recipe *best = NULL;

	for (size_t i = 0; i < l->len; i++) {
		struct pawl_recipe *r = l->at[i];

		if (strcmp(r->pn, pn) == 0 && (!best || is_better(r, best)))
			best = r;
	}
	return best;
}

/* The best of the recipes called pn; NULL when a required version is missing. */
static struct pawl_recipe *best_of(struct pawl_meta *meta, const struct pawl_list *l,
				   const char *pn)
{
	const char *required = wanted_version(meta, "REQUIRED", pn);
	const char *want = required ? required : wanted_version(meta, "PREFERRED", pn);
	struct pawl_recipe *r = want ? best_match(l, pn, want) : NULL;

	if (r || !want)
		return r ? r : best_latest(l, pn);
	pawl_say(meta->state_->messages, required ? PAWL_ERROR : PAWL_WARNING, NULL, 0, 0,
		 "%s version %s of %s is not there", required ? "the required" : "the preferred",
		 want, pn);
	return required ? NULL : best_latest(l, pn);
}

static void note_choice(struct pawl_meta *meta, const char *what, const struct pawl_list *best)
{
	struct pawl_buf b = { 0 };

	for (size_t i = 0; i < best->len; i++)
		pawl_buf_fmt(&b, "%s%s", i ? ", " : "", ((struct pawl_recipe *)best->at[i])->pn);
	pawl_say(meta->state_->messages, PAWL_NOTE, NULL, 0, 0,
		 "%s is provided by %s; %s is taken (set PREFERRED_PROVIDER_%s to choose)", what,
		 pawl_buf_str(&b), ((struct pawl_recipe *)best->at[0])->pn, what);
	pawl_buf_fini(&b);
}

static struct pawl_recipe *find_pn(const struct pawl_list *l, const char *pn)
{
	for (size_t i = 0; pn && i < l->len; i++)
		if (strcmp(((struct pawl_recipe *)l->at[i])->pn, pn) == 0)
			return l->at[i];
	return NULL;
}

static int compare_pn(const void *a, const void *b)
{
	return strcmp((*(struct pawl_recipe *const *)a)->pn, (*(struct pawl_recipe *const *)b)->pn);
}

static struct pawl_recipe *choose(struct pawl_meta *meta, const char *what,
				  const struct pawl_list *all)
{
	struct pawl_list best = { 0 };
	struct pawl_recipe *r;

	for (size_t i = 0; i < all->len; i++) {
		r = all->at[i];
		if (find_pn(&best, r->pn))
			continue;
		r = best_of(meta, all, r->pn);
		if (r)
			pawl_list_add(&best, r);
	}
	if (best.len)
		qsort(best.at, best.len, sizeof(*best.at), compare_pn);
	r = find_pn(&best, setting(meta, "PREFERRED_PROVIDER_", what));
	if (!r)
		r = find_pn(&best, what);
	if (!r && best.len) {
		r = best.at[0];
		if (best.len > 1)
			note_choice(meta, what, &best);
	}
	pawl_list_fini(&best);
	return r;
}

/* ---- the map ---- */

void pawl_providers_read(struct pawl_meta *meta)
{
	for (size_t i = 0; i < meta->recipe_count; i++) {
		struct pawl_recipe *r = meta->recipes[i];

		for (size_t k = 0; k < r->provide_count; k++) {
			void **slot = pawl_map_slot(&meta->state_->providers, r->provides[k]);

			if (!*slot)
				*slot = pawl_mem_new(sizeof(struct pawl_list));
			pawl_list_add(*slot, r);
		}
	}
}

void pawl_providers_fini(struct pawl_meta *meta)
{
	struct pawl_map *m = &meta->state_->providers;

	for (size_t i = 0; i < m->len; i++)
		if (m->at[i].key) {
			pawl_list_fini(m->at[i].value);
			pawl_mem_free(m->at[i].value);
		}
	pawl_map_fini(m);
	pawl_map_fini(&meta->state_->chosen);
}

struct pawl_recipe *pawl_meta_provider(struct pawl_meta *meta, const char *what)
{
	struct pawl_meta_state *s = meta->state_;
	struct pawl_list *all = pawl_map_get(&s->providers, what);
	struct pawl_recipe *r;

	if (!all)
		return NULL;
	if (pawl_map_has(&s->chosen, what))
		return pawl_map_get(&s->chosen, what);
	r = choose(meta, what, all);
	pawl_map_put(&s->chosen, what, r); /* NULL, too: what is wrong is said once */
	return r;
}

bool pawl_meta_assumed(struct pawl_meta *meta, const char *what)
{
	const char *at = pawl_data_get(meta->config, "ASSUME_PROVIDED"), *w;
	size_t n, len = strlen(what);

	while (at && (w = pawl_word(&at, &n)))
		if (n == len && memcmp(w, what, n) == 0)
			return true;
	return false;
}

const char *pawl_meta_closest(struct pawl_meta *meta, const char *what)
{
	const struct pawl_map *m = &meta->state_->providers;
	struct pawl_list names = { 0 };
	const char *ret;

	for (size_t i = 0; i < m->len; i++)
		if (m->at[i].key)
			pawl_list_add(&names, m->at[i].key);
	ret = pawl_closest(what, (const char *const *)names.at, names.len);
	pawl_list_fini(&names);
	return ret;
}
