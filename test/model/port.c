/* SPDX-License-Identifier: MIT */
/* The port under the checker: locks and events that only the search releases. */
#include "inner.h"

#include <pawl/port.h>

#include <string.h>

#define LOCKS_MAX 64

struct lock {
	const void *of;
	bool is_held;
};

static struct lock locks[LOCKS_MAX];
static const void *held[MODEL_ACTORS + 1];
static int64_t ticks[MODEL_ACTORS + 1];
static unsigned naps[MODEL_ACTORS + 1], fenced[MODEL_ACTORS + 1];
int64_t model_now, model_tick;
unsigned model_naps_max, model_wakes;

void model_port_begin(void)
{
	memset(locks, 0, sizeof locks);
	memset(held, 0, sizeof held);
	memset(ticks, 0, sizeof ticks);
	memset(naps, 0, sizeof naps);
	memset(fenced, 0, sizeof fenced);
	memset(model_steps, 0, sizeof model_steps);
	model_now = model_wakes = 0;
}

pawl_time pawl_port_now(void)
{
	ticks[model_self] += model_tick;
	return model_now + ticks[model_self];
}

static struct lock *lock_of(const void *of)
{
	unsigned i;

	for (i = 0; i < LOCKS_MAX && locks[i].of; i++)
		if (locks[i].of == of)
			return &locks[i];
	if (i == LOCKS_MAX)
		model_fail(__FILE__, __LINE__, "the model has too many locks");
	locks[i].of = of;
	return &locks[i];
}

static bool is_free(void *arg)
{
	return !((struct lock *)arg)->is_held;
}

uintptr_t pawl_port_lock(const void *of)
{
	struct lock *l = lock_of(of);

	if (held[model_self])
		model_fail(__FILE__, __LINE__, "a lock was taken while another was held");
	model_point((struct op){ .at = LOCK_OF(of),
				 .is_write = true,
				 .ready = is_free,
				 .arg = l,
				 .what = "lock",
				 .pc = __builtin_return_address(0) });
	model_take(of);
	l->is_held = true;
	held[model_self] = of;
	return 0;
}

void pawl_port_unlock(const void *of, uintptr_t was)
{
	(void)was;
	if (held[model_self] != of)
		model_fail(__FILE__, __LINE__, "a lock was released that was not held");
	held[model_self] = NULL;
	model_give(of);
	model_released(LOCK_OF(of));
	lock_of(of)->is_held = false;
}

static bool has_changed(void *arg)
{
	const struct seen *s = arg;

	return *(const volatile uint32_t *)s->at != s->value;
}

/*
 * Sequentially consistent interleavings have no use for it. Who
 * calls it again after a single load waits for another value: until there is one, to go on would be
 * the same over and over.
 */
bool pawl_port_fence_threads(void)
{
	unsigned *last = fenced;
	struct seen *s = &model_seen[model_self];

	if (last[model_self] && model_steps[model_self] == last[model_self] + 1)
		model_point((struct op){ .at = WORD_OF(s->at),
					 .is_all = true,
					 .ready = has_changed,
					 .arg = s,
					 .what = "another value",
					 .pc = __builtin_return_address(0) });
	else
		model_point((struct op){ .at = LOCK_OF(&held),
					 .is_write = true,
					 .is_all = true,
					 .what = "fence of all",
					 .pc = __builtin_return_address(0) });
	if (model_is_weak())
		model_fence_all();
	last[model_self] = model_steps[model_self];
	return true;
}

const void *model_thread(void)
{
	return &held[model_self];
}

static bool is_set(void *arg)
{
	return *(volatile uint32_t *)arg;
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

void pawl_port_wake(uint32_t *event)
{
	model_step(event, "wake");
	model_give(event);
	model_wakes++;
	*event = 1;
}

/* One with an end ends when nothing else goes on, or some times before. */
void pawl_port_sleep(uint32_t *event, pawl_time until)
{
	bool is_nap = until != PAWL_NEVER;
	bool is_short = is_nap && naps[model_self] < model_naps_max;

	model_point((struct op){ .at = LOCK_OF(event),
				 .is_write = true,
				 .ready = is_short ? always : is_set,
				 .arg = event,
				 .is_timed = is_nap,
				 .what = is_nap ? "nap" : "sleep",
				 .pc = __builtin_return_address(0) });
	if (is_short && !*event)
		naps[model_self]++;
	*event = 0;
	model_take(event);
}

int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why)
{
	(void)ret_why;
	return fn(arg);
}

_Noreturn void pawl_port_throw(const char *why)
{
	pawl_port_fatal(why);
}

_Noreturn void pawl_port_fatal(const char *why)
{
	model_fail(__FILE__, __LINE__, why);
}
