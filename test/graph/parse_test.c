/* SPDX-License-Identifier: MIT */
/* Lines that are none: what is said about each, and where; and what a file becomes. */
#include "lang_kit.h"

#include <graph/parse.h>

/* One text, and all that is said about it. */
static const struct row {
	const char *path, *text, *said;
} rows[] = {
	/* clang-format off */
	{"/t.bb", "A = \"1\"\n", ""},
	{"/t.bb", "A\n",
	 "error: /t.bb:1:2: found the end of the line, expected an operator (= ?= ?\?= := += "
	 "=+ .= =.)"},
	{"/t.bb", "A 1\n",
	 "error: /t.bb:1:3: found '1', expected an operator (= ?= ?\?= := += =+ .= =.)"},
	{"/t.bb", "A = 1\n", "error: /t.bb:1:5: found '1', expected a value in quotes"},
	{"/t.bb", "A =\n",
	 "error: /t.bb:1:4: found the end of the line, expected a value in quotes"},
	{"/t.bb", "A =? \"1\"\n", "error: /t.bb:1:4: found '?', expected a value in quotes"},
	{"/t.bb", "A = \"1\n",
	 "error: /t.bb:1:7: found the end of the line, expected a closing \" at the end of the "
	 "line"},
	{"/t.bb", "A = \"1'\n",
	 "error: /t.bb:1:8: found the end of the line, expected a closing \" at the end of the "
	 "line"},
	{"/t.bb", "A = \"a\"b\"\n",
	 "error: /t.bb:1:7: found '\"b\"', expected the value to end with the line (use the "
	 "other kind of quotes around it)"},
	{"/t.bb", "A[ = \"1\"\n", "error: /t.bb:1:2: found '[', expected [flag]"},
	{"/t.bb", "A[f g] = \"1\"\n", "error: /t.bb:1:2: found '[f', expected [flag]"},
	{"/t.bb", " = \"1\"\n",
	 "error: /t.bb:1:1: found the end of the line, expected the name of a variable"},
	{"/t.bb", "  A = \"1\"\n",
	 "error: /t.bb:1:3: found 'A', expected a statement at the start of the line"},
	{"/t.bb", "%x\n",
	 "error: /t.bb:1:1: found '%x', expected a variable, a function or a statement"},
	{"/t.bb", "inherit\n",
	 "error: /t.bb:1:8: found the end of the line, expected one name or more"},
	{"/t.bb", "require\n",
	 "error: /t.bb:1:8: found the end of the line, expected one name or more"},
	{"/t.bb", "addtask\n",
	 "error: /t.bb:1:8: found the end of the line, expected one name or more"},
	{"/t.bb", "export\n",
	 "error: /t.bb:1:7: found the end of the line, expected the name of a variable"},
	{"/t.bb", "unset A B\n", "error: /t.bb:1:7: found 'A', expected the name of a variable"},
	{"/t.bb", "do_x() { a; }\n",
	 "error: /t.bb:1:5: found '()', expected () { at the end of a function's first line"},
	{"/t.bb", "do_x() {\n\ta\n",
	 "error: /t.bb:1:1: found the end of the file inside function do_x, expected a line "
	 "with nothing but }"},
	{"/t.bb", "do_x() {\n\ta\n  }\n",
	 "error: /t.bb:1:1: found the end of the file inside function do_x, expected a line "
	 "with nothing but }"},
	{"/t.bb", "A = \"1\\\n",
	 "error: /t.bb:1:1: found the end of the file after a \\, expected the rest of line 1"},
	{"/t.bb", "A = \"1 \\\n  2 \\\n  3\n",
	 "error: /t.bb:3:4: found the end of the line, expected a closing \" at the end of the "
	 "line"},
	{"/t.bb", "A = \"1 \\\n# no\n  3\"\n",
	 "error: /t.bb:2:1: found a comment inside a continued line, expected the rest of line 1"},
	{"/t.bb", "# a \\\nB = \"1\"\n",
	 "error: /t.bb:1:1: found a comment that goes on (\\) in a line that is none, expected "
	 "# there or no \\ here"},
	{"/t.bb", "# a \\\n# b\nB = \"1\"\n", ""},
	{"/t.conf", "# a \\\nB = \"1\"\n",
	 "error: /t.conf:1:1: found a comment that goes on (\\) in a line that is none, "
	 "expected # there or no \\ here"},
	{"/t.bb", "python () {\n    d.setVar('A', '1')\n}\n",
	 "error: /t.bb:1:1: found an anonymous Python function, expected shell: inline Python "
	 "is not supported"},
	{"/t.bb", "def f(d):\n    return 1\n\nA = \"1\"\n", ""},
	{"/t.bb", "A=\"1\"\n", "warning: /t.bb:1: no blank around the = of an assignment"},
	{"/t.conf", "inherit x\n", "error: /t.conf:1:9: found 'x', expected one name or more"},
	{"/t.conf", "do_x() {\n}\n",
	 "error: /t.conf:1:5: found '()', expected () { at the end of a function's first line\n"
					"error: /t.conf:2:2: found the end of the line, "
					"expected an operator (= ?= ?\?= := += =+ .= =.)"},
	{"/t.conf", "addpylib ${LAYERDIR}/lib oeqa\n", ""},
	/* all of them, in one run */
	{"/t.bb", "A 1\nB = \"2\"\nC = 3\n\tD\n",
	 "error: /t.bb:1:3: found '1', expected an operator (= ?= ?\?= := += =+ .= =.)\n"
							"error: /t.bb:3:5: found '3', expected "
							"a value in quotes\n"
							"error: /t.bb:4:2: found 'D', expected "
							"a statement at the start of the line"},
	/* clang-format on */
};

