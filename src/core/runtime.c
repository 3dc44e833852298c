/* SPDX-License-Identifier: MIT */
/* Runtimes: a registration for a scope, what its handles can do, and tasks run to their end. */
#include "core/core.h"
#include "core/registry.h"

#include <pawl/pool.h>

static int spawn(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const pawl_spawn_options *options,
		 const char *place)
{
#if PAWL_DIAG
	return pawl_spawn_at_(x, t, poll, options, place);
#else
	(void)place;
	return pawl_spawn_with(x, t, poll, options);
#endif
}

/* What a spawn that fails does with the task. */
static int refuse(pawl_task *t, int why)
{
	if (t->kind_ & PAWL_TASK_OWNED_)
		pawl_slot_drop(t);
	return why;
}

static int with_async(pawl_task *t, pawl_poll_fn *poll, int *ret_outcome, const char *place)
{
	pawl_exec *x = pawl_current_executor();
	int r;

	if (!PAWL_HAS_(x, block_on))
		return refuse(t, PAWL_ENOTSUP);
	r = spawn(x, t, poll, NULL, place);
	return r < 0 ? r : pawl_block_on(x, t, ret_outcome);
}

int(pawl_with_async)(pawl_task *t, pawl_poll_fn *poll, int *ret_outcome)
{
	return with_async(t, poll, ret_outcome, NULL);
}

int pawl_runtime_init(pawl_runtime *rt, pawl_exec *x)
{
	pawl_handle h;
	int r;

	if (!x)
		x = pawl_registry_fallback_();
	r = pawl_registry_enter_(x, &h);
	if (r == 0)
		*rt = (pawl_runtime){ x, h };
	return r;
}

void pawl_runtime_fini(pawl_runtime *rt)
{
	if (!rt || !rt->exec_)
		return;
	pawl_registry_leave_(rt->handle_);
	*rt = (pawl_runtime){ 0 };
}

pawl_exec *pawl_runtime_exec(const pawl_runtime *rt)
{
	return rt->exec_;
}

pawl_handle pawl_runtime_handle(const pawl_runtime *rt)
{
	return rt->handle_;
}

static int handle_spawn(pawl_handle h, pawl_task *t, pawl_poll_fn *poll,
			const pawl_spawn_options *options, const char *place)
{
	pawl_exec *x;
	int r = pawl_handle_begin(h, &x);

	if (r < 0)
		return refuse(t, r);
	r = spawn(x, t, poll, options, place);
	pawl_handle_end(h);
	return r;
}

int(pawl_handle_spawn)(pawl_handle h, pawl_task *t, pawl_poll_fn *poll,
		       const pawl_spawn_options *options)
{
	return handle_spawn(h, t, poll, options, NULL);
}

int pawl_handle_is_running(pawl_handle h)
{
	pawl_exec *x;
	int r = pawl_handle_begin(h, &x);

	if (r < 0)
		return 0;
	r = pawl_is_running(x);
	pawl_handle_end(h);
	return r;
}

#if PAWL_DIAG

int pawl_with_async_at_(pawl_task *t, pawl_poll_fn *poll, int *ret_outcome, const char *place)
{
	return with_async(t, poll, ret_outcome, place);
}

int pawl_handle_spawn_at_(pawl_handle h, pawl_task *t, pawl_poll_fn *poll,
			  const pawl_spawn_options *options, const char *place)
{
	return handle_spawn(h, t, poll, options, place);
}

#endif
