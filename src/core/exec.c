/* SPDX-License-Identifier: MIT */
/* The calls over an executor's table: what it lacks is answered with PAWL_ENOTSUP. */
#include "core/core.h"

pawl_time pawl_now(pawl_exec *x)
{
	return x->ops->now(x);
}

int pawl_poll_once(pawl_exec *x)
{
	return PAWL_HAS_(x, poll_once) ? x->ops->poll_once(x) : PAWL_ENOTSUP;
}

/* One with a thread of its own has an executor of its own, which is gone when it ended. */
static inline bool may_block_on(pawl_exec *x, const pawl_task *t)
{
	return t->exec_ == x || PAWL_HAS_(x, dedicate);
}

static int block_until_done(pawl_exec *x, pawl_task *t)
{
#if PAWL_LARGE_
	unsigned n = pawl_fiber_block_ ? pawl_fiber_block_() : 0;
	int r = x->ops->block_on(x, t);

	if (n)
		pawl_fiber_unblock_(n);
	return r;
#else
	return x->ops->block_on(x, t);
#endif
}

int pawl_block_on(pawl_exec *x, pawl_task *t, int *ret_outcome)
{
	int r;

	if (!PAWL_HAS_(x, block_on))
		return PAWL_ENOTSUP;
	PAWL_ASSERT_OF(t, may_block_on(x, t) && !(pawl_load(&t->state_) & PAWL_TASK_DETACHED_));
	r = block_until_done(x, t);
	if (r < 0)
		return r;
	pawl_take_(t, ret_outcome);
	return 0;
}

int pawl_is_running(pawl_exec *x)
{
	return PAWL_HAS_(x, is_running) ? x->ops->is_running(x) : PAWL_ENOTSUP;
}

int pawl_shutdown(pawl_exec *x)
{
	return PAWL_HAS_(x, shutdown) ? x->ops->shutdown(x) : PAWL_ENOTSUP;
}

bool pawl_is_main_thread(pawl_exec *x)
{
	return PAWL_HAS_(x, is_main_thread) && x->ops->is_main_thread(x);
}

int pawl_stay(pawl_task *t)
{
	PAWL_ASSERT_OF(t, pawl_is_polled_(t));
#if PAWL_LARGE_
	return PAWL_HAS_(t->exec_, stay) ? t->exec_->ops->stay(t->exec_, t) : PAWL_ENOTSUP;
#else
	return PAWL_ONE_CORE ? PAWL_OK : PAWL_ENOTSUP;
#endif
}

/* How many tasks there are, of how many: nobody knows without the crew. */
static bool put_count(struct pawl_text *text, pawl_exec *x)
{
#if PAWL_CREW
	pawl_crew *c = pawl_crew_of_(x);
	uint32_t count = pawl_crew_count(c);
	bool is_full = c->limit_ && count >= c->limit_;

	pawl_text_put_(text, is_full ? "' is full: " : "': ");
	pawl_text_uint_(text, count);
	if (c->limit_) {
		pawl_text_put_(text, " of ");
		pawl_text_uint_(text, c->limit_);
	}
	pawl_text_put_(text, " tasks");
	return is_full;
#else
	(void)x;
	pawl_text_put_(text, "' has no limit");
	return false;
#endif
}

int pawl_exec_full_text(pawl_exec *x, char *buf, size_t size)
{
	struct pawl_text text;

	pawl_text_begin_(&text, buf, size);
	pawl_text_put_(&text, "executor '");
	pawl_text_put_(&text, x->ops->name);
	if (put_count(&text, x) && x->ops->knob) {
		pawl_text_put_(&text, "; raise ");
		pawl_text_put_(&text, x->ops->knob);
	}
	return pawl_text_end_(&text);
}
