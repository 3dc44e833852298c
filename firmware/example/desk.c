/* SPDX-License-Identifier: MIT */
/* What desktop and simulator share: standard output, and an executor that pre-empts its wakers. */
#include "ground.h"

#include <stdatomic.h>
#include <stdio.h>

static atomic_uint wanted;

/*
 * Something is ready there: it runs at once, on top of whoever woke it, as an interrupt would.
 * While it runs, more is only noted.
 */
static void pend(pawl_local *l)
{
	unsigned seen = 1;

	if (atomic_fetch_add(&wanted, 1))
		return;
	do {
		seen = atomic_load(&wanted);
		pawl_local_run(l);
	} while (atomic_fetch_sub(&wanted, seen) != seen);
}

pawl_exec *ground_high(void)
{
	static pawl_local high;

	if (!high.exec.ops)
		pawl_local_init_with(&high, &(pawl_local_options){ .pend = pend });
	return pawl_local_exec(&high);
}

void ground_write(const char *text, size_t size)
{
	fwrite(text, 1, size, stdout);
}
