/* SPDX-License-Identifier: MIT */
/* Values of variables: what each operator, override and flag makes, to the last blank. */
#include "lang_kit.h"

/* Read after OVERRIDES = "foo:bar"; the values are BitBake's. */
static const struct row {
	const char *name, *text, *variable, *flag, *value;
} rows[] = {
	/* clang-format off */
	{"plain", "A = \"x\"", "A", NULL, "x"},
	{"single", "A = 'x \"y\" z'", "A", NULL, "x \"y\" z"},
	{"empty", "A = \"\"", "A", NULL, ""},
	{"spaces", "A = \"  a  b \"", "A", NULL, "  a  b "},
	{"last_wins", "A = \"1\"\nA = \"2\"", "A", NULL, "2"},
	{"default_sets", "A ?= \"1\"", "A", NULL, "1"},
	{"default_keeps", "A = \"0\"\nA ?= \"1\"", "A", NULL, "0"},
	{"default_keeps_empty", "A = \"\"\nA ?= \"1\"", "A", NULL, ""},
	{"default_first", "A ?= \"1\"\nA ?= \"2\"", "A", NULL, "1"},
	{"weak", "A ?\?= \"1\"", "A", NULL, "1"},
	{"weak_last", "A ?\?= \"1\"\nA ?\?= \"2\"", "A", NULL, "2"},
	{"weak_loses", "A ?\?= \"1\"\nA ?= \"2\"\nA ?\?= \"3\"", "A", NULL, "2"},
	{"weak_then_append", "A ?\?= \"1\"\nA += \"2\"", "A", NULL, " 2"},
	{"weak_then_append_op", "A ?\?= \"1\"\nA:append = \"2\"", "A", NULL, "12"},
	{"weak_dot", "A ?\?= \"1\"\nA .= \"2\"", "A", NULL, "2"},
	{"now", "B = \"1\"\nA := \"${B}\"\nB = \"2\"", "A", NULL, "1"},
	{"later", "B = \"1\"\nA = \"${B}\"\nB = \"2\"", "A", NULL, "2"},
	{"now_self", "A = \"1\"\nA := \"${A} 2\"", "A", NULL, "1 2"},
	{"now_unset", "A := \"${B}\"\nB = \"2\"", "A", NULL, "2"},
	{"now_append", "B = \"1\"\nA:append := \" ${B}\"\nB = \"2\"", "A", NULL, " 1"},
	{"append", "A = \"1\"\nA += \"2\"", "A", NULL, "1 2"},
	{"append_unset", "A += \"2\"", "A", NULL, " 2"},
	{"prepend", "A = \"1\"\nA =+ \"2\"", "A", NULL, "2 1"},
	{"prepend_unset", "A =+ \"2\"", "A", NULL, "2 "},
	{"dot", "A = \"1\"\nA .= \"2\"", "A", NULL, "12"},
	{"predot", "A = \"1\"\nA =. \"2\"", "A", NULL, "21"},
	{"dot_unset", "A .= \"2\"", "A", NULL, "2"},
	{"late_append", "A:append = \"2\"\nA = \"1\"", "A", NULL, "12"},
	{"late_append_space", "A = \"1\"\nA:append = \" 2\"\nA:append = \" 3\"", "A", NULL,
	 "1 2 3"},
	{"late_prepend", "A = \"1\"\nA:prepend = \"2\"\nA:prepend = \"3\"", "A", NULL, "321"},
	{"late_both", "A:append = \"c\"\nA:prepend = \"a\"\nA = \"b\"", "A", NULL, "abc"},
	{"late_append_plus", "A = \"1\"\nA:append += \"2\"", "A", NULL, "1 2"},
	{"late_alone", "A:append = \" x\"", "A", NULL, " x"},
	{"remove", "A = \"a b c b\"\nA:remove = \"b\"", "A", NULL, "a  c "},
	{"remove_two", "A = \"a b c\"\nA:remove = \"a c\"", "A", NULL, " b "},
	{"remove_keeps_blanks", "A = \" a  b\tc \"\nA:remove = \"b\"", "A", NULL, " a  \tc "},
	{"remove_part", "A = \"abc a\"\nA:remove = \"a\"", "A", NULL, "abc "},
	{"remove_expands", "X = \"b c\"\nA = \"a b c\"\nA:remove = \"${X}\"", "A", NULL, "a  "},
	{"remove_late", "A:remove = \"x\"\nA = \"x y\"\nA:append = \" x z\"", "A", NULL, " y  z"},
	{"remove_in_expansion", "B = \"x y\"\nA = \"${B} z\"\nA:remove = \"x\"", "A", NULL, " y z"},
	{"remove_all", "A = \"x\"\nA:remove = \"x\"", "A", NULL, ""},
	{"override", "A = \"1\"\nA:foo = \"2\"", "A", NULL, "2"},
	{"override_order", "A:foo = \"1\"\nA:bar = \"2\"", "A", NULL, "2"},
	{"override_inactive", "A = \"1\"\nA:baz = \"2\"", "A", NULL, "1"},
	{"override_two", "A = \"1\"\nA:foo = \"f\"\nA:foo:bar = \"fb\"", "A", NULL, "fb"},
	{"override_two_order", "A:bar = \"b\"\nA:foo:bar = \"fb\"", "A", NULL, "fb"},
	{"override_two_swapped", "A:bar = \"b\"\nA:bar:foo = \"bf\"", "A", NULL, "bf"},
	{"override_part_inactive", "A = \"1\"\nA:foo:baz = \"2\"", "A", NULL, "1"},
	{"override_upper", "A = \"1\"\nA:Foo = \"2\"", "A", NULL, "1"},
	{"override_only", "A:bar = \"2\"", "A", NULL, "2"},
	{"override_append", "A = \"1\"\nA:foo = \"2\"\nA:append = \" 3\"", "A", NULL, "2 3"},
	{"override_own_append", "A = \"1\"\nA:foo = \"2\"\nA:foo:append = \" 3\"", "A", NULL,
	 "2 3"},
	{"append_override", "A = \"1\"\nA:append:foo = \" 2\"", "A", NULL, "1 2"},
	{"append_override_off", "A = \"1\"\nA:append:baz = \" 2\"", "A", NULL, "1"},
	{"append_two", "A = \"1\"\nA:append:foo:bar = \" 2\"", "A", NULL, "1 2"},
	{"append_two_off", "A = \"1\"\nA:append:foo:baz = \" 2\"", "A", NULL, "1"},
	{"prepend_override", "A = \"1\"\nA:prepend:bar = \"0 \"", "A", NULL, "0 1"},
	{"remove_override", "A = \"a b\"\nA:remove:foo = \"a\"", "A", NULL, " b"},
	{"remove_override_off", "A = \"a b\"\nA:remove:baz = \"a\"", "A", NULL, "a b"},
	{"override_append_only", "A:foo:append = \" 3\"", "A", NULL, " 3"},
	{"override_append_base", "A = \"1\"\nA:foo:append = \" 3\"", "A", NULL, " 3"},
	{"override_remove", "A = \"1\"\nA:foo = \"a b\"\nA:foo:remove = \"a\"\nA:append = \" a\"",
	 "A", NULL, " b "},
	{"append_not_a_keyword", "A:appendx = \"1\"", "A:appendx", NULL, "1"},
	{"append_upper", "A:append:FOO = \"1\"", "A:append:FOO", NULL, "1"},
	{"overrides_from_variable", "M = \"baz\"\nOVERRIDES .= \":${M}\"\nA = \"1\"\nA:baz = \"2\"",
	 "A", NULL, "2"},
	{"overrides_overridden",
	 "OVERRIDES = \"foo:${M}\"\nM = \"x\"\nM:foo = \"baz\"\nA = \"1\"\nA:baz = \"2\"", "A",
	 NULL, "2"},
	{"overrides_append", "OVERRIDES:append = \":baz\"\nA = \"1\"\nA:baz = \"2\"", "A", NULL,
	 "2"},
	{"nested", "B = \"C\"\nC = \"x\"\nA = \"${${B}}\"", "A", NULL, "x"},
	{"nested_name", "P = \"x\"\nF_x = \"1\"\nA = \"${F_${P}}\"", "A", NULL, "1"},
	{"unset_stays", "A = \"a ${NONE} b\"", "A", NULL, "a ${NONE} b"},
	{"dollar", "A = \"$x $ ${ } $$\"", "A", NULL, "$x $ ${ } $$"},
	{"shell_default", "A = \"${X:-y} ${X}\"", "A", NULL, "${X:-y} ${X}"},
	{"slash", "A = \"${a/b}\"", "A", NULL, "${a/b}"},
	{"slash_set", "virtual/x = \"1\"\nA = \"${virtual/x}\"", "A", NULL, "1"},
	{"keys", "P = \"p\"\nA_${P} = \"1\"", "A_p", NULL, "1"},
	{"keys_gone", "P = \"p\"\nA_${P} = \"1\"", "A_${P}", NULL, NULL},
	{"keys_append", "P = \"p\"\nA_p = \"1\"\nA_${P}:append = \" 2\"", "A_p", NULL, "1 2"},
	{"keys_override", "P = \"foo\"\nA = \"1\"\nA:${P} = \"2\"", "A", NULL, "2"},
	{"keys_append_override", "P = \"foo\"\nA = \"1\"\nA:append:${P} = \" 2\"", "A", NULL,
	 "1 2"},
	{"keys_late", "A_${P} = \"1\"\nP = \"q\"", "A_q", NULL, "1"},
	{"keys_flag_lost", "P = \"p\"\nA_${P}[x] = \"1\"", "A_p", "x", NULL},
	{"unset", "A = \"1\"\nunset A", "A", NULL, NULL},
	{"unset_append", "A = \"1\"\nA:append = \"2\"\nunset A", "A", NULL, NULL},
	{"unset_again", "A = \"1\"\nunset A\nA ?= \"2\"", "A", NULL, "2"},
	{"unset_then_append", "A = \"1\"\nA:append = \"x\"\nunset A\nA:append = \"2\"", "A", NULL,
	 "2"},
	{"set_keeps_append", "A:append = \"x\"\nA = \"1\"", "A", NULL, "1x"},
	{"flag", "A[f] = \"1\"", "A", "f", "1"},
	{"flag_append", "A[f] = \"1\"\nA[f] += \"2\"", "A", "f", "1 2"},
	{"flag_prepend", "A[f] = \"1\"\nA[f] =+ \"2\"", "A", "f", "2 1"},
	{"flag_dot", "A[f] = \"1\"\nA[f] .= \"2\"", "A", "f", "12"},
	{"flag_predot", "A[f] = \"1\"\nA[f] =. \"2\"", "A", "f", "21"},
	{"flag_default", "A[f] = \"1\"\nA[f] ?= \"2\"", "A", "f", "1"},
	{"flag_weak", "A[f] ?\?= \"2\"", "A", "f", "2"},
	{"flag_weak_loses", "A[f] ?\?= \"2\"\nA[f] = \"1\"", "A", "f", "1"},
	{"flag_expands", "B = \"x\"\nA[f] = \"${B}\"", "A", "f", "x"},
	{"flag_now", "B = \"1\"\nA[f] := \"${B}\"\nB = \"2\"", "A", "f", "1"},
	{"flag_names", "A[a.b-c+d@e/f] = \"1\"", "A", "a.b-c+d@e/f", "1"},
	{"flag_unset", "A[ff] = \"1\"\nunset A[ff]", "A", "ff", NULL},
	{"flag_not_value", "A[f] = \"1\"", "A", NULL, NULL},
	{"flag_no_override", "A[f] = \"1\"\nA:foo[f] = \"2\"", "A", "f", "1"},
	{"export_value", "export A = \"1\"", "A", NULL, "1"},
	{"export_flag", "export A = \"1\"", "A", "export", "1"},
	{"export_alone", "A = \"1\"\nexport A", "A", "export", "1"},
	{"export_weak", "export A ?= \"1\"", "A", NULL, "1"},
	{"continued", "A = \"a \\\n  b \\\n  c\"", "A", NULL, "a   b   c"},
	{"continued_tight", "A = \"a\\\nb\"", "A", NULL, "ab"},
	{"continued_blank_behind", "A = \"a \\   \n  b\"", "A", NULL, "a   b"},
	{"continued_empty", "A = \" \\\n a \\\n\"", "A", NULL, "  a "},
	{"quotes_inside", "A = \"a \\\"b\\\" c\"", "A", NULL, "a \\\"b\\\" c"},
	{"two_quoted", "A = \"a\" \"b\"", "A", NULL, "a\" \"b"},
	{"mixed_quotes", "A = \"it's\"", "A", NULL, "it's"},
	{"backslash", "A = \"a\\nb\"", "A", NULL, "a\\nb"},
	{"tight", "A=\"1\"", "A", NULL, "1"},
	{"tight_append", "A+=\"1\"", "A", NULL, " 1"},
	{"colon_op", "A:=\"1\"", "A", NULL, "1"},
	{"names", "a-b_c+d.e/f~g = \"1\"", "a-b_c+d.e/f~g", NULL, "1"},
	{"comment_between", "A = \"1\"\n# A = \"2\"\n#A = \"3\" \\\n# more\nA .= \"4\"", "A", NULL,
	 "14"},
	{"hash_in_value", "A = \"a # b\"", "A", NULL, "a # b"},
	{"function", "do_x() {\n\techo a  \n\n  b\n}", "do_x", NULL, "\techo a\n\n  b\n"},
	{"function_empty", "do_x() {\n}", "do_x", NULL, ""},
	{"function_spaces", "do_x ( ) {\na\n}", "do_x", NULL, "a\n"},
	{"function_append", "do_x() {\na\n}\ndo_x:append() {\nb\n}", "do_x", NULL, "a\nb\n"},
	{"function_prepend", "do_x() {\na\n}\ndo_x:prepend() {\nb\n}", "do_x", NULL, "b\na\n"},
	{"function_override", "do_x() {\na\n}\ndo_x:foo() {\nb\n}", "do_x", NULL, "b\n"},
	{"function_expands", "B = \"1\"\ndo_x() {\n${B} ${c}\n}", "do_x", NULL, "1 ${c}\n"},
	{"function_append_override",
	 "do_x() {\na\n}\ndo_x:append:bar() {\nb\n}\ndo_x:append:baz() {\nc\n}", "do_x", NULL,
	 "a\nb\n"},
	{"function_flag", "do_x() {\na\n}", "do_x", "func", "1"},
	{"fakeroot", "fakeroot do_x() {\na\n}", "do_x", "fakeroot", "1"},
	{"fakeroot_gone", "fakeroot do_x() {\na\n}\ndo_x() {\nb\n}", "do_x", "fakeroot", NULL},
	{"function_variable_append", "do_x() {\na\n}\ndo_x:append = \"b\\n\"", "do_x", NULL,
	 "a\nb\\n"},
	{"addtask", "addtask x after a do_b before c", "do_x", "deps", "do_a do_b"},
	{"addtask_before", "addtask x after a do_b before c", "do_c", "deps", "do_x"},
	{"addtask_twice", "addtask x after a\naddtask x after b a", "do_x", "deps", "do_a do_b"},
	{"addtask_order", "addtask x before c\naddtask y before c", "do_c", "deps", "do_y do_x"},
	{"addtask_flag", "addtask do_x", "do_x", "task", "1"},
	{"deltask", "addtask x after a\naddtask y after x\ndeltask x", "do_y", "deps", ""},
	{"deltask_deps", "addtask x after a\ndeltask x", "do_x", "deps", NULL},
	{"addtask_comment", "addtask x after a # why", "do_x", "deps", "do_a"},
	{"loop_through_override_ok", "A = \"${B}\"\nB = \"1\"\nB:foo = \"2\"", "A", NULL, "2"},
	{"crlf", "A = \"1\"\r\nB = \"2\"\r\n", "B", NULL, "2"},
	{"tab_value", "A = \"\ta\tb\"", "A", NULL, "\ta\tb"},
	{"sequence",
	 "A = \"a\"\nA:append = \"b\"\nA .= \"c\"\nA:prepend = \"d\"\nA += \"e\"\nA:foo = "
	 "\"f\"\nA:append:foo = \"g\"", "A", NULL, "dfbg"},
	{"append_to_override_name", "A = \"1\"\nA:foo += \"2\"", "A", NULL, " 2"},
	{"default_override", "A = \"1\"\nA:foo ?= \"2\"", "A", NULL, "2"},
	{"weak_override", "A = \"1\"\nA:foo ?\?= \"2\"", "A", NULL, "2"},
	{"now_override", "B = \"x\"\nA = \"1\"\nA:foo := \"${B}\"", "A", NULL, "x"},
	{"three_levels", "A = \"${B}\"\nB = \"${C}\"\nC = \"${D}\"\nD = \"end\"", "A", NULL, "end"},
	{"partial_name", "A = \"${B}C}\"\nB = \"x\"", "A", NULL, "xC}"},
	/* clang-format on */
};

