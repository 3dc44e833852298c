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
	return (*p->info_)->count - p->out_;
}

#if PAWL_LARGE_
/* The first of its slots is claimed. */
void pawl_pool_note_use_locked_(pawl_pool *p);
#else
#define pawl_pool_note_use_locked_(p) ((void)(p))
#endif

/* So many more are claimed or set aside. */
static inline void pawl_pool_count_locked_(pawl_pool *p, uint32_t n)
{
	p->out_ += n;
	if (p->out_ <= p->peak_)
		return;
	if (!p->peak_)
		pawl_pool_note_use_locked_(p);
	p->peak_ = p->out_;
}

/*
 * A slot, ready for its owner-to-be: one of those that are set aside, of which `left` are left; or,
 * without, a free one. NULL when there is none.
 */
void *pawl_pool_get_(pawl_pool *p, uint32_t *left);

#if PAWL_LARGE_
/* All pools of which a slot was ever claimed; their numbers may change meanwhile. */
void pawl_pools_each_used_(void (*fn)(void *arg, const pawl_pool *p), void *arg);
#endif

void pawl_pool_say_full_(const pawl_pool *p, struct pawl_text *x);

#endif
