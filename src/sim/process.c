/* SPDX-License-Identifier: MIT */
/* Simulated processes: start, wait, kill, and what becomes of those that are left. */
#include "sim/process.h"

#include "sim/disk.h"
#include "sim/files.h"
#include "sim/slots.h"
#include "sim/view.h"

#include "core/core.h"

#include <pawl/co_await.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* pawl_world_process.state_ */
enum { NOT_STARTED = 0, RUNNING, ENDED };

/* Signals, by the numbers that Linux gives them. */
enum { SIG_ABORT = 6, SIG_KILL = 9, SIG_SEGV = 11, SIG_TERM = 15 };

/* What a process is said to have used. */
#define MEMORY ((int64_t)1 << 20)

/* The memory of processes is got in such pieces. */
#define PIECE 8000

/* The guard comes to it after 0, 1, 3, 7, ... of its turns: so many choices. */
#define NAPS 12

/*
 * The process that kills groups when the program that started them is dead. Up to then they go on.
 */
struct sim_guard {
	PAWL_OWNED(task);
	struct sim_machine *machine;
	unsigned naps;
	bool is_up;
};

static struct sim_process *process_of(pawl_sim_process *face)
{
	return face->inside_;
}

/* ---- how they end ---- */

static void free_if_unused(struct sim_group *g)
{
	struct sim_group **at = &g->machine->groups;

	if (g->process || g->processes)
		return;
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	pawl_sim_view_free_(g->machine, g->view);
	pawl_sim_slots_let_go_(g->slots);
	while (g->pieces) {
		struct sim_piece *piece = g->pieces;

		g->pieces = piece->next;
		free(piece);
	}
	free(g->words);
	free(g);
}

static void die(struct sim_process *p, int exit_code, int signal);

static void kill_group(struct sim_group *g, int signal)
{
	struct sim_process *p;

	for (p = g->processes; p; p = p->next)
		if (signal == SIG_KILL || !p->ignores_term)
			die(p, -1, signal);
}

static bool is_alive(const struct sim_group *g)
{
	const struct sim_process *p = g->processes;

	while (p && p->is_dead)
		p = p->next;
	return p;
}

/* The first process of a sandbox ends with the leader, and so do all that are in it. */
static void leader_ended(struct sim_group *g, int exit_code, int signal)
{
	pawl_task *waiter = g->process ? g->process->waiter_ : NULL;

	g->has_ended = true;
	g->ended = pawl_sim_machine_now_(g->machine);
	g->exit_code = exit_code;
	g->signal = signal;
	if (g->is_sandbox) {
		kill_group(g, SIG_KILL);
		pawl_sim_view_free_(g->machine, g->view);
		g->view = NULL;
	}
	if (!waiter)
		return;
	g->process->waiter_ = NULL;
	pawl_wake(waiter);
}

/*
 * Its stack is left as it is with the next poll, and nothing that it has deferred is called: that
 * died with it. Whoever calls this from that stack has to leave it.
 */
static void die(struct sim_process *p, int exit_code, int signal)
{
	if (p->is_dead)
		return;
	p->is_dead = true;
	p->co.fiber_.defers_ = NULL;
	if (p->group->slots)
		pawl_sim_slots_forget_(p->group->slots, &p->task);
	if (p->seat.slots)
		pawl_sim_slots_dead_(p->seat.slots);
	p->seat.slots = NULL;
	pawl_sim_seat_close_(&p->seat);
	p->seat.view = NULL;
	pawl_sim_processes_orphan_(&p->seat);
	if (p->is_leader)
		leader_ended(p->group, exit_code, signal);
	pawl_wake(&p->task);
}

PAWL_NORETURN static void leave(struct sim_process *p)
{
	PAWL_ASSERT(p->is_dead);
	for (;;)
		pawl_co_leave_(&p->co);
}

PAWL_NORETURN void pawl_sim_process_exit(pawl_sim_process *face, int exit_code)
{
	PAWL_ASSERT(exit_code >= 0 && exit_code <= 255);
	die(process_of(face), exit_code, 0);
	leave(process_of(face));
}

