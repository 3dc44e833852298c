/* SPDX-License-Identifier: MIT */
/* An executor in a loop of your own, to copy: the table over a pawl_queue, and a count of ms. */
#ifndef SUPERLOOP_H
#define SUPERLOOP_H

#include <pawl/pawl.h>
#include <pawl/port.h>

/*
 * Asks nothing of any operating system. Your loop calls superloop_poll; an interrupt that comes
 * every millisecond calls superloop_tick; wakes and spawns come from anywhere.
 */
struct superloop {
	pawl_exec exec;
	pawl_queue queue; /* guarded by the lock of this struct */
	pawl_crew crew;
	void (*idle)(void); /* waits for an interrupt; a wake just before is seen a tick later */
};

/* The one clock. Only the tick writes, and nothing comes between its two lines. */
static volatile uint32_t superloop_ms, superloop_wraps;

static inline void superloop_tick(void)
{
	if (++superloop_ms == 0)
		superloop_wraps++;
}

/* Without a lock, because the queue asks for the time under one: a tick in between is noticed. */
static inline pawl_time superloop_clock(void)
{
	uint32_t ms, wraps;

	do {
		wraps = superloop_wraps;
		ms = superloop_ms;
	} while (wraps != superloop_wraps);
	return PAWL_MS((pawl_time)wraps << 32 | ms);
}

static inline struct superloop *superloop_of(pawl_exec *x)
{
	return PAWL_OF(x, struct superloop, exec);
}

static inline void superloop_schedule(pawl_exec *x, pawl_task *t)
{
	struct superloop *s = superloop_of(x);
	uintptr_t was = pawl_port_lock(s);

	pawl_queue_push(&s->queue, t);
	pawl_port_unlock(s, was);
}

static inline pawl_time superloop_now(pawl_exec *x)
{
	(void)x;
	return superloop_clock();
}

/* The loop comes round by itself, so that an earlier timer is no news to anybody. */
static inline int superloop_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	struct superloop *s = superloop_of(x);
	uintptr_t was = pawl_port_lock(s);

	pawl_queue_arm(&s->queue, t, due);
	pawl_port_unlock(s, was);
	return 0;
}

static inline pawl_time superloop_disarm(pawl_exec *x, pawl_task *t)
{
	struct superloop *s = superloop_of(x);
	uintptr_t was = pawl_port_lock(s);
	pawl_time due = pawl_queue_disarm(&s->queue, t);

	pawl_port_unlock(s, was);
	return due;
}

static inline pawl_crew *superloop_crew(pawl_exec *x)
{
	return &superloop_of(x)->crew;
}

static inline bool superloop_is_main_thread(pawl_exec *x)
{
	(void)x;
	return true;
}

/* One task, so that the rest of your loop has its turn. */
static inline int superloop_poll(pawl_exec *x)
{
	struct superloop *s = superloop_of(x);
	uintptr_t was = pawl_port_lock(s);
	pawl_task *t = pawl_queue_pop(&s->queue, superloop_clock);

	pawl_port_unlock(s, was);
	if (!t)
		return PAWL_PENDING;
	pawl_run(t);
	return 0;
}

static inline int superloop_block_on(pawl_exec *x, pawl_task *t)
{
	while (!pawl_task_is_finished(t))
		if (superloop_poll(x) == PAWL_PENDING)
			superloop_of(x)->idle();
	return 0;
}

static inline bool superloop_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&superloop_of(x)->crew);
}

static inline int superloop_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&superloop_of(x)->crew);
}

static const pawl_exec_ops superloop_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "superloop",
	.schedule = superloop_schedule,
	.now = superloop_now,
	.arm = superloop_arm,
	.disarm = superloop_disarm,
	.crew = superloop_crew,
	.is_main_thread = superloop_is_main_thread,
	.poll_once = superloop_poll,
	.block_on = superloop_block_on,
	.is_running = superloop_is_running,
	.shutdown = superloop_shutdown,
};

#endif
