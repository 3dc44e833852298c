/* SPDX-License-Identifier: MIT */
/* Threads, mutexes and condition variables that only the search lets go on. */
#include "inner.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "threads.h"

#define THREADS_MAX 16
#define MUTEXES_MAX 16

struct thread {
	void *(*fn)(void *arg);
	void *arg;
	void *result;
	bool is_taken, is_over, is_joined;
};

struct mutex {
	const void *of;
	int owner; /* -1: it is free */
};

/* What an actor waits for: a condition variable. */
struct waiter {
	const void *of;
	bool is_signalled;
};

static struct {
	struct thread threads[THREADS_MAX];
	unsigned started, taken, failures, spurious;
	int thread_of[MODEL_ACTORS + 1]; /* -1: it is none */
	struct mutex mutexes[MUTEXES_MAX];
	struct waiter waiters[MODEL_ACTORS + 1];
} t;

unsigned model_start_failures_max, model_spurious_max;

void model_threads_begin(void)
{
	memset(&t, 0, sizeof t);
	memset(t.thread_of, -1, sizeof t.thread_of);
	model_start_failures_max = model_spurious_max = 0;
}

/* Threads. */

static bool is_started(void *arg)
{
	(void)arg;
	return t.taken < t.started;
}

void model_thread_live(void)
{
	while (model_wait(t.threads, is_started, NULL, "wait for a start")) {
		unsigned n = t.taken++;
		struct thread *x = &t.threads[n];

		model_take(x);
		t.thread_of[model_self] = (int)n;
		x->result = x->fn(x->arg);
		model_step(x, "end of a thread");
		model_give(x);
		x->is_over = true;
	}
}

int model_thread_start(pthread_t *ret, void *(*fn)(void *arg), void *arg)
{
	struct thread *x = &t.threads[t.started];

	model_step(t.threads, "start a thread");
	if (t.failures < model_start_failures_max && model_choose(2)) {
		t.failures++;
		return -EAGAIN;
	}
	if (t.started == THREADS_MAX)
		model_fail(__FILE__, __LINE__, "the model starts too many threads");
	x->fn = fn;
	x->arg = arg;
	/* The new one may be there before this is known here. */
	*ret = (pthread_t)t.started;
	model_give(x);
	t.started++;
	return 0;
}

static bool is_over(void *arg)
{
	return ((struct thread *)arg)->is_over;
}

int model_thread_join(pthread_t thread, void **ret)
{
	struct thread *x = &t.threads[thread];

	if (thread >= t.started || x->is_joined)
		model_fail(__FILE__, __LINE__, "a thread was joined that is none");
	x->is_joined = true;
	model_wait(x, is_over, x, "join");
	model_take(x);
	if (ret)
		*ret = x->result;
	return 0;
}

pthread_t model_thread_of(int actor)
{
	return (pthread_t)(THREADS_MAX + actor);
}

pthread_t model_thread_self(void)
{
	int n = t.thread_of[model_self];

	return n < 0 ? model_thread_of(model_self) : (pthread_t)n;
}

bool model_threads_are_joined(void)
{
	unsigned i;

	for (i = 0; i < t.started; i++)
		if (!t.threads[i].is_joined)
			return false;
	return true;
}

/* Mutexes. */

static struct mutex *mutex_of(const void *of)
{
	unsigned i;

	for (i = 0; i < MUTEXES_MAX && t.mutexes[i].of; i++)
		if (t.mutexes[i].of == of)
			return &t.mutexes[i];
	if (i == MUTEXES_MAX)
		model_fail(__FILE__, __LINE__, "the model has too many mutexes");
	t.mutexes[i] = (struct mutex){ of, -1 };
	return &t.mutexes[i];
}

static bool is_free(void *arg)
{
	return ((struct mutex *)arg)->owner < 0;
}

int model_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes)
{
	(void)m, (void)attributes;
	return 0;
}

int model_mutex_destroy(pthread_mutex_t *m)
{
	if (!is_free(mutex_of(m)))
		model_fail(__FILE__, __LINE__, "a mutex was destroyed that is held");
	return 0;
}

int model_mutex_lock(pthread_mutex_t *m)
{
	struct mutex *x = mutex_of(m);

	if (x->owner == model_self)
		model_fail(__FILE__, __LINE__, "a mutex was locked twice");
	model_wait(m, is_free, x, "lock");
	model_take(m);
	if (model_is_live())
		x->owner = model_self;
	return 0;
}

int model_mutex_trylock(pthread_mutex_t *m)
{
	struct mutex *x = mutex_of(m);

	model_step(m, "try to lock");
	if (!is_free(x))
		return EBUSY;
	model_take(m);
	x->owner = model_self;
	return 0;
}

int model_mutex_unlock(pthread_mutex_t *m)
{
	struct mutex *x = mutex_of(m);

	if (!model_is_live()) {
		model_give(m);
		return 0;
	}
	if (x->owner != model_self)
		model_fail(__FILE__, __LINE__, "a mutex was unlocked by who does not hold it");
	x->owner = -1;
	model_give(m);
	model_released(LOCK_OF(m));
	return 0;
}

/* Condition variables. */

static bool is_woken(void *arg)
{
	return ((struct waiter *)arg)->is_signalled || t.spurious < model_spurious_max;
}

static int wait_for(pthread_cond_t *c, pthread_mutex_t *m, bool is_timed)
{
	struct waiter *w = &t.waiters[model_self];
	int r = 0;

	model_step(c, "wait begins");
	*w = (struct waiter){ .of = c };
	model_mutex_unlock(m);
	model_point((struct op){ .at = LOCK_OF(c),
				 .is_write = true,
				 .ready = is_woken,
				 .arg = w,
				 .is_timed = is_timed,
				 .what = "wait" });
	if (!w->is_signalled && t.spurious < model_spurious_max)
		t.spurious++;
	else if (!w->is_signalled)
		r = ETIMEDOUT;
	w->of = NULL;
	model_mutex_lock(m);
	return r;
}

int model_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return wait_for(c, m, false);
}

int model_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	(void)until;
	return wait_for(c, m, true);
}

/* Whichever of those that wait. */
int model_cond_signal(pthread_cond_t *c)
{
	unsigned a, n = 0, all[MODEL_ACTORS];

	model_step(c, "signal");
	for (a = 0; a < MODEL_ACTORS; a++)
		if (t.waiters[a].of == c && !t.waiters[a].is_signalled)
			all[n++] = a;
	if (n)
		t.waiters[all[model_choose(n)]].is_signalled = true;
	return 0;
}

int model_cond_broadcast(pthread_cond_t *c)
{
	unsigned a;

	model_step(c, "broadcast");
	for (a = 0; a < MODEL_ACTORS; a++)
		if (t.waiters[a].of == c)
			t.waiters[a].is_signalled = true;
	return 0;
}
