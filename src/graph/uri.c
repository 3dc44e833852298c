/* SPDX-License-Identifier: MIT */
/* SRC_URI: its entries, the local files that they mean, and where the remote ones may come from. */
#include "mirror.h"
#include "uri.h"

#include <stdlib.h>

/* What is being read. */
struct entry {
	struct pawl_recipe *recipe;
	struct pawl_arena *arena;
	struct pawl_uri *uri;
	const char *text; /* the whole word */
	const char *path; /* behind type:// (and the host) */
	bool failed;
};

static void fail(struct entry *e, const char *what, const char *more)
{
	struct pawl_data *d = e->recipe->data;
	struct pawl_where w = pawl_data_place_of(d, "SRC_URI", e->uri->url);

	if (!w.file)
		w = pawl_data_place(d, "SRC_URI");
	pawl_say(d->messages, PAWL_ERROR, w.file ? w.file : e->recipe->file, w.line, 0,
		 "%s: SRC_URI entry %s %s%s", e->recipe->pn, e->uri->url, what, more);
	e->failed = true;
}

/* ---- parameters ---- */

/* The value of ;name=value, or NULL. */
static const char *parameter(struct entry *e, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = strchr(e->text, ';'); p; p = strchr(p + 1, ';'))
		if (strncmp(p + 1, name, len) == 0 && p[1 + len] == '=')
			return pawl_arena_span(e->arena, p + len + 2, strcspn(p + len + 2, ";"));
	return NULL;
}

static bool is_switched_off(const char *s)
{
	static const char *const no[] = { "0", "no", "false", "n", "off" };

	for (size_t i = 0; s && i < sizeof(no) / sizeof(*no); i++)
		if (strcmp(s, no[i]) == 0)
			return true;
	return false;
}

static void read_striplevel(struct entry *e)
{
	const char *s = parameter(e, "striplevel");

	if (s && (!*s || strspn(s, "0123456789") != strlen(s)))
		fail(e, "has a striplevel that is no number: ", s);
	e->uri->striplevel = s ? atoi(s) : -1;
}

static bool is_patch(struct entry *e)
{
	const char *apply = parameter(e, "apply");

	if (apply)
		return pawl_is_true(apply);
	return pawl_has_suffix(e->uri->file_name, ".patch") ||
	       pawl_has_suffix(e->uri->file_name, ".diff");
}

static void read_parameters(struct entry *e)
{
	struct pawl_uri *u = e->uri;

	u->name = parameter(e, "name");
	u->unpack = !is_switched_off(parameter(e, "unpack"));
	u->subdir = parameter(e, "subdir");
	u->destsuffix = parameter(e, "destsuffix");
	u->patchdir = parameter(e, "patchdir");
	read_striplevel(e);
}

/* ---- local files ---- */

static const char *found_at(struct entry *e, const char *dir, size_t dir_len, const char *override,
			    size_t override_len)
{
	const char *path = pawl_arena_fmt(e->arena, "%.*s%s%.*s/%s", (int)dir_len, dir,
					  override_len ? "/" : "", (int)override_len, override,
					  e->path);

	return pawl_look_at(pawl_meta_look(e->recipe->meta), path) ? path : NULL;
}

/* In each folder of FILESPATH, below the folder of that override ("" for none). */
static const char *find_below(struct entry *e, const char *paths, const char *override, size_t len)
{
	const char *hit = NULL;

	for (const char *p = paths; p && !hit; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");

		if (n && strncmp(p, "__default", n) != 0)
			hit = found_at(e, p, n, override, len);
	}
	return hit;
}

/* The strongest override first: the last of FILESOVERRIDES; at the end without any. */
static const char *find_file(struct entry *e, const char *paths)
{
	struct pawl_data *d = e->recipe->data;
	const char *overrides = pawl_data_get(d, "FILESOVERRIDES"), *end, *hit = NULL;

	if (!overrides)
		overrides = pawl_data_get(d, "OVERRIDES");
	if (!overrides)
		overrides = "";
	for (end = overrides + strlen(overrides); end > overrides && !hit;) {
		const char *begin = end;

		while (begin > overrides && begin[-1] != ':')
			begin--;
		if (end > begin)
			hit = find_below(e, paths, begin, (size_t)(end - begin));
		end = begin > overrides ? begin - 1 : overrides;
	}
	return hit ? hit : find_below(e, paths, "", 0);
}

