/* SPDX-License-Identifier: MIT */
/* Build folders: configuration, layers, classes, recipes, appends, and their errors. */
#include "lang_kit.h"

#include "lang_base.h"

static struct pawl_recipe *recipe(struct lang_kit *k, const char *pn)
{
	struct pawl_recipe *r = pawl_meta_provider(k->meta, pn);

	CHECK(r != NULL);
	return r;
}

/* "do_a; do_b: do_a; …" */
static void add_tasks(struct pawl_buf *b, const struct pawl_recipe *r)
{
	for (size_t i = 0; i < r->task_count; i++) {
		pawl_buf_fmt(b, "%s%s", i ? "; " : "", r->tasks[i].name);
		for (size_t n = 0; n < r->tasks[i].after_count; n++)
			pawl_buf_fmt(b, "%s%s", n ? " " : ": ", r->tasks[i].after[n]);
	}
}

static void check_tasks(const struct pawl_recipe *r, const char *want)
{
	struct pawl_buf b = { 0 };

	add_tasks(&b, r);
	CHECK_STR(pawl_buf_str(&b), want);
	pawl_buf_fini(&b);
}

/* Loads the files, checks what was said and leaves k for more. */
static void load(struct lang_kit *k, const struct lang_file *files, size_t count, const char *said)
{
	int r;

	lang_init(k, files, count);
	r = lang_load(k, NULL);
	CHECK_STR(lang_said(k), said);
	CHECK_INT(r, k->messages.errors ? PAWL_ESYNTAX : PAWL_OK);
}

#define LOAD(k, said, ...)                                       \
	static const struct lang_file files[] = { __VA_ARGS__ }; \
	load(&(k), files, KIT_COUNT(files), (said))

TEST(a_recipe_has_name_version_and_tasks)
{
	struct lang_kit k;
	struct pawl_recipe *r;

	LOAD(k, "", LANG_BASE,
	     { "/l/r/x-y_1.2_r3.bb",
	       "A = \"${PN} ${PV} ${PR}\"\naddtask more before do_build\ndo_more() {\n}\n" });
	CHECK_UINT(k.meta->recipe_count, 1);
	r = recipe(&k, "x-y");
	CHECK_STR(r->pv, "1.2");
	CHECK_STR(r->pr, "r3");
	CHECK_STR(r->file, "/l/r/x-y_1.2_r3.bb");
	CHECK_STR(r->layer, "one");
	CHECK_INT(r->priority, 5);
	CHECK_STR(pawl_data_get(r->data, "A"), "x-y 1.2 r3");
	check_tasks(r, "do_fetch; do_unpack: do_fetch; do_build: do_more do_unpack; do_more");
	lang_fini(&k);
}

TEST(names_can_be_set)
{
	struct lang_kit k;
	struct pawl_recipe *r;

	LOAD(k, "", LANG_BASE, { "/l/r/x.bb", "PN = \"other\"\nPV = \"7\"\n" });
	r = recipe(&k, "other");
	CHECK_STR(r->pv, "7");
	CHECK_STR(r->pr, "r0");
	CHECK_STR(pawl_data_get(r->data, "WORKDIR"), "/w/other");
	lang_fini(&k);
}

TEST(a_name_with_too_many_parts_is_an_error)
{
	struct lang_kit k;

	LOAD(k,
		"error: /l/r/a_1_2_3.bb: found 4 parts in the file's name, expected at most "
		"name_version_revision.bb",
	     LANG_BASE, { "/l/r/a_1_2_3.bb", "" });
	lang_fini(&k);
}

TEST(a_layers_own_files_win)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/l/classes/base.bbclass", "addtask only\ndo_only() {\n}\n" },
	     { "/l/r/x_1.bb", "" });
	check_tasks(recipe(&k, "x"), "do_only");
	lang_fini(&k);
}

TEST(local_conf_and_inherit_reach_recipes)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/b/conf/local.conf", "INHERIT += \"more\"\nV = \"local\"\n" },
	     { "/l/classes/more.bbclass", "W = \"${V} ${PN}\"\n" }, { "/l/r/x_1.bb", "" });
	CHECK_STR(pawl_data_get(recipe(&k, "x")->data, "W"), "local x");
	lang_fini(&k);
}

