/* SPDX-License-Identifier: MIT */
/* Runs a plan: which act starts when, what follows from how it ended, and the counts at the end. */
#include "build.h"

#include <assert.h>

#include "heap.h"
#include "sign.h"
#include "sysroot.h"

enum {
	TICK = 100,      /* ms between two looks at the clock while tasks run */
	ATTEMPTS_MAX = 3 /* how often damaged blobs make a build begin again */
};

/* ---- what is ready ---- */

static void make_ready(struct pawl_build *b, struct pawl_act *a)
{
	a->state = PAWL_ACT_READY;
	pawl_heap_push(&b->heap, a);
	pawl_sem_release(&b->ready);
}

/*
 * Acts that wait for a busy folder are kept there: each was counted by one permit, and is again
 * when it comes back.
 */
struct pawl_act *pawl_build_take(struct pawl_build *b)
{
	struct pawl_act *a;

	while (!b->stopping && (a = pawl_heap_pop(&b->heap))) {
		if (!a->site->busy) {
			a->site->busy = true;
			a->state = PAWL_ACT_RUNNING;
			b->running++;
			return a;
		}
		pawl_list_add(&a->site->parked, a);
	}
	return NULL;
}

static void release_folder(struct pawl_build *b, struct pawl_site *s)
{
	size_t parked = s->parked.len;

	s->busy = false;
	s->parked.len = 0;
	for (size_t i = 0; i < parked; i++)
		make_ready(b, s->parked.at[i]);
}

/* ---- what is said ---- */

void pawl_build_emit(struct pawl_build *b, pawl_build_event *e)
{
	pawl_graph_emit(b->graph, e);
}

static void emit_node(struct pawl_build *b, enum pawl_event_kind kind, const struct pawl_node *n,
		      const char *text)
{
	pawl_build_emit(b, &(pawl_build_event){ .kind = kind, .task = n->name, .text = text });
}

/* ---- what follows when something ended ---- */

static void close_act(struct pawl_build *b)
{
	assert(b->open);
	b->open--;
}

/* How many of the folder's tasks have outputs that can stand in it. */
static size_t standing(const struct pawl_site *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->folder->node_count; i++)
		count += s->folder->nodes[i]->act->has_action;
	return count;
}

/*
 * Once nothing runs in a folder any more, it gets the sum of all its tasks, unless it has that
 * already.
 */
static void settle_folder(struct pawl_build *b, struct pawl_site *s)
{
	if (s->to_run || !s->open)
		return;
	s->open = false;
	if (!s->failed && s->stands != standing(s)) {
		make_ready(b, &s->placing);
		return;
	}
	close_act(b); /* what a failed task left stays to be looked at */
}

/*
 * n is done, and so is all that it depends on. What need not run passes this on; the list is the
 * way through that. A restored task passes it on only now, because whoever depends on it may also
 * see what those further down publish.
 */
static void satisfy(struct pawl_build *b, struct pawl_node *n)
{
	struct pawl_list way = { 0 };

	pawl_list_add(&way, n);
	for (size_t i = 0; i < way.len; i++) {
		struct pawl_node *at = way.at[i];

		if (at->act->fate == PAWL_FATE_JOINT)
			at->act->state = PAWL_ACT_DONE;
		for (size_t k = 0; k < at->before_count; k++) {
			struct pawl_act *a = at->before[k]->act;

			assert(a->missing);
			if (--a->missing)
				continue;
			if (a->fate != PAWL_FATE_RUN)
				pawl_list_add(&way, at->before[k]);
			else if (a->state == PAWL_ACT_WAITING)
				make_ready(b, a);
		}
	}
	pawl_list_fini(&way);
}

static void skip(struct pawl_build *b, struct pawl_node *n, const char *because)
{
	struct pawl_act *a = n->act;

	a->state = PAWL_ACT_SKIPPED;
	b->summary.skipped++;
	if (b->damaged)
		n->untold = PAWL_UNTOLD_SKIP; /* it may get another chance */
	else
		pawl_build_emit(b, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_SKIPPED,
							.task = n->name,
							.text = because,
							.result = PAWL_EIO });
	a->site->to_run--;
	close_act(b);
	settle_folder(b, a->site);
}

