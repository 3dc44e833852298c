/* SPDX-License-Identifier: MIT */
/* Which words of a shell text are commands; the answers are BitBake's, but for "A=$(b) c". */
#include "lang_kit.h"

#include <graph/shellrefs.h>

#include <stdlib.h>

static const struct row {
	const char *text, *commands;
} rows[] = {
	/* clang-format off */
	{"", ""},
	{"a", "a"},
	{"a b c", "a"},
	{"a; b", "a b"},
	{"a\nb", "a b"},
	{"a && b || c", "a b c"},
	{"a | b", "a b"},
	{"a & b", "a b"},
	{"! a", "a"},
	{"( a; b )", "a b"},
	{"{ a; b; }", "a b"},
	{"if a; then b; elif c; then d; else e; fi", "a b c d e"},
	{"while a; do b; done", "a b"},
	{"until a; do b; done", "a b"},
	{"for i in x y; do a $i; done", "a"},
	{"for i in $(a); do b; done", "a b"},
	{"case $x in a) b;; c|d) e;; *) f;; esac", "b e f"},
	{"case x in (a) b ;; esac", "b"},
	{"case $(a) in x) b;; esac", "b"},
	{"A=1 b", "b"},
	{"A=$(b) c", "b c"},
	{"A=$(b)", "b"},
	{"A=\"x $(b c) y\"", "b"},
	{"A=`b c`", "b"},
	{"a $(b $(c))", "a b c"},
	{"a \"$(b)\"", "a b"},
	{"a \"x `b` y\"", "a b"},
	{"a '$(b)'", "a"},
	{"a ${x:-$(b)}", "a"},
	{"a >b", "a"},
	{"a >$(b)", "a"},
	{"a 2>&1 <c", "a"},
	{"a <<EOF\nb $(c)\nEOF\nd", "a d"},
	{"a <<-EOF\n\tb\n\tEOF\nd", "a d"},
	{"cat <<'E'\n`x`\nE\nq", "cat q"},
	{"a # b\nc", "a c"},
	{"f() {\n a\n}\nf", "a"},
	{"f() {\n f2\n}\n g", "f2 g"},
	{"$a b", ""},
	{"\"a\" b", "\"a\""},
	{"eval a b", "a"},
	{"eval \"a b\"", "\"a b\""},
	{"a=b=c d", "d"},
	{"./x=y z", "z"},
	{"\\a", "\\a"},
	{"a\\\nb", "ab"},
	{"a \\\n b", "a"},
	{"cd x && (a; b) | c", "a b c cd"},
	{"if [ -n \"$x\" ]; then a; fi", "[ a"},
	{"[ x = y ] && b || c", "[ b c"},
	{"x=1; y=2; a", "a"},
	{"export A=$(b)", "b export"},
	{"exec a", "exec"},
	{"for i in a b; do case $i in a) x;; esac; done", "x"},
	{"a | while read x; do b \"$x\"; done", "a b read"},
	{"if ! a; then b; fi", "a b"},
	{"a && { b; c; }", "a b c"},
	{"$(a) b", "a"},
	{"`a` b", "a"},
	{"a \"b\\\"c\" d; e", "a e"},
	{"a 'x'\\''y'; b", "a b"},
	{"do_x", "do_x"},
	{"bbnote \"hi\"\ninstall -d ${D}\noe_runmake install", "bbnote install oe_runmake"},
	{"a;b;c", "a b c"},
	{"x() { y; }; x; z", "y z"},
	{"a=`b \"c\"`; d", "b d"},
	{"echo \"$(a \"$(b \"c\")\")\"", "a b echo"},
	{": ${x=y}", ":"},
	{"a \"${x#*\"}\"}\" b", "a"},
	/* clang-format on */
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check(const char *text, const char *want)
{
	struct pawl_map found = { 0 };
	struct pawl_list l = { 0 };
	struct pawl_buf b = { 0 };

	pawl_shellrefs(text, &found);
	for (size_t i = 0; i < found.len; i++)
		pawl_list_add(&l, found.at[i].key);
	if (l.len)
		qsort(l.at, l.len, sizeof(*l.at), compare);
	for (size_t i = 0; i < l.len; i++)
		pawl_buf_fmt(&b, "%s%s", i ? " " : "", (char *)l.at[i]);
	CHECK_STR(pawl_buf_str(&b), want);
	pawl_buf_fini(&b);
	pawl_list_fini(&l);
	pawl_map_fini(&found);
}

TEST(commands_are_found)
{
	for (size_t i = 0; i < KIT_COUNT(rows); i++) {
		kit_at("row", (int64_t)i);
		check(rows[i].text, rows[i].commands);
	}
	kit_at(NULL, 0);
}

TEST(broken_texts_end)
{
	static const char *const texts[] = {
		"$(",   "`",        "\"",        "'",           "${",
		"$((",  "case",     "case x in", "case x in a", "case x in a)",
		"for",  "for x in", "a <<",      "a <<X\nb",    "((((",
		"))))", "a() {",    "\\",        "${${${${",    "\"$(\"$(\"$("
	};
	struct pawl_map found = { 0 };

	for (size_t i = 0; i < KIT_COUNT(texts); i++)
		pawl_shellrefs(texts[i], &found);
	pawl_map_fini(&found);
}

TEST(deep_nesting_ends)
{
	struct pawl_map found = { 0 };
	struct pawl_buf b = { 0 };

	for (int i = 0; i < 20000; i++)
		pawl_buf_text(&b, i % 3 ? "$(" : "${x:-\"");
	pawl_shellrefs(b.s, &found);
	pawl_buf_fini(&b);
	pawl_map_fini(&found);
}

static const struct kit_case cases[] = {
	CASE(commands_are_found),
	CASE(broken_texts_end),
	CASE(deep_nesting_ends),
};

KIT_MAIN(cases)