PAWL_NORETURN void pawl_sim_process_die(pawl_sim_process *face, int signal)
{
	PAWL_ASSERT(signal > 0);
	die(process_of(face), -1, signal);
	leave(process_of(face));
}

void pawl_sim_process_ignore_term(pawl_sim_process *face)
{
	process_of(face)->ignores_term = true;
}

/*
 * Killing a group may free others, so that whoever looks for some has to begin anew after each. The
 * answer of `is` changes with what is done.
 */
static struct sim_group *find_group(struct sim_machine *m,
				    bool (*is)(const struct sim_group *g, const void *arg),
				    const void *arg)
{
	struct sim_group *g = m->groups;

	while (g && !is(g, arg))
		g = g->next;
	return g;
}

static bool is_doomed(const struct sim_group *g, const void *arg)
{
	(void)arg;
	return g->is_doomed;
}

static bool is_started_by(const struct sim_group *g, const void *starter)
{
	return g->starter == starter;
}

/* ---- the guard ---- */

static void guard_drop(pawl_task_owner *o, pawl_task *t)
{
	struct sim_guard *d = PAWL_OF(t, struct sim_guard, task);

	(void)o;
	d->machine->guard = NULL;
	free(d);
}

static int guard_poll(pawl_task *t)
{
	struct sim_guard *d = PAWL_OF(t, struct sim_guard, task);
	struct sim_group *g;

	while (d->naps > 0) {
		if (pawl_task_yield(t) == PAWL_PENDING)
			return PAWL_PENDING;
		d->naps--;
	}
	while ((g = find_group(d->machine, is_doomed, NULL))) {
		g->is_doomed = false;
		kill_group(g, SIG_KILL);
	}
	return PAWL_OK;
}

/* Without memory for a guard there is nobody to wait for. */
static void doom(struct sim_group *g)
{
	static pawl_task_owner owner = { guard_drop };
	struct sim_machine *m = g->machine;
	struct sim_guard *d = m->guard ? m->guard : calloc(1, sizeof *d);

	g->is_doomed = true;
	if (!d) {
		kill_group(g, SIG_KILL);
		return;
	}
	d->naps = (1u << pawl_sim_choose_(m->sim, NAPS)) - 1;
	if (m->guard)
		return;
	m->guard = d;
	d->machine = m;
	pawl_task_own(d, task, &owner);
	if (pawl_spawn(pawl_sim_threads_(m->sim), &d->task, guard_poll) < 0)
		kill_group(g, SIG_KILL);
	else
		pawl_detach(&d->task);
}

void pawl_sim_processes_orphan_(struct sim_seat *s)
{
	struct sim_group *g;

	while ((g = find_group(s->world.machine, is_started_by, s))) {
		g->starter = NULL;
		g->process = NULL;
		if (g->is_sandbox)
			kill_group(g, SIG_KILL);
		else if (is_alive(g))
			doom(g);
		free_if_unused(g);
	}
}

/* ---- a process ---- */

static int process_main(pawl_co *co)
{
	struct sim_process *p = PAWL_OF(co, struct sim_process, co);

	die(p, p->fn(&p->face) & 255, 0);
	return PAWL_OK;
}

static int process_poll(pawl_task *t)
{
	struct sim_process *p = PAWL_OF(t, struct sim_process, task);
	int r = p->is_dead ? PAWL_OK : pawl_co_poll(t);

	if (!p->is_dead && r == PAWL_PENDING)
		return PAWL_PENDING;
	if (!p->is_dead)
		die(p, -1, r == PAWL_ESTACK ? SIG_SEGV : SIG_ABORT);
	pawl_co_fini(&p->co);
	return PAWL_OK;
}

static void free_process(struct sim_process *p)
{
	pawl_sim_seat_close_(&p->seat);
	free(p);
}

static void process_drop(pawl_task_owner *o, pawl_task *t)
{
	struct sim_process *p = PAWL_OF(t, struct sim_process, task);
	struct sim_group *g = p->group;
	struct sim_process **at = &g->processes;

	(void)o;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free_process(p);
	free_if_unused(g);
}

