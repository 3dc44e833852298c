/* SPDX-License-Identifier: MIT */
/* Simulated processes: what they get, how they end, and who ends with whom. */
#include "machine_fix.h"

#include "sim/world.h"

#include <pawl/co_await.h>
#include <string.h>

/* The parameter of most cases. */
enum way { PLAIN, BOXED };

#define SEEDS 200
#define EACH_WAY(id) CASE_N(id, PLAIN), CASE_N(id, BOXED)
#define BOX (param == BOXED ? fix_sandbox() : NULL)

static void put(pawl_sim_process *p, const char *path, const char *text)
{
	pawl_world *w = p->world;
	int file;

	if (w->ops->open(w, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file) < 0)
		pawl_sim_process_exit(p, 99);
	if (w->ops->write(w, file, text, strlen(text)) < 0 || w->ops->close(w, file) < 0)
		pawl_sim_process_exit(p, 98);
}

static void hang(pawl_sim_process *p)
{
	for (;;)
		(void)pawl_co_suspend(p->co);
}

static void nap(pawl_sim_process *p, pawl_time after)
{
	if (pawl_co_sleep(p->co, after) < 0)
		hang(p);
}

/* ---- what they get, and how they end ---- */

static int ends_with_42(pawl_sim_process *p)
{
	nap(p, PAWL_MS(3));
	return 42;
}

TEST(exit_code)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, ends_with_42, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 42);
	CHECK_INT(p.signal, 0);
	CHECK_INT(p.cpu, PAWL_MS(3));
	CHECK(p.memory > 0);
	CHECK_INT(f.w->ops->now(f.w), PAWL_MS(3));
	fix_close(&f);
}

static int dies(pawl_sim_process *p)
{
	pawl_sim_process_die(p, 11);
}

TEST(ends_by_signal)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, dies, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, -1);
	CHECK_INT(p.signal, 11);
	fix_close(&f);
}

static int exits_deep(pawl_sim_process *p)
{
	put(p, "/work/a", "a");
	pawl_sim_process_exit(p, 7);
}

TEST(exits_from_wherever_it_is)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, exits_deep, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 7);
	CHECK_STR(fix_read(f.w, "/work/a"), "a");
	fix_close(&f);
}

static int panics(pawl_sim_process *p)
{
	(void)p;
	pawl_panic("a mistake");
}

TEST(a_panic_is_an_abort)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, panics, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, -1);
	CHECK_INT(p.signal, 6);
	fix_close(&f);
}

static int says_all(pawl_sim_process *p)
{
	pawl_world *w = p->world;
	const char *words[] = { p->argv[0], p->argv[1], p->env[0], p->env[1], p->cwd };

	if (p->argv[2] || p->env[2] || p->out < 0)
		return 1;
	for (size_t i = 0; i < KIT_COUNT(words); i++)
		if (w->ops->write(w, p->out, words[i], strlen(words[i])) < 0 ||
		    w->ops->write(w, p->out, "\n", 1) < 0)
			return 2;
	return 0;
}

TEST(gets_its_words_and_its_log)
{
	char word[] = "word";
	const char *argv[] = { "/bin/say", word, NULL };
	static const char *const env[] = { "A=1", "B=2", NULL };
	pawl_world_process p;
	struct fix f;
	int out;

	fix_open(&f, 1);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/say", says_all), 0);
	out = fix_create(f.w, "/work/log");
	CHECK_INT(fix_try_start(&f, f.w, &p,
				&(struct fix_command){
					.argv = argv, .env = env, .out = out, .sandbox = BOX }),
		  0);
	word[0] = '\0'; /* it has copies, and the file stays its own */
	CHECK_INT(f.w->ops->close(f.w, out), 0);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	CHECK_STR(fix_read(f.w, "/work/log"), "/bin/say\nword\nA=1\nB=2\n/work\n");
	fix_close(&f);
}

static int has_no_log(pawl_sim_process *p)
{
	return p->out == -1 ? 0 : 1;
}

TEST(without_a_log_there_is_none)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, has_no_log, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	fix_close(&f);
}

