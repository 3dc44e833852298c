/* SPDX-License-Identifier: MIT */
/* Values of variables: overrides, what is appended and removed, and ${…} replaced. */
#include "builtin.h"

#include <assert.h>

/* ---- the table of values ---- */

static struct pawl_value **value_place(const struct pawl_table *t, const char *name, size_t len,
				       uint32_t hash)
{
	uint32_t i = hash & (t->size - 1);

	for (; t->at[i]; i = (i + 1) & (t->size - 1)) {
		struct pawl_value *v = t->at[i];

		if (v->hash == hash && v->len == len && memcmp(v->name, name, len) == 0)
			break;
	}
	return (struct pawl_value **)&t->at[i];
}

static void values_grow(struct pawl_data *d)
{
	struct pawl_table old = d->values;

	d->values.size = old.size ? old.size * 2 : 64;
	d->values.at = pawl_arena_new(&d->arena, d->values.size * sizeof(*d->values.at));
	for (uint32_t i = 0; i < old.size; i++) {
		struct pawl_value *v = old.at[i];

		if (v)
			*value_place(&d->values, v->name, v->len, v->hash) = v;
	}
}

static struct pawl_value *value_slot(struct pawl_data *d, const char *name, size_t len)
{
	uint32_t hash = pawl_name_hash(name, len);
	struct pawl_value **place, *v;

	if (d->values.count * 2 >= d->values.size)
		values_grow(d);
	place = value_place(&d->values, name, len, hash);
	if (*place)
		return *place;
	*place = v = pawl_arena_new(&d->arena, sizeof(*v));
	v->name = pawl_arena_span(&d->arena, name, len);
	v->hash = hash;
	v->len = (uint32_t)len;
	d->values.count++;
	return v;
}

/* ---- which overrides are active ---- */

enum { OVERRIDE_ROUNDS = 5, LEVEL_MAX = 300, VALUE_MAX = 16 << 20 };

static void overrides_split(struct pawl_data *d, const char *text)
{
	size_t count = 1;
	char *copy = pawl_arena_text(&d->arena, text);

	for (const char *p = text; *p; p++)
		count += *p == ':';
	d->overrides = pawl_arena_new(&d->arena, count * sizeof(*d->overrides));
	d->override_count = 0;
	d->override_text = pawl_arena_text(&d->arena, text);
	for (char *next; copy; copy = next) {
		next = strchr(copy, ':');
		if (next)
			*next++ = '\0';
		d->overrides[d->override_count++] = copy;
	}
}

/* The text of OVERRIDES as it is with the overrides that are active at the moment. */
static const char *overrides_read(struct pawl_data *d)
{
	const char *s;

	memset(&d->values, 0, sizeof(d->values));
	s = pawl_data_get(d, "OVERRIDES");
	return s ? s : "";
}

static void overrides_settle(struct pawl_data *d)
{
	const char *first, *next;

	d->override_count = 0;
	d->overrides_asked = false;
	first = overrides_read(d);
	for (int round = 0; round < OVERRIDE_ROUNDS; round++) {
		overrides_split(d, first);
		if (!d->overrides_asked)
			return; /* nothing in it depends on overrides */
		next = overrides_read(d);
		if (strcmp(first, next) == 0)
			return;
		first = next;
	}
	pawl_say(d->messages, PAWL_ERROR, NULL, 0, 0,
		 "OVERRIDES does not settle: with \"%s\" active it becomes \"%s\"",
		 d->override_text, first);
	d->failures++;
}

static void need_overrides(struct pawl_data *d)
{
	struct pawl_table kept = d->values;
	struct pawl_frame *frame = d->frame;

	d->overrides_asked = true;
	if (d->overrides_at == d->generation || d->in_overrides)
		return;
	d->in_overrides = true;
	d->frame = NULL;
	overrides_settle(d);
	d->frame = frame;
	d->values = kept;
	d->in_overrides = false;
	d->overrides_at = d->generation;
}

static bool is_active(const struct pawl_data *d, const char *name, size_t len)
{
	for (size_t i = 0; i < d->override_count; i++)
		if (strncmp(d->overrides[i], name, len) == 0 && !d->overrides[i][len])
			return true;
	return false;
}

static bool all_active(const struct pawl_data *d, const char *when)
{
	for (;;) {
		size_t len = strcspn(when, ":");

		if (!is_active(d, when, len))
			return false;
		if (!when[len])
			return true;
		when += len + 1;
	}
}

