/* SPDX-License-Identifier: MIT */
/* The run queue: ready tasks in the order in which they became ready. */
#include "core/core.h"

void pawl_runq_push(pawl_runq *q, pawl_task *t)
{
	pawl_runq_push_(q, t);
}

pawl_task *pawl_runq_pop(pawl_runq *q)
{
	return pawl_runq_pop_(q);
}

void pawl_schedule_all(pawl_runq *ready)
{
	pawl_task *t;

	while ((t = pawl_runq_pop_(ready)))
		pawl_dispatch_(t);
}
