/* SPDX-License-Identifier: MIT */
/* The executors and the interrupt with which the tests of the ports work. */
#include "fix.h"

void (*fix_on_sensor)(void);
volatile uint32_t fix_timer_interrupts;

pawl_exec *fix_exec(enum fix_level level)
{
	static pawl_local local;

	if (level != FIX_THREAD)
		return board_executor(level == FIX_HIGH ? BOARD_HIGH : BOARD_MID);
	if (!local.exec.ops)
		pawl_local_init(&local);
	return pawl_local_exec(&local);
}

struct joiner {
	pawl_task task, *whom;
	int outcome;
};

static int join(pawl_task *t)
{
	struct joiner *j = PAWL_OF(t, struct joiner, task);

	return pawl_join(t, j->whom, &j->outcome);
}

int fix_join(pawl_task *whom)
{
	struct joiner j = { .whom = whom, .outcome = 1 };
	int r = 1;

	CHECK_INT(pawl_spawn(fix_exec(FIX_THREAD), &j.task, join), 0);
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &j.task, &r), 0);
	CHECK_INT(r, 0);
	return j.outcome;
}

void board_on_sensor(void)
{
	if (fix_on_sensor)
		fix_on_sensor();
}

static void fire(pawl_alarm *a)
{
	(void)a;
	board_sensor();
}

void fix_sensor_at(pawl_time due)
{
	static pawl_alarm alarm = { .fire = fire };

	pawl_alarm_set(&alarm, due);
}

/* The linker puts this before the port's own. */
void __real_pawl_alarm_interrupt(void);
void __wrap_pawl_alarm_interrupt(void);

void __wrap_pawl_alarm_interrupt(void)
{
	fix_timer_interrupts++;
	__real_pawl_alarm_interrupt();
}
