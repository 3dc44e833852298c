/* SPDX-License-Identifier: MIT */
/* The registry: one executor, or the fallback, which is there without being made. */
#include "core/core.h"
#include "core/local.h"
#include "core/registry.h"

static pawl_local fallback = {
	.exec = { &pawl_local_ops_ },
	.crew_ = { .limit_ = PAWL_LOCAL_TASKS },
};

/* What is registered; all of it changes under one lock. */
static struct {
	uintptr_t exec;      /* atomic: the executor; 0: none */
	uint32_t generation; /* how many were registered */
	uint32_t users;      /* how many are between pawl_handle_begin and pawl_handle_end? */
	uint32_t event;      /* atomic: the last of them left */
	bool is_leaving;     /* unregistered, and still waiting for them */
} registry;

static uintptr_t lock(void)
{
	return pawl_port_lock(&registry);
}

static void unlock(uintptr_t was)
{
	pawl_port_unlock(&registry, was);
}

static bool is_complete(const pawl_exec *x)
{
	return x && x->ops && x->ops->size >= offsetof(pawl_exec_ops, now) + sizeof x->ops->now &&
	       x->ops->schedule && x->ops->now;
}

pawl_exec *pawl_registry_fallback_(void)
{
	return &fallback.exec;
}

int pawl_registry_enter_(pawl_exec *x, pawl_handle *ret_handle)
{
	uintptr_t was;
	int r = PAWL_EBUSY;

	if (!is_complete(x))
		return PAWL_EINVAL;
	was = lock();
	if (!registry.is_leaving && !pawl_load_ptr(&registry.exec)) {
		pawl_store_ptr(&registry.exec, (uintptr_t)x);
		ret_handle->generation_ = ++registry.generation;
		r = 0;
	}
	unlock(was);
	return r;
}

int pawl_register_executor(pawl_exec *x)
{
	pawl_handle h;

	return pawl_registry_enter_(x, &h);
}

static bool is_current_locked(pawl_handle h)
{
	return pawl_load_ptr(&registry.exec) && registry.generation == h.generation_;
}

static pawl_exec *take_out_locked(void)
{
	pawl_exec *x = (pawl_exec *)pawl_load_ptr(&registry.exec);

	pawl_store_ptr(&registry.exec, 0);
	if (x)
		registry.is_leaving = true;
	return x;
}

/* The last of those that are inside still sets the event after they left, so it is static. */
static void wait_for_users(void)
{
	for (;;) {
		uintptr_t was = lock();
		bool is_used = registry.users > 0;

		registry.is_leaving = is_used;
		unlock(was);
		if (!is_used)
			return;
		pawl_port_sleep(&registry.event, PAWL_NEVER);
	}
}

/* The executor is nobody's any more: no handle gets in. */
static void leave(pawl_exec *x)
{
	if (x != &fallback.exec)
		pawl_shutdown(x);
	wait_for_users();
}

int pawl_unregister_executor(void)
{
	uintptr_t was = lock();
	pawl_exec *x = take_out_locked();

	unlock(was);
	if (!x)
		return PAWL_EINVAL;
	leave(x);
	return 0;
}

void pawl_registry_leave_(pawl_handle h)
{
	uintptr_t was = lock();
	pawl_exec *x = is_current_locked(h) ? take_out_locked() : NULL;

	unlock(was);
	if (x)
		leave(x);
}

int pawl_handle_begin(pawl_handle h, pawl_exec **ret_exec)
{
	uintptr_t was = lock();
	bool is_current = is_current_locked(h);

	if (is_current) {
		registry.users++;
		*ret_exec = (pawl_exec *)pawl_load_ptr(&registry.exec);
	}
	unlock(was);
	return is_current ? 0 : PAWL_ESTOPPED;
}

void pawl_handle_end(pawl_handle h)
{
	uintptr_t was = lock();
	bool is_last;

	PAWL_ASSERT(registry.users > 0 && registry.generation == h.generation_);
	(void)h;
	is_last = --registry.users == 0 && registry.is_leaving;
	unlock(was);
	if (is_last)
		pawl_port_wake(&registry.event);
}

pawl_exec *pawl_current_executor(void)
{
	uintptr_t x = pawl_load_ptr(&registry.exec);

	return x ? (pawl_exec *)x : &fallback.exec;
}

bool pawl_is_using_fallback(void)
{
	return pawl_current_executor() == &fallback.exec;
}