static void check_row(const struct row *r)
{
	struct pawl_buf text = { 0 };
	struct lang_store s;
	const char *got;

	pawl_buf_fmt(&text, "OVERRIDES = \"foo:bar\"\n%s\n", r->text);
	lang_store_init(&s, "/t.bb", text.s);
	got = r->flag ? pawl_data_flag(s.data, r->variable, r->flag)
		      : pawl_data_get(s.data, r->variable);
	CHECK_TEXT(got, r->value);
	CHECK_INT(s.kit.messages.errors, 0);
	lang_store_fini(&s);
	pawl_buf_fini(&text);
}

TEST(values_are_exact)
{
	for (size_t i = 0; i < KIT_COUNT(rows); i++) {
		kit_at(rows[i].name, (int64_t)i);
		check_row(&rows[i]);
	}
	kit_at(NULL, 0);
}

static void check_said(const char *text, const char *variable, const char *said)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", text);
	CHECK_TEXT(pawl_data_get(s.data, variable), NULL);
	CHECK_STR(lang_said(&s.kit), said);
	lang_store_fini(&s);
}

TEST(a_loop_is_shown_with_places)
{
	check_said("A = \"x ${B}\"\nB = \"${C}\"\n\nC = \"${A}\"\n", "A",
		   "error: /t.bb:1: variable A is defined by itself: A (/t.bb:1) -> B (/t.bb:2) -> "
		   "C (/t.bb:4) -> A");
	check_said("A = \"${A}\"\n", "A",
		   "error: /t.bb:1: variable A is defined by itself: A (/t.bb:1) -> A");
	check_said("A = \"1\"\nA:append = \" ${A}\"\n", "A",
		   "error: /t.bb:2: variable A is defined by itself: A (/t.bb:2) -> A");
}

