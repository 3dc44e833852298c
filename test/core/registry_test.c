/* SPDX-License-Identifier: MIT */
/* The registry: one executor, else the fallback. */
#include "fix.h"

static int ends(pawl_task *t)
{
	(void)t;
	return -7;
}

TEST(fallback_is_there_without_being_made)
{
	pawl_task t = { 0 };

	CHECK(pawl_is_using_fallback());
	CHECK_INT(run_one(pawl_current_executor(), &t, ends), -7);
	CHECK_INT(pawl_unregister_executor(), PAWL_EINVAL);
}

TEST(second_executor_is_refused)
{
	pawl_local a, b;
	pawl_exec *xa = local_begin(&a), *xb = local_begin(&b);

	CHECK_INT(pawl_register_executor(xa), 0);
	CHECK(!pawl_is_using_fallback());
	CHECK(pawl_current_executor() == xa);
	CHECK_INT(pawl_register_executor(xb), PAWL_EBUSY);
	CHECK_INT(pawl_register_executor(xa), PAWL_EBUSY);
	CHECK(pawl_current_executor() == xa);
	CHECK_INT(pawl_unregister_executor(), 0);
	CHECK_INT(pawl_register_executor(xb), 0);
	CHECK_INT(pawl_unregister_executor(), 0);
}

TEST(held_handles_answer_stopped)
{
	pawl_local l;
	pawl_exec *held = local_begin(&l);
	pawl_task t = { 0 };

	CHECK_INT(pawl_register_executor(held), 0);
	CHECK_INT(run_one(held, &t, ends), -7);
	CHECK_INT(pawl_unregister_executor(), 0);
	CHECK(pawl_is_using_fallback());
	CHECK_INT(pawl_spawn(held, &t, ends), PAWL_ESTOPPED);
	CHECK_INT(pawl_is_running(held), 0);
	CHECK_INT(run_one(pawl_current_executor(), &t, ends), -7);
}

TEST(incomplete_tables_are_refused)
{
	static const pawl_exec_ops none = { .size = sizeof(pawl_exec_ops) };
	pawl_exec x = { &none };

	CHECK_INT(pawl_register_executor(&x), PAWL_EINVAL);
	CHECK_INT(pawl_register_executor(NULL), PAWL_EINVAL);
	CHECK(pawl_is_using_fallback());
}

static const struct kit_case cases[] = {
	CASE(fallback_is_there_without_being_made),
	CASE(second_executor_is_refused),
	CASE(held_handles_answer_stopped),
	CASE(incomplete_tables_are_refused),
};

KIT_MAIN(cases)
