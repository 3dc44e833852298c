/* SPDX-License-Identifier: MIT */
/* The clock of RISC-V, its traps, and the executors that live in them. */
#include "port/assert.h"
#include "port/bare.h"
#include "port/scale.h"

#include <pawl/riscv.h>

uint32_t pawl_riscv_depth_;

static pawl_riscv_options at;
static struct pawl_scale ns_of, counts_of;
static pawl_riscv_exec *execs[2];

void pawl_riscv_entry_(void);

static volatile uint32_t *word(uintptr_t address)
{
	return (volatile uint32_t *)address;
}

static uint64_t counts(void)
{
#if __riscv_xlen == 64
	return *(volatile uint64_t *)at.mtime;
#else
	volatile uint32_t *t = word(at.mtime);
	uint32_t low, high;

	do {
		high = t[1];
		low = t[0];
	} while (high != t[1]);
	return (uint64_t)high << 32 | low;
#endif
}

/* In an order in which it is never earlier than before and than what is wanted. */
static void compare_with(uint64_t when)
{
#if __riscv_xlen == 64
	*(volatile uint64_t *)at.mtimecmp = when;
#else
	volatile uint32_t *c = word(at.mtimecmp);

	c[1] = UINT32_MAX;
	c[0] = (uint32_t)when;
	c[1] = (uint32_t)(when >> 32);
#endif
}

pawl_time pawl_port_now(void)
{
	return (pawl_time)pawl_scale_(ns_of, counts());
}

void pawl_port_arm(pawl_time due)
{
	uintptr_t was = pawl_port_lock(&at);
	uint64_t now = counts();
	pawl_time left = due - (pawl_time)pawl_scale_(ns_of, now);
	pawl_riscv_exec *e = execs[PAWL_RISCV_TIMER];

	/* One more: not a moment too early. */
	if (left <= 0 || (e && e->is_pending_))
		compare_with(0);
	else
		compare_with(now + pawl_scale_(counts_of, (uint64_t)left) + 1);
	pawl_port_unlock(&at, was);
}

static void pend_software(pawl_local *l)
{
	(void)l;
	*word(at.msip) = 1;
}

static void pend_timer(pawl_local *l)
{
	uintptr_t was = pawl_port_lock(&at);

	PAWL_OF(l, pawl_riscv_exec, local)->is_pending_ = true;
	compare_with(0);
	pawl_port_unlock(&at, was);
}

static void fire(pawl_alarm *a)
{
	pawl_riscv_exec *e = PAWL_OF(a, pawl_riscv_exec, alarm_);

	if (e->level_ == PAWL_RISCV_TIMER)
		pend_timer(&e->local);
	else
		pend_software(&e->local);
}

/* Runs an executor with all interrupts on but those of its own level and below. */
static void run(pawl_riscv_exec *e, uintptr_t without)
{
	uintptr_t were = pawl_riscv_disable_(without);
	pawl_time next;

	__asm__ volatile("csrsi mstatus, 8" : : : "memory");
	pawl_local_run(&e->local);
	next = pawl_local_next(&e->local);
	if (next == PAWL_NEVER)
		pawl_alarm_clear(&e->alarm_);
	else
		pawl_alarm_set(&e->alarm_, next);
	__asm__ volatile("csrci mstatus, 8" : : : "memory");
	pawl_riscv_enable_(were & without);
}

static void on_software(void)
{
	*word(at.msip) = 0;
	run(execs[PAWL_RISCV_SOFTWARE], PAWL_MIE_SOFTWARE_);
}

/* An alarm that fires may make the executor pending: then once more, so that the next is armed. */
static void on_timer(void)
{
	pawl_riscv_exec *e = execs[PAWL_RISCV_TIMER];
	bool is_pending = false;

	do {
		if (e) {
			is_pending |= e->is_pending_;
			e->is_pending_ = false;
		}
		compare_with(UINT64_MAX);
		pawl_alarm_interrupt();
	} while (e && e->is_pending_);
	if (is_pending)
		run(e, PAWL_MIE_TIMER_ | PAWL_MIE_SOFTWARE_);
}

__attribute__((weak)) void pawl_riscv_external(uintptr_t code)
{
	(void)code;
	pawl_port_fatal("an interrupt that nobody handles");
}

void pawl_riscv_trap(uintptr_t cause)
{
	uintptr_t code = cause & (UINTPTR_MAX >> 1);

	pawl_riscv_depth_++;
	if (code == cause)
		pawl_port_fatal("an exception");
	if (code == 3)
		on_software();
	else if (code == 7)
		on_timer();
	else
		pawl_riscv_external(code);
	pawl_riscv_depth_--;
}

void pawl_riscv_init(const pawl_riscv_options *options)
{
	PAWL_ASSERT(options && options->mtime && options->mtimecmp && options->mtime_hz);
	at = *options;
	ns_of = pawl_scale_of_(1000000000, at.mtime_hz);
	counts_of = pawl_scale_of_(at.mtime_hz, 1000000000);
	compare_with(UINT64_MAX);
	__asm__ volatile("csrw mtvec, %0" : : "r"(pawl_riscv_entry_) : "memory");
	pawl_riscv_enable_(PAWL_MIE_TIMER_);
	__asm__ volatile("csrsi mstatus, 8" : : : "memory");
}

int pawl_riscv_exec_init(pawl_riscv_exec *e, enum pawl_riscv_level level)
{
	bool is_timer = level == PAWL_RISCV_TIMER;

	PAWL_ASSERT(e && at.mtime);
	if (execs[level])
		return PAWL_EBUSY;
	if (!is_timer && !at.msip)
		return PAWL_ENOTSUP;
	*e = (pawl_riscv_exec){ .alarm_ = { .fire = fire }, .level_ = level };
	pawl_local_init_with(&e->local, &(pawl_local_options){ .pend = is_timer ? pend_timer
										: pend_software });
	execs[level] = e;
	if (!is_timer)
		pawl_riscv_enable_(PAWL_MIE_SOFTWARE_);
	return 0;
}
