/* SPDX-License-Identifier: MIT */
/* Cortex-M: the vector table and what happens before main. */
#include "board.h"
#include "machine.h"

#include <pawl/cortexm.h>
#include <pawl/port.h>

typedef void vector(void);

int main(int argc, char **argv);

/* From the linker script. */
extern uint32_t board_stack[], board_data[], board_data_end[], board_data_image[];
extern uint32_t board_bss[], board_bss_end[];

_Noreturn void board_reset(void);
void board_unexpected(void);

/* Not of this file's own: those whose interrupts a program uses replace them. */
__attribute__((weak)) void board_irq_mid(void);
__attribute__((weak)) void board_irq_high(void);
__attribute__((weak)) void board_on_sensor(void);

void board_irq_mid(void)
{
	board_unexpected();
}

void board_irq_high(void)
{
	board_unexpected();
}

void board_on_sensor(void)
{
	board_unexpected();
}

void board_unexpected(void)
{
	pawl_port_fatal("a fault, or an interrupt that nobody handles");
}

#define FOUR(x) x, x, x, x

/* clang-format off */
__attribute__((section(".vectors"), used)) static struct {
	uint32_t *stack;
	vector *exceptions[15], *irqs[32];
} const vectors = {
	.stack = board_stack,
	.exceptions = {
		(vector *)board_reset,
		FOUR(board_unexpected), FOUR(board_unexpected), FOUR(board_unexpected),
		board_unexpected,
		pawl_cortexm_systick,
	},
	.irqs = {
		FOUR(board_unexpected), FOUR(board_unexpected), FOUR(board_unexpected),
		FOUR(board_unexpected), FOUR(board_unexpected),
		board_irq_mid, board_irq_high, board_on_sensor, board_unexpected,
		FOUR(board_unexpected), FOUR(board_unexpected),
	},
};
/* clang-format on */

static void prepare_memory(void)
{
	const uint32_t *from = board_data_image;

	for (uint32_t *to = board_data; to < board_data_end;)
		*to++ = *from++;
	for (uint32_t *to = board_bss; to < board_bss_end;)
		*to++ = 0;
}

static void prepare_fpu(void)
{
#if defined(__ARM_FP)
	*(volatile uint32_t *)0xe000ed88u |= 0xfu << 20; /* CPACR: full access */
	__asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
}

_Noreturn void board_reset(void)
{
	prepare_memory();
	prepare_fpu();
	machine_ticks_start();
	pawl_cortexm_init(MACHINE_CORE_HZ);
	board_exit(main(0, NULL));
}
