/* SPDX-License-Identifier: MIT */
/* Static pools: a list of slots that were given back, and behind it those that were never used. */
#include "core/pool.h"

const char pawl_pools_lock_ = 0;

/* The word in front of the task. */
static pawl_task_owner **owner_of(pawl_task *t)
{
	return (pawl_task_owner **)(void *)t - 1;
}

/* A slot that nobody has; there is one. */
static pawl_task *take_locked(pawl_pool *p)
{
	pawl_task *t = p->free_;

	if (t) {
		p->free_ = t->u_.next_;
	} else {
		t = (pawl_task *)(void *)p->fresh_;
		p->fresh_ += (*p->info_)->stride;
	}
	return t;
}

#if PAWL_LARGE_
static pawl_pool *used;

void pawl_pool_note_use_locked_(pawl_pool *p)
{
	p->next_used_ = used;
	used = p;
}

void pawl_pools_each_used_(void (*fn)(void *arg, const pawl_pool *p), void *arg)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	const pawl_pool *p = used;

	pawl_port_unlock(&pawl_pools_lock_, was);
	for (; p; p = p->next_used_)
		fn(arg, p);
}
#endif

static bool may_take_locked(pawl_pool *p, uint32_t *left)
{
	if (left) {
		if (!*left)
			return false;
		--*left;
		p->reserved_--;
		return true;
	}
	if (!pawl_pool_available_locked_(p)) {
		p->refused_++;
		return false;
	}
	pawl_pool_count_locked_(p, 1);
	return true;
}

/* The state word stays: it says how often the slot was used, so that old wakers know. */
static void clear(pawl_pool *p, pawl_task *t)
{
	size_t from = offsetof(pawl_task, state_) + sizeof t->state_;

	PAWL_ASSERT(!(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	__builtin_memset((char *)t + from, 0, (*p->info_)->size - from);
	t->kind_ = PAWL_TASK_OWNED_;
	*owner_of(t) = &p->owner_;
}

void *pawl_pool_get_(pawl_pool *p, uint32_t *left)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	pawl_task *t = may_take_locked(p, left) ? take_locked(p) : NULL;

	pawl_port_unlock(&pawl_pools_lock_, was);
	if (t)
		clear(p, t);
	return t;
}

void *pawl_pool_claim(pawl_pool *p)
{
	return pawl_pool_get_(p, NULL);
}

void pawl_pool_drop_(pawl_task_owner *o, pawl_task *t)
{
	pawl_pool *p = PAWL_OF(o, pawl_pool, owner_);
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);

	/* A slot in the list belongs to nobody; dropping it again is noticed. */
	*owner_of(t) = NULL;
	t->u_.next_ = p->free_;
	p->free_ = t;
	p->out_--;
	pawl_port_unlock(&pawl_pools_lock_, was);
}

void pawl_slot_drop(void *slot)
{
	pawl_task *t = slot;

	if (!t)
		return;
	PAWL_ASSERT(*owner_of(t) && !(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	pawl_store(&t->state_, pawl_load(&t->state_) + PAWL_TASK_GENERATION_);
	(*owner_of(t))->drop(*owner_of(t), t);
}

void pawl_pool_drop(pawl_pool *p, void *slot)
{
	PAWL_ASSERT(!slot || *owner_of((pawl_task *)slot) == &p->owner_);
	(void)p;
	pawl_slot_drop(slot);
}

static uint32_t read_locked(const uint32_t *field)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	uint32_t v = *field;

	pawl_port_unlock(&pawl_pools_lock_, was);
	return v;
}

unsigned pawl_pool_size(const pawl_pool *p)
{
	return (*p->info_)->count;
}

unsigned pawl_pool_in_use(const pawl_pool *p)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	uint32_t n = p->out_ - p->reserved_;

	pawl_port_unlock(&pawl_pools_lock_, was);
	return n;
}

unsigned pawl_pool_reserved(const pawl_pool *p)
{
	return read_locked(&p->reserved_);
}

unsigned pawl_pool_available(const pawl_pool *p)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	uint32_t n = pawl_pool_available_locked_(p);

	pawl_port_unlock(&pawl_pools_lock_, was);
	return n;
}

unsigned pawl_pool_peak(const pawl_pool *p)
{
	return read_locked(&p->peak_);
}

unsigned pawl_pool_refused(const pawl_pool *p)
{
	return read_locked(&p->refused_);
}

static void say_knob(const pawl_pool_info *i, struct pawl_text *x)
{
	if (i->knob) {
		pawl_text_put_(x, i->knob);
		return;
	}
	pawl_text_put_(x, "PAWL_TASK_POOL(");
	pawl_text_put_(x, i->name);
	pawl_text_put_(x, ", ");
	pawl_text_put_(x, i->type);
	pawl_text_put_(x, ", ");
	pawl_text_uint_(x, i->count);
	pawl_text_put_(x, ")");
}

void pawl_pool_say_full_(const pawl_pool *p, struct pawl_text *x)
{
	uintptr_t was = pawl_port_lock(&pawl_pools_lock_);
	uint32_t out = p->out_, reserved = p->reserved_;

	pawl_port_unlock(&pawl_pools_lock_, was);
	pawl_text_put_(x, "pool '");
	pawl_text_put_(x, (*p->info_)->name);
	pawl_text_put_(x, out == (*p->info_)->count ? "' is full: " : "': ");
	pawl_text_uint_(x, out - reserved);
	pawl_text_put_(x, " of ");
	pawl_text_uint_(x, (*p->info_)->count);
	pawl_text_put_(x, " in use");
	if (reserved) {
		pawl_text_put_(x, ", ");
		pawl_text_uint_(x, reserved);
		pawl_text_put_(x, " set aside");
	}
	pawl_text_put_(x, "; raise ");
	say_knob(*p->info_, x);
}

int pawl_pool_full_text(const pawl_pool *p, char *buf, size_t size)
{
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_pool_say_full_(p, &x);
	return pawl_text_end_(&x);
}
