/* SPDX-License-Identifier: MIT */
/* RISC-V: what happens before main. */
#include "board.h"

#include <pawl/riscv.h>

int main(int argc, char **argv);

/* From the linker script. */
extern uint64_t board_bss[], board_bss_end[];

void board_reset(void);
_Noreturn void board_start(void);

__attribute__((naked, section(".reset"))) void board_reset(void)
{
	__asm__(".option push\n\t"
		".option norelax\n\t"
		"la gp, __global_pointer$\n\t"
		".option pop\n\t"
		"la sp, board_stack\n\t"
		"tail board_start");
}

_Noreturn void board_start(void)
{
	for (uint64_t *to = board_bss; to < board_bss_end;)
		*to++ = 0;
	pawl_riscv_init(&(pawl_riscv_options){ .mtime = 0x200bff8,
					       .mtimecmp = 0x2004000,
					       .msip = 0x2000000,
					       .mtime_hz = 10000000 });
	board_exit(main(0, NULL));
}