TEST(a_loop_is_said_once)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", "A = \"${B}\"\nB = \"${A}\"\nC = \"${A} ${B}\"\n");
	CHECK_TEXT(pawl_data_get(s.data, "A"), NULL);
	CHECK_TEXT(pawl_data_get(s.data, "B"), NULL);
	CHECK_TEXT(pawl_data_get(s.data, "C"), NULL);
	CHECK_INT(s.kit.messages.errors, 1);
	lang_store_fini(&s);
}

TEST(inline_python_is_refused_where_it_is_needed)
{
	check_said(
		"A = \"a\"\nB = \"1 ${@d.getVar('A')} 2\"\nC = \"${B}\"\n", "C",
		"error: /t.bb:2: B needs inline Python, which is not supported: ${@d.getVar('A')}");
}

TEST(inline_python_that_nobody_needs_is_no_error)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", "A = \"${@1 + 1}\"\nB = \"b\"\n");
	CHECK_TEXT(pawl_data_get(s.data, "B"), "b");
	CHECK_INT(s.kit.messages.len, 0);
	lang_store_fini(&s);
}

TEST(overrides_that_do_not_settle_are_an_error)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb",
			"OVERRIDES = \"${X}\"\nX = \"a\"\nX:a = \"b\"\nX:b = \"a\"\nY = \"1\"\n"
			"Y:b = \"2\"\n");
	pawl_data_get(s.data, "Y");
	CHECK_INT(lang_count(&s.kit, "OVERRIDES does not settle"), 1);
	lang_store_fini(&s);
}

