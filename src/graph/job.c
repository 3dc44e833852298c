/* SPDX-License-Identifier: MIT */
/* Sees one task through in one slot: sources, folder, sysroot, sandbox, process, capture. */
#include "build.h"

#include <stdio.h>
#include <stdlib.h>

#include "scratch.h"
#include "sign.h"
#include "sysroot.h"

enum { LOG_KEPT = 16384 }; /* bytes of a log that are kept at least, if it has them */
enum { GRACE = 5 };        /* s between asking a task to end and ending it */

static const char host_paths[] =
	"/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc/alternatives /etc/ld.so.cache "
	"/etc/ld.so.conf "
	"/etc/ld.so.conf.d";

static struct pawl_data *data_of(const struct pawl_job *j)
{
	return j->act->site->folder->recipe->data;
}

static const char *root_of(const struct pawl_job *j)
{
	return j->act->site->folder->path;
}

static void complain(struct pawl_job *j, const char *what, const char *path, int r)
{
	pawl_say(&j->messages, PAWL_ERROR, NULL, 0, 0, "%s%scannot %s %s: %s",
		 j->act->node ? j->act->node->name : "", j->act->node ? ": " : "", what, path,
		 pawl_strerror(r));
}

/* ---- composing, on the main thread: all that asks the metadata ---- */

static void choose_parts(struct pawl_job *j)
{
	struct pawl_folder *f = j->act->site->folder;
	size_t count, kept = 0;

	j->part_nodes = pawl_arena_new(&j->arena, (f->node_count + 1) * sizeof *j->part_nodes);
	j->parts = pawl_arena_new(&j->arena, (f->node_count + 1) * sizeof *j->parts);
	if (j->act->node) {
		count = pawl_plan_ancestors(j->build->plan, j->act->node, j->part_nodes);
	} else {
		count = f->node_count;
		memcpy(j->part_nodes, f->nodes, count * sizeof *f->nodes);
	}
	for (size_t i = 0; i < count; i++) {
		if (!j->part_nodes[i]->act->has_action)
			continue;
		j->parts[kept] = &j->part_nodes[i]->act->action.delta;
		j->part_nodes[kept++] = j->part_nodes[i];
	}
	j->part_count = kept;
}

static int add_publisher(struct pawl_job *j, struct pawl_node *n)
{
	int r = pawl_act_sum(j->build->plan, n->act, j->build->graph->store, &j->messages);

	if (r) {
		pawl_say(&j->messages, PAWL_WARNING, NULL, 0, 0,
			 "%s needs what %s made, but the store does not have it any more: it will "
			 "be made again",
			 j->act->node->name, n->name);
		return PAWL_ECORRUPT; /* as a blob that is damaged: all is decided anew */
	}
	for (size_t i = 0; i < n->publish_count; i++)
		j->published[j->published_count++] =
			(struct pawl_publisher){ n->name, &n->act->sum, n->publishes[i] };
	return PAWL_OK;
}

static int choose_publishers(struct pawl_job *j)
{
	const char *tmp = pawl_data_get(data_of(j), "TMPDIR");
	struct pawl_list nodes = { 0 };
	size_t count = 0;
	int r = PAWL_OK;

	j->published_count = 0;
	j->sysroots = NULL;
	if (!j->act->site->sysroot || !tmp)
		return PAWL_OK;
	pawl_plan_published(j->build->plan, j->act->node, &nodes);
	for (size_t i = 0; i < nodes.len; i++)
		count += ((struct pawl_node *)nodes.at[i])->publish_count;
	j->published = pawl_arena_new(&j->arena, (count + 1) * sizeof *j->published);
	for (size_t i = 0; i < nodes.len && !r; i++)
		r = add_publisher(j, nodes.at[i]);
	if (nodes.len)
		j->sysroots = pawl_arena_fmt(&j->arena, "%s/sysroots", tmp);
	pawl_list_fini(&nodes);
	return r;
}

/*
 * A task that fetches, or that comes right after one that does, makes sure that the files are
 * there.
 */
