/* SPDX-License-Identifier: MIT */
/* What a call keeps, filled with a pattern before it and read after it, on each machine. */
#ifndef ABI_HOLD_H
#define ABI_HOLD_H

#include <stdint.h>

#define ABI_SLOTS 12

/* Registers before and after: integers, and doubles or what there is of them. */
struct abi {
	uintptr_t in[ABI_SLOTS], out[ABI_SLOTS];
	double fp_in[ABI_SLOTS], fp_out[ABI_SLOTS];
};

/* Loads all registers that a call keeps from `in`, calls fn(arg), and stores them to `out`. */
void abi_hold(struct abi *a, void (*fn)(void *arg), void *arg);

/* How many of the slots are in use. */
#if defined(__x86_64__)
#define ABI_INTS 6
#define ABI_FPS 0
#elif defined(__i386__)
#define ABI_INTS 4
#define ABI_FPS 0
#elif defined(__aarch64__)
#define ABI_INTS 11
#define ABI_FPS 8
#elif defined(__arm__) && defined(__ARM_FP)
#define ABI_INTS 8
#define ABI_FPS 8
#elif defined(__arm__)
#define ABI_INTS 8
#define ABI_FPS 0
#elif defined(__riscv_float_abi_double)
#define ABI_INTS 12
#define ABI_FPS 12
#elif defined(__riscv)
#define ABI_INTS 12
#define ABI_FPS 0
#endif

/* How it rounds: 0 is to the nearest; 1 another way. */
int abi_rounding(void);
void abi_set_rounding(int way);

/* Whether a result was noted as inexact, where that stands in one register with the modes. */
#if defined(__SSE__) || (defined(__arm__) && defined(__ARM_FP))
#define ABI_NOTES 1
#else
#define ABI_NOTES 0
#endif
int abi_is_inexact(void);
void abi_forget_inexact(void);

/* Whether there is a mode at all. */
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || \
	(defined(__arm__) && defined(__ARM_FP)) || defined(__riscv_flen)
#define ABI_MODES 1
#else
#define ABI_MODES 0
#endif

#endif
