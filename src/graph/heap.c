/* SPDX-License-Identifier: MIT */
/* The heap of ready acts: the longest way to the end first, then the plan's order. */
#include "heap.h"

static bool goes_first(const struct pawl_act *a, const struct pawl_act *b)
{
	if (a->weight != b->weight)
		return a->weight > b->weight;
	if (!a->node || !b->node)
		return a->node && !b->node;
	return a->node->index < b->node->index;
}

static void heap_swap(struct pawl_list *h, size_t a, size_t b)
{
	void *swap = h->at[a];

	h->at[a] = h->at[b];
	h->at[b] = swap;
}

void pawl_heap_push(struct pawl_list *h, struct pawl_act *a)
{
	size_t i = h->len;

	pawl_list_add(h, a);
	for (; i && goes_first(h->at[i], h->at[(i - 1) / 2]); i = (i - 1) / 2)
		heap_swap(h, i, (i - 1) / 2);
}

struct pawl_act *pawl_heap_pop(struct pawl_list *h)
{
	struct pawl_act *top;
	size_t i = 0, k;

	if (!h->len)
		return NULL;
	top = h->at[0];
	h->at[0] = h->at[--h->len];
	while ((k = 2 * i + 1) < h->len) {
		if (k + 1 < h->len && goes_first(h->at[k + 1], h->at[k]))
			k++;
		if (!goes_first(h->at[k], h->at[i]))
			break;
		heap_swap(h, i, k);
		i = k;
	}
	return top;
}
