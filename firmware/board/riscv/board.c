/* SPDX-License-Identifier: MIT */
/* QEMU's RISC-V machine: the UART to print, the test device to end, an interrupt for programs. */
#include "board.h"
#include "machine.h"

#include <pawl/port.h>
#include <pawl/riscv.h>

#define BYTE(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define WORD(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define TEST_DEVICE WORD(0x100000)
#define UART_DATA BYTE(0x10000000)
#define UART_IER BYTE(0x10000001)
#define UART_IRQ 10
#define PLIC_PRIORITY(irq) WORD(0xc000000 + 4 * (irq))
#define PLIC_ENABLE WORD(0xc002000)
#define PLIC_CLAIM WORD(0xc200004)
#define MIE_EXTERNAL 0x800u

const char board_name[] = MACHINE_NAME;

/* The core's cycle counter, which counts nanoseconds there. */
const uint32_t board_ticks_hz = 1000000000;

uint32_t board_ticks(void)
{
	uintptr_t n;

	__asm__ volatile("csrr %0, mcycle" : "=r"(n));
	return (uint32_t)n;
}

void board_write(const char *text, size_t size)
{
	while (size--)
		UART_DATA = (uint8_t)*text++;
}

_Noreturn void board_exit(int status)
{
	TEST_DEVICE = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
	for (;;) {}
}

/* The UART can always send, so it interrupts as soon as it may. */
void board_sensor(void)
{
	uintptr_t was = pawl_port_lock(NULL);

	PLIC_PRIORITY(UART_IRQ) = 1;
	PLIC_ENABLE = 1u << UART_IRQ;
	UART_IER = 2;
	__asm__ volatile("csrs mie, %0" : : "r"((uintptr_t)MIE_EXTERNAL));
	pawl_port_unlock(NULL, was);
}

__attribute__((weak)) void board_on_sensor(void);

void board_on_sensor(void)
{
	pawl_port_fatal("an interrupt that nobody handles");
}

void pawl_riscv_external(uintptr_t code)
{
	uint32_t irq = PLIC_CLAIM;

	(void)code;
	UART_IER = 0;
	PLIC_CLAIM = irq;
	if (irq == UART_IRQ)
		board_on_sensor();
}
