/* SPDX-License-Identifier: MIT */
/* SRC_URI: entries, checksums, local files, mirrors, and the text that unpacks and patches. */
#include "lang_kit.h"

#include "lang_base.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct one {
	struct lang_file files[16];
	struct lang_kit kit;
	struct pawl_recipe *recipe;
	struct pawl_arena arena;
	struct pawl_uri *uris;
	size_t count;
	int result;
};

/*
 * The recipe x_1.bb with this text, beside the files a.conf, dir/in.conf, p.patch, and foo/o.conf
 * over o.conf.
 */
static void one_init(struct one *o, const char *text)
{
	static const struct lang_file base[] = {
		LANG_BASE,
		{ "/l/r/x/a.conf", "" },
		{ "/l/r/files/a.conf", "" },
		{ "/l/r/files/dir/in.conf", "" },
		{ "/l/r/files/p.patch", "" },
		{ "/l/r/files/o.conf", "" },
		{ "/l/r/files/foo/o.conf", "" },
		{ "/l/r/files/bar/o.conf", "" },
		{ "/abs/f", "" },
	};

	memset(o, 0, sizeof(*o));
	memcpy(o->files, base, sizeof(base));
	o->files[KIT_COUNT(base)] = (struct lang_file){ "/l/r/x_1.bb", text };
	lang_init(&o->kit, o->files, KIT_COUNT(base) + 1);
	CHECK_INT(lang_load(&o->kit, NULL), 0);
	o->recipe = pawl_meta_provider(o->kit.meta, "x");
	CHECK(o->recipe);
	o->result = pawl_recipe_uris(o->recipe, &o->arena, &o->uris, &o->count);
}

static void one_fini(struct one *o)
{
	pawl_arena_fini(&o->arena);
	lang_fini(&o->kit);
}

static void check_path(const char *text, const char *path)
{
	struct one o;

	one_init(&o, text);
	CHECK_STR(lang_said(&o.kit), "");
	CHECK_INT(o.result, 0);
	CHECK_UINT(o.count, 1);
	CHECK_STR(o.uris[0].path, path);
	one_fini(&o);
}

TEST(local_files_are_found)
{
	check_path("SRC_URI = \"file://a.conf\"\n", "/l/r/x/a.conf");
	check_path("SRC_URI = \"file://p.patch\"\n", "/l/r/files/p.patch");
	check_path("SRC_URI = \"file://dir/in.conf\"\n", "/l/r/files/dir/in.conf");
	check_path("SRC_URI = \"file://dir/\"\n", "/l/r/files/dir");
	check_path("SRC_URI = \"file:///abs/f\"\n", "/abs/f");
	check_path("FILESPATH =. \"/abs:\"\nSRC_URI = \"file://f\"\n", "/abs/f");
}

TEST(the_last_override_has_the_file)
{
	check_path("SRC_URI = \"file://o.conf\"\n", "/l/r/files/bar/o.conf");
	check_path("FILESOVERRIDES = \"bar:foo\"\nSRC_URI = \"file://o.conf\"\n",
		   "/l/r/files/foo/o.conf");
	check_path("FILESOVERRIDES = \"\"\nSRC_URI = \"file://o.conf\"\n", "/l/r/files/o.conf");
}

TEST(a_remote_file_has_a_place_and_a_checksum)
{
	struct one o;

	one_init(&o, "SRC_URI = \"https://h.org/d/a-${PV}.tar.gz "
		     "http://h.org/b;name=b;downloadfilename=c.zip;subdir=s;unpack=0\"\n"
		     "SRC_URI[sha256sum] = \"" SUM "\"\nSRC_URI[b.sha256sum] = \"" SUM "\"\n");
	CHECK_INT(o.result, 0);
	CHECK_UINT(o.count, 2);
	CHECK(o.uris[0].remote && o.uris[0].unpack && !o.uris[0].name);
	CHECK_STR(o.uris[0].type, "https");
	CHECK_STR(o.uris[0].url, "https://h.org/d/a-1.tar.gz");
	CHECK_STR(o.uris[0].path, "/dl/a-1.tar.gz");
	CHECK_STR(o.uris[0].sha256, SUM);
	CHECK_UINT(o.uris[0].from_count, 1);
	CHECK_STR(o.uris[1].path, "/dl/c.zip");
	CHECK_STR(o.uris[1].name, "b");
	CHECK_STR(o.uris[1].subdir, "s");
	CHECK(!o.uris[1].unpack);
	one_fini(&o);
}

