/* SPDX-License-Identifier: MIT */
/* Ends badly, in one of several ways: with status 3, and the reason is printed. */
#include "board.h"

#include <pawl/gen.h>
#include <pawl/pawl.h>
#include <pawl/port.h>

#define IN_ISR 1
#define LOCKED 2
#define NOWHERE 3
#define FAULT 4
#define OVERRUN 5
#define IN_ISR_ABOVE 6

/* Nothing guards the end of memory of the program, so it is found when this yields. */
static char memory[PAWL_STACK_SIZE + 256] PAWL_ALIGNED_(16);

static int overruns(pawl_gen *g)
{
	volatile char *low = memory + 256;

	for (size_t i = 0; i < sizeof(void *); i++)
		low[i] = 0;
	return pawl_yield(g, g);
}

/* The interrupt has its calls on the generator's stack, and is no part of it. */
static int is_interrupted(pawl_gen *g)
{
	board_sensor();
	return pawl_yield(g, g);
}

static void generate(pawl_gen_fn *fn)
{
	pawl_stack_options stack = { .memory = memory + 256, .size = PAWL_STACK_SIZE };
	pawl_gen g;
	void *v;

	pawl_gen_init_at_(&g, fn, NULL,
			  "fatal.c"
			  "\0"
			  "overruns",
			  &stack);
	if (pawl_next(&g, &v) == 0)
		pawl_gen_fini(&g);
}

static int tried(void *arg)
{
	(void)arg;
	if (FATAL == IN_ISR)
		board_sensor();
	if (FATAL == LOCKED) {
		pawl_port_lock(NULL);
		pawl_port_throw("not this");
	}
	if (FATAL == OVERRUN)
		generate(overruns);
	if (FATAL == IN_ISR_ABOVE)
		generate(is_interrupted);
	if (FATAL == FAULT) {
#if defined(__arm__)
		__asm__ volatile("udf #0");
#else
		__asm__ volatile("unimp");
#endif
	}
	return 0;
}

/* The thread is in a try, but this is not the thread. */
void board_on_sensor(void)
{
	pawl_port_throw("in an interrupt");
}

int main(void)
{
	const char *why = NULL;

	if (FATAL == NOWHERE)
		pawl_port_throw("outside of every try");
	board_print_int(pawl_port_try(tried, NULL, &why));
	board_print("\n");
	return 1;
}
