/* SPDX-License-Identifier: MIT */
/* Runtimes and their handles, tasks run to their end, and executors nested in each other. */
#include "fix.h"

#include <pthread.h>
#include <string.h>

struct slot {
	pawl_task task;
	int n;
};

PAWL_TASK_POOL(slots, struct slot, 2);

static int ends(pawl_task *t)
{
	(void)t;
	return -7;
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

TEST(runtime_registers_for_a_scope)
{
	pawl_local l, other;
	pawl_exec *x = local_begin(&l), *y = local_begin(&other);
	pawl_runtime rt = { 0 }, second = { 0 };

	CHECK_INT(pawl_runtime_init(&rt, x), 0);
	CHECK(pawl_current_executor() == x);
	CHECK(pawl_runtime_exec(&rt) == x);
	CHECK_INT(pawl_runtime_init(&second, y), PAWL_EBUSY);
	CHECK_INT(pawl_runtime_init(&second, NULL), PAWL_EBUSY);
	CHECK_INT(pawl_register_executor(y), PAWL_EBUSY);
	pawl_runtime_fini(&second);
	CHECK(pawl_current_executor() == x);
	pawl_runtime_fini(&rt);
	pawl_runtime_fini(&rt);
	pawl_runtime_fini(NULL);
	CHECK(pawl_is_using_fallback());
	CHECK_INT(pawl_is_running(x), 0);
	CHECK_INT(pawl_is_running(y), 1);
}

/* The executor's memory is gone, and worse: the handle must not look at it. */
static pawl_handle left_over(void)
{
	pawl_local l;
	pawl_runtime rt;
	pawl_handle h;

	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	h = pawl_runtime_handle(&rt);
	CHECK_INT(pawl_handle_is_running(h), 1);
	pawl_runtime_fini(&rt);
	pawl_local_fini(&l);
	memset(&l, 0xa5, sizeof l);
	return h;
}

TEST(handles_outlive_the_executor)
{
	pawl_handle h = left_over(), none = { 0 };
	struct slot *s = slots_claim();
	pawl_task t = { 0 };
	pawl_runtime rt;
	pawl_local l;
	pawl_exec *x = NULL;

	CHECK_INT(pawl_handle_is_running(h), 0);
	CHECK_INT(pawl_handle_spawn(h, &t, ends, NULL), PAWL_ESTOPPED);
	CHECK_INT(pawl_handle_spawn(none, &t, ends, NULL), PAWL_ESTOPPED);
	CHECK_INT(pawl_handle_spawn(h, &s->task, ends, NULL), PAWL_ESTOPPED);
	CHECK_UINT(pawl_pool_in_use(&slots), 0);
	/* Another registration is not the one that was meant. */
	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	CHECK_INT(pawl_handle_begin(h, &x), PAWL_ESTOPPED);
	CHECK(!x);
	CHECK_INT(pawl_handle_spawn(h, &t, ends, NULL), PAWL_ESTOPPED);
	CHECK_INT(pawl_handle_spawn(pawl_runtime_handle(&rt), &t, ends, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_runtime_exec(&rt), &t, NULL), 0);
	pawl_runtime_fini(&rt);
}

TEST(handle_holds_the_executor)
{
	pawl_local l;
	pawl_runtime rt;
	pawl_exec *x = NULL;

	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	CHECK_INT(pawl_handle_begin(pawl_runtime_handle(&rt), &x), 0);
	CHECK(x == pawl_local_exec(&l));
	pawl_handle_end(pawl_runtime_handle(&rt));
	pawl_runtime_fini(&rt);
}

/* Threads that spawn as long as they are let, while the executor is taken away from them. */
struct spawner {
	pthread_t thread;
	pawl_handle handle;
	uint32_t spawned;
};

static void *spawns(void *arg)
{
	struct spawner *p = arg;
	static const pawl_spawn_options none;

	for (;;) {
		struct slot *s = slots_claim();
		pawl_exec *x;

		if (!s)
			continue;
		if (pawl_handle_begin(p->handle, &x) < 0) {
			slots_drop(s);
			return NULL;
		}
		if (pawl_spawn_with(x, &s->task, ends, &none) == 0) {
			pawl_detach(&s->task);
			__atomic_add_fetch(&p->spawned, 1, __ATOMIC_RELAXED);
		}
		pawl_handle_end(p->handle);
	}
}

TEST(runtime_waits_for_those_inside)
{
	struct spawner p[2] = { 0 };
	pawl_local l;
	pawl_runtime rt;
	unsigned i;

	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	for (i = 0; i < 2; i++) {
		p[i].handle = pawl_runtime_handle(&rt);
		CHECK_INT(pthread_create(&p[i].thread, NULL, spawns, &p[i]), 0);
	}
	while (__atomic_load_n(&p[0].spawned, __ATOMIC_RELAXED) < 200)
		pawl_local_run(&l);
	pawl_runtime_fini(&rt);
	pawl_local_fini(&l);
	memset(&l, 0xa5, sizeof l);
	for (i = 0; i < 2; i++)
		pthread_join(p[i].thread, NULL);
	CHECK_UINT(pawl_pool_in_use(&slots), 0);
}

TEST(fallback_is_held_and_not_shut_down)
{
	pawl_runtime rt;
	pawl_handle h;
	pawl_local l;
	pawl_task t = { 0 };

	CHECK_INT(pawl_runtime_init(&rt, NULL), 0);
	CHECK(pawl_is_using_fallback());
	h = pawl_runtime_handle(&rt);
	CHECK_INT(pawl_register_executor(local_begin(&l)), PAWL_EBUSY);
	CHECK_INT(pawl_handle_spawn(h, &t, ends, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_current_executor(), &t, NULL), 0);
	pawl_runtime_fini(&rt);
	CHECK_INT(pawl_handle_spawn(h, &t, ends, NULL), PAWL_ESTOPPED);
	CHECK_INT(run_one(pawl_current_executor(), &t, ends), -7);
}

TEST(unregistering_ends_a_runtime)
{
	pawl_local l, other;
	pawl_runtime rt;

	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	CHECK_INT(pawl_unregister_executor(), 0);
	CHECK_INT(pawl_register_executor(local_begin(&other)), 0);
	pawl_runtime_fini(&rt);
	CHECK(pawl_current_executor() == pawl_local_exec(&other));
	CHECK_INT(pawl_unregister_executor(), 0);
}

/* Run to the end. */

struct deep {
	pawl_task task;
	struct deep *below;
	int outcome;
};

static int goes_down(pawl_task *t)
{
	struct deep *d = PAWL_OF(t, struct deep, task);

	if (!d->below)
		return -40;
	CHECK_INT(pawl_with_async(&d->below->task, goes_down, &d->outcome), 0);
	return d->outcome - 1;
}

TEST(with_async_runs_to_the_end_and_nests)
{
	struct deep d[4] = { 0 };
	int outcome = 1;
	unsigned i;

	for (i = 0; i < 3; i++)
		d[i].below = &d[i + 1];
	CHECK_INT(pawl_with_async(&d[0].task, goes_down, &outcome), 0);
	CHECK_INT(outcome, -43);
	CHECK_INT(pawl_with_async(&d[3].task, goes_down, NULL), 0);
}

TEST(with_async_uses_what_is_registered)
{
	static const pawl_exec_ops short_ops = {
		.size = offsetof(pawl_exec_ops, block_on),
		.name = "short",
	};
	pawl_exec_ops ops = short_ops;
	pawl_local l;
	pawl_exec x = { &ops };
	struct slot *s;
	pawl_task t = { 0 };

	local_begin(&l);
	ops.schedule = l.exec.ops->schedule;
	ops.now = l.exec.ops->now;
	ops.block_on = l.exec.ops->block_on;
	CHECK_INT(pawl_register_executor(&x), 0);
	s = slots_claim();
	CHECK_INT(pawl_with_async(&s->task, ends, NULL), PAWL_ENOTSUP);
	CHECK_UINT(pawl_pool_in_use(&slots), 0);
	CHECK_INT(pawl_unregister_executor(), 0);
	CHECK_INT(pawl_register_executor(&l.exec), 0);
	CHECK_INT(pawl_with_async(&t, ends, NULL), 0);
	CHECK_INT(pawl_shutdown(&l.exec), 0);
	CHECK_INT(pawl_with_async(&t, ends, NULL), PAWL_ESTOPPED);
	CHECK_INT(pawl_unregister_executor(), 0);
}

TEST(fallback_runs_a_thousand_in_turn)
{
	pawl_task t = { 0 };
	unsigned i;

	for (i = 0; i < 1000; i++) {
		int outcome = 1;

		CHECK_INT(pawl_with_async(&t, ends, &outcome), 0);
		CHECK_INT(outcome, -7);
	}
}

TEST(fallback_refuses_the_thirty_third)
{
	pawl_exec *x = pawl_current_executor();
	pawl_task t[PAWL_LOCAL_TASKS] = { 0 }, more = { 0 };
	char text[128];
	unsigned i;

	for (i = 0; i < PAWL_LOCAL_TASKS; i++)
		CHECK_INT(pawl_spawn(x, &t[i], waits), 0);
	CHECK_INT(pawl_with_async(&more, ends, NULL), PAWL_EFULL);
	pawl_exec_full_text(x, text, sizeof text);
	CHECK_STR(text, "executor 'local' is full: 32 of 32 tasks; raise PAWL_LOCAL_TASKS");
	for (i = 0; i < PAWL_LOCAL_TASKS; i++) {
		pawl_cancel(&t[i]);
		CHECK_INT(pawl_block_on(x, &t[i], NULL), 0);
	}
	CHECK_INT(pawl_with_async(&more, ends, NULL), 0);
}

/* A task on the stack cannot be waited for above itself. */
static int waits_for_itself(pawl_task *t)
{
	pawl_block_on(pawl_here(t), t, NULL);
	CHECK_FAIL("it waited for itself");
	return 0;
}

static void blocks_on_itself(void *arg)
{
	pawl_with_async(arg, waits_for_itself, NULL);
}

TEST(waiting_for_oneself_is_noticed)
{
	pawl_task t = { 0 };

	CHECK_ABORTS(blocks_on_itself, &t);
}

/* Something happens elsewhere while a thread sleeps: this takes the place of the port's sleep. */
void __real_pawl_port_sleep(uint32_t *event, pawl_time until);
void __wrap_pawl_port_sleep(uint32_t *event, pawl_time until);

static void (*while_asleep)(void);

void __wrap_pawl_port_sleep(uint32_t *event, pawl_time until)
{
	void (*happens)(void) = while_asleep;

	if (happens && !__atomic_load_n(event, __ATOMIC_ACQUIRE)) {
		while_asleep = NULL;
		happens();
		CHECK_UINT(__atomic_load_n(event, __ATOMIC_ACQUIRE), 1);
	}
	__real_pawl_port_sleep(event, until);
}

/* Others try to get in and to unregister; then the last one who was inside leaves. */
static pawl_handle inside;

static void leaves(void)
{
	pawl_local l;
	pawl_exec *x;

	CHECK_INT(pawl_handle_begin(inside, &x), PAWL_ESTOPPED);
	CHECK_INT(pawl_unregister_executor(), PAWL_EINVAL);
	CHECK_INT(pawl_register_executor(local_begin(&l)), PAWL_EBUSY);
	CHECK(pawl_is_using_fallback());
	pawl_handle_end(inside);
}

TEST(unregistering_sleeps_until_the_last_one_left)
{
	pawl_local l;
	pawl_runtime rt;
	pawl_exec *x;

	CHECK_INT(pawl_runtime_init(&rt, local_begin(&l)), 0);
	inside = pawl_runtime_handle(&rt);
	CHECK_INT(pawl_handle_begin(inside, &x), 0);
	while_asleep = leaves;
	pawl_runtime_fini(&rt);
	CHECK(!while_asleep);
	CHECK_INT(pawl_register_executor(local_begin(&l)), 0);
	CHECK_INT(pawl_unregister_executor(), 0);
}

/* The memory of the task that was polled last is spawned again, for later. */
static struct {
	pawl_exec *exec;
	pawl_task again;
	pawl_task *waiter;
	unsigned polls;
} sleeper;

static int wakes_the_waiter(pawl_task *t)
{
	(void)t;
	if (sleeper.polls++)
		pawl_wake(sleeper.waiter);
	return 0;
}

static void spawns_again(void)
{
	pawl_detach(&sleeper.again);
	CHECK_INT(pawl_spawn_after(sleeper.exec, &sleeper.again, wakes_the_waiter, 1), 0);
}

static int waits_for_the_second(pawl_task *t)
{
	(void)t;
	return sleeper.polls == 2 ? 0 : PAWL_PENDING;
}

TEST(sleeper_hears_of_a_timer_in_used_memory)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };

	sleeper.waiter = &t;
	CHECK_INT(pawl_spawn(x, &t, waits_for_the_second), 0);
	CHECK_INT(pawl_spawn(x, &sleeper.again, wakes_the_waiter), 0);
	sleeper.exec = x;
	while_asleep = spawns_again;
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK(!while_asleep);
	CHECK_INT(pawl_block_on(x, &sleeper.again, NULL), 0);
}

static const struct kit_case cases[] = {
	CASE(runtime_registers_for_a_scope),
	CASE(handles_outlive_the_executor),
	CASE(handle_holds_the_executor),
	CASE(runtime_waits_for_those_inside),
	CASE(fallback_is_held_and_not_shut_down),
	CASE(unregistering_ends_a_runtime),
	CASE(with_async_runs_to_the_end_and_nests),
	CASE(with_async_uses_what_is_registered),
	CASE(fallback_runs_a_thousand_in_turn),
	CASE(fallback_refuses_the_thirty_third),
	CASE(waiting_for_oneself_is_noticed),
	CASE(unregistering_sleeps_until_the_last_one_left),
	CASE(sleeper_hears_of_a_timer_in_used_memory),
};

KIT_MAIN(cases)
