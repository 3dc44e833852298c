/* SPDX-License-Identifier: MIT */
/* Who provides what: versions, priorities, preferences, and what is said when it is not clear. */
#include "lang_kit.h"

#include "lang_base.h"

static const struct version_row {
	const char *a, *b;
	int order;
} versions[] = {
	{ "1", "1", 0 },
	{ "1", "2", -1 },
	{ "1.9", "1.10", -1 },
	{ "1.0", "1", 1 },
	{ "1.0a", "1.0", 1 },
	{ "1.0~rc1", "1.0", -1 },
	{ "1.0-rc1", "1.0", 1 },
	{ "01", "1", 0 },
	{ "2.a", "2.1", 1 },
	{ "1.0b", "1.0a", 1 },
	{ "git", "1", 1 },
	{ "", "0", -1 },
	{ "99999999999999999999", "100000000000000000000", -1 },
	{ "1_2", "1.2", 1 },
};

TEST(versions_compare_as_in_bitbake)
{
	for (size_t i = 0; i < KIT_COUNT(versions); i++) {
		const struct version_row *v = &versions[i];
		int order = pawl_version_compare("", v->a, "", "", v->b, "");
		int back = pawl_version_compare("", v->b, "", "", v->a, "");

		kit_at("row", (int64_t)i);
		CHECK_INT((order > 0) - (order < 0), v->order);
		CHECK_INT((back > 0) - (back < 0), -v->order);
	}
	CHECK(pawl_version_compare("1", "1", "", "", "2", "") > 0);
	CHECK(pawl_version_compare("", "1", "r2", "", "1", "r10") < 0);
}

/* Two layers: /l (5) and /m (7), and a local.conf. */
#define FILES(conf, ...)                                                             \
	static const struct lang_file files[] = {                                    \
		{ "/b/conf/bblayers.conf", "BBLAYERS = \"/l /m\"\n" },               \
		{ "/b/conf/local.conf", conf },                                      \
		{ "/l/conf/layer.conf",                                              \
		  "BBFILES += \"${LAYERDIR}/*.bb\"\nBBFILE_COLLECTIONS += \"one\"\n" \
		  "BBFILE_PATTERN_one = \"^/l/\"\nBBFILE_PRIORITY_one = \"5\"\n" },  \
		{ "/m/conf/layer.conf",                                              \
		  "BBFILES += \"${LAYERDIR}/*.bb\"\nBBFILE_COLLECTIONS += \"two\"\n" \
		  "BBFILE_PATTERN_two = \"^/m/\"\nBBFILE_PRIORITY_two = \"7\"\n" },  \
		LANG_OWN,                                                            \
		__VA_ARGS__                                                          \
	}

static void check(const struct lang_file *files, size_t count, const char *what, const char *file,
		  const char *said)
{
	struct lang_kit k;
	struct pawl_recipe *r;

	lang_init(&k, files, count);
	CHECK_INT(lang_load(&k, NULL), 0);
	r = pawl_meta_provider(k.meta, what);
	CHECK_TEXT(r ? r->file : NULL, file);
	CHECK(pawl_meta_provider(k.meta, what) == r);
	CHECK_STR(lang_said(&k), said);
	lang_fini(&k);
}

#define CHECK_PROVIDER(what, file, said) check(files, KIT_COUNT(files), (what), (file), (said))

TEST(the_highest_version)
{
	FILES("", { "/l/a_1.9.bb", "" }, { "/l/a_1.10.bb", "" });
	CHECK_PROVIDER("a", "/l/a_1.10.bb", "");
}

TEST(a_preferred_version)
{
	FILES("PREFERRED_VERSION_a = \"1.9\"\n", { "/l/a_1.9.bb", "" }, { "/l/a_1.10.bb", "" });
	CHECK_PROVIDER("a", "/l/a_1.9.bb", "");
}

TEST(a_preferred_version_with_percent)
{
	FILES("PREFERRED_VERSION_a = \"1.%\"\n", { "/l/a_1.9.bb", "" }, { "/l/a_2.0.bb", "" });
	CHECK_PROVIDER("a", "/l/a_1.9.bb", "");
}

