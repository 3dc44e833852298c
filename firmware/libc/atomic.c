/* SPDX-License-Identifier: MIT */
/* What gcc calls for atomic arithmetic where the core has no instructions for it; the tests do. */
#include <pawl/port.h>

#if defined(__ARM_ARCH_6M__)

#define ATOMIC(name, expr)                                         \
	uint32_t name(volatile uint32_t *p, uint32_t v,            \
		      int order) __asm__("__atomic_" #name "_4");  \
	uint32_t name(volatile uint32_t *p, uint32_t v, int order) \
	{                                                          \
		uintptr_t was = pawl_port_lock(NULL);              \
		uint32_t old = *p;                                 \
                                                                   \
		(void)order;                                       \
		*p = (expr);                                       \
		pawl_port_unlock(NULL, was);                       \
		return old;                                        \
	}

ATOMIC(exchange, v)
ATOMIC(fetch_add, old + v)
ATOMIC(fetch_sub, old - v)

#else

typedef int not_empty;

#endif
