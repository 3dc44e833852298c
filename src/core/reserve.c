/* SPDX-License-Identifier: MIT */
/* Reservations: slots of several pools, set aside all at once or not at all. */
#include "core/pool.h"

/* The high-water mark rises only when all of a reservation is there. */
static void set_aside_locked(pawl_reservation *r)
{
	r->pool->out_ += r->count;
	r->pool->reserved_ += r->count;
	r->left_ = r->count;
}

static void give_back_locked(pawl_reservation *r, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		r[i].pool->out_ -= r[i].left_;
		r[i].pool->reserved_ -= r[i].left_;
		r[i].left_ = 0;
	}
}

/* Sets as much aside as there is; how many did not get what they want. */
static unsigned try_locked(pawl_reservation *r, unsigned n)
{
	unsigned i, lacking = 0;

	for (i = 0; i < n; i++) {
		PAWL_ASSERT(!r[i].left_);
		r[i].is_short = pawl_pool_available_locked_(r[i].pool) < r[i].count;
		if (r[i].is_short)
			lacking++;
		else
			set_aside_locked(&r[i]);
	}
	return lacking;
}

int pawl_reserve(pawl_reservation *r, unsigned n)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	unsigned lacking = try_locked(r, n), i;

	if (lacking)
		give_back_locked(r, n);
	for (i = 0; i < n; i++) {
		if (!lacking)
			pawl_pool_count_locked_(r[i].pool, 0);
		else if (r[i].is_short)
			r[i].pool->refused_++;
	}
	pawl_port_unlock(&pawl_pools_lock_, was);
	return lacking ? PAWL_EFULL : 0;
}

void *pawl_reserve_commit(pawl_reservation *r, pawl_pool *p)
{
	PAWL_ASSERT(r->pool == p);
	return pawl_pool_get_(p, &r->left_);
}

void pawl_reserve_cancel(pawl_reservation *r, unsigned n)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);

	give_back_locked(r, n);
	pawl_port_unlock(&pawl_pools_lock_, was);
}
