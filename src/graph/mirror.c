/* SPDX-License-Identifier: MIT */
/* MIRRORS and PREMIRRORS: pairs of a pattern for a URL and what takes its place. */
#include "mirror.h"

#include <regex.h>

/* A URL in the parts that are matched one by one. */
enum { TYPE, HOST, PATH, PARTS };

static bool split_url(struct pawl_arena *a, const char *url, size_t len, const char *ret[PARTS])
{
	const char *s = pawl_arena_span(a, url, len), *sep = strstr(s, "://"), *host, *path;

	if (!sep)
		return false;
	host = sep + 3;
	path = strchr(host, '/');
	if (!path)
		path = host + strlen(host);
	ret[TYPE] = pawl_arena_span(a, s, (size_t)(sep - s));
	ret[HOST] = pawl_arena_span(a, host, (size_t)(path - host));
	ret[PATH] = path;
	return true;
}

/* s with each word (TYPE, HOST …) replaced by its value. */
static const char *with_word(struct pawl_arena *a, const char *s, const char *word,
			     const char *value)
{
	const char *hit = strstr(s, word);

	while (hit) {
		char *next =
			pawl_arena_fmt(a, "%.*s%s%s", (int)(hit - s), s, value, hit + strlen(word));

		hit = strstr(next + (hit - s) + strlen(value), word);
		s = next;
	}
	return s;
}

static const char *with_words(struct pawl_arena *a, const char *s, const char *const url[PARTS],
			      const struct pawl_uri *u)
{
	const char *mirror_name = pawl_arena_fmt(a, "%s%s", url[HOST], url[PATH]),
		   *dotted = mirror_name;

	for (char *p = strchr(dotted, '/'); p; p = strchr(p, '/'))
		*p = '.';
	s = with_word(a, s, "TYPE", url[TYPE]);
	s = with_word(a, s, "HOST", url[HOST]);
	s = with_word(a, s, "PATH", url[PATH]);
	s = with_word(a, s, "BASENAME", u->file_name);
	return with_word(a, s, "MIRRORNAME", dotted);
}

/* Appends what `with` stands for, \1 … being what the groups matched. */
static void add_replacement(struct pawl_buf *b, const char *with, const char *s,
			    const regmatch_t *m)
{
	for (; *with; with++) {
		if (with[0] == '\\' && with[1] >= '1' && with[1] <= '9') {
			const regmatch_t *g = &m[*++with - '0'];

			if (g->rm_so >= 0)
				pawl_buf_add(b, s + g->rm_so, (size_t)(g->rm_eo - g->rm_so));
		} else {
			pawl_buf_char(b, *with);
		}
	}
}

/*
 * The part of s that pattern matches (from its start) replaced; NULL: no match, or the pattern is
 * none.
 */
static const char *substitute(struct pawl_arena *a, const char *pattern, const char *with,
			      const char *s)
{
	regex_t re;
	regmatch_t m[10];
	struct pawl_buf b = { 0 };
	const char *ret = NULL;

	if (regcomp(&re, pattern, REG_EXTENDED) != 0)
		return NULL;
	if (regexec(&re, s, 10, m, 0) == 0 && m[0].rm_so == 0) {
		if (*with) {
			add_replacement(&b, with, s, m);
			pawl_buf_text(&b, s + m[0].rm_eo);
		}
		ret = pawl_arena_text(a, pawl_buf_str(&b));
	}
	pawl_buf_fini(&b);
	regfree(&re);
	return ret;
}

/* path ends in the name under which the file is kept */
static const char *with_file_name(struct pawl_arena *a, const char *path, const char *url_path,
				  const char *file_name)
{
	const char *slash = strrchr(url_path, '/'), *old = slash ? slash + 1 : url_path;
	size_t len = strlen(path);

	if (*old && strcmp(old, file_name) != 0 &&
	    pawl_has_suffix(path, pawl_arena_fmt(a, "/%s", old)))
		return pawl_arena_fmt(a, "%.*s%s", (int)(len - strlen(old)), path, file_name);
	if (pawl_has_suffix(path, pawl_arena_fmt(a, "/%s", file_name)))
		return path;
	return pawl_arena_fmt(a, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", file_name);
}

static const char *mirror_url(struct pawl_arena *a, const char *const find[PARTS],
			      const char *const with[PARTS], const struct pawl_uri *u)
{
	const char *url[PARTS], *out[PARTS];

	if (!split_url(a, u->url, strlen(u->url), url))
		return NULL;
	for (int i = 0; i < PARTS; i++) {
		const char *pattern = i == TYPE && !pawl_has_suffix(find[i], "$")
					      ? pawl_arena_fmt(a, "%s$", find[i])
					      : find[i];

		out[i] = substitute(a, pattern, with_words(a, with[i], url, u), url[i]);
		if (!out[i])
			return NULL;
	}
	return pawl_arena_fmt(a, "%s://%s%s", out[TYPE], out[HOST],
			      with_file_name(a, out[PATH], url[PATH], u->file_name));
}

void pawl_mirror_urls(struct pawl_data *d, const char *variable, const struct pawl_uri *u,
		      struct pawl_arena *a, struct pawl_list *ret)
{
	const char *text = pawl_data_get(d, variable), *at, *find_word, *with_word_;
	size_t n, m;

	at = text ? with_word(a, text, "\\n", " ") : NULL;
	while (at && (find_word = pawl_word(&at, &n))) {
		const char *find[PARTS], *with[PARTS], *url;

		with_word_ = pawl_word(&at, &m);
		if (!with_word_ || !split_url(a, find_word, n, find) ||
		    !split_url(a, with_word_, m, with)) {
			pawl_say(d->messages, PAWL_ERROR, NULL, 0, 0,
				 "found '%.*s' in %s, expected pairs of a URL pattern and a URL",
				 (int)n, find_word, variable);
			return;
		}
		url = mirror_url(a, find, with, u);
		if (url && strcmp(url, u->url) != 0)
			pawl_list_add(ret, (void *)url);
	}
}
