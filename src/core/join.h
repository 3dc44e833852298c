/* SPDX-License-Identifier: MIT */
/* Becoming a task's joiner, for those that wait for several. */
#ifndef PAWL_CORE_JOIN_H
#define PAWL_CORE_JOIN_H

#include "core/core.h"

/* Makes the task the joiner, if it is not yet. True: the child has ended, and may be taken. */
bool pawl_join_enter_(pawl_task *t, pawl_task *child);

/* The task is no longer the joiner, if it was. */
void pawl_join_leave_(pawl_task *t, pawl_task *child);

#endif
