/* SPDX-License-Identifier: MIT */
/* What goes along with a coroutine, what stays with the thread, and what is noticed at once. */
#define _GNU_SOURCE
#include "relay_fix.h"

#include <pawl/host.h>

#include <fenv.h>
#include <setjmp.h>
#include <signal.h>

#define NOINLINE __attribute__((noinline, noclone))

#define MOVERS 3
#define WAITS 2000

static struct mover movers[MOVERS];

static void spawn_movers(pawl_exec *x, pawl_co_fn *fn)
{
	for (int i = 0; i < MOVERS; i++) {
		movers[i] = (struct mover){ .index = i, .left = WAITS + 2 * i };
		CHECK_INT(pawl_co_spawn(x, &movers[i], fn), 0);
	}
}

static void check_movers(void)
{
	for (int i = 0; i < MOVERS; i++) {
		CHECK(pawl_task_is_finished(&movers[i].task));
		CHECK_INT(movers[i].wrong, 0);
		CHECK_INT(movers[i].left, -1);
		pawl_detach(&movers[i].task);
	}
	CHECK(relay.lanes[0].polls >= MOVERS * WAITS / 2);
	CHECK(relay.lanes[1].polls >= MOVERS * WAITS / 2);
}

/* Compilers may keep its address over a wait: not here. */
NOINLINE static int get_errno(void)
{
	return errno;
}

NOINLINE static void set_errno(int e)
{
	errno = e;
}

static int keeps_errno(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r = 0;

	m->wrong += get_errno() != 0;
	while (m->left-- > 0 && r == 0) {
		set_errno(100 + m->index * WAITS + m->left);
		r = pawl_co_yield(co);
		m->wrong += get_errno() != 100 + m->index * WAITS + m->left;
	}
	return r;
}

static unsigned wrong_threads;

static void sets_errno_of_thread(int thread)
{
	set_errno(7 + thread);
}

static void looks_at_errno_of_thread(int thread)
{
	wrong_threads += get_errno() != 7 + thread;
}

TEST(errno_goes_along)
{
	pawl_exec *x = begin_relay();

	relay.begins = sets_errno_of_thread;
	relay.ends = looks_at_errno_of_thread;
	spawn_movers(x, keeps_errno);
	run_relay();
	check_movers();
	CHECK_UINT(wrong_threads, 0);
}

/* Rounding is what arithmetic itself says, too. */
NOINLINE static double third_of(volatile double one)
{
	volatile double three = 3;

	return one / three;
}

static int keeps_rounding(pawl_co *co)
{
	static const int modes[] = { FE_UPWARD, FE_DOWNWARD, FE_TONEAREST };
	struct mover *m = mover_of(co);
	double third;
	int r = 0;

	m->wrong += fegetround() != FE_TONEAREST;
	fesetround(modes[m->index]);
	third = third_of(1);
	while (m->left-- > 0 && r == 0) {
		r = pawl_co_yield(co);
		m->wrong += fegetround() != modes[m->index] || third_of(1) != third;
	}
	return r;
}

static double nearest;

static void looks_at_rounding(int thread)
{
	(void)thread;
	wrong_threads += fegetround() != FE_TONEAREST || third_of(1) != nearest;
}

TEST(modes_of_arithmetic_go_along)
{
	pawl_exec *x = begin_relay();

	nearest = third_of(1);
	relay.begins = relay.ends = looks_at_rounding;
	spawn_movers(x, keeps_rounding);
	run_relay();
	check_movers();
	CHECK_UINT(wrong_threads, 0);
}

/* One that ends, or panics, with modes of its own leaves none of them to its thread. */
static int ends_with_modes(pawl_co *co)
{
	fesetround(FE_UPWARD);
	set_errno(99);
	if (mover_of(co)->index == 1)
		pawl_panic("with modes");
	return 0;
}

TEST(modes_end_with_it)
{
	pawl_exec *x = begin_relay();

	relay.begins = sets_errno_of_thread;
	relay.ends = looks_at_errno_of_thread;
	spawn_movers(x, ends_with_modes);
	run_relay();
	CHECK_UINT(wrong_threads, 0);
	CHECK_INT(fegetround(), FE_TONEAREST);
	for (int i = 0; i < MOVERS; i++)
		pawl_detach(&movers[i].task);
}

/* Thread-local variables are those of the thread that runs it at the moment. */
static _Thread_local int of_thread;

NOINLINE static int *where_of_thread(void)
{
	int *at = &of_thread;

	__asm__ volatile("" : "+r"(at));
	return at;
}

static int sees_each_thread(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r = 0;

	while (m->left-- > 0 && r == 0) {
		int *before = where_of_thread();

		++*before;
		r = pawl_co_yield(co);
		m->wrong += m->index == 0 && where_of_thread() == before;
	}
	return r;
}

static int sums[2];

static void sums_up(int thread)
{
	sums[thread] = *where_of_thread();
}