TEST(the_command_line_wins)
{
	static const char *const assign[] = { "V=cmd", "U=first", NULL };
	static const struct lang_file files[] = {
		LANG_BASE,
		{ "/b/conf/local.conf",
		  "V = \"local\"\nV:append = \"x\"\nV:foo = \"y\"\nU ?= \"z\"\n" },
		{ "/l/r/x_1.bb", "" }
	};
	struct lang_kit k;

	lang_init(&k, files, KIT_COUNT(files));
	CHECK_INT(lang_load(&k, assign), 0);
	CHECK_STR(pawl_data_get(recipe(&k, "x")->data, "V"), "cmd");
	CHECK_STR(pawl_data_get(recipe(&k, "x")->data, "U"), "first");
	lang_fini(&k);
}

TEST(appends_come_in_order_after_the_recipe)
{
	struct lang_kit k;
	struct pawl_recipe *r;

	LOAD(k, "", LANG_BASE, { "/l/r/x_1.bb", "A = \"1\"\n" },
	     { "/l/r/x_%.bbappend", "A .= \"p\"\nT := \"${THISDIR}\"\n" },
	     { "/l/r/x_1.bbappend", "A .= \"v\"\n" }, { "/l/r/y_1.bb", "A = \"y\"\n" });
	r = recipe(&k, "x");
	CHECK_UINT(r->append_count, 2);
	CHECK_STR(pawl_data_get(r->data, "A"), "1pv");
	CHECK_STR(pawl_data_get(r->data, "T"), "/l/r");
	CHECK_STR(pawl_data_get(r->data, "FILE"), "/l/r/x_1.bb");
	CHECK_STR(pawl_data_get(recipe(&k, "y")->data, "A"), "y");
	lang_fini(&k);
}

TEST(an_append_without_a_recipe_is_an_error)
{
	struct lang_kit k;

	LOAD(k, "error: /l/r/z_1.bbappend: found no recipe that this belongs to", LANG_BASE,
	     { "/l/r/x_1.bb", "" }, { "/l/r/z_1.bbappend", "" });
	lang_fini(&k);
}

TEST(includes_are_found_beside_the_file_and_in_bbpath)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE,
	     { "/l/r/x_1.bb",
	       "require x.inc\ninclude none.inc\nrequire conf/deep.inc x2.inc\nA .= \" end\"\n" },
	     { "/l/r/x.inc", "A = \"inc\"\n" }, { "/l/r/x2.inc", "A .= \" x2\"\n" },
	     { "/l/conf/deep.inc", "A .= \" deep\"\n" });
	CHECK_STR(pawl_data_get(recipe(&k, "x")->data, "A"), "inc deep x2 end");
	lang_fini(&k);
}

TEST(what_is_not_there_is_said)
{
	struct lang_kit k;

	LOAD(k,
	     "error: /l/r/x_1.bb:1: found no file to require: none.inc\n"
		"error: /l/r/x_1.bb:2: found no class to inherit: nope (classes/nope.bbclass "
		"in none of BBPATH)\n"
	     "error: /l/r/x_1.bb:3: found a file that is no .conf, .inc, .bb or .bbclass: README",
	     LANG_BASE, { "/l/r/x_1.bb", "require none.inc\ninherit nope\ninclude README\n" });
	lang_fini(&k);
}

TEST(files_that_include_each_other_end)
{
	struct lang_kit k;

	LOAD(k, "error: /l/r/a.inc: files include each other without end", LANG_BASE,
	     { "/l/r/x_1.bb", "require b.inc\n" }, { "/l/r/a.inc", "require b.inc\n" },
	     { "/l/r/b.inc", "require a.inc\n" });
	lang_fini(&k);
}

