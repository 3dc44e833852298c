/* SPDX-License-Identifier: MIT */
/* Cortex-M boards: the two executors in interrupts. */
#include "board.h"
#include "machine.h"

#include <pawl/cortexm.h>

void board_irq_mid(void);
void board_irq_high(void);

static pawl_cortexm_exec execs[2];

pawl_exec *board_executor(enum board_level level)
{
	pawl_cortexm_exec *e = &execs[level];

	if (!e->local.exec.ops)
		pawl_cortexm_exec_init(e, MACHINE_IRQ + (unsigned)level,
				       level == BOARD_HIGH ? 0x80 : 0xc0);
	return pawl_local_exec(&e->local);
}

void board_irq_mid(void)
{
	pawl_cortexm_exec_irq(&execs[BOARD_MID]);
}

void board_irq_high(void)
{
	pawl_cortexm_exec_irq(&execs[BOARD_HIGH]);
}
