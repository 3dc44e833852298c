/* SPDX-License-Identifier: MIT */
/* The heap of ready acts: the longest way to the end first, then the plan's order. */
#ifndef PAWL_GRAPH_HEAP_H
#define PAWL_GRAPH_HEAP_H

#include "act.h"

void pawl_heap_push(struct pawl_list *h, struct pawl_act *a);
struct pawl_act *pawl_heap_pop(struct pawl_list *h); /* NULL: it is empty */

#endif
