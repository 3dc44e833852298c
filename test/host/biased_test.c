/* SPDX-License-Identifier: MIT */
/* The lock that favours a thread: who waits for that one sleeps, and systems without a fence. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <port/biased.h>

#include <pthread.h>
#include <sched.h>

/* What a system call filter takes away, it takes from the beginning. */
static bool has_fence = true;
static uint32_t asked;

bool __real_pawl_port_fence_threads(void);
bool __wrap_pawl_port_fence_threads(void);

bool __wrap_pawl_port_fence_threads(void)
{
	pawl_fetch_add(&asked, 1);
	return has_fence && __real_pawl_port_fence_threads();
}

static uint32_t napped;

void __real_pawl_port_sleep(uint32_t *event, pawl_time deadline);
void __wrap_pawl_port_sleep(uint32_t *event, pawl_time deadline);

void __wrap_pawl_port_sleep(uint32_t *event, pawl_time deadline)
{
	__real_pawl_port_sleep(event, deadline);
	pawl_fetch_add(&napped, 1);
}

static struct pawl_biased bias;
static uint32_t is_inside, is_out;

/* As one that lost its processor in there: until the other one, that waits for it, napped. */
static void *stays_inside(void *arg)
{
	uintptr_t was;

	(void)arg;
	pawl_biased_favour_(&bias, &bias);
	was = pawl_biased_lock_(&bias, &bias);
	pawl_store(&is_inside, was == PAWL_FAVOURED_ ? 1 : 2);
	while (was == PAWL_FAVOURED_ && pawl_load(&napped) < 100)
		sched_yield();
	pawl_store(&is_out, 1);
	pawl_biased_unlock_(&bias, &bias, was);
	return NULL;
}

/* Counted, not timed: it looks so many times, and all that it does after that is to nap. */
TEST(waiting_leaves_the_processor)
{
	pthread_t thread;
	uint32_t looks;
	uintptr_t was;

	CHECK_INT(pthread_create(&thread, NULL, stays_inside, NULL), 0);
	while (!pawl_load(&is_inside))
		sched_yield();
	looks = pawl_load(&asked);
	was = pawl_biased_lock_(&bias, &bias);
	looks = pawl_load(&asked) - looks;
	CHECK(pawl_load(&is_out));
	pawl_biased_unlock_(&bias, &bias, was);
	if (pawl_load(&is_inside) == 1)
		CHECK(looks <= PAWL_BIASED_LOOKS_ + 1);
	pthread_join(thread, NULL);
}

struct sleeper {
	pawl_task task;
	unsigned left;
};

static int sleeps_often(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	PAWL_BEGIN(t);
	for (; s->left; s->left--)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(20)));
	PAWL_END(t);
}

static void run_sleepers(pawl_exec *x)
{
	struct sleeper s[4] = { 0 };
	unsigned i;

	for (i = 0; i < 4; i++) {
		s[i].left = 300;
		CHECK_INT(pawl_spawn(x, &s[i].task, sleeps_often), 0);
	}
	for (i = 0; i < 4; i++)
		CHECK_INT(pawl_block_on(x, &s[i].task, NULL), 0);
}

/* The parameter says whether there is one. */
TEST(executors_do_without_a_fence)
{
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	pawl_local l;

	has_fence = param;
	pawl_local_init(&l);
	run_sleepers(pawl_local_exec(&l));
	pawl_local_fini(&l);
	CHECK_INT(pawl_host_new(&o, &h), 0);
	run_sleepers(pawl_host_exec(h));
	pawl_host_free(h);
	CHECK_UINT(pawl_live_tasks(), 0);
#if !defined(PAWL_TSAN_)
	CHECK(pawl_load(&asked) > 0);
#endif
}

static const struct kit_case cases[] = {
	CASE(waiting_leaves_the_processor),
	CASE_N(executors_do_without_a_fence, 0),
	CASE_N(executors_do_without_a_fence, 1),
};

KIT_MAIN(cases)
