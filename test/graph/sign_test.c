/* SPDX-License-Identifier: MIT */
/* The text of a signature: fields that cannot be mistaken, and one line on what differs. */
#include "graph/sign.h"

#include "kit.h"

/* Fields as "kind name value" triples; ends in NULL. */
static char *text_of(struct pawl_arena *a, const char *const *triples)
{
	struct pawl_buf b = { 0 };
	char *s;

	for (; *triples; triples += 3)
		pawl_field_add(&b, triples[0][0], triples[1], triples[2]);
	s = pawl_arena_text(a, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return s;
}

#define TEXT(...) text_of(&a, (const char *const[]){ __VA_ARGS__, NULL })

TEST(fields_come_back)
{
	struct pawl_arena a = { 0 };
	const char *at = TEXT("v", "A B", "x\ny 3 z\n", "f", "", "", "d", "r:do_x", "1");
	struct pawl_field f;

	CHECK(pawl_field_next(&at, &f));
	CHECK_INT(f.kind, 'v');
	CHECK_UINT(f.name_len, 3);
	CHECK_MEM(f.value, "x\ny 3 z\n", f.value_len);
	CHECK(pawl_field_next(&at, &f));
	CHECK_UINT(f.name_len + f.value_len, 0);
	CHECK(pawl_field_next(&at, &f));
	CHECK(!pawl_field_next(&at, &f));
	pawl_arena_fini(&a);
}

TEST(damaged_texts_end)
{
	static const char *const bad[] = { "",
					   "v",
					   "v ",
					   "v 3 ab",
					   "v 1 a 9999999999999999999 x\n",
					   "v -1 a 1 b\n",
					   "v 1 a 1 b",
					   "v 1 ab 1 c\n",
					   "v 1 a 1" };
	struct pawl_field f;

	for (size_t i = 0; i < KIT_COUNT(bad); i++) {
		const char *at = bad[i];

		kit_at("text", (int64_t)i);
		CHECK(!pawl_field_next(&at, &f));
	}
}

static void check_line(const char *before, const char *after, struct pawl_arena *a,
		       const char *want, const char *want_task)
{
	const char *line, *task;
	pawl_digest was;

	CHECK(pawl_field_difference(before, after, a, &line, &task, &was) == (want != NULL));
	if (want)
		CHECK_STR(line, want);
	CHECK((task != NULL) == (want_task != NULL));
	if (task)
		CHECK_STR(task, want_task);
}

TEST(what_differs)
{
	static const char one[] =
		"1111111111111111111111111111111111111111111111111111111111111111";
	static const char two[] =
		"2222222222222222222222222222222222222222222222222222222222222222";
	struct pawl_arena a = { 0 };

	check_line(TEXT("v", "A", "1"), TEXT("v", "A", "1"), &a, NULL, NULL);
	check_line(TEXT("v", "A", "1"), TEXT("v", "A", "1", "w", "r:do_x", "why"), &a, NULL, NULL);
	check_line(TEXT("v", "A", "1"), TEXT("v", "A", "2"), &a,
		   "variable A changed from '1' to '2'", NULL);
	check_line(TEXT("t", "r", "1"), TEXT("t", "r", "1", "v", "A", "2"), &a,
		   "variable A is new: '2'", NULL);
	check_line(TEXT("t", "r", "1", "v", "A", "2"), TEXT("t", "r", "1"), &a,
		   "variable A is no longer used; it was '2'", NULL);
	check_line(TEXT("f", "/x", one), TEXT("f", "/x", two), &a, "input file /x changed", NULL);
	check_line(TEXT("f", "/x", one), TEXT("f", "/x", "absent"), &a, "input file /x is gone",
		   NULL);
	check_line(TEXT("d", "r:do_y", one), TEXT("d", "r:do_y", two), &a,
		   "task r:do_y, on which it depends, changed", "r:do_y");
	/* its own change says more than that of a task below */
	check_line(TEXT("d", "r:do_y", one, "v", "A", "1"), TEXT("d", "r:do_y", two, "v", "A", "2"),
		   &a, "variable A changed from '1' to '2'", NULL);
	pawl_arena_fini(&a);
}

TEST(long_values_are_cut_to_the_change)
{
	struct pawl_arena a = { 0 };
	const char *line, *task;
	pawl_digest was;

	CHECK(pawl_field_difference(
		TEXT("v", "do_x", "first line\nsecond line that stays\nmake all\nlast\n"),
		TEXT("v", "do_x", "first line\nsecond line that stays\nmake some\nlast\n"), &a,
		&line, &task, &was));
	CHECK_STR(line, "function do_x changed from …'make all last ' to …'make some last '");
	pawl_arena_fini(&a);
}

static const struct kit_case cases[] = {
	CASE(fields_come_back),
	CASE(damaged_texts_end),
	CASE(what_differs),
	CASE(long_values_are_cut_to_the_change),
};

KIT_MAIN(cases)
