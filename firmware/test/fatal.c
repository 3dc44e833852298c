/* SPDX-License-Identifier: MIT */
/* Ends badly, in one of several ways: with status 3, and the reason is printed. */
#include "board.h"

#include <pawl/pawl.h>
#include <pawl/port.h>

#define IN_ISR 1
#define LOCKED 2
#define NOWHERE 3
#define FAULT 4

static int tried(void *arg)
{
	(void)arg;
	if (FATAL == IN_ISR)
		board_sensor();
	if (FATAL == LOCKED) {
		pawl_port_lock(NULL);
		pawl_port_throw("not this");
	}
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