TEST(values_have_bounds)
{
	struct pawl_buf b = { 0 };
	struct lang_store s;

	for (int i = 0; i < 400; i++)
		pawl_buf_fmt(&b, "A%d = \"${A%d}\"\n", i, i + 1);
	for (int i = 0; i < 40; i++)
		pawl_buf_fmt(&b, "B%d = \"${B%d}${B%d}\"\n", i, i + 1, i + 1);
	pawl_buf_text(&b, "A400 = \"a\"\nB40 = \"12345678\"\n");
	lang_store_init(&s, "/t.bb", b.s);
	CHECK_TEXT(pawl_data_get(s.data, "A0"), NULL);
	CHECK_TEXT(pawl_data_get(s.data, "B0"), NULL);
	CHECK_STR(lang_said(&s.kit),
		  "error: /t.bb:301: variable A300 is reached through more than 300 others\n"
		  "error: /t.bb:419: variable B18 grows beyond 16777216 bytes when it is expanded");
	lang_store_fini(&s);
	pawl_buf_fini(&b);
}

TEST(the_old_way_to_write_overrides_is_an_error)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", "A_append = \"1\"\n");
	CHECK_STR(lang_said(&s.kit),
		  "error: /t.bb:1: found A_append, expected :append (the way to write it "
		  "since BitBake 1.52)");
	lang_store_fini(&s);
}

