/* SPDX-License-Identifier: MIT */
/* The foreground: what the main thread runs, and who may ask it for something. */
#ifndef PAWL_HOST_LOOP_H
#define PAWL_HOST_LOOP_H

#include <pawl/outer.h>

#include "host/counts.h"
#include "host/lanes.h"
#include "host/watchdog.h"

#include <pthread.h>
#include <uv.h>

/* pawl_block_on or pawl_host_free on the main thread: until when does it go on? */
struct pawl_loop_wait {
	bool (*is_over)(const void *arg);
	const void *arg;
	const struct pawl_loop_wait *outer; /* inside of which it runs */
};

/* How the workers were when the main thread last looked whether they are held up. */
struct pawl_help {
	pawl_time since; /* for how long all were busy with the same polls; 0: they are not */
	uint64_t polls;  /* which: how many had ended by then */
	bool has_asked;  /* to be woken when all workers are busy */
	uint32_t looks;  /* how often it looks by itself before it asks again */
};

/*
 * All is the main thread's own, but what is said to be everybody's. Tasks that other threads wake
 * come by the inbox, and go into the lanes before any that the main thread wakes later. Who finds
 * the inbox empty looks whether the loop is asleep; the loop says that it is before it looks into
 * the inbox for the last time.
 */
struct pawl_foreground {
	pthread_t thread; /* never changes */
	struct pawl_lanes lanes;
	const struct pawl_loop_wait *wait; /* the innermost */
	pawl_outer *outer;                 /* whose loop runs this? NULL: its own */
	bool did_something;                /* ran a task since it slept last */
	struct pawl_help help;
	uint32_t polls;     /* since the events had their turn */
	uint32_t polls_max; /* when do they have the next? */
	pawl_time began;    /* when was the first of these polls? */
	struct pawl_counts counts;
	struct pawl_running running;
	/* what was `timer` started for? PAWL_NEVER: it was not */
	pawl_time timer_due;
	uv_timer_t timer;
	uv_async_t wake; /* everybody's, by uv_async_send */
	uintptr_t inbox; /* everybody's, atomic: tasks, the last that was woken first */
	/* everybody's, atomic: who clears it sends `wake`, but for the loop */
	uint32_t is_asleep;
	pthread_mutex_t lock; /* everybody's */
	pawl_timers timers;   /* everybody's, under the lock */
	uv_loop_t loop;
	bool is_in_loop; /* inside uv_run */
};

/* loop.c */
int pawl_loop_init_(pawl_host *h);
void pawl_loop_fini_(pawl_host *h);
void pawl_loop_schedule_(pawl_host *h, pawl_task *t);
int pawl_loop_arm_(pawl_host *h, pawl_task *t, pawl_time due);
pawl_time pawl_loop_disarm_(pawl_host *h, pawl_task *t);
bool pawl_loop_is_here_(const pawl_host *h);

/* A background task that runs here becomes one of the foreground: 0, PAWL_ENOMEM. */
int pawl_loop_adopt_(pawl_host *h, pawl_task *t);

/* Runs what is ready now and the events there are: did a task run? */
bool pawl_loop_turn_(pawl_host *h);

/* Runs until `is_over(arg)`; who makes that true from another thread asks for a wake then. */
void pawl_loop_until_(pawl_host *h, bool (*is_over)(const void *arg), const void *arg);

/* Ends the loop's sleep, so that it looks around. From any thread. */
void pawl_loop_wake_(pawl_host *h);

/* For outer.c: says that the thread sleeps from now on; false: there is something to do first. */
bool pawl_loop_doze_(pawl_host *h);

/* For outer.c: when does it have to look around, events aside? After pawl_loop_doze_. */
pawl_time pawl_loop_next_(pawl_host *h);

/* For outer.c: events first where no task is ready, so that those which they wake run at once. */
bool pawl_loop_turn_inside_(pawl_host *h);

#endif