/* All that would run and depends on a failed node, however indirectly, never does. */
static void skip_dependents(struct pawl_build *b, struct pawl_node *failed)
{
	const char *because = pawl_arena_fmt(&b->arena, "%s failed", failed->name);
	size_t stamp = ++b->plan->stamp_;
	struct pawl_list way = { 0 };

	pawl_list_add(&way, failed);
	for (size_t i = 0; i < way.len; i++) {
		struct pawl_node *at = way.at[i];

		for (size_t k = 0; k < at->before_count; k++) {
			struct pawl_node *n = at->before[k];

			if (n->mark_ == stamp)
				continue;
			n->mark_ = stamp;
			pawl_list_add(&way, n);
			if (n->act->fate == PAWL_FATE_RUN && n->act->state == PAWL_ACT_WAITING)
				skip(b, n, because);
		}
	}
	pawl_list_fini(&way);
}

static void count_restored(struct pawl_build *b, struct pawl_node *n)
{
	if (n->act->fate != PAWL_FATE_RESTORE || n->act->state == PAWL_ACT_DONE)
		return;
	n->act->state = PAWL_ACT_DONE;
	b->summary.restored++;
	emit_node(b, PAWL_EVENT_TASK_RESTORED, n, NULL);
	pawl_store_used(b->graph->store, &n->signature);
	pawl_store_ended(b->graph->store, &(struct pawl_ended){ .name = n->name,
								.signature = n->signature,
								.ending = PAWL_ENDING_OK });
}

/* Writes down what stands in the folder now: the sum of these nodes. */
static void note_place(struct pawl_build *b, struct pawl_job *j, struct pawl_node *last,
		       const struct pawl_tree *tree)
{
	struct pawl_held *held = pawl_arena_new(&j->arena, (j->part_count + 1) * sizeof *held);
	size_t count = 0;

	for (; count < j->part_count; count++)
		held[count] = (struct pawl_held){ j->part_nodes[count]->task,
						  j->part_nodes[count]->signature };
	if (last)
		held[count++] = (struct pawl_held){ last->task, last->signature };
	pawl_store_placed(b->graph->store, j->act->site->folder->path, held, count, tree);
}

/* The folder's last known tree, so that the next scan need not read what did not change. */
static void keep_tree(struct pawl_site *s, struct pawl_tree *tree)
{
	pawl_tree_fini(&s->place.tree);
	s->place.tree = *tree;
	memset(tree, 0, sizeof *tree);
	s->has_place = true;
}

static void explain(struct pawl_build *b, const struct pawl_act *a, const char *log_end)
{
	struct pawl_buf text = { 0 };

	pawl_buf_text(&text, a->node->fields);
	pawl_field_add(&text, PAWL_FIELD_WHY, a->node->name, a->reason);
	pawl_field_add(&text, PAWL_FIELD_LOG, a->node->name, log_end);
	pawl_store_explain(b->graph->store, &a->node->signature, text.s);
	pawl_buf_fini(&text);
}

static void run_succeeded(struct pawl_build *b, struct pawl_job *j)
{
	struct pawl_act *a = j->act;
	struct pawl_store *s = b->graph->store;

	if (a->has_action)
		pawl_action_fini(&a->action);
	a->action = j->made;
	a->has_action = true;
	memset(&j->made, 0, sizeof j->made);
	pawl_store_record(s, &a->node->signature, &a->action);
	note_place(b, j, a->node, &j->after);
	keep_tree(a->site, &j->after);
	explain(b, a, j->log_end);
	for (size_t i = 0; i < j->part_count; i++)
		count_restored(b, j->part_nodes[i]);
	b->summary.run++;
	a->site->to_run--;
	a->site->stands = j->part_count + 1;
	satisfy(b, a->node);
	close_act(b);
	settle_folder(b, a->site);
}

static void run_failed(struct pawl_build *b, struct pawl_job *j)
{
	struct pawl_act *a = j->act;

	for (size_t i = 0; i < j->part_count && j->brought; i++)
		count_restored(b, j->part_nodes[i]);
	b->summary.failed++;
	a->site->to_run--;
	a->site->failed = true;
	/* what the task did to it shows when the next build looks whether all is in place */
	if (j->brought)
		note_place(b, j, NULL, &j->before);
	close_act(b);
	skip_dependents(b, a->node);
	settle_folder(b, a->site);
	if (!b->options.keep_going)
		b->stopping = true;
}