TEST(thread_locals_are_the_threads)
{
	pawl_exec *x = begin_relay();
	struct mover *m = &movers[0];

	relay.ends = sums_up;
	*m = (struct mover){ .left = WAITS };
	CHECK_INT(pawl_co_spawn(x, m, sees_each_thread), 0);
	run_relay();
	CHECK_INT(m->wrong, 0);
	CHECK_INT(sums[0] + sums[1], WAITS);
	CHECK_INT(sums[0], WAITS / 2);
	pawl_detach(&m->task);
}

/* Over threads that steal from each other. */
#define TALKERS 8
#define LINES 300

static struct mover talkers[TALKERS];

static void run_talkers(pawl_exec *x, pawl_co_fn *fn, FILE *f, int lines)
{
	for (int i = 0; i < TALKERS; i++) {
		talkers[i] = (struct mover){ .index = i, .left = lines, .file = f };
		CHECK_INT(pawl_co_spawn(x, &talkers[i], fn), 0);
	}
	for (int i = 0; i < TALKERS; i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(x, &talkers[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
		CHECK_INT(talkers[i].wrong, 0);
	}
}

static pawl_host *new_host(unsigned workers)
{
	pawl_host_options o = { .workers = workers };
	pawl_host *h;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static int stays_with_its_locals(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int *at = where_of_thread();
	int r = pawl_stay(pawl_co_task(co));

	m->thread = pthread_self();
	while (m->left-- > 0 && r == 0) {
		r = m->left % 8 ? pawl_co_yield(co) : pawl_co_sleep(co, PAWL_US(20));
		m->wrong += at != where_of_thread() || !pthread_equal(m->thread, pthread_self());
	}
	return r;
}

TEST(thread_locals_are_its_own_where_it_stays)
{
	pawl_host *h = new_host((unsigned)param);

	run_talkers(pawl_host_exec(h), stays_with_its_locals, NULL, 1000);
	pawl_host_free(h);
}

static int prints_lines(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r = 0;

	while (m->left-- > 0 && r == 0) {
		fprintf(m->file, "%d says %d, in a line that takes a while to print\n", m->index,
			m->left);
		r = pawl_co_yield(co);
	}
	return r;
}

static void check_lines(FILE *f)
{
	int next[TALKERS], who, which, n = 0;
	char line[100], want[100];

	for (int i = 0; i < TALKERS; i++)
		next[i] = LINES - 1;
	rewind(f);
	while (fgets(line, sizeof line, f)) {
		CHECK_INT(sscanf(line, "%d says %d", &who, &which), 2);
		CHECK(who >= 0 && who < TALKERS);
		snprintf(want, sizeof want, "%d says %d, in a line that takes a while to print\n",
			 who, next[who]--);
		CHECK_STR(line, want);
		n++;
	}
	CHECK_INT(n, TALKERS * LINES);
}

TEST(lines_are_whole)
{
	pawl_host *h = new_host(4);
	FILE *f = tmpfile();

	CHECK(f != NULL);
	run_talkers(pawl_host_exec(h), prints_lines, f, LINES);
	pawl_host_free(h);
	check_lines(f);
	fclose(f);
}

/* The lock is the thread's: it keeps out other threads, over waits, too, where the task stays. */
static uint32_t has_lock, may_unlock;

static int holds_a_lock(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r = pawl_stay(pawl_co_task(co));

	flockfile(m->file);
	__atomic_store_n(&has_lock, 1, __ATOMIC_RELEASE);
	while (r == 0 && !__atomic_load_n(&may_unlock, __ATOMIC_ACQUIRE))
		r = pawl_co_sleep(co, PAWL_US(50));
	funlockfile(m->file);
	return r;
}

TEST(lock_of_a_file_over_waits)
{
	pawl_host *h = new_host(4);
	struct mover m = { .file = tmpfile() };

	CHECK(m.file != NULL);
	CHECK_INT(pawl_co_spawn(pawl_host_exec(h), &m, holds_a_lock), 0);
	while (!__atomic_load_n(&has_lock, __ATOMIC_ACQUIRE)) {}
	for (int i = 0; i < 100; i++)
		CHECK(ftrylockfile(m.file) != 0);
	__atomic_store_n(&may_unlock, 1, __ATOMIC_RELEASE);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &m.task, NULL), 0);
	CHECK_INT(ftrylockfile(m.file), 0);
	funlockfile(m.file);
	fclose(m.file);
	pawl_host_free(h);
}

/* Signals */

static void run_local(struct mover *m, pawl_co_fn *fn, int want)
{
	pawl_local l;
	int outcome = 1;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), m, fn), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &m->task, &outcome), 0);
	CHECK_INT(outcome, want);
	CHECK_INT(m->wrong, 0);
	pawl_local_fini(&l);
}

