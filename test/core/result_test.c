/* SPDX-License-Identifier: MIT */
/* Results: their numbers are fixed, and each has words. */
#include <kit.h>
#include <pawl/base.h>

TEST(numbers_never_change)
{
	CHECK_INT(PAWL_PENDING, 1);
	CHECK_INT(PAWL_OK, 0);
	CHECK_INT(PAWL_ECANCELED, -1);
	CHECK_INT(PAWL_EFULL, -3);
	CHECK_INT(PAWL_ESTOPPED, -9);
	CHECK_INT(PAWL_EPANIC, -10);
	CHECK_INT(PAWL_ENOENT, -20);
	CHECK_INT(PAWL_EAGAIN, -33);
	CHECK_INT(PAWL_EREFUSED, -34);
	CHECK_INT(PAWL_ERESET, -35);
	CHECK_INT(PAWL_EUNREACH, -36);
	CHECK_INT(PAWL_ESYNTAX, -40);
	CHECK_INT(PAWL_ECORRUPT, -41);
}

TEST(each_number_has_words)
{
	int r;

	for (r = PAWL_ESTACK; r <= PAWL_PENDING; r++)
		CHECK(pawl_strerror(r)[0] && pawl_strerror(r)[0] != 'u');
	for (r = PAWL_EUNREACH; r <= PAWL_ENOENT; r++)
		CHECK(pawl_strerror(r)[0] != 'u');
	CHECK_STR(pawl_strerror(PAWL_ECANCELED), "cancelled");
	CHECK_STR(pawl_strerror(-1000), "unknown result");
}

TEST(units_of_time)
{
	CHECK_INT(PAWL_S(1), PAWL_MS(1000));
	CHECK_INT(PAWL_MS(1), PAWL_US(1000));
	CHECK(PAWL_NEVER > PAWL_S(9000000000));
}

static void panic_outside(void *arg)
{
	(void)arg;
	pawl_panic("outside of every task");
}

TEST(panic_outside_of_tasks_ends_the_program)
{
	CHECK_ABORTS(panic_outside, NULL);
}

static const struct kit_case cases[] = {
	CASE(numbers_never_change),
	CASE(each_number_has_words),
	CASE(units_of_time),
	CASE(panic_outside_of_tasks_ends_the_program),
};

KIT_MAIN(cases)