static const struct said_row {
	const char *text, *said;
} wrong[] = {
	/* clang-format off */
	{"A = \"\"\nSRC_URI = \"https://h.org/a.tgz\"\n",
		"error: /l/r/x_1.bb:2: x: SRC_URI entry https://h.org/a.tgz has no checksum, "
		"expected SRC_URI[sha256sum]"},
	{"SRC_URI = \"https://h.org/a.tgz;name=n\"\nSRC_URI[sha256sum] = \"" SUM "\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry https://h.org/a.tgz has no checksum, "
		"expected SRC_URI[n.sha256sum]"},
	{"SRC_URI = \"https://h.org/a.tgz;sha256sum=12\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry https://h.org/a.tgz has a checksum "
		"that is no SHA-256: 12"},
	{"SRC_URI = \"git://h.org/a\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry git://h.org/a has a type that is not "
		"supported, expected file, http or https, found git"},
	{"SRC_URI = \"a.tgz\"\n",
	 "error: /l/r/x_1.bb:1: x: SRC_URI entry a.tgz is no URL, expected file://, http:// or "
	 "https://"},
	{"SRC_URI = \"file://none\"\nSRC_URI += \"file://other\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry file://none is in no folder of "
		"FILESPATH: /l/r/x:/l/r/files\n"
		"error: /l/r/x_1.bb:2: x: SRC_URI entry file://other is in no folder of "
		"FILESPATH: /l/r/x:/l/r/files"},
	{"SRC_URI = \"http://h.org/d/;sha256sum=" SUM "\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry http://h.org/d/ has no file name at "
		"its end, expected one or ;downloadfilename="},
	{"SRC_URI = \"file://a.conf;striplevel=x\"\n",
		"error: /l/r/x_1.bb:1: x: SRC_URI entry file://a.conf has a striplevel that is "
		"no number: x"},
	/* clang-format on */
};

TEST(wrong_entries_name_recipe_and_line)
{
	for (size_t i = 0; i < KIT_COUNT(wrong); i++) {
		struct one o;

		kit_at("row", (int64_t)i);
		one_init(&o, wrong[i].text);
		CHECK_INT(o.result, PAWL_ESYNTAX);
		CHECK_STR(lang_said(&o.kit), wrong[i].said);
		one_fini(&o);
	}
	kit_at(NULL, 0);
}

/* The URLs that are tried, joined by blanks. */
static void check_urls(const char *mirrors, const char *want)
{
	struct pawl_buf text = { 0 }, got = { 0 };
	struct one o;

	pawl_buf_fmt(&text, "%s\nSRC_URI = \"https://h.org/d/a.tgz;sha256sum=" SUM "\"\n", mirrors);
	one_init(&o, text.s);
	CHECK_STR(lang_said(&o.kit), "");
	for (size_t i = 0; i < o.uris[0].from_count; i++)
		pawl_buf_fmt(&got, "%s%s", i ? " " : "", o.uris[0].from[i]);
	CHECK_STR(got.s, want);
	one_fini(&o);
	pawl_buf_fini(&text);
	pawl_buf_fini(&got);
}

TEST(mirrors_come_before_and_after)
{
	check_urls("PREMIRRORS = \"https?://.*/.* http://m.org/s/\"",
		   "http://m.org/s/a.tgz https://h.org/d/a.tgz");
	check_urls("MIRRORS = \"https://h.org/ http://m.org/\\nhttps://h.org/d/ file:///mnt/\"",
		   "https://h.org/d/a.tgz http://m.org/d/a.tgz file:///mnt/a.tgz");
	check_urls("MIRRORS = \"http://.*/.* http://m.org/ ftp://.*/.* http://n.org/\"",
		   "https://h.org/d/a.tgz");
	check_urls("MIRRORS = \"https://.*/.* http://m.org/TYPE/HOST/BASENAME\"",
		   "https://h.org/d/a.tgz http://m.org/https/h.org/a.tgz");
	check_urls("MIRRORS = \"https://(.*)\\.org/(.)/.* http://m.org/\\1/\"",
		   "https://h.org/d/a.tgz http://m.org/d/a.tgz");
}

static void check_text(const char *text, const char *variable, const char *want)
{
	struct one o;

	one_init(&o, text);
	CHECK_STR(lang_said(&o.kit), "");
	CHECK_TEXT(pawl_data_raw(o.recipe->data, variable), want);
	one_fini(&o);
}

