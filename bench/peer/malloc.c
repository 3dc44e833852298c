/* SPDX-License-Identifier: MIT */
/* The C library's malloc, beside the memory of heap tasks. */
#include "slots.h"

static void *take(void)
{
	return malloc(SLOT);
}

static void give(void *slot)
{
	free(slot);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = { SLOT_ROWS, { 0 } };

	return measure_main(argc, argv, rows);
}