bool pawl_data_override_active(struct pawl_data *d, const char *when)
{
	need_overrides(d);
	return all_active(d, when);
}

/* ---- which override gives the value ---- */

enum { ACTIVE_MAX = 64 };

struct candidate {
	const char *when; /* what is left of it; NULL: gone */
	const char *name;
};

/* "foo:bar:foo" less ":foo", wherever it is. */
static const char *without(struct pawl_data *d, const char *when, const char *override)
{
	struct pawl_buf b = { 0 };
	size_t len = strlen(override);
	const char *ret;

	while (*when)
		if (*when == ':' && strncmp(when + 1, override, len) == 0)
			when += len + 1;
		else
			pawl_buf_char(&b, *when++);
	ret = pawl_arena_text(&d->arena, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return ret;
}

static bool ends_with_override(const char *when, const char *override)
{
	size_t n = strlen(when), len = strlen(override);

	return n > len && when[n - len - 1] == ':' && strcmp(when + n - len, override) == 0;
}

static void candidate_put(struct candidate *c, size_t *count, const char *when, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (c[i].when && strcmp(c[i].when, when) == 0) {
			c[i].name = name;
			return;
		}
	assert(*count < 2 * ACTIVE_MAX);
	c[(*count)++] = (struct candidate){ when, name };
}

/* One override against all candidates; true when one of them became shorter. */
static bool candidates_reduce(struct pawl_data *d, struct candidate *c, size_t *count,
			      const char *override, const char **match)
{
	size_t before = *count;
	bool shorter = false;

	for (size_t i = 0; i < before; i++) {
		const char *when = c[i].when, *name = c[i].name;

		if (!when)
			continue;
		if (ends_with_override(when, override)) {
			c[i].when = NULL;
			if (*count == 2 * ACTIVE_MAX)
				continue;
			candidate_put(c, count, without(d, when, override), name);
			shorter = true;
		} else if (strcmp(when, override) == 0) {
			*match = name;
			c[i].when = NULL;
		}
	}
	return shorter;
}

/* The name (A:foo) that stands for var (A) under the active overrides, or NULL. */
__attribute__((noinline)) static const char *choose_override(struct pawl_data *d,
							     const struct pawl_var *var)
{
	const struct pawl_over *o = var->over.at;
	struct candidate c[2 * ACTIVE_MAX];
	size_t count = 0;
	const char *match = NULL;
	bool shorter;

	need_overrides(d);
	for (uint32_t i = 0; i < var->over.len && count < ACTIVE_MAX; i++)
		if (all_active(d, o[i].when))
			candidate_put(c, &count, o[i].when, o[i].name);
	do {
		shorter = false;
		for (size_t i = 0; count && i < d->override_count; i++)
			shorter |= candidates_reduce(d, c, &count, d->overrides[i], &match);
	} while (shorter);
	return match;
}

/* ---- raw values ---- */

static bool applies(struct pawl_data *d, const struct pawl_change *c)
{
	return !c->when || !*c->when || pawl_data_override_active(d, c->when);
}

/* base with what is appended and prepended; NULL when nothing is there at all */
static const char *with_changes(struct pawl_data *d, const struct pawl_var *var, const char *base)
{
	const struct pawl_change *app = var->changes[PAWL_APPEND].at,
				 *pre = var->changes[PAWL_PREPEND].at;
	uint32_t app_count = var->changes[PAWL_APPEND].len, i = var->changes[PAWL_PREPEND].len;
	struct pawl_buf b = { 0 };
	const char *ret;
	bool any = base != NULL;

	while (i--)
		if (applies(d, &pre[i])) {
			pawl_buf_text(&b, pre[i].text);
			any = true;
		}
	if (base)
		pawl_buf_text(&b, base);
	for (i = 0; i < app_count; i++)
		if (applies(d, &app[i])) {
			pawl_buf_text(&b, app[i].text);
			any = true;
		}
	ret = any ? pawl_arena_span(&d->arena, pawl_buf_str(&b), b.len) : NULL;
	pawl_buf_fini(&b);
	return ret;
}

static void compute_raw(struct pawl_data *d, struct pawl_value *v)
{
	const struct pawl_var *var = pawl_data_find(d, v->name, v->len, v->hash);

	v->raw = v->match = NULL;
	v->broken = false;
	if (!var || !pawl_var_is_set(var))
		v->raw = pawl_builtin(d, v->name, &v->broken);
	if (!var)
		return;
	if (var->over.len)
		v->match = choose_override(d, var);
	if (v->match && strcmp(v->match, v->name) == 0)
		v->match = NULL;
	if (v->match)
		v->raw = pawl_data_raw_value(d, v->match, strlen(v->match))->raw;
	if (!v->raw)
		v->raw = var->content ? var->content : var->weak;
	if (var->changes[PAWL_APPEND].len || var->changes[PAWL_PREPEND].len)
		v->raw = with_changes(d, var, v->raw);
}

static void raw_of(struct pawl_data *d, struct pawl_value *v)
{
	if (v->raw_at == d->generation)
		return;
	compute_raw(d, v);
	v->raw_at = d->generation;
}

struct pawl_value *pawl_data_raw_value(struct pawl_data *d, const char *name, size_t len)
{
	struct pawl_value *v = value_slot(d, name, len);

	raw_of(d, v);
	return v;
}

/* ---- what goes wrong ---- */

static void say_loop(struct pawl_data *d, const char *name)
{
	struct pawl_buf b = { 0 };
	struct pawl_list chain = { 0 };
	struct pawl_where at = pawl_data_place(d, name);
	struct pawl_frame *f;

	for (f = d->frame; f; f = f->outer) {
		pawl_list_add(&chain, (void *)f->name);
		if (strcmp(f->name, name) == 0)
			break;
	}
	for (size_t i = chain.len; i--;) {
		struct pawl_where w = pawl_data_place(d, chain.at[i]);

		pawl_buf_fmt(&b, "%s", (const char *)chain.at[i]);
		if (w.file)
			pawl_buf_fmt(&b, " (%s:%d)", w.file, w.line);
		pawl_buf_text(&b, " -> ");
	}
	pawl_say(d->messages, PAWL_ERROR, at.file, at.line, 0,
		 "variable %s is defined by itself: %s%s", name, pawl_buf_str(&b), name);
	pawl_list_fini(&chain);
	pawl_buf_fini(&b);
}

static void say_python(struct pawl_data *d, const char *name, const char *code, size_t len)
{
	struct pawl_where w = { 0 };

	for (struct pawl_frame *f = d->frame; f && !w.file; f = f->outer)
		w = pawl_data_place_of(d, f->name, "${@");
	pawl_say(d->messages, PAWL_ERROR, w.file, w.line, 0,
		 "%s%sinline Python, which is not supported: %.*s", name ? name : "",
		 name ? " needs " : "found ", (int)(len > 200 ? 200 : len), code);
}

/* ---- expansion ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_+./~:", c));
}

/* The length of a name from s on that is followed by '}', or 0. */
static size_t reference_len(const char *s)
{
	size_t n = 0;

	while (is_name_char(s[n]))
		n++;
	return s[n] == '}' ? n : 0;
}

/* One reference, s + "}"; what it stands for, or NULL when it is not set. */
static const char *resolve(struct pawl_data *d, const char *name, size_t len,
			   struct pawl_refs *refs, bool *failed)
{
	struct pawl_value *v;
	unsigned before = d->failures;

	if (refs)
		pawl_map_put(&refs->names, pawl_arena_span(&d->arena, name, len), refs);
	v = pawl_data_value(d, name, len);
	if (v->failed || d->failures != before)
		*failed = true;
	return v->text;
}

static bool say_too_long(struct pawl_data *d)
{
	const char *name = d->frame ? d->frame->name : "";
	struct pawl_where w = pawl_data_place(d, name);

	pawl_say(d->messages, PAWL_ERROR, w.file, w.line, 0,
		 "variable %s grows beyond %d bytes when it is expanded", name, VALUE_MAX);
	d->failures++;
	return true;
}

/* Replaces each ${NAME} that is set, once, from left to right; true when something was replaced. */
static bool replace_names(struct pawl_data *d, const char *s, struct pawl_refs *refs,
			  struct pawl_buf *out, bool *failed)
{
	bool changed = false;

	for (const char *hit; (hit = strstr(s, "${"));) {
		size_t len = reference_len(hit + 2);
		const char *value = len ? resolve(d, hit + 2, len, refs, failed) : NULL;

		pawl_buf_add(out, s, (size_t)(hit - s));
		if (value) {
			pawl_buf_text(out, value);
			s = hit + len + 3;
			changed = true;
		} else {
			size_t keep = len ? len + 3 : 2;

			pawl_buf_add(out, hit, keep);
			s = hit + keep;
		}
		if (!*failed && out->len > VALUE_MAX)
			*failed = say_too_long(d);
		if (*failed)
			break;
	}
	pawl_buf_text(out, s);
	return changed;
}

/* The length of an inline Python expression at s ("${@"), or 0 when it has no end on its line. */
static size_t python_len(const char *s)
{
	size_t line = strcspn(s, "\n"), inner, first = 0;
	const char *close;

	for (size_t i = 4; i < line; i++) {
		if (s[i] == '}')
			return i + 1;
		if (s[i] != '{')
			continue;
		close = memchr(s + i, '}', line - i);
		inner = close ? (size_t)(close - s) : line;
		first = first || !close ? first : inner + 1; /* its end, should no other come */
		i = inner;
	}
	return first;
}

static bool has_reference(const char *s, size_t len)
{
	for (size_t i = 0; i + 3 < len; i++) {
		size_t n = s[i] == '$' && s[i + 1] == '{' ? reference_len(s + i + 2) : 0;

		if (n && i + 2 + n < len)
			return true;
	}
	return false;
}

static bool check_python(struct pawl_data *d, const char *s, const char *name)
{
	for (const char *hit = s; (hit = strstr(hit, "${@")); hit += 3) {
		size_t len = python_len(hit);

		if (len && !has_reference(hit + 3, len - 4)) {
			say_python(d, name, hit, len);
			return false;
		}
	}
	return true;
}

/* Expands until nothing changes; the text is left in *b. */
static bool expand_rounds(struct pawl_data *d, const char *text, const char *name,
			  struct pawl_refs *refs, struct pawl_buf *b)
{
	struct pawl_buf other = { 0 };
	bool failed = false, changed;

	changed = replace_names(d, text, refs, b, &failed);
	while (!failed && changed && strstr(pawl_buf_str(b), "${")) {
		struct pawl_buf swap = *b;

		*b = other;
		other = swap;
		pawl_buf_clear(b);
		changed = replace_names(d, pawl_buf_str(&other), refs, b, &failed);
	}
	pawl_buf_fini(&other);
	if (!failed && strstr(pawl_buf_str(b), "${@") && !check_python(d, pawl_buf_str(b), name)) {
		d->failures++;
		failed = true;
	}
	return !failed;
}

const char *pawl_data_expand_as(struct pawl_data *d, const char *text, const char *name,
				struct pawl_refs *refs)
{
	struct pawl_frame frame = { d->frame, name };
	struct pawl_buf b = { 0 };
	const char *ret = NULL;

	if (!strstr(text, "${"))
		return text;
	if (name)
		d->frame = &frame;
	if (expand_rounds(d, text, name, refs, &b))
		ret = pawl_arena_span(&d->arena, pawl_buf_str(&b), b.len);
	d->frame = frame.outer;
	pawl_buf_fini(&b);
	return ret;
}

const char *pawl_data_expand(struct pawl_data *d, const char *text)
{
	return pawl_data_expand_as(d, text, NULL, NULL);
}

/* ---- :remove ---- */

static bool has_word(const char *words, const char *word, size_t len)
{
	const char *w;
	size_t n;

	while ((w = pawl_word(&words, &n)))
		if (n == len && memcmp(w, word, len) == 0)
			return true;
	return false;
}

static void removed_add(struct pawl_data *d, struct pawl_vec *v, const char *text)
{
	for (uint32_t i = 0; i < v->len; i++)
		if (strcmp(((const char **)v->at)[i], text) == 0)
			return;
	*(const char **)pawl_vec_push(&d->arena, v, sizeof(char *)) = text;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct removal {
	const char *text;  /* as written */
	const char *words; /* expanded */
};

static bool is_removed(struct pawl_data *d, struct pawl_value *v, const struct pawl_vec *removals,
		       const char *word, size_t len)
{
	const struct removal *r = removals->at;
	bool hit = false;

	for (uint32_t i = 0; i < removals->len; i++)
		if (has_word(r[i].words, word, len)) {
			removed_add(d, &v->removed, r[i].text);
			hit = true;
		}
	return hit;
}

static void remove_words(struct pawl_data *d, struct pawl_value *v, const struct pawl_vec *removals)
{
	struct pawl_buf b = { 0 };
	const char *s = v->text;

	while (*s) {
		size_t len = 0;

		while (s[len] && !is_blank(s[len]))
			len++;
		if (len && !is_removed(d, v, removals, s, len))
			pawl_buf_add(&b, s, len);
		s += len;
		if (*s)
			pawl_buf_char(&b, *s++);
	}
	v->text = pawl_arena_text(&d->arena, pawl_buf_str(&b));
	pawl_buf_fini(&b);
}

static bool removal_add(struct pawl_data *d, struct pawl_vec *removals, const char *text)
{
	const char *words = pawl_data_expand_as(d, text, NULL, NULL);
	struct removal *r;

	if (!words)
		return false;
	r = pawl_vec_push(&d->arena, removals, sizeof(*r));
	*r = (struct removal){ text, words };
	return true;
}

/*
 * Takes the words of all :remove that apply out of v->text; those that an override took come along.
 */
static bool apply_removes(struct pawl_data *d, struct pawl_value *v, const struct pawl_vec *carried)
{
	const struct pawl_var *var = pawl_data_find(d, v->name, v->len, v->hash);
	const struct pawl_change *c = var ? var->changes[PAWL_REMOVE].at : NULL;
	uint32_t count = var ? var->changes[PAWL_REMOVE].len : 0;
	struct pawl_vec removals = { 0 };

	for (uint32_t i = 0; i < carried->len; i++)
		if (!removal_add(d, &removals, ((const char **)carried->at)[i]))
			return false;
	for (uint32_t i = 0; i < count; i++)
		if (applies(d, &c[i]) && !removal_add(d, &removals, c[i].text))
			return false;
	if (removals.len)
		remove_words(d, v, &removals);
	return true;
}

/* ---- whole values ---- */

static bool compute_text(struct pawl_data *d, struct pawl_value *v)
{
	struct pawl_vec carried = { 0 };

	v->text = NULL;
	v->removed = (struct pawl_vec){ 0 };
	if (v->match) {
		struct pawl_value *m = pawl_data_value(d, v->match, strlen(v->match));

		if (m->failed)
			return false;
		carried = m->removed;
	}
	if (!v->raw)
		return !v->broken;
	v->text = pawl_data_expand_as(d, v->raw, v->name, NULL);
	return v->text && (!*v->text || apply_removes(d, v, &carried));
}

static bool is_too_deep(struct pawl_data *d, const char *name)
{
	struct pawl_where w;

	if (d->level <= LEVEL_MAX)
		return false;
	w = pawl_data_place(d, name);
	pawl_say(d->messages, PAWL_ERROR, w.file, w.line, 0,
		 "variable %s is reached through more than %d others", name, LEVEL_MAX);
	d->failures++;
	return true;
}

struct pawl_value *pawl_data_value(struct pawl_data *d, const char *name, size_t len)
{
	struct pawl_value *v = value_slot(d, name, len);

	if (v->busy) {
		say_loop(d, v->name);
		d->failures++;
		v->failed = true;
		v->text = NULL;
		return v;
	}
	if (v->text_at == d->generation)
		return v;
	raw_of(d, v);
	v->busy = true;
	v->failed = false;
	d->level++;
	v->failed = is_too_deep(d, v->name) || !compute_text(d, v) || v->failed;
	d->level--;
	if (v->failed)
		v->text = NULL;
	v->busy = false;
	v->text_at = d->generation;
	return v;
}

const char *pawl_data_get(struct pawl_data *d, const char *name)
{
	return pawl_data_value(d, name, strlen(name))->text;
}

const char *pawl_data_raw(struct pawl_data *d, const char *name)
{
	return pawl_data_raw_value(d, name, strlen(name))->raw;
}

const char *pawl_data_flag(struct pawl_data *d, const char *name, const char *flag)
{
	const char *raw = pawl_data_raw_flag(d, name, flag);

	if (!raw || !strstr(raw, "${"))
		return raw;
	return pawl_data_expand_as(d, raw, pawl_arena_fmt(&d->arena, "%s[%s]", name, flag), NULL);
}

bool pawl_is_true(const char *s)
{
	static const char *const yes[] = { "y", "yes", "1", "true", "on" };

	for (size_t i = 0; s && i < sizeof(yes) / sizeof(*yes); i++) {
		size_t n = 0;

		while (s[n] && yes[i][n] && (s[n] | 0x20) == (yes[i][n] | 0x20))
			n++;
		if (!s[n] && !yes[i][n])
			return true;
	}
	return false;
}

bool pawl_data_true(struct pawl_data *d, const char *name, const char *flag)
{
	return pawl_is_true(flag ? pawl_data_flag(d, name, flag) : pawl_data_get(d, name));
}

bool pawl_data_is_function(struct pawl_data *d, const char *name)
{
	return pawl_data_raw_flag(d, name, "func") != NULL;
}
