/* SPDX-License-Identifier: MIT */
/* Executors at interrupt priorities, for Cortex-M. */
#include "port/assert.h"
#include "port/cortexm.h"

#include <pawl/cortexm.h>

/* Whole words: the smaller cores have no other access to these registers. */
void pawl_cortexm_irq_start(unsigned irq, uint8_t priority)
{
	uintptr_t was = pawl_port_lock(NULL);
	unsigned shift = irq % 4 * 8;
	uint32_t others = PAWL_NVIC_IPR_(irq) & ~(UINT32_C(0xff) << shift);

	PAWL_NVIC_IPR_(irq) = others | (uint32_t)priority << shift;
	PAWL_NVIC_ISER_(irq) = UINT32_C(1) << irq % 32;
	pawl_port_unlock(NULL, was);
}

void pawl_cortexm_irq_pend(unsigned irq)
{
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
	PAWL_NVIC_ISPR_(irq) = UINT32_C(1) << irq % 32;
#else
	PAWL_STIR_ = irq;
#endif
	__asm__ volatile("dsb" : : : "memory");
}

static void pend(pawl_local *l)
{
	pawl_cortexm_irq_pend(PAWL_OF(l, pawl_cortexm_exec, local)->irq_);
}

static void fire(pawl_alarm *a)
{
	pawl_cortexm_irq_pend(PAWL_OF(a, pawl_cortexm_exec, alarm_)->irq_);
}

void pawl_cortexm_exec_init(pawl_cortexm_exec *e, unsigned irq, uint8_t priority)
{
	PAWL_ASSERT(e && irq < 496);
	e->alarm_ = (pawl_alarm){ .fire = fire };
	e->irq_ = (uint16_t)irq;
	pawl_local_init_with(&e->local, &(pawl_local_options){ .pend = pend });
	pawl_cortexm_irq_start(irq, priority);
}

#if PAWL_TIMERS
/* The alarm is for the next that is due. */
static void set_alarm(pawl_cortexm_exec *e)
{
	pawl_time next = pawl_local_next(&e->local);

	if (next == PAWL_NEVER)
		pawl_alarm_clear(&e->alarm_);
	else
		pawl_alarm_set(&e->alarm_, next);
}
#endif

void pawl_cortexm_exec_irq(pawl_cortexm_exec *e)
{
	PAWL_ASSERT(pawl_level_() == e->irq_ + 16u);
	pawl_local_run(&e->local);
#if PAWL_TIMERS
	if (e->alarm_.is_set_ || pawl_local_has_sleepers_(&e->local))
		set_alarm(e);
#endif
}
