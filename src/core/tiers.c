/* SPDX-License-Identifier: MIT */
/* Tiers: one pool per urgency, so that what is urgent finds a slot when the rest is full. */
#include "core/pool.h"

static uint32_t tier_of(const pawl_tiers *ts, unsigned priority)
{
	return priority < ts->count_ ? priority : ts->count_ - 1;
}

pawl_pool *pawl_tiers_pool(const pawl_tiers *ts, unsigned priority)
{
	return ts->pools_[tier_of(ts, priority)];
}

void *pawl_tiers_claim(const pawl_tiers *ts, unsigned priority, size_t size)
{
	pawl_pool *p = pawl_tiers_pool(ts, priority);

	PAWL_ASSERT((*p->info_)->size == size);
	(void)size;
	return pawl_pool_claim(p);
}

/* The nearest tier, downwards, that has a slot; NULL when none has. */
static pawl_pool *find_locked(const pawl_tiers *ts, uint32_t tier)
{
	do {
		if (pawl_pool_available_locked_(ts->pools_[tier]))
			return ts->pools_[tier];
	} while (tier-- > 0);
	return NULL;
}

void *pawl_tiers_claim_down(const pawl_tiers *ts, unsigned priority, size_t size)
{
	uint32_t tier = tier_of(ts, priority), left = 1;
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	pawl_pool *p = find_locked(ts, tier);

	/* Whatever others do until it is claimed, it is set aside. */
	if (p) {
		pawl_pool_count_locked_(p, 1);
		p->reserved_++;
	} else {
		ts->pools_[tier]->refused_++;
	}
	pawl_port_unlock(&pawl_pools_lock_, was);
	PAWL_ASSERT(!p || (*p->info_)->size == size);
	(void)size;
	return p ? pawl_pool_get_(p, &left) : NULL;
}

int pawl_tiers_full_text(const pawl_tiers *ts, unsigned priority, char *buf, size_t size)
{
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_text_put_(&x, "tier ");
	pawl_text_uint_(&x, tier_of(ts, priority));
	pawl_text_put_(&x, " of '");
	pawl_text_put_(&x, ts->name_);
	pawl_text_put_(&x, "': ");
	pawl_pool_say_full_(pawl_tiers_pool(ts, priority), &x);
	return pawl_text_end_(&x);
}
