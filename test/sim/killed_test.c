/* SPDX-License-Identifier: MIT */
/* Programs that are killed while their processes run, at any call and under any schedule. */
#include <pawl/sim_world.h>

#include <pawl/co_await.h>
#include <string.h>

/* A program as the build tool is one: starts a process off the main thread, waits on it. */
struct program {
	pawl_task task;
	pawl_work work;
	pawl_world *w;
	pawl_sim_node *node;
	const pawl_sandbox *sandbox;
	pawl_world_process process;
	int result;
	unsigned rounds;
};

static void start(pawl_work *work)
{
	static const char *const argv[] = { "/bin/writer", NULL }, *const env[] = { NULL };
	struct program *p = PAWL_OF(work, struct program, work);
	int r = 0, out;

	r = p->w->ops->open(p->w, "/log", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &out);
	if (r == 0) {
		const pawl_command c = { .argv = argv,
					 .env = env,
					 .cwd = "/",
					 .out = out,
					 .jobs = true,
					 .sandbox = p->sandbox };

		r = p->w->ops->start(p->w, &p->process, &c);
		p->w->ops->close(p->w, out);
	}
	p->result = r;
}

static int run_program(pawl_task *t)
{
	struct program *p = PAWL_OF(t, struct program, task);

	PAWL_BEGIN(t);
	while (p->rounds-- > 0) {
		PAWL_AWAIT(t, p->w->ops->slot_take(p->w, t));
		p->work.fn = start;
		PAWL_AWAIT(t, pawl_blocking(t, &p->work));
		if (p->result < 0)
			return p->result;
		PAWL_AWAIT(t, p->w->ops->wait(p->w, t, &p->process));
		if (p->process.exit_code)
			return PAWL_EIO;
		p->w->ops->slot_give(p->w);
	}
	PAWL_END(t);
}

static int write_round(pawl_sim_process *p)
{
	pawl_world *w = p->world;
	int file;

	for (int i = 0; i < 5; i++) {
		if (w->ops->open(w, "/out/x", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file) < 0)
			return 1;
		if (w->ops->write(w, file, "xxxx", 4) < 0 || w->ops->close(w, file) < 0)
			return 2;
	}
	return 0;
}

static int writer(pawl_sim_process *p)
{
	int r;

	if (pawl_sim_process_slot_take(p) < 0 || pawl_sim_process_fork(p, write_round) < 0)
		return 3;
	r = write_round(p);
	if (pawl_co_sleep(p->co, PAWL_S(1)) < 0)
		return 4;
	pawl_sim_process_slot_give(p);
	return r;
}

static void begin(pawl_sim *sim, struct program *p, const char *name, const pawl_sandbox *s)
{
	char flags[64];

	CHECK(pawl_sim_node_new(sim, name, &p->node) == 0);
	p->w = pawl_sim_node_world(p->node);
	p->sandbox = s;
	p->rounds = 2;
	CHECK(p->w->ops->slots_open(p->w, 2, flags, sizeof flags) == 0);
	CHECK(pawl_spawn_foreground(pawl_sim_node_exec(p->node), &p->task, run_program) == 0);
}

static int exit_of(pawl_sim *sim, struct program *p)
{
	int outcome = 1;

	CHECK(pawl_block_on(pawl_sim_node_exec(p->node), &p->task, &outcome) == 0);
	p->w->ops->slots_close(p->w);
	return outcome;
}

static bool has(pawl_world *w, const char *path)
{
	pawl_stat st;

	return w->ops->stat(w, path, false, &st) == 0;
}

static const pawl_bind binds[] = { { .path = "/out", .writable = true } };
static const pawl_sandbox box = { .binds = binds, .bind_count = 1 };

/* One that is killed leaves nothing that writes for long, and its neighbour nothing to notice. */
static void kill_one(pawl_sim *sim, const pawl_sandbox *s)
{
	pawl_world *w = pawl_sim_node_world(pawl_sim_first_node(sim));
	struct program killed = { 0 }, other = { 0 };

	CHECK(pawl_sim_install(sim, "/bin/writer", writer) == 0);
	CHECK(w->ops->mkdir(w, "/out", 0755) == 0);
	begin(sim, &killed, "killed", s);
	pawl_sim_kill_at(sim, 1 + pawl_sim_random(sim, 60));
	pawl_sim_run(sim);
	if (pawl_sim_node_is_dead(killed.node)) {
		(void)w->ops->unlink(w, "/out/x");
		pawl_sim_advance_time(sim, PAWL_S(10));
		CHECK(!has(w, "/out/x"));
		CHECK(killed.process.state_ != 2 || killed.process.exit_code == 0);
	} else {
		CHECK(exit_of(sim, &killed) == 0);
	}
	pawl_sim_kill_at(sim, 0);
	begin(sim, &other, "other", s);
	CHECK(exit_of(sim, &other) == 0);
	CHECK(has(w, "/out/x"));
}

PAWL_SIM_TEST(killed_with_groups, .seeds = 500)
{
	kill_one(sim, NULL);
}

PAWL_SIM_TEST(killed_with_sandboxes, .seeds = 500)
{
	kill_one(sim, &box);
}

/* Two programs beside each other: each has its own processes, and what befalls one is its own. */
PAWL_SIM_TEST(two_programs, .seeds = 300)
{
	pawl_world *w = pawl_sim_node_world(pawl_sim_first_node(sim));
	struct program a = { 0 }, b = { 0 };

	CHECK(pawl_sim_install(sim, "/bin/writer", writer) == 0);
	CHECK(w->ops->mkdir(w, "/out", 0755) == 0);
	begin(sim, &a, "a", &box);
	begin(sim, &b, "b", NULL);
	for (unsigned n = pawl_sim_random(sim, 100); n-- > 0;)
		if (pawl_sim_step(sim) != 0)
			break;
	pawl_sim_node_kill(a.node);
	CHECK(exit_of(sim, &b) == 0);
	CHECK(b.process.exit_code == 0 && b.process.signal == 0);
	pawl_sim_run(sim);
}

/* All that can go wrong with a process does not keep the machine from going on. */
PAWL_SIM_TEST(faults, .seeds = 500)
{
	static const pawl_sim_faults all = { .start_fails_in = 4,
					     .open_fails_in = 40,
					     .write_fails_in = 40,
					     .delay_in = 10,
					     .delay_max = PAWL_MS(100) };
	pawl_world *w = pawl_sim_node_world(pawl_sim_first_node(sim));
	struct program a = { 0 };
	int r;

	CHECK(pawl_sim_install(sim, "/bin/writer", writer) == 0);
	CHECK(w->ops->mkdir(w, "/out", 0755) == 0);
	pawl_sim_set_faults(sim, &all);
	begin(sim, &a, "a", pawl_sim_random(sim, 2) ? &box : NULL);
	r = exit_of(sim, &a);
	CHECK(r == 0 || r == PAWL_EAGAIN || r == PAWL_EMFILE || r == PAWL_EIO);
	pawl_sim_run(sim);
}

PAWL_SIM_MAIN(&killed_with_groups_case, &killed_with_sandboxes_case, &two_programs_case,
	      &faults_case)