static bool ensures_sources(const struct pawl_node *n)
{
	bool after = false;

	for (size_t i = 0; i < n->after_count; i++)
		after |= n->after[i]->fetch && n->after[i]->folder == n->folder;
	return n->fetch || (after && pawl_node_uses_sources(n));
}

static pawl_bind *add_bind(struct pawl_job *j, const char *path, bool writable, bool optional)
{
	pawl_bind *b = (pawl_bind *)(uintptr_t)&j->sandbox.binds[j->sandbox.bind_count++];

	*b = (pawl_bind){ .path = path, .writable = writable, .optional = optional };
	return b;
}

static size_t count_words(const char *s)
{
	size_t count = 0, len;

	while (s && pawl_word(&s, &len))
		count++;
	return count;
}

static void add_checksum_binds(struct pawl_job *j, const char *at)
{
	const char *w;
	size_t len;

	while (at && (w = pawl_word(&at, &len))) {
		char *path = pawl_arena_span(&j->arena, w, len), *colon = strrchr(path, ':');

		if (colon && (!strcmp(colon, ":True") || !strcmp(colon, ":False")))
			*colon = 0;
		add_bind(j, path, false, true);
	}
}

static void choose_binds(struct pawl_job *j)
{
	struct pawl_folder *f = j->act->site->folder;
	const char *system = pawl_data_get(data_of(j), "PAWL_HOST_PATHS"), *w;
	const char *checksums = pawl_data_flag(data_of(j), j->act->node->task, "file-checksums");
	size_t len;

	system = system ? system : host_paths;
	j->sandbox.bind_count = 0;
	j->sandbox.binds = pawl_arena_new(
		&j->arena, (count_words(system) + count_words(checksums) + f->uri_count + 2) *
				   sizeof(pawl_bind));
	j->sandbox.network = pawl_data_true(data_of(j), j->act->node->task, "network");
	while ((w = pawl_word(&system, &len)))
		add_bind(j, pawl_arena_span(&j->arena, w, len), false, true);
	for (size_t i = 0; i < f->uri_count && pawl_node_uses_sources(j->act->node); i++)
		add_bind(j, f->uris[i].path, false, true);
	add_checksum_binds(j, checksums);
	add_bind(j, f->path, true, false);
	if (j->sysroots) {
		j->sysroot_bind = add_bind(j, NULL, false, false);
		j->sysroot_bind->at = j->act->site->sysroot;
	}
}

