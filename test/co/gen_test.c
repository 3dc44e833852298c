/* SPDX-License-Identifier: MIT */
/* Generators: values, sending, delegation, cancelling, clean-up, panics. */
#include <kit.h>
#include <pawl/gen.h>

#include <string.h>

PAWL_GEN(ints, int);

static int count(pawl_gen *g)
{
	int i;

	for (i = 0; i < *(int *)g->arg; i++)
		if (ints_yield(g, i) < 0)
			return PAWL_ECANCELED;
	return 0;
}

TEST(values_come_in_order)
{
	int limit = 5, v = -1, i;
	pawl_gen g;

	pawl_gen_init(&g, count, &limit);
	for (i = 0; i < 5; i++) {
		CHECK_INT(ints_next(&g, &v), 0);
		CHECK_INT(v, i);
		CHECK(!pawl_gen_done(&g));
	}
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK(pawl_gen_done(&g));
	CHECK_INT(pawl_gen_result(&g), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int panics(pawl_gen *g)
{
	if (ints_yield(g, 1) < 0)
		return 0;
	pawl_panic("on purpose");
}

TEST(a_panic_ends_it)
{
	pawl_gen g;
	int v;

	pawl_gen_init(&g, panics, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_EPANIC);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int deep(int n)
{
	volatile char b[512];

	b[0] = (char)n;
	return n == 0 ? b[0] : deep(n + 1) + b[0];
}

static int overruns(pawl_gen *g)
{
	(void)g;
	return deep(1) ? 0 : 0;
}

TEST(an_overrun_ends_it)
{
	int i;

	for (i = 0; i < 3; i++) {
		char text[256];
		pawl_gen g;
		int v;

		pawl_gen_init(&g, overruns, NULL);
		CHECK_INT(ints_next(&g, &v), PAWL_ESTACK);
		CHECK(pawl_gen_text(&g, text, sizeof text) > 0);
		CHECK(strstr(text, "'overruns'") && strstr(text, "65536 bytes"));
		CHECK_INT(pawl_gen_fini(&g), 0);
	}
}

static const struct kit_case cases[] = {
	CASE(values_come_in_order),
	CASE(a_panic_ends_it),
	CASE(an_overrun_ends_it),
};

KIT_MAIN(cases)
