/* SPDX-License-Identifier: MIT */
/* What the files of core share with each other and with nobody else. */
#ifndef PAWL_CORE_CORE_H
#define PAWL_CORE_CORE_H

#include <pawl/waitq.h>

#include "port/assert.h"
#include "port/atomic.h"

/*
 * As PAWL_ASSERT, of a task or of the place of a spawn: the message says which task it is about,
 * and where that was spawned.
 */
#if PAWL_ASSERTS && PAWL_DIAG
PAWL_NORETURN void pawl_fatal_of_(const pawl_task *t, const char *why);
PAWL_NORETURN void pawl_fatal_at_(const char *place, const char *label, const char *why);
#define PAWL_ASSERT_OF(t, c) ((c) ? (void)0 : pawl_fatal_of_((t), PAWL_HERE ": " #c))
#define PAWL_ASSERT_AT(place, c) ((c) ? (void)0 : pawl_fatal_at_((place), NULL, PAWL_HERE ": " #c))
#else
#define pawl_fatal_of_(t, why) pawl_port_fatal(why)
#define PAWL_ASSERT_OF(t, c) PAWL_ASSERT(c)
#define PAWL_ASSERT_AT(place, c) PAWL_ASSERT(c)
#endif

/* Tells whether an executor's table has an entry: it may be shorter than ours. */
#define PAWL_HAS_(x, field)                                                            \
	((x)->ops->size >= offsetof(pawl_exec_ops, field) + sizeof((x)->ops->field) && \
	 (x)->ops->field)

/*
 * Marks a task as woken. True: the caller must dispatch it, after it released every lock; until
 * then the task stays.
 */
bool pawl_mark_(pawl_task *t);

/* The same, because its timer ran out. */
bool pawl_mark_fired_(pawl_task *t);

/* The same, and asks it to stop; false when it was asked before. */
bool pawl_mark_cancelled_(pawl_task *t);

/* Gives a task that was marked to its executor. */
void pawl_dispatch_(pawl_task *t);

/* What a task waits for that gave way and is RUNNING all the same. */
extern const char pawl_yielded_[sizeof("ready")];

/* Tells whether a task is being polled: one that gave way is RUNNING, too. */
static inline bool pawl_is_polled_(const pawl_task *t)
{
	return pawl_load(&t->state_) & PAWL_TASK_RUNNING_ && !(t->kind_ & PAWL_TASK_YIELDING_);
}

/* A poll is over and the task goes on: let others have it. */
void pawl_settle_(pawl_task *t);

/* The memory belongs to its owner again. */
void pawl_give_back_(pawl_task *t);

#if PAWL_LIVE
void pawl_count_live_(uint32_t by);
#else
static inline void pawl_count_live_(uint32_t by)
{
	(void)by;
}
#endif

/* Gives a task's memory back; its outcome was taken or nobody asks. */
void pawl_drop_(pawl_task *t);

/* The same, once its outcome was read. */
void pawl_take_(pawl_task *t, int *ret_outcome);

/* The task ended: tells its joiner or its session, and gives it back. */
void pawl_end_(pawl_task *t, int outcome);

/* The task waits for nothing any more; false: it has to, since memory of it is in use. */
bool pawl_let_go_(pawl_task *t);
void pawl_waitq_let_go_(pawl_task *t);
void pawl_join_let_go_(pawl_task *t, pawl_task *child);

/* The two halves of pawl_work_run: calls `fn`, and wakes the task, which then has the work. */
void pawl_work_call_(pawl_work *w);
void pawl_work_tell_(pawl_work *w);

/* Starts the task's timer: 0 or why not. */
int pawl_timer_start_(pawl_task *t, pawl_time due);

/* Stops the task's timer: when it would have been due, 0 if it is over. */
pawl_time pawl_timer_let_go_(pawl_task *t);

/* The executor's crew; executors that keep none share one. */
pawl_crew *pawl_crew_of_(pawl_exec *x);
int pawl_crew_admit_(pawl_task *t);
void pawl_crew_leave_(pawl_crew *c, pawl_task *t);

/* The same of a task that is in no list; false: it is in one. */
bool pawl_crew_leave_unlisted_(pawl_task *t);

/* A task that is not listed yet goes on after its poll; counts as cancelled? */
void pawl_crew_list_(pawl_task *t);
bool pawl_crew_is_stopping_(const pawl_task *t);

/* Tells whether a task was admitted and is in no list. */
static inline bool pawl_is_unlisted_(const pawl_task *t)
{
#if PAWL_CREW && PAWL_LARGE_
	return __atomic_load_n(&t->prev_, __ATOMIC_RELAXED) == t;
#else
	(void)t;
	return false;
#endif
}

void pawl_crew_session_leave_(pawl_crew *c, pawl_session *s, int outcome);

/*
 * Cancels the tasks from one on, in its list or in all of the crew, and releases the crew's lock.
 */
void pawl_crew_cancel_(pawl_crew *c, pawl_task *t, bool is_all, uintptr_t was);