static void folder_placed(struct pawl_build *b, struct pawl_job *j)
{
	struct pawl_act *a = j->act;

	if (a->state == PAWL_ACT_DONE) {
		note_place(b, j, NULL, &j->before);
		keep_tree(a->site, &j->before);
		for (size_t i = 0; i < j->part_count; i++)
			count_restored(b, j->part_nodes[i]);
	} else if (!b->options.keep_going) {
		b->stopping = true;
	}
	close_act(b);
}

/* When the build stops, or nothing is left, the jobs are let go. */
static void look_for_end(struct pawl_build *b)
{
	if (b->over || (b->open && !(b->stopping && !b->running)))
		return;
	b->over = true;
	for (unsigned i = 0; i < b->job_count; i++)
		pawl_sem_release(&b->ready);
}

void pawl_build_done(struct pawl_build *b, struct pawl_job *j)
{
	struct pawl_act *a = j->act;

	b->running--;
	j->counted = false;
	if (!a->node)
		folder_placed(b, j);
	else if (a->state == PAWL_ACT_DONE)
		run_succeeded(b, j);
	else
		run_failed(b, j);
	release_folder(b, a->site);
	if (!b->running)
		b->world->ops->slots_refill(b->world);
	look_for_end(b);
}

/* ---- the clock ---- */

static void write_back(pawl_work *w)
{
	struct pawl_build *b = PAWL_OF(w, struct pawl_build, flush);

	b->flush_result = pawl_store_flush(b->graph->store);
}

static void flush_ended(struct pawl_build *b, int r)
{
	bool never_ran = r == PAWL_ECANCELED; /* the build ended first, and flushes once more */

	r = r ? r : b->flush_result;
	pawl_store_flush_end(b->graph->store, r);
	if (!r || never_ran)
		return;
	if (r == PAWL_EPANIC)
		pawl_build_tell_panic(b, "the store cannot be written", b->flush.why);
	else if (b->summary.result != r)
		pawl_graph_say(b->graph, PAWL_ERROR, "the store cannot be written: %s",
			       pawl_strerror(r));
	b->stopping = true;
	b->summary.result = r;
	look_for_end(b);
}

/* Whoever panicked does not end the build by itself. */
static void look_after(struct pawl_build *b)
{
	pawl_build_look_for_panic(b);
	look_for_end(b);
}

static int tick(pawl_task *t)
{
	struct pawl_build *b = PAWL_OF(t, struct pawl_build, ticker);
	pawl_time now;
	int r;

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(TICK)));
		now = b->world->ops->now(b->world);
		for (unsigned i = 0; i < b->job_count; i++)
			pawl_job_tick(&b->jobs[i], now);
		look_after(b);
		if (!pawl_store_dirty(b->graph->store))
			continue;
		pawl_store_flush_begin(b->graph->store);
		b->flush.fn = write_back;
		PAWL_AWAIT_AS(t, r, pawl_blocking(t, &b->flush));
		flush_ended(b, r);
	}
	PAWL_END(t);
}

/* ---- the end ---- */

/* Its outputs are known, but the folder is left to whoever looks into the failure. */
static bool left_as_failed(const struct pawl_build *b, const struct pawl_act *a)
{
	return b->options.keep_going && !b->interrupts && a->site->failed;
}

/* What was never started is skipped too; of what was to be restored, what did not get its place. */
static void count_rest(struct pawl_build *b)
{
	const char *because = b->interrupts ? "the build was interrupted"
					    : "the build stopped after a failure";

	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];
		struct pawl_act *a = n->act;
		bool left = left_as_failed(b, a);

		if ((a->fate != PAWL_FATE_RUN && a->fate != PAWL_FATE_RESTORE) ||
		    (a->state != PAWL_ACT_WAITING && a->state != PAWL_ACT_READY))
			continue;
		a->state = PAWL_ACT_SKIPPED;
		b->summary.skipped++;
		pawl_build_emit(
			b, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_SKIPPED,
						.task = n->name,
						.text = left ? "another task failed in its folder"
							     : because,
						.result = left ? PAWL_EIO : PAWL_ECANCELED });
	}
}