TEST(says_what_is_missing)
{
	static const char *const argv[] = { "/usr/bin/no-such-program", NULL };
	struct fix_command c = { .argv = argv, .sandbox = BOX };
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(fix_try_start(&f, f.w, &p, &c), PAWL_ENOENT);
	CHECK_STR(p.error, "program /usr/bin/no-such-program: No such file or directory");
	c.cwd = "/no/such/folder";
	CHECK_INT(fix_try_start(&f, f.w, &p, &c), PAWL_ENOENT);
	CHECK_STR(p.error, "working folder /no/such/folder: No such file or directory");
	fix_write(f.w, "/work/file", "");
	c.cwd = "/work/file";
	CHECK_INT(fix_try_start(&f, f.w, &p, &c), PAWL_ENOTDIR);
	fix_close(&f);
}

static int starts_one(pawl_task *t);

struct starter {
	pawl_task task;
	struct fix *fix;
	pawl_world_process process;
	int result;
};

static int starts_one(pawl_task *t)
{
	static const char *const argv[] = { "/bin/program", NULL };
	struct starter *s = PAWL_OF(t, struct starter, task);

	s->result = fix_try_start(s->fix, s->fix->w, &s->process,
				  &(struct fix_command){ .argv = argv });
	return 0;
}

TEST(a_start_can_fail)
{
	static const pawl_sim_faults faults = { .start_fails_in = 1 };
	struct starter s = { 0 };
	struct fix f;
	int outcome;

	fix_open(&f, 1);
	s.fix = &f;
	CHECK_INT(pawl_sim_install(f.sim, "/bin/program", ends_with_42), 0);
	pawl_sim_set_faults(f.sim, &faults);
	CHECK_INT(pawl_spawn(pawl_sim_exec(f.sim), &s.task, starts_one), 0);
	CHECK_INT(pawl_block_on(pawl_sim_exec(f.sim), &s.task, &outcome), 0);
	CHECK_INT(s.result, PAWL_EAGAIN);
	CHECK_STR(s.process.error, "new process: Resource temporarily unavailable");
	fix_close(&f);
}

/* ---- kill ---- */

static int child_hangs(pawl_sim_process *p)
{
	nap(p, PAWL_S(10));
	put(p, "/work/child", "lives");
	return 0;
}

static int hangs_with_a_child(pawl_sim_process *p)
{
	pawl_sim_process_ignore_term(p);
	if (pawl_sim_process_fork(p, child_hangs) < 0)
		return 1;
	put(p, "/work/ready", "");
	hang(p);
	return 0;
}

TEST(kill_now_kills_all_of_it)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, hangs_with_a_child, BOX);
	pawl_sim_advance_time(f.sim, PAWL_S(1));
	CHECK(fix_has(f.w, "/work/ready"));
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, -1);
	CHECK_INT(p.signal, 9);
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW); /* of what has ended: nothing happens */
	pawl_sim_advance_time(f.sim, PAWL_S(20));
	CHECK(!fix_has(f.w, "/work/child"));
	fix_close(&f);
}

static int hangs(pawl_sim_process *p)
{
	hang(p);
	return 0;
}

TEST(kill_ask_is_a_signal)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, hangs, BOX);
	pawl_sim_run(f.sim);
	f.w->ops->kill(f.w, &p, PAWL_KILL_ASK);
	fix_wait(&f, &p);
	CHECK_INT(p.signal, 15);
	fix_close(&f);
}

TEST(who_ignores_term_goes_on)
{
	pawl_world_process p;
	struct fix_waiter n;
	struct fix f;
	int outcome;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, hangs_with_a_child, BOX);
	fix_await(&n, f.node, &p);
	pawl_sim_advance_time(f.sim, PAWL_S(1));
	f.w->ops->kill(f.w, &p, PAWL_KILL_ASK);
	pawl_sim_advance_time(f.sim, PAWL_S(20));
	CHECK(!pawl_task_is_finished(&n.task));
	CHECK(fix_has(f.w, "/work/child")); /* a child ignores what its parent does */
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	CHECK_INT(pawl_block_on(pawl_sim_exec(f.sim), &n.task, &outcome), 0);
	CHECK_INT(p.signal, 9);
	fix_close(&f);
}

