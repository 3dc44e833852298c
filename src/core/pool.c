/* SPDX-License-Identifier: MIT */
/* Static pools: a list of slots that were given back, and behind it those that were never used. */
#include "core/core.h"

#include <pawl/pool.h>

static pawl_task *slot_at(const pawl_pool *p, uint32_t i)
{
	return (pawl_task *)(void *)((char *)p->slots_ + p->stride_ * i);
}

/* The word in front of the task. */
static pawl_task_owner **owner_of(pawl_task *t)
{
	return (pawl_task_owner **)(void *)t - 1;
}

static pawl_task *claim_locked(pawl_pool *p)
{
	pawl_task *t = p->free_;

	if (t) {
		p->free_ = t->u_.next_;
	} else if (p->fresh_ < p->count_) {
		t = slot_at(p, p->fresh_++);
	} else {
		p->refused_++;
		return NULL;
	}
	if (++p->in_use_ > p->peak_)
		p->peak_ = p->in_use_;
	return t;
}

/* The state word stays: it says how often the slot was used, so that old wakers know. */
static void clear(pawl_pool *p, pawl_task *t)
{
	size_t from = offsetof(pawl_task, state_) + sizeof t->state_;

	PAWL_ASSERT(!(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	__builtin_memset((char *)t + from, 0, p->size_ - from);
	t->kind_ = PAWL_TASK_OWNED_;
	*owner_of(t) = &p->owner_;
}

void *pawl_pool_claim(pawl_pool *p)
{
	uintptr_t was = pawl_port_lock(p);
	pawl_task *t = claim_locked(p);

	pawl_port_unlock(p, was);
	if (t)
		clear(p, t);
	return t;
}

void pawl_pool_drop_(pawl_task_owner *o, pawl_task *t)
{
	pawl_pool *p = PAWL_OF(o, pawl_pool, owner_);
	uintptr_t was = pawl_port_lock(p);

	/* A slot in the list belongs to nobody; dropping it again is noticed. */
	*owner_of(t) = NULL;
	t->u_.next_ = p->free_;
	p->free_ = t;
	p->in_use_--;
	pawl_port_unlock(p, was);
}

void pawl_pool_drop(pawl_pool *p, void *slot)
{
	pawl_task *t = slot;

	if (!t)
		return;
	PAWL_ASSERT(*owner_of(t) == &p->owner_ && !(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	pawl_store(&t->state_, pawl_load(&t->state_) + PAWL_TASK_GENERATION_);
	pawl_pool_drop_(&p->owner_, t);
}

static uint32_t read_locked(const pawl_pool *p, const uint32_t *field)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t v = *field;

	pawl_port_unlock(p, was);
	return v;
}

unsigned pawl_pool_size(const pawl_pool *p)
{
	return p->count_;
}

unsigned pawl_pool_in_use(const pawl_pool *p)
{
	return read_locked(p, &p->in_use_);
}

unsigned pawl_pool_peak(const pawl_pool *p)
{
	return read_locked(p, &p->peak_);
}

unsigned pawl_pool_refused(const pawl_pool *p)
{
	return read_locked(p, &p->refused_);
}

int pawl_pool_full_text(const pawl_pool *p, char *buf, size_t size)
{
	uint32_t in_use = pawl_pool_in_use(p);
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_text_put_(&x, "pool '");
	pawl_text_put_(&x, p->name_);
	pawl_text_put_(&x, in_use == p->count_ ? "' is full: " : "': ");
	pawl_text_uint_(&x, in_use);
	pawl_text_put_(&x, " of ");
	pawl_text_uint_(&x, p->count_);
	pawl_text_put_(&x, " in use; raise PAWL_TASK_POOL(");
	pawl_text_put_(&x, p->name_);
	pawl_text_put_(&x, ", ");
	pawl_text_put_(&x, p->type_);
	pawl_text_put_(&x, ", ");
	pawl_text_uint_(&x, p->count_);
	pawl_text_put_(&x, ")");
	return pawl_text_end_(&x);
}