TEST(errors_of_all_files_come_in_one_run)
{
	struct lang_kit k;

	LOAD(k,
	     "error: /l/r/x_1.bb:1:5: found '1', expected a value in quotes\n"
	     "error: /l/r/y_1.bb:2:3: found 'B', expected an operator (= ?= ?\?= := += =+ .= =.)",
	     LANG_BASE, { "/l/r/x_1.bb", "A = 1\n" }, { "/l/r/y_1.bb", "A = \"1\"\nA B\n" });
	lang_fini(&k);
}

TEST(classes_export_functions)
{
	struct lang_kit k;
	struct pawl_recipe *r;

	LOAD(k, "", LANG_BASE,
	     { "/l/classes/c.bbclass",
		"c_do_unpack() {\n\tc\n}\nc_do_build() {\n\tc\n}\nEXPORT_FUNCTIONS do_unpack "
		"do_build\n" },
	     { "/l/r/x_1.bb", "inherit c\n" });
	r = recipe(&k, "x");
	CHECK_STR(pawl_data_get(r->data, "do_unpack"),
		  "    # Export function set\n    c_do_unpack\n");
	CHECK_STR(pawl_data_get(r->data, "do_build"), "\t:\n");
	lang_fini(&k);
}

TEST(deferred_classes_come_last)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/l/classes/c.bbclass", "A .= \"c\"\n" },
	     { "/l/classes/d.bbclass", "A .= \"d\"\ninherit c\n" },
	     { "/l/r/x_1.bb",
	       "A = \"\"\ninherit_defer ${W}\nW = \"d c\"\ninherit c\nA .= \"r\"\n" });
	CHECK_STR(pawl_data_get(recipe(&k, "x")->data, "A"), "crd");
	lang_fini(&k);
}

TEST(a_deleted_task_is_nobodys_past)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE,
	     { "/l/r/x_1.bb", "deltask unpack\naddtask a after do_nothing before build\n" });
	check_tasks(recipe(&k, "x"), "do_fetch; do_build: do_a; do_a");
	lang_fini(&k);
}

TEST(event_handlers_are_refused)
{
	struct lang_kit k;

	LOAD(k,
		"error: /l/r/x_1.bb:1: event handlers need inline Python, which is not "
		"supported: addhandler h",
	     LANG_BASE,
	     { "/l/r/x_1.bb", "addhandler h\npython do_p() {\n    pass\n}\naddtask p\n" });
	lang_fini(&k);
}

TEST(a_python_task_is_refused_when_it_is_needed)
{
	struct lang_kit k;
	struct pawl_buf b = { 0 };

	LOAD(k, "", LANG_BASE, { "/l/r/x_1.bb", "python do_p() {\n    pass\n}\naddtask p\n" });
	CHECK_INT(pawl_recipe_script(recipe(&k, "x"), "do_p", &b), PAWL_ESYNTAX);
	CHECK_STR(
		lang_said(&k),
			"error: /l/r/x_1.bb:1: do_p of x is a Python function, which is not "
			"supported: python do_p() {");
	pawl_buf_fini(&b);
	lang_fini(&k);
}

TEST(no_build_folder)
{
	struct lang_kit k;

	LOAD(k, "error: /b/conf/bblayers.conf: found no such file; is this a build folder?",
	     { "/x", "" });
	lang_fini(&k);
}

TEST(no_bitbake_conf)
{
	struct lang_kit k;

	LOAD(k, "error: found no conf/bitbake.conf in BBPATH: /b:/l:/own", LANG_LAYER);
	lang_fini(&k);
}

TEST(layers_that_are_not_there)
{
	struct lang_kit k;

	LOAD(k, "error: /b/conf/bblayers.conf: found no such folder in BBLAYERS: /none",
	     { "/b/conf/bblayers.conf", "BBLAYERS = \"/none\"\n" }, LANG_OWN);
	lang_fini(&k);
}