static int pass_out(struct sim_world *from, int out, struct sim_process *p)
{
	p->face.out = -1;
	return out < 0 ? PAWL_OK : pawl_sim_files_pass_(from, out, &p->seat.world, &p->face.out);
}

static struct sim_process *new_process(struct sim_group *g, struct sim_world *from, int out)
{
	struct sim_process *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	if (pawl_sim_seat_init_(&p->seat, g->machine, from->node) < 0 ||
	    pass_out(from, out, p) < 0) {
		free_process(p);
		return NULL;
	}
	p->group = g;
	p->seat.view = g->view;
	p->seat.world.process = &p->face;
	p->face.co = &p->co;
	p->face.world = &p->seat.world.world;
	p->face.sim = g->machine->sim;
	p->face.inside_ = p;
	return p;
}

/* From here on it is one of the group, which frees it, also when it cannot be run. */
static int run(struct sim_process *p, const char *name, pawl_sim_program_fn *fn)
{
	static pawl_task_owner owner = { process_drop };
	static const pawl_stack_options stack = { .size = (size_t)256 * 1024 };
	struct sim_process **at = &p->group->processes;
	int r;

	p->fn = fn;
	while (*at)
		at = &(*at)->next;
	*at = p;
	p->group->count++;
	pawl_task_own(p, task, &owner);
	pawl_co_init(p, process_main, &stack);
	r = pawl_spawn_with(pawl_sim_threads_(p->face.sim), &p->task, process_poll,
			    &(pawl_spawn_options){ .label = name });
	if (r == 0)
		pawl_detach(&p->task);
	return r;
}