TEST(a_preferred_version_that_is_not_there)
{
	FILES("PREFERRED_VERSION_a = \"3\"\n", { "/l/a_1.9.bb", "" }, { "/l/a_2.0.bb", "" });
	CHECK_PROVIDER("a", "/l/a_2.0.bb", "warning: the preferred version 3 of a is not there");
}

TEST(a_required_version_that_is_not_there)
{
	FILES("REQUIRED_VERSION_a = \"3\"\n", { "/l/a_1.9.bb", "" });
	CHECK_PROVIDER("a", NULL, "error: the required version 3 of a is not there");
}

TEST(the_higher_layer_before_the_higher_version)
{
	FILES("", { "/l/a_2.bb", "" }, { "/m/a_1.bb", "" });
	CHECK_PROVIDER("a", "/m/a_1.bb", "");
}

TEST(a_preferred_version_before_the_layer)
{
	FILES("PREFERRED_VERSION_a = \"2\"\n", { "/l/a_2.bb", "" }, { "/m/a_1.bb", "" });
	CHECK_PROVIDER("a", "/l/a_2.bb", "");
}

TEST(a_recipe_can_hold_back)
{
	FILES("", { "/l/a_2.bb", "DEFAULT_PREFERENCE = \"-1\"\n" }, { "/l/a_1.bb", "" });
	CHECK_PROVIDER("a", "/l/a_1.bb", "");
}

TEST(provides_count)
{
	FILES("", { "/l/a_2.bb", "PROVIDES += \"virtual/x\"\n" });
	CHECK_PROVIDER("virtual/x", "/l/a_2.bb", "");
}

TEST(a_preferred_provider)
{
	FILES("PREFERRED_PROVIDER_virtual/x = \"b\"\n",
	      { "/l/a_2.bb", "PROVIDES += \"virtual/x\"\n" },
	      { "/l/b_2.bb", "PROVIDES += \"virtual/x\"\n" });
	CHECK_PROVIDER("virtual/x", "/l/b_2.bb", "");
}

TEST(without_preference_the_first_name_and_a_note)
{
	FILES("", { "/l/b_2.bb", "PROVIDES += \"virtual/x\"\n" },
	      { "/m/a_2.bb", "PROVIDES += \"virtual/x\"\n" });
	CHECK_PROVIDER(
		"virtual/x", "/m/a_2.bb",
			"note: virtual/x is provided by a, b; a is taken (set "
			"PREFERRED_PROVIDER_virtual/x to choose)");
}

TEST(a_recipe_of_that_name_before_others)
{
	FILES("", { "/l/x_1.bb", "" }, { "/m/a_2.bb", "PROVIDES += \"x\"\n" });
	CHECK_PROVIDER("x", "/l/x_1.bb", "");
}

TEST(nobody_provides_it)
{
	FILES("ASSUME_PROVIDED = \"gcc make\"\n", { "/l/busybox_1.bb", "" });
	struct lang_kit k;

	lang_init(&k, files, KIT_COUNT(files));
	CHECK_INT(lang_load(&k, NULL), 0);
	CHECK(!pawl_meta_provider(k.meta, "busybix"));
	CHECK_STR(pawl_meta_closest(k.meta, "busybix"), "busybox");
	CHECK(!pawl_meta_closest(k.meta, "zzz"));
	CHECK(pawl_meta_assumed(k.meta, "make") && !pawl_meta_assumed(k.meta, "mak"));
	lang_fini(&k);
}

static const struct kit_case cases[] = {
	CASE(versions_compare_as_in_bitbake),
	CASE(the_highest_version),
	CASE(a_preferred_version),
	CASE(a_preferred_version_with_percent),
	CASE(a_preferred_version_that_is_not_there),
	CASE(a_required_version_that_is_not_there),
	CASE(the_higher_layer_before_the_higher_version),
	CASE(a_preferred_version_before_the_layer),
	CASE(a_recipe_can_hold_back),
	CASE(provides_count),
	CASE(a_preferred_provider),
	CASE(without_preference_the_first_name_and_a_note),
	CASE(a_recipe_of_that_name_before_others),
	CASE(nobody_provides_it),
};

KIT_MAIN(cases)
