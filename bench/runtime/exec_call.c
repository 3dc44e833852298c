/* SPDX-License-Identifier: MIT */
/* A call through an executor's handle, and the same function called directly. */
#include "measure.h"

#include <pawl/exec.h>

static pawl_exec_ops ops;
static pawl_exec exec = { &ops };

/* Nothing but the call is measured: the function is the cheapest that there is. */
__attribute__((noinline)) static bool is_main_thread(pawl_exec *x)
{
	__asm__ volatile("" : : "r"(x) : "memory");
	return true;
}

static void batch_dynamic(void *arg, long count)
{
	pawl_exec *x = arg;
	long main = 0;

	for (long i = 0; i < count; i++) {
		__asm__ volatile("" : "+r"(x));
		main += pawl_is_main_thread(x);
	}
	measure_must(main == count, "pawl_is_main_thread");
}

static void batch_direct(void *arg, long count)
{
	pawl_exec *x = arg;
	long main = 0;

	for (long i = 0; i < count; i++) {
		__asm__ volatile("" : "+r"(x));
		main += is_main_thread(x);
	}
	measure_must(main == count, "is_main_thread");
}

static double run_dynamic(bool quick)
{
	return measure(quick, batch_dynamic, &exec, 1);
}

static double run_direct(bool quick)
{
	return measure(quick, batch_direct, &exec, 1);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "exec_call", "dynamic", run_dynamic },
		{ "exec_call", "direct", run_direct },
		{ 0 },
	};

	ops = (pawl_exec_ops){ .size = sizeof ops, .is_main_thread = is_main_thread };
	return measure_main(argc, argv, rows);
}
