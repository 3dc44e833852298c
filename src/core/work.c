/* SPDX-License-Identifier: MIT */
/* Work that may block: handed to the executor, awaited by its task; its own lock guards it. */
#include "core/core.h"

#if PAWL_WAITS

enum work_state { WORK_IDLE, WORK_QUEUED, WORK_DONE };

static void settle(pawl_task *t, pawl_work *w)
{
	w->state_ = WORK_IDLE;
	w->task_ = NULL;
	pawl_store_ptr(&t->waits_, 0);
}

static bool let_go(pawl_wait *wait, pawl_task *t);

static int submit(pawl_task *t, pawl_work *w)
{
	pawl_exec *x = t->exec_;
	int r;

	PAWL_ASSERT_OF(t, w->fn && !pawl_load_ptr(&t->waits_));
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (!PAWL_HAS_(x, blocking))
		return PAWL_ENOTSUP;
	w->wait_.let_go = let_go;
	w->task_ = t;
	w->next_ = NULL;
	w->is_started_ = false;
	w->state_ = WORK_QUEUED;
	pawl_store_ptr(&t->waits_, (uintptr_t)&w->wait_ | PAWL_WAITS_OTHER_);
	pawl_say_wait_(t, "blocking work");
	r = x->ops->blocking(x, w);
	if (r == 0)
		return PAWL_PENDING;
	settle(t, w);
	return r;
}

/* Takes the work back from the executor, if it did not start. */
static bool withdraw(pawl_task *t, pawl_work *w)
{
	pawl_exec *x = t->exec_;

	if (!PAWL_HAS_(x, unblock) || x->ops->unblock(x, w) != 0)
		return false;
	settle(t, w);
	return true;
}

static bool is_done(pawl_work *w)
{
	uintptr_t was = pawl_port_lock(w);
	bool done = w->state_ == WORK_DONE;

	pawl_port_unlock(w, was);
	return done;
}

static bool let_go(pawl_wait *wait, pawl_task *t)
{
	pawl_work *w = PAWL_OF(wait, pawl_work, wait_);

	if (!is_done(w))
		return withdraw(t, w);
	settle(t, w);
	return true;
}

int pawl_blocking(pawl_task *t, pawl_work *w)
{
	int r;

	if (pawl_load_ptr(&t->waits_) != ((uintptr_t)&w->wait_ | PAWL_WAITS_OTHER_))
		return submit(t, w);
	if (is_done(w)) {
		r = w->result_;
		settle(t, w);
		return r;
	}
	if (pawl_cancelled(t) && withdraw(t, w))
		return PAWL_ECANCELED;
	pawl_say_wait_(t, "blocking work");
	return PAWL_PENDING;
}

static int call_fn(void *arg)
{
	pawl_work *w = arg;

	w->fn(w);
	return 0;
}

void pawl_work_call_(pawl_work *w)
{
	w->why = NULL;
	w->result_ = pawl_port_try(call_fn, w, &w->why);
}

void pawl_work_tell_(pawl_work *w)
{
	uintptr_t was = pawl_port_lock(w);
	pawl_task *t = w->task_;
	bool kick;

	w->state_ = WORK_DONE;
	kick = pawl_mark_(t);
	pawl_port_unlock(w, was);
	if (kick)
		pawl_dispatch_(t);
}

void pawl_work_run(pawl_work *w)
{
	pawl_work_call_(w);
	pawl_work_tell_(w);
}

#endif