static void choose_command(struct pawl_job *j)
{
	const char **argv = pawl_arena_new(&j->arena, 3 * sizeof *argv);
	const char **env = pawl_arena_new(&j->arena, 5 * sizeof *env);
	const char *temp = j->act->site->temp;

	j->script_path = pawl_arena_fmt(&j->arena, "%s/run.%s", temp, j->act->node->task);
	j->log_path = pawl_arena_fmt(&j->arena, "%s/log.%s", temp, j->act->node->task);
	argv[0] = "/bin/sh";
	argv[1] = j->script_path;
	env[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	env[1] = pawl_arena_fmt(&j->arena, "HOME=%s", temp);
	env[2] = "LC_ALL=C.UTF-8";
	env[3] = pawl_arena_fmt(&j->arena, "MAKEFLAGS=%s", j->build->makeflags);
	j->command = (pawl_command){ .argv = argv,
				     .env = env,
				     .cwd = root_of(j),
				     .jobs = true,
				     .sandbox = j->build->sandboxed ? &j->sandbox : NULL };
}

/* Does the flag name any folder but the work folder, which is there anyway? */
static bool names_folders(const struct pawl_job *j, const char *flag)
{
	const char *at = pawl_data_flag(data_of(j), j->act->node->task, flag), *w;
	size_t len;

	while (at && (w = pawl_word(&at, &len))) {
		if (strlen(root_of(j)) != len || memcmp(root_of(j), w, len))
			return true;
	}
	return false;
}

/* A task whose function is empty needs no process, unless its flags ask for something. */
static bool has_code(const struct pawl_job *j)
{
	static const char *const calls[] = { "prefuncs", "postfuncs", "cleandirs" };
	const char *body = pawl_data_raw(data_of(j), j->act->node->task);

	for (size_t i = 0; i < PAWL_COUNT(calls); i++) {
		const char *words = pawl_data_flag(data_of(j), j->act->node->task, calls[i]);

		if (words && words[strspn(words, " \t\n")])
			return true;
	}
	return (body && body[strspn(body, " \t\n:")]) || names_folders(j, "dirs");
}

static int compose(struct pawl_job *j)
{
	struct pawl_node *n = j->act->node;
	const char *timeout;
	int r;

	choose_parts(j);
	if (!n)
		return PAWL_OK;
	if (pawl_node_uses_sources(n) && (r = pawl_folder_uris(j->build->plan, n->folder)))
		return r;
	if ((r = choose_publishers(j)))
		return r;
	pawl_buf_clear(&j->script);
	j->runs = has_code(j);
	if (j->runs && (r = pawl_recipe_script(n->folder->recipe, n->task, &j->script)))
		return r;
	timeout = pawl_data_flag(data_of(j), n->task, "timeout");
	j->kill_at = timeout && atof(timeout) > 0 ? j->started + (pawl_time)(atof(timeout) * 1e9)
						  : PAWL_NEVER;
	choose_binds(j);
	choose_command(j);
	return PAWL_OK;
}

/* ---- steps, in blocking sections ---- */

static struct pawl_job *job_of(pawl_work *w)
{
	return PAWL_OF(w, struct pawl_job, work);
}

static int open_log(struct pawl_job *j)
{
	pawl_world *w = j->build->world;
	int r = pawl_scratch_temp(w, root_of(j), j->act->site->temp);

	if (!r)
		r = pawl_scratch_open(w, j->log_path, 0644, &j->log);
	if (!r)
		r = w->ops->open(w, j->log_path, 0, 0, &j->log_in);
	if (r)
		complain(j, "write", j->log_path, r);
	j->command.out = j->log;
	return r;
}

static void step_open(pawl_work *work)
{
	struct pawl_job *j = job_of(work);

	j->result = open_log(j);
}

static const struct pawl_uri *uri_at(const struct pawl_job *j)
{
	return &j->act->site->folder->uris[j->uri];
}

/*
 * PAWL_OK: the source at work is there and whole. PAWL_PENDING: it is being fetched, the process is
 * started.
 */
static int ensure_source(struct pawl_job *j)
{
	static const char *const no_env[] = { NULL };
	const pawl_graph_options *o = &j->build->graph->options;
	const struct pawl_uri *u = uri_at(j);
	pawl_world *w = j->build->world;
	pawl_digest is, want;
	const char **argv;
	pawl_command c = j->command;
	size_t n = 0;
	int r;

	if (!u->remote || (!pawl_file_hash(w, &j->build->graph->hasher, u->path, &is) &&
			   !pawl_digest_parse(u->sha256, &want) && pawl_digest_is(&is, &want)))
		return PAWL_OK;
	r = pawl_store_mkdirs(
		w, pawl_arena_span(&j->arena, u->path, (size_t)(strrchr(u->path, '/') - u->path)),
		0755);
	if (r) {
		complain(j, "make the folder of", u->path, r);
		return r;
	}
	argv = pawl_arena_new(&j->arena, (u->from_count + 6) * sizeof *argv);
	argv[n++] = o->fetch_program;
	argv[n++] = "--output";
	argv[n++] = u->path;
	argv[n++] = "--sha256";
	argv[n++] = u->sha256;
	for (size_t i = 0; i < u->from_count; i++)
		argv[n++] = u->from[i];
	c.argv = argv;
	c.env = o->fetch_env ? o->fetch_env : no_env;
	c.sandbox = NULL;
	c.jobs = false;
	c.cwd = "/";
	memset(&j->process, 0, sizeof j->process);
	r = w->ops->start(w, &j->process, &c);
	if (r)
		pawl_say(&j->messages, PAWL_ERROR, NULL, 0, 0, "%s: cannot start %s: %s",
			 j->act->node->name, argv[0], j->process.error);
	return r ? r : PAWL_PENDING;
}

static void step_source(pawl_work *work)
{
	struct pawl_job *j = job_of(work);

	j->result = ensure_source(j);
}

static int bring_folder(struct pawl_job *j)
{
	struct pawl_site *s = j->act->site;
	struct pawl_tree target = { 0 };
	struct pawl_bring b = { .root = root_of(j),
				.skip = s->skip,
				.known = s->has_place ? &s->place.tree : NULL,
				.target = &target,
				.messages = &j->messages };
	int r;

	pawl_delta_sum(j->parts, j->part_count, &target);
	r = pawl_store_bring(j->build->graph->store, &b, &j->before);
	pawl_tree_fini(&target);
	j->brought = !r;
	if (r && r != PAWL_ECORRUPT)
		complain(j, "put in place", root_of(j), r);
	return r;
}

/*
 * What stands at RECIPE_SYSROOT: an empty folder to mount on, or, without a sandbox, a link to the
 * shared one; nothing for a task that gets none.
 */
static int place_sysroot(struct pawl_job *j)
{
	pawl_world *w = j->build->world;
	const char *at = j->act->site->sysroot;
	int r;

	if (!at)
		return PAWL_OK;
	r = pawl_scratch_empty(w, root_of(j), at);
	if (!r && j->sysroots)
		r = j->build->sandboxed ? w->ops->mkdir(w, at, 0755)
					: w->ops->symlink(w, j->sysroot.s, at);
	return r;
}

static int make_sysroot(struct pawl_job *j)
{
	int r = PAWL_OK;

	pawl_buf_clear(&j->sysroot);
	if (j->sysroots) {
		r = pawl_sysroot_make(j->build->graph->store, j->sysroots, j->published,
				      j->published_count, &j->messages, &j->sysroot);
		j->sysroot_bind->path = pawl_buf_str(&j->sysroot);
	}
	if (r && (r == PAWL_EEXIST || r == PAWL_ECORRUPT))
		return r; /* said */
	r = r ? r : place_sysroot(j);
	if (r)
		complain(j, "make the sysroot", j->act->site->sysroot, r);
	return r;
}

static int write_script(struct pawl_job *j)
{
	pawl_world *w = j->build->world;
	int file, r = pawl_scratch_open(w, j->script_path, 0755, &file);

	if (!r) {
		r = w->ops->write(w, file, pawl_buf_str(&j->script), j->script.len);
		w->ops->close(w, file);
	}
	if (r)
		complain(j, "write", j->script_path, r);
	return r;
}

static void step_start(pawl_work *work)
{
	struct pawl_job *j = job_of(work);
	pawl_world *w = j->build->world;
	int r = j->log < 0 ? open_log(j) : PAWL_OK;

	if (!r)
		r = bring_folder(j);
	if (!r)
		r = make_sysroot(j);
	if (!r && j->runs)
		r = write_script(j);
	if (!r && j->runs) {
		memset(&j->process, 0, sizeof j->process);
		r = w->ops->start(w, &j->process, &j->command);
		if (r)
			pawl_say(&j->messages, PAWL_ERROR, NULL, 0, 0, "%s: cannot be started: %s",
				 j->act->node->name, j->process.error);
	}
	j->result = r;
}

/* The end of the log goes into the store with what the task made, for when the folder is gone. */
static void keep_log(struct pawl_job *j)
{
	pawl_world *w = j->build->world;
	size_t len = 0, got;
	pawl_stat st;
	char *buf;

	j->log_end = "";
	if (w->ops->fstat(w, j->log, &st) || !st.size)
		return;
	buf = pawl_arena_new(&j->arena, LOG_KEPT * 2 + 1);
	while (!w->ops->read(w, j->log_in, buf + len, LOG_KEPT * 2 - len, &got) && got) {
		len += got;
		if (len < LOG_KEPT * 2)
			continue;
		memmove(buf, buf + LOG_KEPT, LOG_KEPT);
		len = LOG_KEPT;
	}
	for (size_t i = 0; i < len; i++)
		buf[i] = buf[i] ? buf[i] : ' ';
	buf[len] = 0;
	j->log_end = buf;
}

/* What ran while its input changed made something of which nobody knows from what. */
static int check_inputs(struct pawl_job *j)
{
	struct pawl_build *b = j->build;
	const char *path = pawl_node_changed_input(b->world, &b->graph->hasher, j->act->node,
						   pawl_graph_sure(b->graph));

	if (!path)
		return PAWL_OK;
	pawl_say(&j->messages, PAWL_ERROR, NULL, 0, 0,
		 "%s: %s changed while the build ran; build again", j->act->node->name, path);
	return PAWL_EBUSY;
}

static void step_capture(pawl_work *work)
{
	struct pawl_job *j = job_of(work);
	struct pawl_site *s = j->act->site;

	keep_log(j);
	j->result = check_inputs(j);
	if (j->result)
		return;
	j->result = pawl_store_capture(j->build->graph->store, root_of(j), s->skip, &j->before,
				       &j->after, &j->made);
	if (j->result)
		complain(j, "put into the store what is in", root_of(j), j->result);
}

static void step_place(pawl_work *work)
{
	struct pawl_job *j = job_of(work);

	j->result = bring_folder(j);
}

/* ---- the job ---- */

static void begin(struct pawl_job *j)
{
	struct pawl_graph *g = j->build->graph;
	struct pawl_node *n = j->act->node;

	j->started = j->build->world->ops->now(j->build->world);
	j->log_path = NULL;
	j->kill_at = PAWL_NEVER;
	j->kills = 0;
	j->brought = false;
	j->timed_out = j->waits = false;
	j->uri = 0;
	j->script_path = j->log_path = NULL;
	j->result = PAWL_OK;
	memset(&j->process, 0, sizeof j->process);
	j->told = n != NULL;
	if (n)
		pawl_build_emit(j->build, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_STARTED,
							       .task = n->name,
							       .slot = j->slot,
							       .text = j->act->reason });
	j->result = compose(j);
	pawl_graph_show_messages(g);
}

