/* SPDX-License-Identifier: MIT */
/* The report of all pools: the linker gathers a pointer to each. */
#include "core/pool.h"

#if defined(__ELF__) || defined(__wasm__)

/* Weak, and of this program or library alone: without a pool there is no such section. */
#define OF_THE_LINKER __attribute__((weak, visibility("hidden")))

extern const pawl_pool_info *const pawl_pools_begin_[] __asm__("__start_pawl_pools") OF_THE_LINKER;
extern const pawl_pool_info *const pawl_pools_end_[] __asm__("__stop_pawl_pools") OF_THE_LINKER;

static uint32_t bytes_of(const pawl_pool_info *i)
{
	return (uint32_t)(i->stride * i->count + sizeof(pawl_pool));
}

static void say_pool(const pawl_pool_info *i, char *buf, size_t size)
{
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_text_put_(&x, "pool '");
	pawl_text_put_(&x, i->name);
	pawl_text_put_(&x, "': ");
	pawl_text_uint_(&x, i->count);
	pawl_text_put_(&x, " of ");
	pawl_text_put_(&x, i->type);
	pawl_text_put_(&x, ", ");
	pawl_text_uint_(&x, bytes_of(i));
	pawl_text_put_(&x, " bytes");
	pawl_text_end_(&x);
}

static void say_total(uint32_t count, uint32_t bytes, char *buf, size_t size)
{
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_text_uint_(&x, count);
	pawl_text_put_(&x, count == 1 ? " pool, " : " pools, ");
	pawl_text_uint_(&x, bytes);
	pawl_text_put_(&x, " bytes");
	pawl_text_end_(&x);
}

int pawl_pools_report(void (*line)(void *arg, const char *text), void *arg)
{
	const pawl_pool_info *const *i;
	uint32_t count = 0, bytes = 0;
	char buf[128];

	for (i = pawl_pools_begin_; i != pawl_pools_end_; i++) {
		say_pool(*i, buf, sizeof buf);
		line(arg, buf);
		count++;
		bytes += bytes_of(*i);
	}
	say_total(count, bytes, buf, sizeof buf);
	line(arg, buf);
	return 0;
}

#else

int pawl_pools_report(void (*line)(void *arg, const char *text), void *arg)
{
	(void)line, (void)arg;
	return PAWL_ENOTSUP;
}

#endif
