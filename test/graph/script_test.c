/* SPDX-License-Identifier: MIT */
/* What a task's script and its signature consist of. */
#include "lang_kit.h"

#include "lang_base.h"

#include <stdio.h>
#include <stdlib.h>

struct one {
	struct lang_file files[5];
	struct lang_kit kit;
	struct pawl_recipe *recipe;
};

static void one_init(struct one *o, const char *text)
{
	static const struct lang_file base[] = { LANG_BASE };

	memcpy(o->files, base, sizeof(base));
	o->files[4] = (struct lang_file){ "/l/r/x_1.bb", text };
	lang_init(&o->kit, o->files, 5);
	CHECK_INT(lang_load(&o->kit, NULL), 0);
	o->recipe = pawl_meta_provider(o->kit.meta, "x");
	CHECK(o->recipe);
}

/* "[A] [B=b] …": names and values in order, the recipe's usual ones left out. */
static void check_vars(const char *text, const char *task, const char *want)
{
	struct pawl_arena a = { 0 };
	struct pawl_buf b = { 0 };
	struct pawl_sigvar *vars;
	struct one o;
	size_t count;

	one_init(&o, text);
	CHECK_INT(pawl_recipe_task_vars(o.recipe, task, &a, &vars, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(vars[i].name, task) != 0)
			pawl_buf_fmt(&b, "[%s=%s]", vars[i].name, vars[i].value);
	CHECK_STR(pawl_buf_str(&b), want);
	pawl_buf_fini(&b);
	pawl_arena_fini(&a);
	lang_fini(&o.kit);
}

TEST(variables_are_found_through_variables_and_functions)
{
	check_vars(
			"A = \"${B}\"\nB = \"b\"\nC = \"c\"\nN = \"n\"\nf() {\n\techo ${C}\n}\n"
			"do_t() {\n\tf ${A} ${NONE} $N\n}\naddtask t\n",
		"do_t", "[A=${B}][B=b][C=c][f=\techo ${C}\n]");
}

TEST(exported_variables_count)
{
	check_vars(
			"export A = \"${B}\"\nB = \"b\"\nexport C = \"c\"\nC[unexport] = "
			"\"1\"\ndo_t() {\n\t:\n}\naddtask t\n",
		"do_t", "[A=${B}][B=b]");
}

TEST(flags_say_what_counts)
{
	check_vars(
			"A = \"${B}\"\nB = \"b\"\nC = \"c\"\nD = \"d\"\ndo_t() {\n\t: ${A} "
			"${D}\n}\ndo_t[vardeps] = \"C\"\ndo_t[vardepsexclude] = \"D\"\n"
			"A[vardepvalue] = \"v\"\naddtask t\n",
		"do_t", "[A=v][C=c]");
}

TEST(ignored_variables_do_not_count)
{
	check_vars(
			"BB_BASEHASH_IGNORE_VARS = \"A\"\nA = \"${B}\"\nB = \"b\"\nC = \"c\"\n"
			"do_t() {\n\t: ${A} ${C}\n}\naddtask t\n",
		"do_t", "[C=c]");
}

TEST(the_download_folder_does_not_count)
{
	check_vars("do_t() {\n\t: ${DL_DIR}\n}\naddtask t\n", "do_t", "");
}

TEST(what_was_removed_counts)
{
	check_vars(
		"A = \"a b\"\nA:remove = \"${R}\"\nR = \"b\"\ndo_t() {\n\t: ${A}\n}\naddtask t\n",
		"do_t", "[A=a b\n_remove of ${R}][R=b]");
}

TEST(a_flag_can_count)
{
	check_vars(
			"do_t() {\n\t:\n}\ndo_t[x] = \"${A}\"\nA = \"a\"\ndo_t[vardeps] = "
			"\"do_t[x]\"\naddtask t\n",
		"do_t", "[A=a][do_t[x]=${A}]");
}

static void check_same(const char *one, const char *other)
{
	struct pawl_arena a = { 0 };
	struct pawl_sigvar *x, *y;
	struct one o, p;
	size_t m, n;

	one_init(&o, one);
	one_init(&p, other);
	CHECK_INT(pawl_recipe_task_vars(o.recipe, "do_build", &a, &x, &m), 0);
	CHECK_INT(pawl_recipe_task_vars(p.recipe, "do_build", &a, &y, &n), 0);
	CHECK_UINT(m, n);
	for (size_t i = 0; i < m; i++) {
		CHECK_STR(x[i].name, y[i].name);
		CHECK_STR(x[i].value, y[i].value);
	}
	pawl_arena_fini(&a);
	lang_fini(&o.kit);
	lang_fini(&p.kit);
}

TEST(comments_do_not_count)
{
	check_same("do_build() {\n\ta ${B}\n}\nB = \"1\"\n",
		   "# a comment\n\nB = \"1\"\n\n# another\ndo_build() {\n\ta ${B}\n}\n");
}

TEST(a_loop_makes_no_signature)
{
	struct pawl_arena a = { 0 };
	struct pawl_buf b = { 0 };
	struct pawl_sigvar *vars;
	struct one o;
	size_t count;

	one_init(&o, "A = \"${B}\"\nB = \"${A}\"\ndo_t() {\n\t: ${A}\n}\naddtask t\n");
	CHECK_INT(pawl_recipe_task_vars(o.recipe, "do_t", &a, &vars, &count), PAWL_ESYNTAX);
	CHECK_INT(pawl_recipe_script(o.recipe, "do_t", &b), PAWL_ESYNTAX);
	CHECK_STR(
		lang_said(&o.kit),
			"error: /l/r/x_1.bb:1: variable A is defined by itself: A "
			"(/l/r/x_1.bb:1) -> B (/l/r/x_1.bb:2) -> A");
	pawl_buf_fini(&b);
	pawl_arena_fini(&a);
	lang_fini(&o.kit);
}

TEST(a_script_has_exports_functions_and_the_call)
{
	struct pawl_buf b = { 0 };
	struct one o;

	one_init(
		&o,
			"export A = \"a\"\nexport B.C = \"no\"\nV = \"v\"\nf() {\n\tg\n}\ng() "
			"{\n\t# nothing\n}\nh() {\n\tunused\n}\n"
		"do_t() {\n\tf ${V} ${W}\n}\naddtask t\n");
	CHECK_INT(pawl_recipe_script(o.recipe, "do_t", &b), 0);
	CHECK_STR(b.s, "#!/bin/sh\nset -e\numask 022\nexport A=\"a\"\n\n"
		       "# line: 14, file: /l/r/x_1.bb\ndo_t() {\n\tf v ${W}\n}\n\n"
		       "# line: 5, file: /l/r/x_1.bb\nf() {\n\tg\n}\n\n"
		       "# line: 8, file: /l/r/x_1.bb\ng() {\n\t# nothing\n\t:\n}\n\n"
		       "do_t\n");
	pawl_buf_fini(&b);
	lang_fini(&o.kit);
}

/* The output of a script, run by the machine's shell. */
static void check_output(const char *text, const char *want)
{
	struct pawl_buf b = { 0 };
	struct one o;
	char out[4096];
	FILE *f;
	size_t n;

	one_init(&o, text);
	CHECK_INT(pawl_recipe_script(o.recipe, "do_t", &b), 0);
	CHECK_INT(setenv("SCRIPT", b.s, 1), 0);
	f = popen("printf %s \"$SCRIPT\" | env -i /bin/sh 2>&1; echo \"exit $?\"", "r");
	CHECK(f != NULL);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	pclose(f);
	unsetenv("SCRIPT");
	CHECK_STR(out, want);
	pawl_buf_fini(&b);
	lang_fini(&o.kit);
}

TEST(exports_reach_the_shell_exactly)
{
	check_output(
			"export A = 'a \"b\" $c `d` \\ \\\\ \\n  e '\ndo_t() {\n\tprintf "
			"'<%s>\\n' \"$A\"\n}\naddtask t\n",
		"<a \"b\" $c `d` \\ \\\\ \\n  e >\nexit 0\n");
}

TEST(a_failing_command_ends_the_script)
{
	check_output("do_t() {\n\techo one\n\tfalse\n\techo two\n}\naddtask t\n", "one\nexit 1\n");
}

TEST(functions_before_and_after)
{
	check_output(
			"do_t() {\n\techo t\n}\nb() {\n\techo b\n}\na() {\n\techo a\n}\n"
			"do_t[prefuncs] = \"b\"\ndo_t[postfuncs] = \"a\"\naddtask t\n",
		"b\nt\na\nexit 0\n");
}

TEST(a_umask_can_be_set)
{
	check_output("do_t() {\n\tumask\n}\ndo_t[umask] = \"077\"\naddtask t\n", "0077\nexit 0\n");
}

static const struct kit_case cases[] = {
	CASE(variables_are_found_through_variables_and_functions),
	CASE(exported_variables_count),
	CASE(flags_say_what_counts),
	CASE(ignored_variables_do_not_count),
	CASE(the_download_folder_does_not_count),
	CASE(what_was_removed_counts),
	CASE(a_flag_can_count),
	CASE(comments_do_not_count),
	CASE(a_loop_makes_no_signature),
	CASE(a_script_has_exports_functions_and_the_call),
	CASE(exports_reach_the_shell_exactly),
	CASE(a_failing_command_ends_the_script),
	CASE(functions_before_and_after),
	CASE(a_umask_can_be_set),
};

KIT_MAIN(cases)
