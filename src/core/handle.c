/* SPDX-License-Identifier: MIT */
/* What else the handle of a task is good for: a number, an end from the start, how it ended. */
#include "core/core.h"

#include <pawl/handle.h>

/*
 * Tasks that live at the same time lie at least a task apart, so the quotient tells them apart: 41
 * bits of it where addresses have 48 and a task all of its fields.
 */
#define ID_GENERATIONS 22

uint64_t pawl_task_id(const pawl_task *t)
{
	uint64_t place = (uintptr_t)t / sizeof(pawl_task);
	uint32_t generation = pawl_load(&t->state_) / PAWL_TASK_GENERATION_;

	return place << ID_GENERATIONS | (generation & ((1u << ID_GENERATIONS) - 1));
}

static void make_ready(pawl_exec *x, pawl_task *t, int outcome, const char *place)
{
	uint32_t s = pawl_load(&t->state_);
	size_t from = offsetof(pawl_task, state_) + sizeof s;
	uint8_t kind = t->kind_ & PAWL_TASK_OWNED_;

	PAWL_ASSERT(x && outcome <= 0);
	PAWL_ASSERT_AT(place, !(s & PAWL_TASK_FLAGS_));
	__builtin_memset((char *)t + from, 0, sizeof *t - from);
	t->kind_ = kind;
	t->exec_ = x;
	t->u_.outcome_ = outcome;
#if PAWL_DIAG
	t->place_ = place;
#else
	(void)place;
#endif
	pawl_count_live_(1);
	pawl_store(&t->state_, s | PAWL_TASK_LIVE_ | PAWL_TASK_DONE_);
}

void(pawl_task_ready)(pawl_exec *x, pawl_task *t, int outcome)
{
	make_ready(x, t, outcome, NULL);
}

#if PAWL_DIAG
void pawl_task_ready_at_(pawl_exec *x, pawl_task *t, int outcome, const char *place)
{
	make_ready(x, t, outcome, place);
}
#endif

#if PAWL_WAITS
int pawl_join_fallible(pawl_task *t, pawl_task *child, bool *ret_cancelled, int *ret_outcome)
{
	int r = pawl_await_end(t, child);

	if (r)
		return r;
	*ret_cancelled = pawl_cancelled(child) && child->u_.outcome_ == PAWL_ECANCELED;
	pawl_take_(child, ret_outcome);
	return 0;
}
#endif