static void forward_messages(struct pawl_job *j)
{
	for (size_t i = 0; i < j->messages.len; i++)
		pawl_graph_say(j->build->graph, j->messages.at[i].level, "%s",
			       j->messages.at[i].text);
	pawl_messages_fini(&j->messages);
}

/* From here on it can be killed; perhaps it should have been while it was being started. */
static void begin_wait(struct pawl_job *j)
{
	j->waits = true;
	if (j->build->interrupts > 1 || j->build->given_up)
		pawl_job_kill(j);
}

/* How the process ended becomes the job's result. */
static void judge(struct pawl_job *j)
{
	j->waits = false;
	if (!j->result && (j->process.exit_code || j->process.signal))
		j->result = PAWL_EIO;
}

static void tell_end(struct pawl_job *j, pawl_time took)
{
	struct pawl_node *n = j->act->node;
	pawl_world_process *p = &j->process;

	if (j->timed_out)
		pawl_graph_say(j->build->graph, PAWL_ERROR,
			       "%s took longer than its timeout and was ended; raise %s[timeout]",
			       n->name, n->task);
	j->told = false;
	pawl_build_emit(j->build, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_FINISHED,
						       .task = n->name,
						       .slot = j->slot,
						       .result = j->result,
						       .exit_code = p->exit_code,
						       .signal = p->signal,
						       .duration = took,
						       .cpu = p->cpu,
						       .memory = p->memory,
						       .path = j->log_path });
	pawl_store_ended(j->build->graph->store,
			 &(struct pawl_ended){ .name = n->name,
					       .signature = n->signature,
					       .took = took > 0 ? took : 1,
					       .ending = j->result ? PAWL_ENDING_FAILED
								   : PAWL_ENDING_OK,
					       .exit_code = p->exit_code,
					       .signal = p->signal,
					       .log = j->log_path });
}