static size_t whole(size_t size)
{
	return (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

void *pawl_sim_process_alloc_(pawl_sim_process *face, size_t size)
{
	struct sim_group *g = process_of(face)->group;
	struct sim_piece *piece = g->pieces;
	void *p;

	size = whole(size);
	if (!piece || piece->size - piece->used < size) {
		size_t room = size < PIECE ? PIECE : size;

		piece = malloc(sizeof *piece + room);
		if (!piece)
			return NULL;
		*piece = (struct sim_piece){ .next = g->pieces, .size = room };
		g->pieces = piece;
	}
	p = (char *)piece->bytes + piece->used;
	piece->used += size;
	return p;
}

void pawl_sim_process_shrink_(pawl_sim_process *face, void *memory, size_t from, size_t to)
{
	struct sim_piece *piece = process_of(face)->group->pieces;

	PAWL_ASSERT(to <= from);
	if (piece && (char *)memory + whole(from) == (char *)piece->bytes + piece->used)
		piece->used -= whole(from) - whole(to);
}

int pawl_sim_process_fork_(pawl_sim_process *face, pawl_sim_program_fn *fn, const void *given)
{
	struct sim_process *p = process_of(face), *child;

	PAWL_ASSERT(fn);
	pawl_sim_point_(&p->seat.world, "fork", NULL);
	if (pawl_sim_fault_(&p->seat.world, pawl_sim_faults_(face->sim)->start_fails_in, "fork"))
		return PAWL_EAGAIN;
	child = new_process(p->group, &p->seat.world, face->out);
	if (!child)
		return PAWL_ENOMEM;
	child->face.argv = face->argv;
	child->face.env = face->env;
	child->face.cwd = face->cwd;
	child->ignores_term = p->ignores_term;
	child->given = given;
	return run(child, pawl_task_name(&p->task), fn);
}

int pawl_sim_process_fork(pawl_sim_process *face, pawl_sim_program_fn *fn)
{
	return pawl_sim_process_fork_(face, fn, NULL);
}

/* ---- start ---- */

static int explain(pawl_world_process *p, int result, const char *what, const char *path)
{
	snprintf(p->error, sizeof p->error, "%s%s%s: %s", what, path ? " " : "", path ? path : "",
		 pawl_sim_words_(result));
	return result;
}

static size_t count(const char *const *list, size_t *size)
{
	size_t n = 0;

	while (list[n])
		*size += strlen(list[n++]) + 1;
	return n + 1;
}

static const char **copy(const char **at, const char *const *list, char **text)
{
	for (; *list; list++) {
		size_t size = strlen(*list) + 1;

		memcpy(*text, *list, size);
		*at++ = *text;
		*text += size;
	}
	*at++ = NULL;
	return at;
}

/* argv, then env, each ended by NULL, then cwd. */
static int copy_words(struct sim_group *g, const pawl_command *c, struct sim_process *p)
{
	const char *const cwd[] = { c->cwd, NULL };
	size_t size = 0, words = count(c->argv, &size);
	size_t pointers = words + count(c->env, &size) + count(cwd, &size);
	const char **at = malloc(pointers * sizeof *at + size);
	char *text = (char *)(at + pointers);

	if (!at)
		return PAWL_ENOMEM;
	g->words = at;
	p->face.argv = at;
	at = copy(at, c->argv, &text);
	p->face.env = at;
	at = copy(at, c->env, &text);
	p->face.cwd = at[0] = text;
	copy(at, cwd, &text);
	return PAWL_OK;
}

static pawl_sim_program_fn *find_program(const struct sim_machine *m, const char *path)
{
	const struct sim_program *n = m->programs;

	while (n && strcmp(n->path, path) != 0)
		n = n->next;
	return n ? n->fn : NULL;
}

static int check_folder(struct sim_process *p, const char *path)
{
	struct sim_world *w = &p->seat.world;
	const char *real;
	pawl_stat st;
	int r = pawl_sim_reach_(w, path, SIM_REACH_FOLLOW, 0, &real);

	if (r == 0)
		r = pawl_disk_stat_(w->machine->disk, real, true, &st);
	return r < 0 ? r : st.kind == PAWL_KIND_DIR ? PAWL_OK : PAWL_ENOTDIR;
}

static int start_leader(struct sim_group *g, struct sim_process *leader, pawl_world_process *p,
			const pawl_command *c)
{
	pawl_sim_program_fn *fn;
	int r = copy_words(g, c, leader);

	if (r < 0)
		return explain(p, r, "start", NULL);
	r = check_folder(leader, c->cwd);
	if (r < 0)
		return explain(p, r, "working folder", c->cwd);
	fn = find_program(g->machine, c->argv[0]);
	return fn ? (leader->fn = fn, PAWL_OK) : explain(p, PAWL_ENOENT, "program", c->argv[0]);
}

static int fill_group(struct sim_group *g, struct sim_seat *s, pawl_world_process *p,
		      const pawl_command *c)
{
	struct sim_process *leader;
	int r = PAWL_OK;

	if (c->sandbox)
		r = pawl_sim_view_new_(&s->world, c->sandbox, &g->view, p->error, sizeof p->error);
	if (r < 0)
		return r;
	leader = new_process(g, &s->world, c->out);
	if (!leader)
		return explain(p, PAWL_ENOMEM, "start", NULL);
	leader->is_leader = true;
	r = start_leader(g, leader, p, c);
	if (r < 0) {
		free_process(leader);
		return r;
	}
	r = run(leader, g->words[0], leader->fn);
	return r < 0 ? explain(p, r, "new process", NULL) : PAWL_OK;
}

static struct sim_group *new_group(struct sim_seat *s, const pawl_command *c)
{
	struct sim_machine *m = s->world.machine;
	struct sim_group *g = calloc(1, sizeof *g), **at = &m->groups;

	if (!g)
		return NULL;
	while (*at)
		at = &(*at)->next;
	*at = g;
	g->machine = m;
	g->starter = s;
	g->is_sandbox = c->sandbox;
	g->started = pawl_sim_machine_now_(m);
	if (c->jobs)
		g->slots = pawl_sim_slots_keep_(s->slots);
	return g;
}

int pawl_sim_start_(pawl_world *w, pawl_world_process *p, const pawl_command *c)
{
	struct sim_seat *s = pawl_sim_seat_of_(pawl_sim_world_from_(w));
	uint32_t once_in = pawl_sim_faults_(s->world.machine->sim)->start_fails_in;
	struct sim_group *g;
	int r;

	PAWL_ASSERT(c->argv && c->argv[0] && c->env && c->cwd);
	pawl_sim_point_(&s->world, "start", c->argv[0]);
	*p = (pawl_world_process){ .fd_ = -1 };
	if (pawl_sim_fault_(&s->world, once_in, "start"))
		return explain(p, PAWL_EAGAIN, "new process", NULL);
	g = new_group(s, c);
	if (!g)
		return explain(p, PAWL_ENOMEM, "start", NULL);
	g->process = p;
	r = fill_group(g, s, p, c);
	if (r < 0) {
		g->process = NULL;
		free_if_unused(g);
		return r;
	}
	p->handle_ = g;
	p->state_ = RUNNING;
	return PAWL_OK;
}

/* ---- wait and kill ---- */

/*
 * The leader is a zombie up to here, and what it left of its group ran on; that is killed now, or,
 * as signals do not arrive at once, a little later.
 */
static void take(struct sim_group *g, pawl_world_process *p)
{
	p->exit_code = g->exit_code;
	p->signal = g->signal;
	p->cpu = g->ended - g->started;
	p->memory = MEMORY * g->count;
	p->handle_ = NULL;
	p->state_ = ENDED;
	g->process = NULL;
	if (is_alive(g)) {
		if (pawl_sim_choose_(g->machine->sim, 2) == 0)
			kill_group(g, SIG_KILL);
		else
			doom(g);
	}
	free_if_unused(g);
}

int pawl_sim_wait_(pawl_world *w, pawl_task *t, pawl_world_process *p)
{
	struct sim_group *g;

	PAWL_ASSERT(p->state_ != NOT_STARTED);
	if (p->state_ == ENDED)
		return PAWL_OK;
	pawl_sim_point_(pawl_sim_world_from_(w), "wait", NULL);
	PAWL_ASSERT(!p->waiter_ || p->waiter_ == t);
	g = p->handle_;
	if (!g->has_ended) {
		p->waiter_ = t;
		return PAWL_PENDING;
	}
	p->waiter_ = NULL;
	take(g, p);
	return PAWL_OK;
}

void pawl_sim_kill_(pawl_world *w, pawl_world_process *p, enum pawl_kill how)
{
	pawl_sim_point_(pawl_sim_world_from_(w), "kill", NULL);
	if (p->state_ == RUNNING)
		kill_group(p->handle_, how == PAWL_KILL_NOW ? SIG_KILL : SIG_TERM);
}

/* ---- the end of the machine ---- */

/* Its task is lost, so that nobody else drops it. The memory of its group may go with it. */
static void drop_lost(struct sim_process *p)
{
	pawl_co_fini(&p->co);
	pawl_let_go_(&p->task);
	pawl_drop_(&p->task);
}

/* One that runs has called what cut the power, and ends by itself. */
static struct sim_process *find_lost(const struct sim_machine *m)
{
	const struct sim_group *g;
	struct sim_process *p;

	for (g = m->groups; g; g = g->next)
		for (p = g->processes; p; p = p->next)
			if (p->co.fiber_.state_ < PAWL_FIBER_RUNNING_)
				return p;
	return NULL;
}

static bool is_in_use(const struct sim_group *g, const void *arg)
{
	(void)arg;
	return g->starter || is_alive(g);
}

static bool is_running(const struct sim_group *g, const void *arg)
{
	(void)arg;
	return is_alive(g);
}

void pawl_sim_processes_stop_(struct sim_machine *m)
{
	struct sim_group *g;

	while ((g = find_group(m, is_running, NULL)))
		kill_group(g, SIG_KILL);
}

void pawl_sim_processes_cut_(struct sim_machine *m)
{
	struct sim_process *p;
	struct sim_group *g;

	while ((g = find_group(m, is_in_use, NULL))) {
		g->starter = NULL;
		g->process = NULL;
		g->is_doomed = false;
		kill_group(g, SIG_KILL);
		free_if_unused(g);
	}
	while ((p = find_lost(m)))
		drop_lost(p);
	if (m->guard)
		pawl_drop_(&m->guard->task);
}