TEST(what_is_wrong_is_said_with_its_place)
{
	for (size_t i = 0; i < KIT_COUNT(rows); i++) {
		struct pawl_arena a = { 0 };
		struct lang_kit k;

		kit_at("row", (int64_t)i);
		lang_init(&k, NULL, 0);
		pawl_parse(&a, rows[i].path, rows[i].text, strlen(rows[i].text), &k.messages);
		CHECK_STR(lang_said(&k), rows[i].said);
		lang_fini(&k);
		pawl_arena_fini(&a);
	}
	kit_at(NULL, 0);
}

TEST(lines_after_a_wrong_one_still_count)
{
	struct lang_store s;

	lang_store_init(&s, "/t.bb", "A = \"1\nB = \"2\"\n");
	CHECK_INT(s.kit.messages.errors, 1);
	CHECK_TEXT(pawl_data_get(s.data, "B"), "2");
	lang_store_fini(&s);
}

TEST(statements_keep_their_first_line)
{
	static const char text[] =
			"# c\n\nA = \"1 \\\n 2\"\ndo_x() {\n\ta\n}\naddtask x after y \\\n"
			"\tbefore z # why\n";
	struct pawl_messages m = { 0 };
	struct pawl_arena a = { 0 };
	struct pawl_source *f = pawl_parse(&a, "/t.bb", text, strlen(text), &m);

	CHECK_UINT(f->count, 3);
	CHECK_INT(f->statements[0].line, 3);
	CHECK_STR(f->statements[0].text, "1  2");
	CHECK_INT(f->statements[1].line, 5);
	CHECK_INT(f->statements[1].body_line, 6);
	CHECK_STR(f->statements[1].text, "\ta\n");
	CHECK_INT(f->statements[2].line, 8);
	CHECK_STR(f->statements[2].text, "x");
	CHECK_STR(f->statements[2].after, "y");
	CHECK_STR(f->statements[2].before, "z");
	CHECK_UINT(m.len, 0);
	pawl_messages_fini(&m);
	pawl_arena_fini(&a);
}

/*
 * Every prefix of a text with everything in it, and every such text with one byte changed, is read
 * to its end.
 */
TEST(no_text_is_too_broken)
{
	static const char text[] =
			"A:append:foo = \"a \\\n b\"\nB[f] ?\?= '${A}'\nfakeroot do_x() {\n a\n"
			"}\ndef f():\n x\nunset B[f]\n"
		"export A\naddtask x after y\ninherit z\n# a \\\n# b\n";
	static const char odd[] = { 0, '\n', '\\', '"', '\'', '{', '}', '#', '[', ' ', (char)0xff };
	struct pawl_messages m = { 0 };
	struct pawl_arena a = { 0 };
	char copy[sizeof(text)];

	for (size_t i = 0; i < sizeof(text); i++)
		pawl_parse(&a, i % 2 ? "/t.bb" : "/t.conf", text, i, &m);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (size_t k = 0; k < sizeof(odd); k++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = odd[k];
			pawl_parse(&a, k % 2 ? "/t.bb" : "/t.conf", copy, sizeof(text) - 1, &m);
		}
	CHECK(m.errors > 0);
	pawl_messages_fini(&m);
	pawl_arena_fini(&a);
}

static const struct kit_case cases[] = {
	CASE(what_is_wrong_is_said_with_its_place),
	CASE(lines_after_a_wrong_one_still_count),
	CASE(statements_keep_their_first_line),
	CASE(no_text_is_too_broken),
};

KIT_MAIN(cases)