TEST(a_cancelled_wait_goes_on_to_the_end)
{
	pawl_world_process p;
	struct fix_waiter n;
	struct fix f;
	int outcome = -1;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, ends_with_42, BOX);
	fix_await(&n, f.node, &p);
	pawl_cancel(&n.task);
	CHECK_INT(pawl_block_on(pawl_sim_exec(f.sim), &n.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(p.exit_code, 42);
	CHECK(n.polls <= 3);
	fix_close(&f);
}

static int holds_a_lock(pawl_sim_process *p)
{
	int file;

	if (p->world->ops->lock(p->world, "/work/lock", &file) < 0)
		return 1;
	hang(p);
	return 0;
}

TEST(the_killed_hold_nothing_open)
{
	pawl_world_process p;
	struct fix f;
	int file;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, holds_a_lock, BOX);
	pawl_sim_run(f.sim);
	CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), PAWL_EBUSY);
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), 0);
	fix_wait(&f, &p);
	fix_close(&f);
}

/* ---- who ends with whom ---- */

static int child_counts(pawl_sim_process *p)
{
	for (int i = 1; i <= 3000; i++) {
		put(p, i % 2 ? "/work/odd" : "/work/even", "x");
		if (i % 100 == 0)
			nap(p, PAWL_S(1));
	}
	return 0;
}

static int leaves_a_child(pawl_sim_process *p)
{
	return pawl_sim_process_fork(p, child_counts) < 0;
}

/* What a child still does after its parent was waited for: nothing in a sandbox. */
static bool writes_after_the_end(uint64_t seed, const pawl_sandbox *s)
{
	pawl_world_process p;
	struct fix f;
	bool wrote;

	fix_open(&f, seed);
	fix_start_boxed(&f, f.w, &p, leaves_a_child, s);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	(void)f.w->ops->unlink(f.w, "/work/odd");
	(void)f.w->ops->unlink(f.w, "/work/even");
	pawl_sim_advance_time(f.sim, PAWL_S(10));
	wrote = fix_has(f.w, "/work/odd") || fix_has(f.w, "/work/even");
	(void)f.w->ops->unlink(f.w, "/work/odd");
	(void)f.w->ops->unlink(f.w, "/work/even");
	pawl_sim_advance_time(f.sim, PAWL_S(10));
	CHECK(!fix_has(f.w, "/work/odd") && !fix_has(f.w, "/work/even"));
	fix_close(&f);
	return wrote;
}

TEST(what_is_left_running_ends_with_it)
{
	unsigned wrote = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		kit_at("seed", (int64_t)seed);
		wrote += writes_after_the_end(seed, BOX);
	}
	if (param == BOXED)
		CHECK_UINT(wrote, 0);
	else
		CHECK(wrote > 0 && wrote < SEEDS); /* signals arrive when they arrive */
}

static int counts(pawl_sim_process *p)
{
	return child_counts(p);
}

static bool writes_after_a_kill(uint64_t seed, const pawl_sandbox *s)
{
	pawl_sim_node *second;
	pawl_world_process p[2];
	pawl_world *w;
	struct fix f;
	bool wrote;

	fix_open(&f, seed);
	CHECK_INT(pawl_sim_node_new(f.sim, "second", &second), 0);
	w = pawl_sim_node_world(second);
	fix_start_boxed(&f, w, &p[0], counts, s);
	fix_start_boxed(&f, w, &p[1], counts, s); /* or nobody would be in its way */
	while (!fix_has(f.w, "/work/odd"))
		CHECK_INT(pawl_sim_step(f.sim), 0);
	pawl_sim_node_kill(second);
	(void)f.w->ops->unlink(f.w, "/work/odd");
	(void)f.w->ops->unlink(f.w, "/work/even");
	pawl_sim_advance_time(f.sim, PAWL_S(10));
	wrote = fix_has(f.w, "/work/odd") || fix_has(f.w, "/work/even");
	(void)f.w->ops->unlink(f.w, "/work/odd");
	(void)f.w->ops->unlink(f.w, "/work/even");
	pawl_sim_advance_time(f.sim, PAWL_S(10));
	CHECK(!fix_has(f.w, "/work/odd") && !fix_has(f.w, "/work/even"));
	fix_close(&f);
	return wrote;
}