static void sum_up(struct pawl_build *b)
{
	pawl_summary *s = &b->summary;

	s->tasks = s->run + s->restored + s->current + s->failed + s->skipped;
	s->duration = b->world->ops->now(b->world) - b->graph->opened;
	if (b->interrupts)
		s->result = PAWL_ECANCELED;
	else if ((s->failed || s->skipped) && !s->result)
		s->result = PAWL_EIO;
	pawl_build_emit(b, &(pawl_build_event){ .kind = PAWL_EVENT_FINISHED, .summary = s });
}

static void close_build(struct pawl_build *b)
{
	b->world->ops->slots_close(b->world);
	pawl_build_tell_late(b);
	count_rest(b);
	if (!b->summary.failed && !b->summary.skipped && !b->summary.result && !b->interrupts)
		pawl_current_save(b->graph, &b->options, b->plan);
	sum_up(b);
}

/* ---- the start ---- */

static void count_fates(struct pawl_build *b)
{
	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];
		struct pawl_act *a = n->act;

		a->missing = n->after_count;
		b->open += a->fate == PAWL_FATE_RUN;
		if (a->fate != PAWL_FATE_CURRENT)
			continue;
		*(n->ran ? &b->summary.run : &b->summary.current) += 1;
		a->state = PAWL_ACT_DONE;
	}
	for (struct pawl_folder *f = b->plan->folders; f; f = f->next) {
		f->site->open = f->site->to_run || f->site->to_place;
		b->open += f->site->open;
	}
}

static unsigned count_tasks(const struct pawl_plan *p)
{
	unsigned count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += p->nodes[i]->act->fate != PAWL_FATE_JOINT;
	return count;
}

/* Everything that needs nothing done is done; what then waits for nothing is ready. */
static void start_acts(struct pawl_build *b)
{
	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];

		if (n->act->fate == PAWL_FATE_CURRENT)
			emit_node(b, PAWL_EVENT_TASK_CURRENT, n, NULL);
		if (n->after_count)
			continue;
		if (n->act->fate == PAWL_FATE_RUN)
			make_ready(b, n->act);
		else
			satisfy(b, n);
	}
	for (struct pawl_folder *f = b->plan->folders; f; f = f->next)
		settle_folder(b, f->site);
}

static void tell_dry(struct pawl_build *b)
{
	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];

		if (n->act->fate == PAWL_FATE_RUN) {
			b->summary.run++;
			emit_node(b, PAWL_EVENT_TASK_STARTED, n, n->act->reason);
		} else if (n->act->fate == PAWL_FATE_RESTORE) {
			b->summary.restored++;
			emit_node(b, PAWL_EVENT_TASK_RESTORED, n, NULL);
		}
	}
	b->summary.dry = true;
}

static int find_sandbox(struct pawl_build *b)
{
	char text[256] = "";
	int r;

	if (b->options.no_sandbox)
		return PAWL_OK;
	r = b->world->ops->sandbox(b->world, text, sizeof text);
	b->sandboxed = !r;
	if (r)
		pawl_graph_say(
			b->graph, PAWL_ERROR,
			"no sandbox can be made here: %s; --no-sandbox runs tasks without one",
			text);
	return r;
}

static void tell_start(struct pawl_build *b)
{
	pawl_build_emit(b, &(pawl_build_event){ .kind = PAWL_EVENT_STARTED,
						.count = count_tasks(b->plan),
						.slots = b->job_count });
}

static void launch_jobs(struct pawl_build *b)
{
	pawl_exec *x = b->graph->options.exec;
	int r = PAWL_OK;

	start_acts(b);
	for (unsigned i = 0; i < b->job_count && !r; i++) {
		b->jobs[i].build = b;
		b->jobs[i].slot = i;
		b->jobs[i].left = false;
		b->jobs[i].log = b->jobs[i].log_in = -1;
		r = pawl_spawn_foreground(x, &b->jobs[i].task, pawl_job_poll);
	}
	if (!r)
		r = pawl_spawn_foreground(x, &b->ticker, tick);
	if (r)
		pawl_panic("the executor has no room for the build's tasks");
}

/*
 * When a blob turned out to be damaged after all fates were decided, they are decided once more:
 * what was made from it runs, what this build ran already is current.
 */