/* An instant so much later, or never. */
static inline pawl_time pawl_later_(pawl_time now, pawl_time after)
{
	pawl_time later;

	return __builtin_add_overflow(now, after, &later) ? PAWL_NEVER : later;
}

PAWL_FLAT_ void pawl_runq_push_(pawl_runq *q, pawl_task *t)
{
	t->u_.next_ = NULL;
	if (q->head_)
		q->tail_->u_.next_ = t;
	else
		q->head_ = t;
	q->tail_ = t;
}

PAWL_FLAT_ pawl_task *pawl_runq_pop_(pawl_runq *q)
{
	pawl_task *t = q->head_;

	if (t)
		q->head_ = t->u_.next_;
	return t;
}

/*
 * The state word under the executor's lock. Where one core runs everything, nobody comes in between
 * and plain accesses are enough.
 */
#if PAWL_ONE_CORE
#define PAWL_HELD_ 1
#else
#define PAWL_HELD_ 0
#endif

PAWL_FLAT_ uint32_t pawl_state_xor_(pawl_task *t, uint32_t flags, bool is_held)
{
	if (PAWL_HELD_ && is_held) {
		uint32_t s = t->state_;

		t->state_ = s ^ flags;
		return s;
	}
	return pawl_fetch_xor(&t->state_, flags);
}

/*
 * A task that gives way is queued as it is, RUNNING: that costs no atomic operation, neither then
 * nor when it is polled again, unless it was woken in between.
 */
PAWL_FLAT_ bool pawl_poll_begin_again_(pawl_task *t)
{
#if !PAWL_ONE_CORE
	if (t->kind_ & PAWL_TASK_YIELDING_) {
		t->kind_ &= (uint8_t)~PAWL_TASK_YIELDING_;
		if (pawl_load(&t->state_) & PAWL_TASK_SCHEDULED_)
			pawl_fetch_and(&t->state_, ~(uint32_t)PAWL_TASK_SCHEDULED_);
		return true;
	}
#endif
	(void)t;
	return false;
}

/* A task was taken out of its queue to be polled. */
PAWL_FLAT_ void pawl_poll_begin_(pawl_task *t, bool is_held)
{
	uint32_t s;

	if (pawl_poll_begin_again_(t))
		return;
	s = pawl_state_xor_(t, PAWL_TASK_SCHEDULED_ | PAWL_TASK_RUNNING_, is_held);

	PAWL_ASSERT_OF(t, (s & (PAWL_TASK_LIVE_ | PAWL_TASK_SCHEDULED_ | PAWL_TASK_RUNNING_ |
				PAWL_TASK_DONE_)) == (PAWL_TASK_LIVE_ | PAWL_TASK_SCHEDULED_));
	(void)s;
}

/* Before its first poll: it may have missed that its executor was stopped. */
static inline void pawl_begin_unlisted_(pawl_task *t, const pawl_crew *c)
{
	if (pawl_is_unlisted_(t) && pawl_load(&c->is_stopped_))
		pawl_mark_cancelled_(t);
}

/* What spent_ says of a task that gave way because its budget did not reach. */
#define PAWL_SPENT_ALL_ UINT32_MAX

/* A turn begins, with the whole budget. */
static inline void pawl_turn_begin_(pawl_task *t)
{
#if PAWL_POLICIES
	t->spent_ = 0;
#else
	(void)t;
#endif
}

/* The timer of a task that was spawned for later was not a sleep of its own. */
static inline void pawl_begin_delayed_(pawl_task *t)
{
#if PAWL_TIMERS
	if (t->kind_ & PAWL_TASK_DELAYED_) {
		t->kind_ &= (uint8_t)~PAWL_TASK_DELAYED_;
		pawl_timer_let_go_(t);
	}
#else
	(void)t;
#endif
}

#if PAWL_LARGE_
/*
 * Around an executor that runs inside of a poll: the coroutines and generators on whose stacks that
 * is must not wait meanwhile, as their waits would leave the executor, too. How many there are.
 * They are there where stacks are linked (src/co/fiber.c).
 */
__attribute__((weak)) unsigned pawl_fiber_block_(void);
__attribute__((weak)) void pawl_fiber_unblock_(unsigned n);
#endif

#if PAWL_LARGE_
/* A task is given back that PAWL_TASK_WATCHED_; there where the simulator is linked (src/sim). */
__attribute__((weak)) void pawl_watch_drop_(const pawl_task *t);
#endif

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

/*
 * Polls a task that was taken out of its queue; settles nothing, and contains no panic. Before it
 * comes pawl_begin_unlisted_.
 */
static inline int pawl_poll_(pawl_task *t)
{
	int r;

	pawl_poll_begin_(t, false);
	pawl_begin_delayed_(t);
	pawl_turn_begin_(t);
	pawl_say_wait_(t, NULL);
	r = t->poll_(t);
	PAWL_ASSERT_OF(t, r <= PAWL_PENDING);
	return r;
}

#endif