static void read_local(struct entry *e)
{
	const char *paths = pawl_data_get(e->recipe->data, "FILESPATH"), *slash;
	size_t len = strlen(e->path);

	while (len > 1 && e->path[len - 1] == '/')
		len--;
	e->path = pawl_arena_span(e->arena, e->path, len);
	if (*e->path == '/')
		e->uri->path = pawl_look_at(pawl_meta_look(e->recipe->meta), e->path) ? e->path
										      : NULL;
	else
		e->uri->path = find_file(e, paths ? paths : "");
	slash = strrchr(e->path, '/');
	e->uri->file_name = slash ? slash + 1 : e->path;
	if (!e->uri->path)
		fail(e, "is in no folder of FILESPATH: ", paths ? paths : "");
}

/* ---- remote files ---- */

static bool is_sha256(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdefABCDEF") == 64;
}

static void read_checksum(struct entry *e)
{
	struct pawl_uri *u = e->uri;
	const char *flag = u->name ? pawl_arena_fmt(e->arena, "%s.sha256sum", u->name)
				   : "sha256sum";

	u->sha256 = parameter(e, "sha256sum");
	if (!u->sha256)
		u->sha256 = pawl_data_flag(e->recipe->data, "SRC_URI", flag);
	if (!u->sha256)
		fail(e, "has no checksum, expected SRC_URI",
		     pawl_arena_fmt(e->arena, "[%s]", flag));
	else if (!is_sha256(u->sha256))
		fail(e, "has a checksum that is no SHA-256: ", u->sha256);
}

static void add_urls(struct entry *e, struct pawl_list *urls, const char *variable)
{
	pawl_mirror_urls(e->recipe->data, variable, e->uri, e->arena, urls);
}

static void read_remote(struct entry *e)
{
	struct pawl_uri *u = e->uri;
	const char *name = parameter(e, "downloadfilename"),
		   *dir = pawl_data_get(e->recipe->data, "DL_DIR");
	struct pawl_list urls = { 0 };

	u->remote = true;
	if (!name)
		name = strrchr(u->url, '/') + 1;
	if (!*name || strchr(name, '/'))
		fail(e, "has no file name at its end, expected one or ;downloadfilename=", "");
	if (!dir || !*dir)
		fail(e, "cannot be fetched: DL_DIR is not set", "");
	u->file_name = name;
	u->path = pawl_arena_fmt(e->arena, "%s/%s", dir ? dir : "", name);
	read_checksum(e);
	add_urls(e, &urls, "PREMIRRORS");
	pawl_list_add(&urls, (void *)u->url);
	add_urls(e, &urls, "MIRRORS");
	u->from = pawl_arena_new(e->arena, urls.len * sizeof(*u->from));
	memcpy((void *)u->from, urls.at, urls.len * sizeof(*u->from));
	u->from_count = urls.len;
	pawl_list_fini(&urls);
}

/* ---- entries ---- */

static void read_entry(struct entry *e)
{
	struct pawl_uri *u = e->uri;
	const char *sep;

	u->url = pawl_arena_span(e->arena, e->text, strcspn(e->text, ";"));
	sep = strstr(u->url, "://");
	if (!sep) {
		fail(e, "is no URL, expected file://, http:// or https://", "");
		return;
	}
	u->type = pawl_arena_span(e->arena, u->url, (size_t)(sep - u->url));
	e->path = sep + 3;
	read_parameters(e);
	if (strcmp(u->type, "file") == 0)
		read_local(e);
	else if (strcmp(u->type, "http") == 0 || strcmp(u->type, "https") == 0)
		read_remote(e);
	else
		fail(e, "has a type that is not supported, expected file, http or https, found ",
		     u->type);
	if (!e->failed)
		u->patch = is_patch(e);
}

static size_t count_words(const char *s)
{
	size_t n, count = 0;

	while (pawl_word(&s, &n))
		count++;
	return count;
}

int pawl_recipe_uris(struct pawl_recipe *r, struct pawl_arena *a, struct pawl_uri **ret,
		     size_t *ret_count)
{
	struct pawl_value *v = pawl_data_value(r->data, "SRC_URI", strlen("SRC_URI"));
	const char *at = v->text ? v->text : "", *w;
	struct pawl_uri *uris = pawl_arena_new(a, (count_words(at) + 1) * sizeof(*uris));
	size_t n, count = 0;
	bool failed = v->failed || r->sources_refused;

	if (r->sources_refused)
		at = "";
	for (; (w = pawl_word(&at, &n)); count++) {
		struct entry e = { .recipe = r,
				   .arena = a,
				   .uri = &uris[count],
				   .text = pawl_arena_span(a, w, n) };

		read_entry(&e);
		failed |= e.failed;
	}
	r->sources_refused = failed;
	if (failed)
		return PAWL_ESYNTAX;
	*ret = uris;
	*ret_count = count;
	return PAWL_OK;
}