static bool begin_again(struct pawl_build *b)
{
	struct pawl_decide how = { .force = b->options.force, .again = true };
	struct pawl_graph *g = b->graph;

	if (!b->damaged || b->interrupts || b->summary.result)
		return false;
	if (++b->attempts > ATTEMPTS_MAX) {
		pawl_graph_say(g, PAWL_ERROR,
			       "blobs are damaged as often as they are made: can the disk of %s be "
			       "trusted?",
			       pawl_store_dir(g->store));
		return false;
	}
	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];

		n->ran |= n->act->fate == PAWL_FATE_RUN && n->act->state == PAWL_ACT_DONE;
	}
	pawl_act_end(b->plan);
	if (pawl_act_decide(b->plan, g->store, g->world, &how, &g->messages))
		b->summary.result = PAWL_EINVAL;
	pawl_graph_show_messages(g);
	memset(&b->summary, 0, sizeof b->summary);
	b->heap.len = b->open = 0;
	b->damaged = b->stopping = b->over = false;
	pawl_sem_init(&b->ready, 0);
	count_fates(b);
	tell_start(b);
	for (size_t i = 0; i < b->plan->count; i++)
		b->plan->nodes[i]->untold = PAWL_UNTOLD_NOTHING;
	launch_jobs(b);
	return true;
}

/* Not for ever: nobody else sees that the ticker has panicked. */
static int await_job(pawl_task *t, struct pawl_build *b)
{
	return PAWL_TIMEOUT(t, &b->look, PAWL_S(1), pawl_await_end(t, &b->jobs[b->joined].task));
}

static int run_build(pawl_task *t)
{
	struct pawl_build *b = PAWL_OF(t, struct pawl_build, task);
	int r;

	PAWL_BEGIN(t);
	do {
		look_for_end(b);
		for (b->joined = 0; b->joined < b->job_count; b->joined++) {
			do {
				PAWL_AWAIT_AS(t, r, await_job(t, b));
				look_after(b);
			} while (r == PAWL_ETIMEDOUT);
			PAWL_AWAIT_AS(t, r, pawl_join(t, &b->jobs[b->joined].task, NULL));
		}
		pawl_cancel(&b->ticker);
		PAWL_AWAIT_AS(t, r, pawl_join(t, &b->ticker, NULL));
		if (pawl_store_dirty(b->graph->store)) {
			pawl_store_flush_begin(b->graph->store);
			b->flush.fn = write_back;
			b->flush_result = PAWL_OK;
			PAWL_AWAIT_AS(t, r, pawl_blocking(t, &b->flush));
			flush_ended(b, r);
		}
	} while (begin_again(b));
	close_build(b);
	b->closed = true;
	PAWL_END(t);
}

static int start_jobs(struct pawl_build *b)
{
	int r;

	b->job_count = b->options.jobs ? b->options.jobs : b->world->ops->cpus(b->world);
	if ((r = b->world->ops->slots_open(b->world, b->job_count, b->makeflags,
					   sizeof b->makeflags))) {
		pawl_graph_say(b->graph, PAWL_ERROR, "%u job slots cannot be made: %s",
			       b->job_count, pawl_strerror(r));
		return r;
	}
	b->jobs = pawl_mem_new(b->job_count * sizeof *b->jobs);
	pawl_sem_init(&b->ready, 0);
	tell_start(b);
	launch_jobs(b);
	if (pawl_spawn_foreground(b->graph->options.exec, &b->task, run_build))
		pawl_panic("the executor has no room for the build's tasks");
	return PAWL_OK;
}

/* A build with nothing to wait for: dry, or all up to date. */
static void finish_early(struct pawl_build *b, unsigned slots)
{
	pawl_build_emit(b, &(pawl_build_event){ .kind = PAWL_EVENT_STARTED,
						.count = b->plan ? count_tasks(b->plan)
								 : b->summary.current,
						.slots = slots });
	if (b->plan)
		tell_dry(b);
	b->ended = true;
	sum_up(b);
}

/* What a killed build left half made. */
static void sweep_sysroots(struct pawl_graph *g)
{
	char *dir = pawl_graph_sysroots(g);

	if (dir && pawl_sysroot_clean(g->world, dir, false))
		pawl_graph_say(g, PAWL_NOTE, "%s cannot be swept", dir);
	pawl_mem_free(dir);
}

