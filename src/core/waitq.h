/* SPDX-License-Identifier: MIT */
/* The wait queue's parts, for awaitables whose tasks wait in it with more to say. */
#ifndef PAWL_CORE_WAITQ_H
#define PAWL_CORE_WAITQ_H

#include "core/core.h"

/* All of them under the lock of the queue's object. */

/* Puts a task at the end; `waits` is what it waits for. */
void pawl_waitq_link_(pawl_waitq *q, pawl_task *t, uintptr_t waits);

/* Takes a task out that is in it, and leaves what it waits for as it is. */
void pawl_waitq_unlink_(pawl_waitq *q, pawl_task *t);

/* Marks a task that was taken out as woken, and keeps it if it has to be scheduled. */
void pawl_woken_add_(pawl_woken *woken, pawl_task *t);

#endif