static void finish(struct pawl_job *j)
{
	pawl_world *w = j->build->world;
	pawl_time took = w->ops->now(w) - j->started;

	if (j->log >= 0)
		w->ops->close(w, j->log);
	if (j->log_in >= 0)
		w->ops->close(w, j->log_in);
	j->log = j->log_in = -1;
	if (j->log_path && !pawl_scratch_is_file(w, j->log_path))
		j->log_path = NULL; /* the task put something else there */
	forward_messages(j);
	j->made.duration = took;
	j->made.cpu = j->process.cpu;
	j->made.memory = j->process.memory;
	j->made.made = w->ops->wall(w);
	j->act->state = j->result ? PAWL_ACT_FAILED : PAWL_ACT_DONE;
	j->build->damaged |= j->result == PAWL_ECORRUPT;
	if (j->result == PAWL_EPANIC)
		pawl_build_tell_panic(j->build, j->act->node ? j->act->node->name : root_of(j),
				      j->work.why);
	if (j->act->node && j->result != PAWL_ECORRUPT)
		tell_end(j, took);
	else if (j->act->node)
		j->act->node->untold = PAWL_UNTOLD_END;
	j->told = false;
	w->ops->slot_give(w);
	pawl_build_done(j->build, j);
	j->act = NULL;
	pawl_tree_fini(&j->before);
	pawl_tree_fini(&j->after);
	pawl_action_fini(&j->made);
	memset(&j->before, 0, sizeof j->before);
	memset(&j->after, 0, sizeof j->after);
	memset(&j->made, 0, sizeof j->made);
	pawl_arena_fini(&j->arena);
}

