/* SPDX-License-Identifier: MIT */
/* POSIX threads, mutexes and condition variables of a model: for files that are included after. */
#ifndef PAWL_TEST_MODEL_THREADS_H
#define PAWL_TEST_MODEL_THREADS_H

#include "model.h"

#include <pthread.h>

/*
 * Threads are actors that live by model_thread_live: each waits to be started, runs, is over, and
 * can be started again as another one. Condition variables wake one of those that wait, whichever,
 * and anybody without a reason, as often as model_spurious_max says in a run.
 */
void model_thread_live(void);

/* How many starts may fail, and how many waits may end without reason. For `begin`. */
extern unsigned model_start_failures_max, model_spurious_max;

/* For `end`: each thread that was started was joined, once. */
bool model_threads_are_joined(void);

/* 0; negative, when the thread did not start. */
int model_thread_start(pthread_t *ret, void *(*fn)(void *arg), void *arg);
int model_thread_join(pthread_t thread, void **ret);
pthread_t model_thread_self(void);
/* What that is for an actor which is none of these threads. */
pthread_t model_thread_of(int actor);

int model_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes);
int model_mutex_destroy(pthread_mutex_t *m);
int model_mutex_lock(pthread_mutex_t *m);
int model_mutex_trylock(pthread_mutex_t *m);
int model_mutex_unlock(pthread_mutex_t *m);

int model_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
/* Its time is over when nobody else can go on. */
int model_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);
int model_cond_signal(pthread_cond_t *c);
int model_cond_broadcast(pthread_cond_t *c);

#define pthread_join model_thread_join
#define pthread_self model_thread_self
#define pthread_equal(a, b) ((a) == (b))
#define pthread_setname_np(thread, name) ((void)(thread), (void)(name))
#define pthread_mutex_init model_mutex_init
#define pthread_mutex_destroy model_mutex_destroy
#define pthread_mutex_lock model_mutex_lock
#define pthread_mutex_trylock model_mutex_trylock
#define pthread_mutex_unlock model_mutex_unlock
#define pthread_cond_wait model_cond_wait
#define pthread_cond_timedwait model_cond_timedwait
#define pthread_cond_signal model_cond_signal
#define pthread_cond_broadcast model_cond_broadcast

#endif
