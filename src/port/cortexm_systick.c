/* SPDX-License-Identifier: MIT */
/* The clock of Cortex-M: SysTick runs through, and its periods are added up. */
#include "port/assert.h"
#include "port/cortexm.h"
#include "port/scale.h"

#include <pawl/cortexm.h>

/*
 * The counter runs down from `load` to 0 and begins again at 2^24 - 1. Whoever reads it notices
 * that: it is larger than when it was last read. All of it is guarded by the lock.
 */
static struct {
	uint64_t base; /* the cycle at which the running period began */
	uint32_t load; /* where the running period began to count down */
	uint32_t last; /* the counter when it was last read */
	uint32_t lost; /* cycles between reading the counter and beginning anew, in restart */
	struct pawl_scale ns, cycles;
} clock;

static void see_locked(uint32_t counter)
{
	if (counter > clock.last) {
		clock.base += clock.load + 1;
		clock.load = PAWL_SYST_MAX_;
	}
	clock.last = counter;
}

static uint64_t read_locked(void)
{
	see_locked(PAWL_SYST_CVR_);
	return clock.base + (clock.load - clock.last);
}

/*
 * Reads the counter, sets where it begins next, writes to a register, reads the counter again: a
 * write to the counter makes it begin anew, one to the other register does nothing. Both take the
 * same time. Of three readings the last is taken, because at first it stands at 0.
 */
static uint32_t restart(uint32_t load, volatile uint32_t *reg, uint32_t *ret_after)
{
	uint32_t before, after;

	__asm__ volatile("ldr %0, [%2, #8]\n\t"
			 "str %3, [%2, #4]\n\t"
			 "str %3, [%4]\n\t"
			 "ldr %1, [%2, #8]\n\t"
			 "ldr %1, [%2, #8]\n\t"
			 "ldr %1, [%2, #8]"
			 : "=&l"(before), "=&l"(after)
			 : "l"(PAWL_SYST_), "l"(load), "l"(reg)
			 : "memory");
	/* It does until the next edge of its clock, which may be slower than the core's. */
	while (!after)
		after = PAWL_SYST_CVR_;
	*ret_after = after;
	return before;
}

/* How long a restart takes, from its first instruction until the counter begins anew. */
static uint32_t measure(void)
{
	uint32_t before, after, whole, rest;

	/* Twice: the first brings the instructions into caches. */
	before = restart(PAWL_SYST_MAX_, &PAWL_SYST_RVR_, &after);
	before = restart(PAWL_SYST_MAX_, &PAWL_SYST_RVR_, &after);
	whole = before - after;
	restart(PAWL_SYST_MAX_, &PAWL_SYST_CVR_, &after);
	rest = PAWL_SYST_MAX_ - after;
	clock.last = after;
	return whole > rest ? whole - rest : 1;
}

void pawl_cortexm_init(uint32_t core_hz)
{
	uintptr_t was = pawl_port_lock(&clock);

	PAWL_ASSERT(core_hz > 0 && core_hz < UINT32_C(1) << 31);
	clock.ns = pawl_scale_of_(1000000000, core_hz);
	clock.cycles = pawl_scale_of_(core_hz, 1000000000);
	PAWL_SYST_CSR_ = 0;
	PAWL_SYST_RVR_ = PAWL_SYST_MAX_;
	PAWL_SYST_CVR_ = 0;
	PAWL_SYST_CSR_ = 7; /* on, with its interrupt, at the core's clock */
	while (!PAWL_SYST_CVR_) {}
	clock.base = 0;
	clock.load = PAWL_SYST_MAX_;
	clock.lost = measure();
	pawl_port_unlock(&clock, was);
}

pawl_time pawl_port_now(void)
{
	uintptr_t was = pawl_port_lock(&clock);
	uint64_t cycles = read_locked();

	pawl_port_unlock(&clock, was);
	return (pawl_time)pawl_scale_(clock.ns, cycles);
}

/* Makes the running period end after so many cycles. */
static void shorten_locked(uint32_t cycles)
{
	uint32_t after;

	see_locked(restart(cycles - 1, &PAWL_SYST_CVR_, &after));
	clock.base += clock.load - clock.last + clock.lost;
	clock.load = cycles - 1;
	clock.last = after;
	PAWL_SYST_RVR_ = PAWL_SYST_MAX_;
}

void pawl_port_arm(pawl_time due)
{
	uintptr_t was = pawl_port_lock(&clock);
	uint64_t now = read_locked();
	pawl_time left = due - (pawl_time)pawl_scale_(clock.ns, now);
	/* Before so many have passed, the next period must have been set to its full length. */
	uint32_t least = 2 * clock.lost + 8;
	uint64_t cycles;

	PAWL_ASSERT(clock.load && "pawl_cortexm_init was called");
	if (left <= 0) {
		PAWL_ICSR_ = PAWL_ICSR_PENDSTSET_;
	} else {
		/* One more: not a moment too early. */
		cycles = pawl_scale_(clock.cycles, (uint64_t)left) + 1;
		if (cycles < least)
			cycles = least;
		if (cycles < clock.last)
			shorten_locked((uint32_t)cycles);
	}
	pawl_port_unlock(&clock, was);
}

void pawl_cortexm_systick(void)
{
	/* Where SysTick is slower than the core, the counter may still be at 0. */
	while (!PAWL_SYST_CVR_) {}
	pawl_port_now();
	pawl_alarm_interrupt();
}
