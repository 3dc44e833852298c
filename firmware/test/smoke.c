/* SPDX-License-Identifier: MIT */
/* One task that sleeps: the least that must work before anything else is worth a look. */
#include "board.h"

#include <pawl/pawl.h>

static pawl_task task;
static unsigned naps;

static int nap(pawl_task *t)
{
	PAWL_BEGIN(t);
	while (naps < 3) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(100)));
		naps++;
	}
	PAWL_END(t);
}

int main(void)
{
	static pawl_local local;
	pawl_time began, took;

	pawl_local_init(&local);
	began = pawl_now(pawl_local_exec(&local));
	if (pawl_spawn(pawl_local_exec(&local), &task, nap) < 0)
		return 1;
	pawl_block_on(pawl_local_exec(&local), &task, NULL);
	took = pawl_now(pawl_local_exec(&local)) - began;
	board_print_int(naps);
	board_print(" naps\n");
	return took >= PAWL_MS(300) && took < PAWL_MS(305) ? 0 : 2;
}
