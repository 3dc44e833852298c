/* SPDX-License-Identifier: MIT */
/* Heap tasks: which class of slots a task is from, its owner says. */
#include <pawl/heap.h>
#include <pawl/pool.h>

#include "host/slab.h"

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#define OWNER offsetof(struct pawl_slot, task)
PAWL_STATIC_ASSERT(PAWL_SLAB_LARGEST_ - OWNER == PAWL_HEAP_SLOT_MAX, "as the header says");

/* The arguments of pawl_go stand behind the task, where everything may stand. */
#define GO_ARG ((sizeof(pawl_task) + 15) & ~(size_t)15)

static void drop(pawl_task_owner *o, pawl_task *t);
static void drop_large(pawl_task_owner *o, pawl_task *t);

#define FIVE(x) x, x, x, x, x
#define OWNER_OF_CLASS \
	{              \
		drop   \
	}
static pawl_task_owner owners[PAWL_SLAB_CLASSES_] = { FIVE(FIVE(OWNER_OF_CLASS)),
						      FIVE(OWNER_OF_CLASS), FIVE(OWNER_OF_CLASS) };
static pawl_task_owner large = { drop_large };

static struct pawl_slot *slot_of(pawl_task *t)
{
	return PAWL_OF(t, struct pawl_slot, task);
}

/* The owner is no longer there: a task that is dropped twice is noticed. */
static void drop(pawl_task_owner *o, pawl_task *t)
{
	pawl_slab_put_((unsigned)(o - owners), t);
}

/* Two words in front of the task, so that it is aligned as malloc's memory is. */
static void drop_large(pawl_task_owner *o, pawl_task *t)
{
	(void)o;
	free((char *)t - 2 * OWNER);
}

static pawl_task *get_large(size_t size)
{
	char *p = size < SIZE_MAX - 2 * OWNER ? malloc(size + 2 * OWNER) : NULL;
	pawl_task *t;

	if (!p)
		return NULL;
	t = (pawl_task *)(void *)(p + 2 * OWNER);
	slot_of(t)->owner = &large;
	t->state_ = 0;
	t->kind_ = PAWL_TASK_OWNED_;
	return t;
}

static inline pawl_task *own(pawl_task *t, unsigned class)
{
	PAWL_ASSERT_OF(t, !(t->state_ & PAWL_TASK_FLAGS_));
	slot_of(t)->owner = &owners[class];
	t->kind_ = PAWL_TASK_OWNED_;
	return t;
}

/* Sizes that are seldom, and what the thread has no slot for. */
PAWL_APART_ pawl_task *get_elsewhere(size_t size)
{
	unsigned class = pawl_slab_class_(size + OWNER);
	pawl_task *t;

	if (size > PAWL_HEAP_SLOT_MAX)
		return get_large(size);
	t = pawl_slab_get_(class);
	if (!t && pawl_slab_fetch_(class))
		t = pawl_slab_get_(class);
	return t ? own(t, class) : NULL;
}

static inline pawl_task *get(size_t size)
{
	unsigned class = pawl_slab_class_(size + OWNER);
	pawl_task *t = size <= PAWL_SLAB_FINE_MAX_ - OWNER ? pawl_slab_get_(class) : NULL;

	return t ? own(t, class) : get_elsewhere(size);
}

/* Spawning sets all of the task, but its generation and whether it has an owner. */
PAWL_OF_THREAD_ void *pawl_heap_new(size_t size)
{
	pawl_task *t = get(size);

	PAWL_ASSERT(size >= sizeof(pawl_task));
	return t ? (char *)memset(t + 1, 0, size - sizeof(pawl_task)) - sizeof(pawl_task) : NULL;
}

void pawl_heap_free(void *p)
{
	pawl_slot_drop(p);
}

static pawl_task *get_go(const void *arg, size_t size)
{
	pawl_task *t = size < SIZE_MAX - GO_ARG ? get(GO_ARG + size) : NULL;

	if (t)
		memcpy(pawl_go_arg(t), arg, size);
	return t;
}

static int go(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
#if PAWL_DIAG
	return pawl_spawn_at_(x, t, poll, NULL, place);
#else
	(void)place;
	return pawl_spawn(x, t, poll);
#endif
}

PAWL_OF_THREAD_ int pawl_go_at_(pawl_exec *x, pawl_poll_fn *poll, const void *arg, size_t size,
				pawl_task **ret, const char *place)
{
	pawl_task *t = get_go(arg, size);
	int r = t ? go(x, t, poll, place) : PAWL_ENOMEM;

	if (r < 0)
		return r;
	if (ret)
		*ret = t;
	else
		pawl_detach(t);
	return 0;
}

#if PAWL_SESSIONS_
PAWL_OF_THREAD_ int pawl_go_in_at_(pawl_scope *s, pawl_poll_fn *poll, const void *arg, size_t size,
				   const char *place)
{
	pawl_task *t = get_go(arg, size);

	if (!t)
		return PAWL_ENOMEM;
#if PAWL_DIAG
	return pawl_scope_spawn_at_(s, t, poll, NULL, place);
#else
	(void)place;
	return pawl_scope_spawn(s, t, poll);
#endif
}
#endif

void *pawl_go_arg(pawl_task *t)
{
	return (char *)t + GO_ARG;
}

#if PAWL_WAITS
int pawl_go_join_(pawl_task *t, pawl_task *child, void *ret_arg, size_t size, int *ret_outcome)
{
	int r = pawl_await_end(t, child);

	if (r)
		return r;
	memcpy(ret_arg, pawl_go_arg(child), size);
	/* It ended, so this only takes it, whatever `t` was asked to do meanwhile. */
	return pawl_stop(t, child, ret_outcome);
}
#endif

int pawl_go_block_on_(pawl_exec *x, pawl_task *child, void *ret_arg, size_t size, int *ret_outcome)
{
	int r;

	if (!PAWL_HAS_(x, block_on))
		return PAWL_ENOTSUP;
	PAWL_ASSERT_OF(child, !(pawl_load(&child->state_) & PAWL_TASK_DETACHED_));
	r = x->ops->block_on(x, child);
	if (r < 0)
		return r;
	memcpy(ret_arg, pawl_go_arg(child), size);
	pawl_take_(child, ret_outcome);
	return 0;
}

size_t pawl_heap_bytes(void)
{
	return pawl_slab_bytes_();
}
