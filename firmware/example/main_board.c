/* SPDX-License-Identifier: MIT */
/* The examples on a board: the executors of a thread and an interrupt, and a sensor. */
#include "ground.h"

#include "board.h"

#include <pawl/alarm.h>

static void (*on_ready)(int sample);

void ground_write(const char *text, size_t size)
{
	board_write(text, size);
}

pawl_exec *ground_high(void)
{
	return board_executor(BOARD_HIGH);
}

/* The sensor has measured: its line goes up. */
static void set_off(pawl_alarm *a)
{
	(void)a;
	board_sensor();
}

/* The sensor's interrupt. */
void board_on_sensor(void)
{
	on_ready(ground_sample());
}

void ground_measure(void (*ready)(int sample))
{
	static pawl_alarm measured = { .fire = set_off };

	on_ready = ready;
	pawl_alarm_set(&measured, pawl_port_now() + PAWL_MS(1));
}

int main(void)
{
	static pawl_local local;
	static pawl_task task;
	int outcome = 1;

	pawl_local_init(&local);
	if (pawl_spawn(pawl_local_exec(&local), &task, app) == 0)
		pawl_block_on(pawl_local_exec(&local), &task, &outcome);
	return outcome != 0;
}
