/* SPDX-License-Identifier: MIT */
/* The bag: tasks that wait for whoever takes them, first in, first out. */
#include "host/worker.h"

void pawl_bag_put_(struct pawl_bag *b, pawl_task *t)
{
	uintptr_t was = pawl_port_lock(b);

	pawl_runq_push(&b->tasks, t);
	pawl_store(&b->count, b->count + 1);
	pawl_count_(&b->total, 1);
	pawl_port_unlock(b, was);
}

void pawl_bag_put_all_(struct pawl_bag *b, pawl_runq *tasks, uint32_t count)
{
	uintptr_t was;
	pawl_task *t;

	if (!count)
		return;
	was = pawl_port_lock(b);
	while ((t = pawl_runq_pop(tasks)))
		pawl_runq_push(&b->tasks, t);
	pawl_store(&b->count, b->count + count);
	pawl_port_unlock(b, was);
}

pawl_task *pawl_bag_take_(struct pawl_bag *b, struct pawl_ring *into, uint32_t more)
{
	uintptr_t was;
	pawl_task *first;
	uint32_t n;

	if (!pawl_load(&b->count))
		return NULL;
	was = pawl_port_lock(b);
	first = pawl_runq_pop(&b->tasks);
	if (first) {
		for (n = 1; n <= more && b->tasks.head_; n++) {
			bool fits = pawl_ring_push_(into, pawl_runq_pop(&b->tasks));

			PAWL_ASSERT(fits);
		}
		pawl_store(&b->count, b->count - n);
	}
	pawl_port_unlock(b, was);
	return first;
}
