/* SPDX-License-Identifier: MIT */
/* What pools, reservations and tiers share: one lock guards the numbers of all pools. */
#ifndef PAWL_CORE_POOL_H
#define PAWL_CORE_POOL_H

#include <pawl/pool.h>

#include "core/core.h"

/* Its address is the lock: reservations look at several pools at once. */
extern const char pawl_pools_lock_;

static inline uint32_t pawl_pool_available_locked_(const pawl_pool *p)
{
	return (*p->info_)->count - p->in_use_ - p->reserved_;
}

/* Counts what is in use or set aside now. */
static inline void pawl_pool_peak_locked_(pawl_pool *p)
{
	uint32_t n = p->in_use_ + p->reserved_;

	if (n > p->peak_)
		p->peak_ = n;
}

/*
 * A slot, ready for its owner-to-be: one of those that are set aside, of which `left` are left; or,
 * without, a free one. NULL when there is none.
 */
void *pawl_pool_get_(pawl_pool *p, uint32_t *left);

void pawl_pool_say_full_(const pawl_pool *p, struct pawl_text *x);

#endif
