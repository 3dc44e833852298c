/* SPDX-License-Identifier: MIT */
/* RISC-V boards: the two executors in interrupts. */
#include "board.h"

#include <pawl/port.h>
#include <pawl/riscv.h>

pawl_exec *board_executor(enum board_level level)
{
	static pawl_riscv_exec execs[2];
	pawl_riscv_exec *e = &execs[level];

	if (!e->local.exec.ops &&
	    pawl_riscv_exec_init(e, level == BOARD_HIGH ? PAWL_RISCV_TIMER : PAWL_RISCV_SOFTWARE) <
		    0)
		pawl_port_fatal("the executor's interrupt is in use");
	return pawl_local_exec(&e->local);
}