TEST(layers_need_each_other)
{
	struct lang_kit k;

	LOAD(k,
	     "error: layer two needs layer three, which is not in BBLAYERS\n"
	     "error: layer two needs version >= 4 of layer one, found 3",
	     LANG_OWN, { "/b/conf/bblayers.conf", "BBLAYERS = \"/l /m\"\n" },
	     { "/l/conf/layer.conf",
		"BBFILE_COLLECTIONS += \"one\"\nBBFILE_PATTERN_one = \"^${LAYERDIR}/\"\n"
		"LAYERVERSION_one = \"3\"\n" },
	     { "/m/conf/layer.conf",
		"BBFILE_COLLECTIONS += \"two\"\nBBFILE_PATTERN_two = \"^${LAYERDIR_RE}/\"\n"
		"LAYERDEPENDS_two = \"three one (>= 4)\"\n" });
	CHECK_INT(k.meta->state_->layers[0].priority, 2);
	CHECK_INT(k.meta->state_->layers[1].priority, 1);
	lang_fini(&k);
}

TEST(masked_recipes_are_not_read)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/b/conf/local.conf", "BBMASK = \"/r/bad\"\n" },
	     { "/l/r/x_1.bb", "" }, { "/l/r/bad_1.bb", "bad\n" });
	CHECK_UINT(k.meta->recipe_count, 1);
	lang_fini(&k);
}

static enum pawl_input_kind seen(struct lang_kit *k, const char *path)
{
	for (size_t i = 0; i < k->meta->input_count; i++)
		if (strcmp(k->meta->inputs[i].path, path) == 0)
			return k->meta->inputs[i].kind;
	return 0;
}

TEST(all_that_was_looked_at_is_known)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/l/r/x_1.bb", "include none.inc\n" });
	CHECK_INT(seen(&k, "/b/conf/bblayers.conf"), PAWL_INPUT_FILE);
	CHECK_INT(seen(&k, "/b/conf/bitbake.conf"), PAWL_INPUT_ABSENT);
	CHECK_INT(seen(&k, "/own/conf/bitbake.conf"), PAWL_INPUT_FILE);
	CHECK_INT(seen(&k, "/b/conf/local.conf"), PAWL_INPUT_ABSENT);
	CHECK_INT(seen(&k, "/l/classes/base.bbclass"), PAWL_INPUT_ABSENT);
	CHECK_INT(seen(&k, "/own/classes/base.bbclass"), PAWL_INPUT_FILE);
	CHECK_INT(seen(&k, "/l/r"), PAWL_INPUT_DIR);
	CHECK_INT(seen(&k, "/l/r/x_1.bb"), PAWL_INPUT_FILE);
	CHECK_INT(seen(&k, "/l/r/none.inc"), PAWL_INPUT_ABSENT);
	lang_fini(&k);
}

TEST(shared_files_are_read_once)
{
	struct lang_kit k;

	LOAD(k, "", LANG_BASE, { "/l/r/a_1.bb", "require s.inc\ninherit c\n" },
	     { "/l/r/b_1.bb", "require s.inc\ninherit c\n" }, { "/l/r/s.inc", "" },
	     { "/l/classes/c.bbclass", "" });
	CHECK_UINT(k.reads, 4 + 2 + 2);
	lang_fini(&k);
}

static const struct kit_case cases[] = {
	CASE(a_recipe_has_name_version_and_tasks),
	CASE(names_can_be_set),
	CASE(a_name_with_too_many_parts_is_an_error),
	CASE(a_layers_own_files_win),
	CASE(local_conf_and_inherit_reach_recipes),
	CASE(the_command_line_wins),
	CASE(appends_come_in_order_after_the_recipe),
	CASE(an_append_without_a_recipe_is_an_error),
	CASE(includes_are_found_beside_the_file_and_in_bbpath),
	CASE(what_is_not_there_is_said),
	CASE(files_that_include_each_other_end),
	CASE(errors_of_all_files_come_in_one_run),
	CASE(classes_export_functions),
	CASE(deferred_classes_come_last),
	CASE(a_deleted_task_is_nobodys_past),
	CASE(event_handlers_are_refused),
	CASE(a_python_task_is_refused_when_it_is_needed),
	CASE(no_build_folder),
	CASE(no_bitbake_conf),
	CASE(layers_that_are_not_there),
	CASE(layers_need_each_other),
	CASE(masked_recipes_are_not_read),
	CASE(all_that_was_looked_at_is_known),
	CASE(shared_files_are_read_once),
};

KIT_MAIN(cases)