static void add_history(struct pawl_buf *b, struct pawl_data *d, struct pawl_arena *a,
			const char *name)
{
	struct pawl_set_by *at;
	size_t count;

	pawl_data_history(d, name, a, &at, &count);
	for (size_t i = 0; i < count; i++)
		pawl_buf_fmt(b, "%s:%d %s%s%s %s\n", at[i].file, at[i].line, at[i].op,
			     at[i].flag ? " " : "", at[i].flag ? at[i].flag : "", at[i].text);
}

TEST(history_names_each_operation_in_order)
{
	struct pawl_buf b = { 0 };
	struct pawl_arena a = { 0 };
	struct lang_store s;

	lang_store_init(&s, "/t.bb",
			"A ?= \"1\"\nA:append:foo = \" x\"\nA[f] = \"g\"\nA:foo = \"2\"\n"
			"export A\nA += \"${B}\"\n");
	add_history(&b, s.data, &a, "A");
	CHECK_STR(b.s, "/t.bb:1 ?= 1\n/t.bb:2 :append:foo  x\n/t.bb:3 = f g\n/t.bb:4 :foo = 2\n"
		       "/t.bb:5 export export \n/t.bb:6 += ${B}\n");
	pawl_buf_fini(&b);
	pawl_arena_fini(&a);
	lang_store_fini(&s);
}