static int start_plan(struct pawl_build *b)
{
	struct pawl_decide how = { .force = b->options.force, .read_only = b->options.dry };
	struct pawl_graph *g = b->graph;
	int r = pawl_graph_plan(g, b->targets, b->options.task, &b->plan);

	if (!r)
		r = pawl_graph_store(g, b->options.dry);
	if (r == PAWL_ENOENT && b->options.dry)
		r = PAWL_OK; /* no store yet: everything would run */
	if (!r)
		r = pawl_act_decide(b->plan, g->store, g->world, &how, &g->messages);
	pawl_graph_show_messages(g);
	if (r)
		return r;
	count_fates(b);
	if (!b->options.dry && b->open)
		sweep_sysroots(g);
	if (b->options.dry) {
		finish_early(b, 0);
		return PAWL_OK;
	}
	if (b->open)
		r = find_sandbox(b);
	return r ? r : start_jobs(b);
}

static void copy_options(struct pawl_build *b, const pawl_build_options *o)
{
	size_t count = 0;

	while (o->targets[count])
		count++;
	b->options = *o;
	b->targets = pawl_arena_new(&b->arena, (count + 1) * sizeof *b->targets);
	for (size_t i = 0; i < count; i++)
		b->targets[i] = pawl_arena_text(&b->arena, o->targets[i]);
	b->options.targets = b->targets;
	if (o->task)
		b->options.task = pawl_arena_text(&b->arena, o->task);
}

int pawl_build_start(pawl_graph *g, const pawl_build_options *options, pawl_build **ret_build)
{
	struct pawl_build *b = pawl_mem_new(sizeof *b);
	int r = PAWL_OK;

	b->graph = g;
	b->world = g->world;
	copy_options(b, options);
	if (!options->dry && !options->force &&
	    pawl_current_check(g, &b->options, &b->summary.current))
		finish_early(b, 0);
	else
		r = start_plan(b);
	if (r) {
		b->ended = true;
		pawl_build_free(b);
		return r;
	}
	*ret_build = b;
	return PAWL_OK;
}

/* The build's last task panicked when all others had ended. */
static void end_lost(struct pawl_build *b)
{
	pawl_build_close_lost(b);
	sum_up(b);
}

int pawl_build_wait(pawl_task *t, pawl_build *b, pawl_summary *ret_summary)
{
	int r;

	if (!b->ended) {
		r = pawl_await_end(t, &b->task);
		if (r)
			return r;
		if (!b->closed)
			end_lost(b);
		b->closed = true;
		if ((r = pawl_join(t, &b->task, NULL)))
			return r;
		b->ended = true;
	}
	*ret_summary = b->summary;
	return PAWL_OK;
}

void pawl_build_interrupt(pawl_build *b)
{
	if (b->ended || b->over)
		return;
	b->stopping = true;
	if (++b->interrupts > 1) {
		for (unsigned i = 0; i < b->job_count; i++)
			pawl_job_kill(&b->jobs[i]);
	}
	look_for_end(b);
}

size_t pawl_build_running(const pawl_build *b, pawl_running *ret_running, size_t room,
			  pawl_summary *ret_so_far)
{
	size_t count = 0;

	for (unsigned i = 0; i < b->job_count; i++) {
		const struct pawl_job *j = &b->jobs[i];
		size_t at;

		if (!j->act || !j->act->node || j->act->state != PAWL_ACT_RUNNING)
			continue;
		for (at = count; at && (at == room || ret_running[at - 1].since > j->started);
		     at--) {
			if (at < room)
				ret_running[at] = ret_running[at - 1];
		}
		if (at < room)
			ret_running[at] = (pawl_running){ j->act->node->name, j->started, j->slot };
		count += count < room;
	}
	*ret_so_far = b->summary;
	return count;
}

void pawl_build_free(pawl_build *b)
{
	if (!b)
		return;
	assert(b->ended);
	if (b->plan)
		pawl_act_end(b->plan);
	pawl_plan_free(b->plan);
	pawl_list_fini(&b->heap);
	pawl_mem_free(b->jobs);
	pawl_arena_fini(&b->arena);
	pawl_mem_free(b);
}