static void leave(struct pawl_job *j)
{
	j->left = true;
	pawl_buf_fini(&j->script);
	pawl_buf_fini(&j->sysroot);
}

/* Awaits a blocking step; its result, or why it could not be done, is in j->result. */
#define STEP(t, j, r, step)                                        \
	do {                                                       \
		(j)->work.fn = (step);                             \
		PAWL_AWAIT_AS(t, r, pawl_blocking(t, &(j)->work)); \
		if (r)                                             \
			(j)->result = (r);                         \
	} while (0)

int pawl_job_poll(pawl_task *t)
{
	struct pawl_job *j = PAWL_OF(t, struct pawl_job, task);
	struct pawl_build *b = j->build;
	pawl_world *w = b->world;
	int r;

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT(t, pawl_sem_acquire(t, &b->ready));
		if (b->over)
			break;
		PAWL_AWAIT(t, w->ops->slot_take(w, t));
		j->act = pawl_build_take(b);
		if (!j->act) {
			w->ops->slot_give(w);
			continue;
		}
		j->counted = true;
		begin(j);
		if (!j->act->node) {
			STEP(t, j, r, step_place);
			finish(j);
			continue;
		}
		if (!j->result && ensures_sources(j->act->node))
			STEP(t, j, r, step_open);
		for (; !j->result && ensures_sources(j->act->node) &&
		       j->uri < j->act->site->folder->uri_count;
		     j->uri++) {
			STEP(t, j, r, step_source);
			if (j->result != PAWL_PENDING)
				continue;
			j->result = PAWL_OK;
			begin_wait(j);
			PAWL_AWAIT_AS(t, r, w->ops->wait(w, t, &j->process));
			judge(j);
		}
		if (!j->result)
			STEP(t, j, r, step_start);
		if (!j->result && j->runs) {
			begin_wait(j);
			PAWL_AWAIT_AS(t, r, w->ops->wait(w, t, &j->process));
			judge(j);
		}
		if (!j->result)
			STEP(t, j, r, step_capture);
		finish(j);
	}
	leave(j);
	PAWL_END(t);
}

void pawl_job_kill(struct pawl_job *j)
{
	if (j->waits)
		j->build->world->ops->kill(j->build->world, &j->process, PAWL_KILL_NOW);
}

void pawl_job_tick(struct pawl_job *j, pawl_time now)
{
	if (!j->waits || now < j->kill_at)
		return;
	j->timed_out = true;
	j->kill_at = now + PAWL_S(GRACE);
	j->build->world->ops->kill(j->build->world, &j->process,
				   j->kills++ ? PAWL_KILL_NOW : PAWL_KILL_ASK);
}