TEST(a_child_changes_nothing_in_its_parent)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", "A = \"1\"\nA:append = \"2\"\nA[f] = \"g\"\n");
	pawl_data_assign(s.data, "A:append", "3", NULL);
	pawl_data_put_flag(s.data, "A", "f", "h", NULL);
	CHECK_TEXT(pawl_data_get(s.data, "A"), "123");
	CHECK_TEXT(pawl_data_get(s.base, "A"), "12");
	CHECK_TEXT(pawl_data_flag(s.base, "A", "f"), "g");
	pawl_data_del(s.data, "A", NULL);
	CHECK_TEXT(pawl_data_get(s.data, "A"), NULL);
	CHECK_TEXT(pawl_data_get(s.base, "A"), "12");
	lang_store_fini(&s);
}

TEST(names_are_those_that_are_set)
{
	struct pawl_arena a = { 0 };
	struct pawl_buf b = { 0 };
	struct lang_store s;
	const char **names;
	size_t count;

	lang_store_init(&s, "/t.bb",
			"OVERRIDES = \"foo\"\nB:foo = \"1\"\nA = \"1\"\nC = \"1\"\nunset C\n"
			"D[f] = \"1\"\n");
	pawl_data_names(s.data, &a, &names, &count);
	for (size_t i = 0; i < count; i++)
		pawl_buf_fmt(&b, "%s ", names[i]);
	CHECK_STR(b.s, "A B B:foo D FILE OVERRIDES ");
	pawl_buf_fini(&b);
	pawl_arena_fini(&a);
	lang_store_fini(&s);
}

TEST(switches_are_read_as_words)
{
	CHECK(pawl_is_true("1") && pawl_is_true("yes") && pawl_is_true("True") &&
	      pawl_is_true("ON") && pawl_is_true("y"));
	CHECK(!pawl_is_true("0") && !pawl_is_true("") && !pawl_is_true("no") &&
	      !pawl_is_true(NULL) && !pawl_is_true("yess"));
}

static const struct kit_case cases[] = {
	CASE(values_are_exact),
	CASE(a_loop_is_shown_with_places),
	CASE(a_loop_is_said_once),
	CASE(inline_python_is_refused_where_it_is_needed),
	CASE(inline_python_that_nobody_needs_is_no_error),
	CASE(overrides_that_do_not_settle_are_an_error),
	CASE(values_have_bounds),
	CASE(the_old_way_to_write_overrides_is_an_error),
	CASE(history_names_each_operation_in_order),
	CASE(a_child_changes_nothing_in_its_parent),
	CASE(names_are_those_that_are_set),
	CASE(switches_are_read_as_words),
};

KIT_MAIN(cases)
