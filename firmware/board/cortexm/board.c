/* SPDX-License-Identifier: MIT */
/* Cortex-M boards: semihosting to print and to end, the ticks, the interrupt for programs. */
#include "board.h"
#include "machine.h"

#include <pawl/cortexm.h>

enum semihosting { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20 };

#define APPLICATION_EXIT 0x20026

const char board_name[] = MACHINE_NAME;
const uint32_t board_ticks_hz = MACHINE_TICKS_HZ;

static void semihost(uint32_t operation, const void *arg)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = arg;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

/* In pieces, because the host wants a zero at the end. */
void board_write(const char *text, size_t size)
{
	char piece[64];
	size_t n;

	for (; size; text += n, size -= n) {
		for (n = 0; n < size && n < sizeof piece - 1; n++)
			piece[n] = text[n];
		piece[n] = 0;
		semihost(SYS_WRITE0, piece);
	}
}

_Noreturn void board_exit(int status)
{
	uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };

	for (;;)
		semihost(SYS_EXIT_EXTENDED, block);
}

uint32_t board_ticks(void)
{
	return machine_ticks();
}

/* Its priority after a reset is 0; the first call makes it less urgent than the clock's. */
void board_sensor(void)
{
	static bool is_started;

	if (!is_started) {
		is_started = true;
		pawl_cortexm_irq_start(MACHINE_IRQ + 2, 0x40);
	}
	pawl_cortexm_irq_pend(MACHINE_IRQ + 2);
}
