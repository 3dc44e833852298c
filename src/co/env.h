/* SPDX-License-Identifier: MIT */
/* What of a thread goes along with a coroutine: the modes of its arithmetic, and errno. */
#ifndef PAWL_CO_ENV_H
#define PAWL_CO_ENV_H

#include <pawl/co.h>

#if PAWL_STACKS

/*
 * For each machine: reads the modes, and loads others. Loading one that differs costs as much as
 * ten switches, so it is done only then. Which exceptions happened stands in the same register on
 * some: that stays as it is.
 */
#if defined(__x86_64__) || defined(__i386__)

#define PAWL_MXCSR_FLAGS_ 0x3fu

static inline void pawl_env_read_(uint32_t ret_now[2])
{
	uint16_t x87;

	ret_now[0] = 0;
#if defined(__SSE__)
	__asm__ volatile("stmxcsr %0" : "=m"(ret_now[0]));
	ret_now[0] &= ~PAWL_MXCSR_FLAGS_;
#endif
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	ret_now[1] = x87;
}

static inline void pawl_env_load_(const uint32_t modes[2], const uint32_t now[2])
{
	uint16_t x87 = (uint16_t)modes[1];

#if defined(__SSE__)
	if (modes[0] != now[0]) {
		uint32_t all;

		__asm__ volatile("stmxcsr %0" : "=m"(all));
		all = (all & PAWL_MXCSR_FLAGS_) | modes[0];
		__asm__ volatile("ldmxcsr %0" : : "m"(all));
	}
#endif
	if (modes[1] != now[1])
		__asm__ volatile("fldcw %0" : : "m"(x87));
}

#elif defined(__aarch64__)

static inline void pawl_env_read_(uint32_t ret_now[2])
{
	uint64_t now;

	__asm__ volatile("mrs %0, fpcr" : "=r"(now));
	ret_now[0] = (uint32_t)now;
	ret_now[1] = 0;
}

static inline void pawl_env_load_(const uint32_t modes[2], const uint32_t now[2])
{
	if (modes[0] != now[0])
		__asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)modes[0]));
}

#elif defined(__arm__) && defined(__ARM_FP)

/* The rest says what came out, and which exceptions happened. */
#define PAWL_FPSCR_MODES_ 0x07ff9f00u

static inline void pawl_env_read_(uint32_t ret_now[2])
{
	uint32_t now;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(now));
	ret_now[0] = now & PAWL_FPSCR_MODES_;
	ret_now[1] = 0;
}

static inline void pawl_env_load_(const uint32_t modes[2], const uint32_t now[2])
{
	if (modes[0] != now[0]) {
		uint32_t all;

		__asm__ volatile("vmrs %0, fpscr" : "=r"(all));
		all = (all & ~PAWL_FPSCR_MODES_) | modes[0];
		__asm__ volatile("vmsr fpscr, %0" : : "r"(all));
	}
}

#elif defined(__riscv) && defined(__riscv_flen)

static inline void pawl_env_read_(uint32_t ret_now[2])
{
	unsigned long now;

	__asm__ volatile("frrm %0" : "=r"(now));
	ret_now[0] = (uint32_t)now;
	ret_now[1] = 0;
}

static inline void pawl_env_load_(const uint32_t modes[2], const uint32_t now[2])
{
	if (modes[0] != now[0])
		__asm__ volatile("fsrm %0" : : "r"((unsigned long)modes[0]));
}

#else

/* Arithmetic of the compiler's own has one mode. */
static inline void pawl_env_read_(uint32_t ret_now[2])
{
	ret_now[0] = ret_now[1] = 0;
}

static inline void pawl_env_load_(const uint32_t modes[2], const uint32_t now[2])
{
	(void)modes, (void)now;
}

#endif

/* A new coroutine has the modes of the thread that polls it first. */
static inline void pawl_env_init_(struct pawl_co_env *e)
{
	pawl_env_read_(e->fp_);
	e->errno_ = 0;
}

static inline void pawl_env_exchange_(struct pawl_co_env *e, int *my_errno)
{
	uint32_t now[2];

	pawl_env_read_(now);
	pawl_env_load_(e->fp_, now);
	e->fp_[0] = now[0];
	e->fp_[1] = now[1];
	if (my_errno) {
		int mine = *my_errno;

		*my_errno = e->errno_;
		e->errno_ = mine;
	}
}

#endif

#endif
