/* SPDX-License-Identifier: MIT */
/* Tasks on a libuv loop: one sleeps among libuv's own timers, one hears from another thread. */
#include "uv_exec.h"

#include <stdio.h>

PAWL_CHAN(readings, int, 4);

static struct uv_exec uv;

static void sensor(void *arg) /* a thread */
{
	int i;

	(void)arg;
	for (i = 1; i <= 3; i++)
		while (readings_try_send(&i) == PAWL_EFULL) {}
	pawl_chan_close(&readings);
}

static int add(pawl_task *t)
{
	static int sum, reading, r;

	while ((r = readings_recv(t, &reading)) == 0)
		sum += reading;
	if (r == PAWL_ECLOSED)
		printf("the readings' sum is %d\n", sum);
	return r;
}

static void on_timer(uv_timer_t *timer)
{
	printf("libuv's timer, after 10 ms\n");
	uv_close((uv_handle_t *)timer, NULL);
}

static int nap(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(40)));
	printf("the task's sleep, after 40 ms\n");
	uv_stop(uv.loop);
	PAWL_END(t);
}

int main(void)
{
	static pawl_task adder, napper;
	uv_timer_t timer;
	uv_thread_t thread;

	readings_init();
	uv_exec_init(&uv, uv_default_loop());
	pawl_spawn(&uv.local.exec, &adder, add);
	uv_thread_create(&thread, sensor, NULL);
	pawl_block_on(&uv.local.exec, &adder, NULL); /* runs the loop */
	uv_timer_init(uv.loop, &timer);
	uv_timer_start(&timer, on_timer, 10, 0);
	pawl_spawn(&uv.local.exec, &napper, nap);
	uv_run(uv.loop, UV_RUN_DEFAULT); /* runs the tasks */
	pawl_detach(&napper);
	uv_thread_join(&thread);
	uv_exec_fini(&uv);
	return uv_loop_close(uv.loop);
}
