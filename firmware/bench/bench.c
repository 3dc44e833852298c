/* SPDX-License-Identifier: MIT */
/* Counts instructions under -icount in QEMU: of yields, switches, wakes, messages. */
#include "board.h"
#include "machine.h"

#include <pawl/alarm.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>

/*
 * QEMU counts 1,024 ns an instruction (firmware/run), so 5/128 instructions a tick at 25 MHz, and
 * an exception counts none. Each figure is the mean of so many repetitions, less what the
 * measurement itself costs; SysTick's own interrupt comes less than once in two rounds, so the
 * smallest of three rounds is one without it.
 */
#define REPEATS 1000
#define ROUNDS 3

/* Whatever happened before this is done, and nothing is remembered. */
#define BARRIER() __asm__ volatile("" : : : "memory")

static pawl_local local;
static uint32_t began, took;

static void print(const char *param, uint32_t ticks, uint32_t ticks_idle, uint32_t repeats)
{
	uint32_t tenths = ((ticks - ticks_idle) * 50 / 128 + repeats / 2) / repeats;

	board_print("firmware,cm3_");
	board_print(param);
	board_print(",pawl,");
	board_print_int(tenths / 10);
	if (tenths % 10) {
		board_print(".");
		board_print_int(tenths % 10);
	}
	board_print(",insn\n");
}

/* The smallest of some rounds of `measure`. */
static uint32_t least(uint32_t (*measure)(void))
{
	uint32_t best = UINT32_MAX;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t ticks = measure();

		if (ticks < best)
			best = ticks;
	}
	return best;
}

static void start(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	if (pawl_spawn(x, t, poll) < 0)
		board_exit(1);
}

/* A yield: in a loop of a stackless task, from one round of it to the next. */

struct yielder {
	pawl_task task;
	uint32_t left;
};

static int yielding(pawl_task *t)
{
	struct yielder *y = PAWL_OF(t, struct yielder, task);

	PAWL_BEGIN(t);
	began = machine_ticks();
	for (y->left = REPEATS; y->left; y->left--)
		PAWL_YIELD(t);
	took = machine_ticks() - began;
	PAWL_END(t);
}

static int not_yielding(pawl_task *t)
{
	struct yielder *y = PAWL_OF(t, struct yielder, task);

	began = machine_ticks();
	for (y->left = REPEATS; y->left; y->left--)
		BARRIER();
	took = machine_ticks() - began;
	return PAWL_OK;
}

static uint32_t yield_loop(void)
{
	static struct yielder y;

	start(pawl_local_exec(&local), &y.task, not_yielding);
	pawl_local_run(&local);
	pawl_detach(&y.task);
	return took;
}

static uint32_t yield_alone(void)
{
	static struct yielder y;

	start(pawl_local_exec(&local), &y.task, yielding);
	pawl_local_run(&local);
	pawl_detach(&y.task);
	return took;
}

/* Two that take turns: 2 * REPEATS yields, of which the last one's end is not counted. */
static uint32_t yield_in_turns(void)
{
	static struct yielder a, b;

	start(pawl_local_exec(&local), &a.task, yielding);
	start(pawl_local_exec(&local), &b.task, yielding);
	pawl_local_run(&local);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
	return took;
}

/* A wake of a task in an interrupt of higher priority: it runs, and the waker goes on. */

static pawl_task higher_task;
static volatile uint32_t woken;

static int higher(pawl_task *t)
{
	(void)t;
	woken = woken + 1;
	return PAWL_PENDING;
}

static uint32_t wake_loop(void)
{
	uint32_t from = machine_ticks();

	for (uint32_t i = REPEATS; i; i--) {
		woken = woken + 1;
		BARRIER();
	}
	return machine_ticks() - from;
}

static uint32_t wake_higher(void)
{
	uint32_t from;

	woken = 0;
	from = machine_ticks();
	for (uint32_t i = REPEATS; i; i--)
		pawl_wake(&higher_task);
	from = machine_ticks() - from;
	if (woken != REPEATS)
		board_exit(2);
	return from;
}

/*
 * An interrupt that wakes a task of a thread that sleeps, from the handler's first instruction to
 * the task's first. An alarm makes the interrupt pending, so that the thread is asleep by then.
 */

/* What the timer says goes into a variable: by five instructions, wherever this stands. */
#define MARK(variable)                                          \
	__asm__ volatile("mov.w r3, %0\n\t"                     \
			 "ldr r3, [r3, #4]\n\t"                 \
			 "movw r2, #:lower16:" #variable "\n\t" \
			 "movt r2, #:upper16:" #variable "\n\t" \
			 "str r3, [r2]"                         \
			 :                                      \
			 : "i"(MACHINE_TIMER)                   \
			 : "r2", "r3", "memory")