/* Sanitizers call handlers later, or keep their variables elsewhere. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HAS_HANDLERS 1

static volatile uintptr_t handled_at;

static void on_signal(int sig)
{
	char here = (char)sig;

	handled_at = (uintptr_t)&here;
}

static int raises(pawl_co *co)
{
	pawl_stack *s = pawl_co_stack(co);
	struct mover *m = mover_of(co);

	raise(SIGUSR1);
	m->wrong += handled_at < (uintptr_t)s->low_ || handled_at >= (uintptr_t)s;
	return pawl_co_yield(co);
}

TEST(handler_runs_on_its_stack)
{
	struct sigaction a = { .sa_handler = on_signal };
	struct mover m = { 0 };

	CHECK_INT(sigaction(SIGUSR1, &a, NULL), 0);
	run_local(&m, raises, 0);
}
#endif

static bool is_blocked(void)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, SIGUSR2);
}

/* It blocks the signal on the first of the two threads; there it is blocked from then on. */
static int blocks_a_signal(pawl_co *co)
{
	struct mover *m = mover_of(co);
	sigset_t s;
	int r = 0;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	m->wrong += is_blocked();
	pthread_sigmask(SIG_BLOCK, &s, NULL);
	while (m->left-- > 0 && r == 0) {
		r = pawl_co_yield(co);
		m->wrong += is_blocked() != (m->left % 2 == 0);
	}
	return r;
}

TEST(signal_mask_is_the_threads)
{
	pawl_exec *x = begin_relay();
	struct mover m = { .left = 20 };

	CHECK_INT(pawl_co_spawn(x, &m, blocks_a_signal), 0);
	run_relay();
	CHECK_INT(m.wrong, 0);
	CHECK(!is_blocked());
	pawl_detach(&m.task);
}

/* longjmp */

NOINLINE static void jumps_from_below(jmp_buf *to, int depth)
{
	volatile char pad[64];

	pad[0] = (char)depth;
	if (depth > 0)
		jumps_from_below(to, depth - 1);
	else if (pad[0] == 0)
		longjmp(*to, 1);
}

/* Within its own stack it is as good as anywhere, also over waits and threads. */
static int jumps_inside(pawl_co *co)
{
	struct mover *m = mover_of(co);
	volatile int jumps = 0;
	jmp_buf place;

	while (m->left-- > 0) {
		int r = 0;

		if (setjmp(place) == 0) {
			r = pawl_co_yield(co);
			if (r == 0)
				jumps_from_below(&place, m->left % 10);
			return r;
		}
		jumps++;
	}
	m->wrong += jumps != WAITS + 2 * m->index;
	return 0;
}

TEST(longjmp_inside_is_fine)
{
	pawl_exec *x = begin_relay();

	spawn_movers(x, jumps_inside);
	run_relay();
	check_movers();
}

static int panics_in_try(void *arg)
{
	(void)arg;
	pawl_panic("inside");
}

/* What is opened and closed between two waits is. */
static int tries_between(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r = 0;

	while (m->left-- > 0 && r == 0) {
		const char *why = NULL;

		m->wrong += pawl_port_try(panics_in_try, NULL, &why) != PAWL_EPANIC || !why;
		r = pawl_co_yield(co);
	}
	return r;
}

TEST(panics_are_caught_between_waits)
{
	pawl_exec *x = begin_relay();

	spawn_movers(x, tries_between);
	run_relay();
	check_movers();
}

/* An executor inside of a coroutine. */

static int sleeps_shortly(pawl_co *co)
{
	int r = pawl_co_sleep(co, PAWL_US(100));

	return r ? r : pawl_co_yield(co);
}

static int blocks_inside(pawl_co *co)
{
	struct mover *m = mover_of(co), inner = { 0 };
	int outcome = 1, r = 0;

	while (m->left-- > 0 && r == 0) {
		m->wrong += pawl_co_spawn(pawl_here(&m->task), &inner, sleeps_shortly) != 0;
		m->wrong += pawl_block_on(pawl_here(&m->task), &inner.task, &outcome) != 0;
		m->wrong += outcome != 0;
		r = pawl_co_yield(co);
	}
	return r;
}

TEST(block_on_inside)
{
	pawl_host *h = new_host(2);
	struct mover m = { .left = 20 };

	run_local(&m, blocks_inside, 0);
	run_talkers(pawl_host_exec(h), blocks_inside, NULL, 20);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(errno_goes_along),
	CASE(modes_of_arithmetic_go_along),
	CASE(modes_end_with_it),
	CASE(thread_locals_are_the_threads),
	CASE_N(thread_locals_are_its_own_where_it_stays, 1),
	CASE_N(thread_locals_are_its_own_where_it_stays, 4),
	CASE(lines_are_whole),
	CASE(lock_of_a_file_over_waits),
#ifdef HAS_HANDLERS
	CASE(handler_runs_on_its_stack),
#endif
	CASE(signal_mask_is_the_threads),
	CASE(longjmp_inside_is_fine),
	CASE(panics_are_caught_between_waits),
	CASE(block_on_inside),
};

KIT_MAIN(cases)
