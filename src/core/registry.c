/* SPDX-License-Identifier: MIT */
/* The registry: one executor, or the fallback, which is there without being made. */
#include "core/core.h"
#include "core/local.h"

#include <pawl/registry.h>

static pawl_local fallback = {
	.exec = { &pawl_local_ops_ },
	.crew_ = { .limit_ = PAWL_LOCAL_TASKS },
};

static uintptr_t registered; /* atomic: the executor; changed under the lock of this word */

static bool is_complete(const pawl_exec *x)
{
	return x && x->ops && x->ops->size >= offsetof(pawl_exec_ops, now) + sizeof x->ops->now &&
	       x->ops->schedule && x->ops->now;
}

int pawl_register_executor(pawl_exec *x)
{
	uintptr_t was;
	int r = 0;

	if (!is_complete(x))
		return PAWL_EINVAL;
	was = pawl_port_lock(&registered);
	if (pawl_load_ptr(&registered))
		r = PAWL_EBUSY;
	else
		pawl_store_ptr(&registered, (uintptr_t)x);
	pawl_port_unlock(&registered, was);
	return r;
}

int pawl_unregister_executor(void)
{
	uintptr_t was = pawl_port_lock(&registered);
	pawl_exec *x = (pawl_exec *)pawl_load_ptr(&registered);

	pawl_store_ptr(&registered, 0);
	pawl_port_unlock(&registered, was);
	if (!x)
		return PAWL_EINVAL;
	pawl_shutdown(x);
	return 0;
}

pawl_exec *pawl_current_executor(void)
{
	uintptr_t x = pawl_load_ptr(&registered);

	return x ? (pawl_exec *)x : &fallback.exec;
}

bool pawl_is_using_fallback(void)
{
	return !pawl_load_ptr(&registered);
}
