/* SPDX-License-Identifier: MIT */
/* Shell text that unpacks and patches what SRC_URI names. */
#include "uri.h"

/* ---- words in shell ---- */

/* For use between double quotes. */
static const char *plain(struct pawl_arena *a, const char *s)
{
	struct pawl_buf b = { 0 };
	const char *ret;

	for (; *s; s++) {
		if (strchr("\"`$\\", *s))
			pawl_buf_char(&b, '\\');
		pawl_buf_char(&b, *s);
	}
	ret = pawl_arena_text(a, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return ret;
}

/* Variables stay as they are, so that DL_DIR does not count for signatures. */
static const char *source(struct pawl_arena *a, const struct pawl_uri *u)
{
	return u->remote ? pawl_arena_fmt(a, "${DL_DIR}/%s", plain(a, u->file_name))
			 : plain(a, u->path);
}

static const char *below(struct pawl_arena *a, const char *dir, const char *part)
{
	if (!part || !*part)
		return dir;
	return *part == '/' ? plain(a, part) : pawl_arena_fmt(a, "%s/%s", dir, plain(a, part));
}

/* The folder that an entry is unpacked into. */
static const char *target(struct pawl_recipe *r, struct pawl_arena *a, const struct pawl_uri *u)
{
	const char *root = pawl_data_raw(r->data, "UNPACKDIR") ? "${UNPACKDIR}" : "${WORKDIR}";

	return below(a, below(a, root, u->subdir), u->destsuffix);
}

/* The folder of a/b/c.conf in file://a/b/c.conf; NULL: none. */
static const char *inner_folder(struct pawl_arena *a, const struct pawl_uri *u)
{
	const char *path = u->url + strlen("file://"), *end;

	if (u->remote)
		return NULL;
	path += strspn(path, "/");
	end = path + strlen(path);
	while (end > path && end[-1] == '/')
		end--;
	while (end > path && end[-1] != '/')
		end--;
	return end > path ? pawl_arena_span(a, path, (size_t)(end - path - 1)) : NULL;
}

/* ---- unpacking ---- */

struct format {
	const char *suffix;
	const char *how; /* options of tar, or a command that writes to its output */
	enum { TAR, FILTER, ZIP } kind;
};

static const struct format formats[] = {
	{ ".tar", "", TAR },
	{ ".tgz", "-z", TAR },
	{ ".tar.gz", "-z", TAR },
	{ ".tar.Z", "-z", TAR },
	{ ".tbz", "-j", TAR },
	{ ".tbz2", "-j", TAR },
	{ ".tar.bz2", "-j", TAR },
	{ ".txz", "-J", TAR },
	{ ".tar.xz", "-J", TAR },
	{ ".tar.lz", "--lzip", TAR },
	{ ".tzst", "--zstd", TAR },
	{ ".tar.zst", "--zstd", TAR },
	{ ".gz", "gzip -dc", FILTER },
	{ ".Z", "gzip -dc", FILTER },
	{ ".z", "gzip -dc", FILTER },
	{ ".bz2", "bzip2 -dc", FILTER },
	{ ".xz", "xz -dc", FILTER },
	{ ".lz", "lzip -dc", FILTER },
	{ ".zst", "zstd -dc", FILTER },
	{ ".zip", "", ZIP },
	{ ".jar", "", ZIP },
};

static const struct format *format_of(const struct pawl_uri *u)
{
	for (size_t i = 0; u->unpack && i < sizeof(formats) / sizeof(*formats); i++)
		if (pawl_has_suffix(u->file_name, formats[i].suffix))
			return &formats[i];
	return NULL;
}

static void add_archive(struct pawl_arena *a, struct pawl_buf *b, const struct pawl_uri *u,
			const struct format *f, const char *to)
{
	const char *from = source(a, u);
	size_t stem = strlen(u->file_name) - strlen(f->suffix);

	switch (f->kind) {
	case TAR:
		pawl_buf_fmt(b, "tar -x --no-same-owner %s%s-f \"%s\" -C \"%s\"", f->how,
			     *f->how ? " " : "", from, to);
		if (u->striplevel > 0)
			pawl_buf_fmt(b, " --strip-components=%d", u->striplevel);
		break;
	case FILTER:
		pawl_buf_fmt(b, "%s \"%s\" >\"%s/%s\"", f->how, from, to,
			     plain(a, pawl_arena_span(a, u->file_name, stem)));
		break;
	case ZIP:
		pawl_buf_fmt(b, "unzip -q -o \"%s\" -d \"%s\"", from, to);
		break;
	}
}

static void add_unpack(struct pawl_recipe *r, struct pawl_arena *a, struct pawl_buf *b,
		       const struct pawl_uri *u)
{
	const struct format *f = format_of(u);
	const char *to = target(r, a, u);

	if (!f)
		to = below(a, to, inner_folder(a, u));
	pawl_buf_fmt(b, "mkdir -p \"%s\"\n", to);
	if (f)
		add_archive(a, b, u, f, to);
	else
		pawl_buf_fmt(b,
			     "cp --force --preserve=timestamps --no-dereference --recursive "
			     "-H \"%s\" \"%s/\"",
			     source(a, u), to);
	pawl_buf_fmt(b, " || { echo \"pawl: cannot unpack %s\" >&2; exit 1; }\n",
		     plain(a, u->file_name));
}

/* ---- patching ---- */

/* Where the unpacked patch lies. */
static const char *patch_file(struct pawl_recipe *r, struct pawl_arena *a, const struct pawl_uri *u)
{
	const struct format *f = format_of(u);
	size_t len = strlen(u->file_name) - (f ? strlen(f->suffix) : 0);
	const char *dir = target(r, a, u);

	if (!f)
		dir = below(a, dir, inner_folder(a, u));
	return below(a, dir, pawl_arena_span(a, u->file_name, len));
}

static void add_patch(struct pawl_recipe *r, struct pawl_arena *a, struct pawl_buf *b,
		      const struct pawl_uri *u)
{
	const char *in = below(a, "${S}", u->patchdir), *name = plain(a, u->file_name);

	pawl_buf_fmt(b,
		     "[ -d \"%s\" ] || { echo \"pawl: %s is no folder: S%s is to name the one with "
		     "the unpacked sources\" >&2; exit 1; }\n",
		     in, in, u->patchdir ? " or patchdir" : "");
	pawl_buf_fmt(b, "echo \"applying %s\"\n", name);
	pawl_buf_fmt(b, "patch -f -N -p%d --no-backup-if-mismatch -d \"%s\" <\"%s\"",
		     u->striplevel < 0 ? 1 : u->striplevel, in, patch_file(r, a, u));
	pawl_buf_fmt(b, " || { echo \"pawl: the patch %s does not apply in %s\" >&2; exit 1; }\n",
		     name, in);
}

/* ---- both ---- */

typedef void add_fn(struct pawl_recipe *r, struct pawl_arena *a, struct pawl_buf *b,
		    const struct pawl_uri *u);

static const char *text_of(struct pawl_recipe *r, add_fn *add, bool patches_only)
{
	struct pawl_arena a = { 0 };
	struct pawl_buf b = { 0 };
	struct pawl_uri *uris;
	const char *ret = NULL;
	size_t count;

	if (pawl_recipe_uris(r, &a, &uris, &count) == PAWL_OK) {
		for (size_t i = 0; i < count; i++)
			if (!patches_only || uris[i].patch)
				add(r, &a, &b, &uris[i]);
		ret = pawl_arena_span(&r->data->arena, pawl_buf_str(&b), b.len ? b.len - 1 : 0);
	}
	pawl_buf_fini(&b);
	pawl_arena_fini(&a);
	return ret;
}

const char *pawl_recipe_unpack_text(struct pawl_recipe *r)
{
	return text_of(r, add_unpack, false);
}

const char *pawl_recipe_patch_text(struct pawl_recipe *r)
{
	return text_of(r, add_patch, true);
}
