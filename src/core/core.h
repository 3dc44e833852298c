/* SPDX-License-Identifier: MIT */
/* What the files of core share with each other and with nobody else. */
#ifndef PAWL_CORE_CORE_H
#define PAWL_CORE_CORE_H

#include <pawl/waitq.h>

#include "port/assert.h"
#include "port/atomic.h"

/* Tells whether an executor's table has an entry: it may be shorter than ours. */
#define PAWL_HAS_(x, field)                                                            \
	((x)->ops->size >= offsetof(pawl_exec_ops, field) + sizeof((x)->ops->field) && \
	 (x)->ops->field)

/*
 * Marks a task as woken. True: the caller must dispatch it, after it released every lock; until
 * then the task stays.
 */
bool pawl_mark_(pawl_task *t);

/* The same, and asks it to stop; false when it was asked before. */
bool pawl_mark_cancelled_(pawl_task *t);

/* Gives a task that was marked to its executor. */
void pawl_dispatch_(pawl_task *t);

/* Gives a task's memory back; its outcome was taken or nobody asks. */
void pawl_drop_(pawl_task *t);

/* The same, once its outcome was read. */
void pawl_take_(pawl_task *t, int *ret_outcome);

/* Ends what a task waits for, because it ended itself. */
void pawl_let_go_(pawl_task *t);
void pawl_waitq_let_go_(pawl_task *t);
void pawl_join_let_go_(pawl_task *t, pawl_task *child);
void pawl_work_let_go_(pawl_task *t, pawl_work *w);
void pawl_timer_let_go_(pawl_task *t);

/* Marks all that wait as woken and leaves them in the queue. Under the lock of the object. */
void pawl_waitq_wake_all_(pawl_waitq *q, pawl_runq *ready);

/* The executor's crew; executors that keep none share one. */
pawl_crew *pawl_crew_of_(pawl_exec *x);
int pawl_crew_admit_(pawl_crew *c, pawl_task *t);
void pawl_crew_leave_(pawl_crew *c, pawl_task *t);
void pawl_crew_session_leave_(pawl_crew *c, pawl_session *s, int outcome);
void pawl_cancel_list_(pawl_task *first, pawl_runq *ready);

/* A message that is put together without libc: what does not fit is cut off. */
struct pawl_text {
	char *buf;
	size_t size;
	size_t length;
};

void pawl_text_begin_(struct pawl_text *x, char *buf, size_t size);
void pawl_text_put_(struct pawl_text *x, const char *s);
void pawl_text_uint_(struct pawl_text *x, uint32_t n);
int pawl_text_end_(struct pawl_text *x);

/* What the task waits for, in words; others read it for the dump. */
static inline void pawl_say_wait_(pawl_task *t, const char *what)
{
#if PAWL_DIAG
	__atomic_store_n(&t->wait_, what, __ATOMIC_RELAXED);
#else
	(void)t;
	(void)what;
#endif
}

#endif