TEST(a_kill_of_the_program_takes_its_processes_along)
{
	unsigned wrote = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		kit_at("seed", (int64_t)seed);
		wrote += writes_after_a_kill(seed, BOX);
	}
	if (param == BOXED)
		CHECK_UINT(wrote, 0);
	else
		CHECK(wrote > 0); /* until the guard gets to run */
}

TEST(a_power_cut_kills_all)
{
	pawl_sim_node *after;
	pawl_world_process p[2];
	pawl_world *w;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p[0], counts, BOX);
	fix_start_boxed(&f, f.w, &p[1], hangs_with_a_child, BOX);
	while (!fix_has(f.w, "/work/odd") || !fix_has(f.w, "/work/ready"))
		CHECK_INT(pawl_sim_step(f.sim), 0);
	pawl_sim_power_cut(f.sim);
	CHECK_INT(pawl_sim_node_new(f.sim, "after", &after), 0);
	w = pawl_sim_node_world(after);
	fix_mkdirs(w, "/work");
	(void)w->ops->unlink(w, "/work/odd");
	(void)w->ops->unlink(w, "/work/even");
	pawl_sim_advance_time(f.sim, PAWL_S(20));
	CHECK(!fix_has(w, "/work/odd") && !fix_has(w, "/work/even") && !fix_has(w, "/work/child"));
	fix_close(&f);
}

static int starts_another(pawl_sim_process *p);

static int does_much(pawl_sim_process *p)
{
	pawl_world *w = p->world;
	int file;

	if (pawl_sim_process_fork(p, counts) < 0 || w->ops->lock(w, "/work/lock", &file) < 0)
		return 1;
	return starts_another(p);
}

/* The power goes at that call, or there are not so many. */
static bool loses_power_at(uint64_t call, const pawl_sandbox *s)
{
	pawl_sim_node *after;
	pawl_world_process p;
	struct fix f;
	bool is_dead;
	int file;

	fix_open(&f, call);
	CHECK_INT(f.w->ops->sync_all(f.w, "/"), 0);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/inner", counts), 0);
	fix_start_boxed(&f, f.w, &p, does_much, s);
	pawl_sim_power_cut_at(f.sim, call);
	pawl_sim_run_for(f.sim, PAWL_MS(10));
	is_dead = pawl_sim_node_is_dead(f.node);
	if (is_dead) {
		CHECK_UINT(pawl_sim_world_calls(f.sim), call);
		CHECK_INT(pawl_sim_node_new(f.sim, "after", &after), 0);
		f.w = pawl_sim_node_world(after);
		CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), 0);
		(void)f.w->ops->unlink(f.w, "/work/odd");
		pawl_sim_advance_time(f.sim, PAWL_S(20));
		CHECK(!fix_has(f.w, "/work/odd"));
		CHECK_UINT(pawl_sim_world_calls(f.sim), call);
	}
	fix_close(&f);
	return is_dead;
}

TEST(the_power_may_go_at_each_call)
{
	uint64_t call = 1;

	for (; loses_power_at(call, BOX); call++)
		kit_at("call", (int64_t)call);
	CHECK(call > 500);
}

static int never_ends(pawl_sim_process *p)
{
	pawl_sim_process_ignore_term(p);
	while (p->out < 0)
		nap(p, PAWL_S(1));
	return 0;
}

TEST(who_never_ends_ends_with_the_machine)
{
	pawl_world_process p;
	struct fix_waiter n;
	struct fix f;
	int outcome = -1;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, never_ends, BOX);
	fix_await(&n, f.node, &p);
	pawl_sim_advance_time(f.sim, PAWL_S(100));
	pawl_sim_machine_stop_(pawl_sim_machine_of_(f.sim));
	CHECK_UINT(pawl_sim_run(f.sim), 0);
	CHECK_INT(pawl_block_on(pawl_sim_exec(f.sim), &n.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(p.signal, 9);
	fix_close(&f);
}

static int forks_many(pawl_sim_process *p)
{
	for (int i = 0; i < 5; i++)
		if (pawl_sim_process_fork(p, child_hangs) < 0)
			return 1;
	nap(p, PAWL_S(11));
	return 0;
}

TEST(children_run_beside_their_parent)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	fix_start_boxed(&f, f.w, &p, forks_many, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	CHECK_STR(fix_read(f.w, "/work/child"), "lives");
	fix_close(&f);
}

/* ---- processes of processes ---- */

static int starts_another(pawl_sim_process *p)
{
	static const char *const argv[] = { "/bin/inner", NULL }, *const env[] = { NULL };
	const pawl_command c = { .argv = argv, .env = env, .cwd = "/work", .out = -1 };
	pawl_world *w = p->world;
	pawl_world_process q;
	int r;

	if (w->ops->start(w, &q, &c) < 0)
		return 1;
	PAWL_CO_AWAIT(p->co, r, w->ops->wait(w, pawl_co_task(p->co), &q));
	return r < 0 ? 2 : q.exit_code;
}

TEST(processes_have_processes)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/inner", ends_with_42), 0);
	fix_start_boxed(&f, f.w, &p, starts_another, BOX);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 42);
	fix_close(&f);
}

