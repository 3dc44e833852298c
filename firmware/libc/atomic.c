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
ATOMIC(fetch_or, old | v)
ATOMIC(fetch_and, old &v)

bool compare_exchange(volatile uint32_t *p, uint32_t *expected,
		      uint32_t v) __asm__("__atomic_compare_exchange_4");

/* With two arguments more, which say what order the caller can live with. */
bool compare_exchange(volatile uint32_t *p, uint32_t *expected, uint32_t v)
{
	uintptr_t was = pawl_port_lock(NULL);
	uint32_t old = *p;
	bool same = old == *expected;

	if (same)
		*p = v;
	pawl_port_unlock(NULL, was);
	*expected = old;
	return same;
}

#else

typedef int not_empty;

#endif