static pawl_task irq_task;
static uint32_t irq_left, irq_ticks;

/* It counts down. */
static volatile uint32_t at_irq __attribute__((used)), at_task __attribute__((used));

static void set_off(pawl_alarm *a)
{
	(void)a;
	board_sensor();
}

static pawl_alarm trigger = { .fire = set_off };

void board_on_sensor(void)
{
	MARK(at_irq);
	pawl_wake(&irq_task);
}

__attribute__((noinline)) static int after_irq(pawl_task *t)
{
	(void)t;
	/* The first poll is that of the spawn. */
	if (irq_left < REPEATS)
		irq_ticks += at_irq - at_task;
	if (!irq_left--)
		return PAWL_OK;
	pawl_alarm_set(&trigger, pawl_port_now() + PAWL_MS(2));
	return PAWL_PENDING;
}

static int woken_by_irq(pawl_task *t)
{
	MARK(at_task);
	return after_irq(t);
}

/* Both marks, with nothing in between. */
static uint32_t irq_loop(void)
{
	uint32_t ticks = 0;

	for (uint32_t i = REPEATS; i; i--) {
		MARK(at_irq);
		MARK(at_task);
		ticks += at_irq - at_task;
	}
	return ticks;
}

static uint32_t irq_to_task(void)
{
	irq_left = REPEATS;
	irq_ticks = 0;
	start(pawl_local_exec(&local), &irq_task, woken_by_irq);
	pawl_block_on(pawl_local_exec(&local), &irq_task, NULL);
	return irq_ticks;
}

#if PAWL_WAITS

/* A message of four bytes, through a channel with room for one: the sender waits for each. */

PAWL_CHAN(numbers, uint32_t, 1);

struct party {
	pawl_task task;
	uint32_t n;
};

static int send(pawl_task *t)
{
	struct party *p = PAWL_OF(t, struct party, task);

	PAWL_BEGIN(t);
	for (p->n = REPEATS; p->n; p->n--)
		PAWL_AWAIT(t, numbers_send(t, &p->n));
	PAWL_END(t);
}

static int receive(pawl_task *t)
{
	struct party *p = PAWL_OF(t, struct party, task);

	PAWL_BEGIN(t);
	began = machine_ticks();
	do
		PAWL_AWAIT(t, numbers_recv(t, &p->n));
	while (p->n != 1);
	took = machine_ticks() - began;
	PAWL_END(t);
}

static uint32_t message(void)
{
	static struct party from, to;

	numbers_init();
	start(pawl_local_exec(&local), &to.task, receive);
	start(pawl_local_exec(&local), &from.task, send);
	pawl_local_run(&local);
	pawl_detach(&from.task);
	pawl_detach(&to.task);
	return took;
}

#endif

/* A generator's next value: its resumer switches to it, and it switches back. */

static int yields(pawl_gen *g)
{
	while (pawl_yield(g, g) == 0) {}
	return PAWL_OK;
}

static uint32_t gen_next(void)
{
	static char memory[512] PAWL_ALIGNED_(8);
	pawl_stack_options stack = { .memory = memory, .size = sizeof memory };
	uint32_t from;
	pawl_gen g;
	void *v;

	pawl_gen_init_with(&g, yields, NULL, &stack);
	if (pawl_next(&g, &v) < 0)
		board_exit(3);
	from = machine_ticks();
	for (uint32_t i = REPEATS; i; i--)
		if (pawl_next(&g, &v) < 0)
			board_exit(4);
	from = machine_ticks() - from;
	pawl_gen_fini(&g);
	return from;
}

int main(void)
{
	uint32_t loop;

	pawl_local_init(&local);
	loop = least(yield_loop);
	print("yield" BENCH_SUFFIX, least(yield_alone), loop, REPEATS);
	print("yield_turns" BENCH_SUFFIX, least(yield_in_turns), 2 * loop, 2 * REPEATS);
	start(board_executor(BOARD_HIGH), &higher_task, higher);
	print("wake" BENCH_SUFFIX, least(wake_higher), least(wake_loop), REPEATS);
	print("irq" BENCH_SUFFIX, least(irq_to_task), least(irq_loop), REPEATS);
	print("switch" BENCH_SUFFIX, least(gen_next), 0, 2 * REPEATS);
#if PAWL_WAITS
	print("msg" BENCH_SUFFIX, least(message), 2 * loop, REPEATS);
#endif
	return 0;
}