TEST(unpacking_is_shell_text)
{
	check_text("", "PAWL_UNPACK", "");
	check_text("SRC_URI = \"https://h.org/a.tar.xz;sha256sum=" SUM ";subdir=s;striplevel=1\"\n",
		   "PAWL_UNPACK",
		   "mkdir -p \"${WORKDIR}/s\"\n"
		   "tar -x --no-same-owner -J -f \"${DL_DIR}/a.tar.xz\" -C "
		   "\"${WORKDIR}/s\" --strip-components=1"
		   " || { echo \"pawl: cannot unpack a.tar.xz\" >&2; exit 1; }");
	check_text("UNPACKDIR = \"/u\"\nSRC_URI = \"file://dir/in.conf\"\n", "PAWL_UNPACK",
		   "mkdir -p \"${UNPACKDIR}/dir\"\n"
		   "cp --force --preserve=timestamps --no-dereference --recursive -H "
		   "\"/l/r/files/dir/in.conf\" \"${UNPACKDIR}/dir/\""
		   " || { echo \"pawl: cannot unpack in.conf\" >&2; exit 1; }");
	check_text("SRC_URI = \"https://h.org/a.txt.gz;sha256sum=" SUM "\"\n", "PAWL_UNPACK",
		   "mkdir -p \"${WORKDIR}\"\ngzip -dc \"${DL_DIR}/a.txt.gz\" >\"${WORKDIR}/a.txt\""
		   " || { echo \"pawl: cannot unpack a.txt.gz\" >&2; exit 1; }");
	check_text("SRC_URI = \"https://h.org/a.tar.gz;sha256sum=" SUM ";unpack=no\"\n",
		   "PAWL_UNPACK",
		   "mkdir -p \"${WORKDIR}\"\n"
		   "cp --force --preserve=timestamps --no-dereference --recursive -H "
		   "\"${DL_DIR}/a.tar.gz\" \"${WORKDIR}/\""
		   " || { echo \"pawl: cannot unpack a.tar.gz\" >&2; exit 1; }");
}

TEST(patching_is_shell_text)
{
	check_text(
		"SRC_URI = \"file://a.conf file://p.patch;striplevel=0;patchdir=sub "
		"file://p.patch;apply=no\"\n",
		"PAWL_PATCH",
		"[ -d \"${S}/sub\" ] || { echo \"pawl: ${S}/sub is no folder: "
		"S or patchdir is to name the one with the unpacked sources\" >&2; exit 1; }\n"
		"echo \"applying p.patch\"\n"
		"patch -f -N -p0 --no-backup-if-mismatch -d \"${S}/sub\" <\"${WORKDIR}/p.patch\""
		" || { echo \"pawl: the patch p.patch does not apply in ${S}/sub\" >&2; exit 1; }");
	check_text("SRC_URI = \"file://a.conf;apply=yes\"\n", "PAWL_PATCH",
		   "[ -d \"${S}\" ] || { echo \"pawl: ${S} is no folder: S is to name "
		   "the one with the unpacked sources\" >&2; exit 1; }\n"
		   "echo \"applying a.conf\"\n"
		   "patch -f -N -p1 --no-backup-if-mismatch -d \"${S}\" <\"${WORKDIR}/a.conf\""
		   " || { echo \"pawl: the patch a.conf does not apply in ${S}\" >&2; exit 1; }");
	check_text("PAWL_PATCH = \"own\"\nSRC_URI = \"file://p.patch\"\n", "PAWL_PATCH", "own");
}

TEST(a_wrong_source_makes_no_script)
{
	struct pawl_buf b = { 0 };
	struct one o;

	one_init(&o, "SRC_URI = \"file://none\"\n");
	CHECK_INT(pawl_recipe_script(o.recipe, "do_unpack", &b), PAWL_ESYNTAX);
	CHECK_INT(pawl_recipe_script(o.recipe, "do_build", &b), 0);
	pawl_buf_fini(&b);
	one_fini(&o);
}

static const struct kit_case cases[] = {
	CASE(local_files_are_found),
	CASE(the_last_override_has_the_file),
	CASE(a_remote_file_has_a_place_and_a_checksum),
	CASE(wrong_entries_name_recipe_and_line),
	CASE(mirrors_come_before_and_after),
	CASE(unpacking_is_shell_text),
	CASE(patching_is_shell_text),
	CASE(a_wrong_source_makes_no_script),
};

KIT_MAIN(cases)