TEST(and_take_them_along)
{
	pawl_world_process p;
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/inner", child_hangs), 0);
	fix_start_boxed(&f, f.w, &p, starts_another, BOX);
	pawl_sim_run_until_idle(f.sim);
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	fix_wait(&f, &p);
	pawl_sim_advance_time(f.sim, PAWL_S(20));
	CHECK(!fix_has(f.w, "/work/child"));
	fix_close(&f);
}

/* ---- seeds ---- */

static uint64_t run_seed(uint64_t seed, const pawl_sandbox *s, uint64_t *ret_calls)
{
	pawl_sim_node *second;
	pawl_world_process p[3];
	uint64_t trace;
	struct fix f;

	fix_open(&f, seed);
	CHECK_INT(pawl_sim_node_new(f.sim, "second", &second), 0);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/inner", counts), 0);
	fix_start_boxed(&f, f.w, &p[0], does_much, s);
	fix_start_boxed(&f, pawl_sim_node_world(second), &p[1], counts, s);
	fix_start_boxed(&f, f.w, &p[2], leaves_a_child, s);
	pawl_sim_run_for(f.sim, PAWL_S(3));
	pawl_sim_node_kill(second);
	fix_wait(&f, &p[2]);
	f.w->ops->kill(f.w, &p[0], PAWL_KILL_NOW);
	fix_wait(&f, &p[0]);
	pawl_sim_advance_time(f.sim, PAWL_S(3));
	trace = pawl_sim_trace(f.sim);
	*ret_calls = pawl_sim_world_calls(f.sim);
	fix_close(&f);
	return trace;
}

TEST(equal_seeds_are_equal_runs)
{
	uint64_t calls, again, last = 0;
	unsigned different = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t trace = run_seed(seed, BOX, &calls);

		kit_at("seed", (int64_t)seed);
		CHECK(run_seed(seed, BOX, &again) == trace);
		CHECK_UINT(again, calls);
		different += trace != last;
		last = trace;
	}
	CHECK_UINT(different, 20);
}

static const struct kit_case cases[] = {
	EACH_WAY(exit_code),
	EACH_WAY(ends_by_signal),
	EACH_WAY(exits_from_wherever_it_is),
	EACH_WAY(a_panic_is_an_abort),
	EACH_WAY(gets_its_words_and_its_log),
	EACH_WAY(without_a_log_there_is_none),
	EACH_WAY(says_what_is_missing),
	CASE(a_start_can_fail),
	EACH_WAY(kill_now_kills_all_of_it),
	EACH_WAY(kill_ask_is_a_signal),
	EACH_WAY(who_ignores_term_goes_on),
	EACH_WAY(a_cancelled_wait_goes_on_to_the_end),
	EACH_WAY(the_killed_hold_nothing_open),
	EACH_WAY(what_is_left_running_ends_with_it),
	EACH_WAY(a_kill_of_the_program_takes_its_processes_along),
	EACH_WAY(a_power_cut_kills_all),
	EACH_WAY(the_power_may_go_at_each_call),
	EACH_WAY(who_never_ends_ends_with_the_machine),
	EACH_WAY(children_run_beside_their_parent),
	EACH_WAY(processes_have_processes),
	EACH_WAY(and_take_them_along),
	EACH_WAY(equal_seeds_are_equal_runs),
};

KIT_MAIN(cases)
