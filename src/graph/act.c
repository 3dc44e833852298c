/* SPDX-License-Identifier: MIT */
/* Decides what becomes of each node of a plan, and finds out why. */
#include "act.h"

#include "sign.h"

enum { UNKNOWN_DURATION = 100000000 }; /* ns, for a task that never ran: then the depth decides */

struct decider {
	struct pawl_plan *plan;
	struct pawl_store *store;
	pawl_world *world;
	struct pawl_messages *m;
	bool force;
	bool read_only;
	bool check; /* what is in place must be in the store too */
};

/* ---- folders ---- */

/* The first part of `path` below `root`, in the arena; NULL when it is not below. */
static const char *top_name(struct pawl_arena *a, const char *root, const char *path)
{
	size_t len = strlen(root);

	if (!path || strncmp(path, root, len) || path[len] != '/' || !path[len + 1])
		return NULL;
	return pawl_arena_span(a, path + len + 1, strcspn(path + len + 1, "/"));
}

static void open_site(struct decider *d, struct pawl_folder *f)
{
	struct pawl_site *s = pawl_arena_new(&d->plan->arena, sizeof *s);
	struct pawl_data *data = f->recipe->data;
	size_t skips = 0;

	s->folder = f;
	s->placing.site = s;
	s->placing.fate = PAWL_FATE_RESTORE;
	s->temp = pawl_data_get(data, "T");
	s->sysroot = pawl_data_get(data, "RECIPE_SYSROOT");
	s->skip[skips] = top_name(&d->plan->arena, f->path, s->temp);
	if (!s->skip[skips++])
		pawl_say(d->m, PAWL_ERROR, f->recipe->file, 0, 0,
			 "T must be inside WORKDIR (%s), found '%s'", f->path,
			 s->temp ? s->temp : "(not set)");
	s->skip[skips] = top_name(&d->plan->arena, f->path, s->sysroot);
	if (!s->skip[skips])
		s->sysroot = NULL;
	if (d->store && !pawl_store_place(d->store, f->path, &s->place)) {
		s->has_place = true;
		s->in_place = !pawl_tree_in_place(d->world, pawl_store_hasher(d->store), f->path,
						  &s->place.tree);
	}
	f->site = s;
}

static bool held(const struct pawl_site *s, const struct pawl_node *n)
{
	if (!s->in_place)
		return false;
	for (size_t i = 0; i < s->place.held_count; i++) {
		if (!strcmp(s->place.held[i].task, n->task))
			return pawl_digest_is(&s->place.held[i].signature, &n->signature);
	}
	return false;
}

/* ---- why ---- */

static void set_root(struct pawl_act *a, const char *task, const char *line)
{
	a->root = task;
	a->root_line = line;
}

static struct pawl_node *dependency(const struct pawl_node *n, const char *name)
{
	for (size_t i = 0; i < n->after_count; i++) {
		if (!strcmp(n->after[i]->name, name))
			return n->after[i];
	}
	return NULL;
}

/*
 * Which of the tasks that a joint holds together, perhaps through others, changed since it last
 * ran?
 */
static struct pawl_node *changed_below(struct decider *d, struct pawl_node *n, size_t stamp,
				       pawl_digest *ret_was)
{
	n->mark_ = stamp;
	for (size_t i = 0; i < n->after_count; i++) {
		struct pawl_node *on = n->after[i], *deeper = NULL;
		const struct pawl_last *last = pawl_store_last(d->store, on->name);

		if (on->noexec && on->mark_ != stamp)
			deeper = changed_below(d, on, stamp, ret_was);
		if (deeper)
			return deeper;
		if (last && !pawl_digest_none(&last->signature) &&
		    !pawl_digest_is(&last->signature, &on->signature)) {
			*ret_was = last->signature;
			return on;
		}
	}
	return NULL;
}

/*
 * Follows what changed from task to task, down to where it began. `was` is what n's signature was.
 */
static void find_root(struct decider *d, struct pawl_act *a, const pawl_digest *was)
{
	struct pawl_arena *arena = &d->plan->arena;
	struct pawl_node *n = a->node, *owner = n, *next;
	const char *line = NULL, *task, *old;
	pawl_digest at = *was;

	for (next = n; next; n = next) {
		const struct pawl_last *last = pawl_store_last(d->store, n->name);

		if (n != a->node && n->act->root && last && pawl_digest_is(&last->signature, &at)) {
			set_root(a, n->act->root, n->act->root_line);
			return;
		}
		if (n->noexec) {
			next = changed_below(d, n, ++d->plan->stamp_, &at);
			continue;
		}
		old = pawl_store_explained(d->store, &at, arena);
		if (!old || !pawl_field_difference(old, n->fields, arena, &line, &task, &at))
			break;
		owner = n;
		next = task ? dependency(n, task) : NULL;
	}
	set_root(a, owner->name, line ? line : "its signature changed");
}

/* A fetch that was asked for by name is current only when its files are there: one that is not. */
static const char *lost_source(struct decider *d, const struct pawl_node *n)
{
	pawl_stat st;

	if (!n->fetch || !n->target || pawl_folder_uris(d->plan, n->folder))
		return NULL;
	for (size_t i = 0; i < n->folder->uri_count; i++) {
		const struct pawl_uri *u = &n->folder->uris[i];

		if (u->remote && d->world->ops->stat(d->world, u->path, true, &st))
			return u->path;
	}
	return NULL;
}

static void find_reason(struct decider *d, struct pawl_act *a, bool damaged)
{
	struct pawl_node *n = a->node;
	const struct pawl_last *last = d->store ? pawl_store_last(d->store, n->name) : NULL;

	if (a->forced)
		a->reason = n->target ? "asked for by force"
				      : "a task on which it depends was asked for by force";
	else if (!last || pawl_digest_none(&last->signature))
		a->reason = last && last->ending == PAWL_ENDING_FAILED ? "its last run failed"
								       : "first run here";
	else if (pawl_digest_is(&last->signature, &n->signature) && lost_source(d, n))
		a->reason = pawl_arena_fmt(&d->plan->arena, "%s is not there any more",
					   lost_source(d, n));
	else if (pawl_digest_is(&last->signature, &n->signature))
		a->reason = damaged ? "its outputs in the store were damaged"
				    : "its outputs are not in the store any more";
	else
		find_root(d, a, &last->signature);
	if (a->root)
		a->reason = a->root == n->name ? a->root_line
					       : pawl_arena_fmt(&d->plan->arena, "%s: %s", a->root,
								a->root_line);
}

/* ---- fates ---- */

int pawl_act_load(struct pawl_act *a, struct pawl_store *s, struct pawl_messages *m)
{
	int r = a->has_action ? PAWL_OK : pawl_store_find(s, &a->node->signature, m, &a->action);

	a->has_action = !r;
	return r;
}

int pawl_act_sum(struct pawl_plan *p, struct pawl_act *a, struct pawl_store *s,
		 struct pawl_messages *m)
{
	size_t most = a->site->folder->node_count + 1, count, parts = 0;
	struct pawl_node **nodes = pawl_mem_new(most * sizeof *nodes);
	const struct pawl_delta **deltas = pawl_mem_new(most * sizeof *deltas);
	int r = PAWL_OK;

	count = a->has_sum ? 0 : pawl_plan_ancestors(p, a->node, nodes);
	nodes[count++] = a->node;
	for (size_t i = 0; i < count && !a->has_sum && !r; i++) {
		if (nodes[i]->noexec)
			continue;
		r = pawl_act_load(nodes[i]->act, s, m);
		deltas[parts++] = &nodes[i]->act->action.delta;
	}
	if (!r && !a->has_sum) {
		pawl_delta_sum(deltas, parts, &a->sum);
		a->has_sum = true;
	}
	pawl_mem_free(nodes);
	pawl_mem_free(deltas);
	return r;
}

/* Is the action in the store, and whole? */
static bool in_store(struct decider *d, struct pawl_act *a, bool *ret_damaged)
{
	if (!d->store || pawl_act_load(a, d->store, d->m))
		return false;
	if (!(d->check ? pawl_store_read : pawl_store_check)(d->store, &a->action, d->m))
		return true;
	if (!d->read_only)
		pawl_store_forget(d->store, &a->node->signature);
	pawl_action_fini(&a->action);
	memset(&a->action, 0, sizeof a->action);
	a->has_action = false;
	*ret_damaged = true;
	return false;
}

static bool forced(const struct decider *d, const struct pawl_node *n)
{
	if (!d->force || n->target)
		return d->force;
	for (size_t i = 0; i < n->after_count; i++) {
		if (n->after[i]->act->forced)
			return true;
	}
	return false;
}

static void decide(struct decider *d, struct pawl_node *n)
{
	struct pawl_act *a = pawl_arena_new(&d->plan->arena, sizeof *a);
	struct pawl_site *s = n->folder->site;
	bool damaged = false;

	n->act = a;
	a->node = n;
	a->site = s;
	a->forced = forced(d, n);
	if (n->noexec) {
		a->fate = PAWL_FATE_JOINT;
		return;
	}
	if ((!n->ran && (a->forced || n->nostamp)) || lost_source(d, n))
		a->fate = PAWL_FATE_RUN;
	else if (held(s, n) && (!d->check || in_store(d, a, &damaged)))
		a->fate = PAWL_FATE_CURRENT;
	else
		a->fate = in_store(d, a, &damaged) ? PAWL_FATE_RESTORE : PAWL_FATE_RUN;
	if (a->fate == PAWL_FATE_RUN)
		find_reason(d, a, damaged);
	s->to_run += a->fate == PAWL_FATE_RUN;
	s->to_place += a->fate == PAWL_FATE_RESTORE;
}

/*
 * Where something will be put into a folder, all of its outputs must be known, those in place too.
 */
static void complete(struct decider *d, struct pawl_folder *f)
{
	struct pawl_site *s = f->site;

	for (size_t i = 0; i < f->node_count; i++) {
		struct pawl_act *a = f->nodes[i]->act;
		bool damaged = false;

		if (a->fate != PAWL_FATE_CURRENT || !(s->to_run || s->to_place) ||
		    in_store(d, a, &damaged))
			continue;
		a->fate = PAWL_FATE_RUN;
		find_reason(d, a, damaged);
		s->to_run++;
	}
}

static void weigh(struct decider *d)
{
	for (size_t i = d->plan->count; i-- > 0;) {
		struct pawl_node *n = d->plan->nodes[i];
		int64_t longest = 0;

		for (size_t k = 0; k < n->before_count; k++) {
			if (n->before[k]->act->weight > longest)
				longest = n->before[k]->act->weight;
		}
		if (n->act->fate == PAWL_FATE_RUN) {
			const struct pawl_last *last = d->store ? pawl_store_last(d->store, n->name)
								: NULL;

			longest += last && last->duration ? last->duration : UNKNOWN_DURATION;
		}
		n->act->weight = longest;
	}
}

/* A target that only holds others together stands for all tasks of its recipe when it is forced. */
static void spread_force(struct pawl_plan *p)
{
	for (struct pawl_folder *f = p->folders; f; f = f->next) {
		bool all = false;

		for (size_t i = 0; i < f->node_count; i++)
			all |= f->nodes[i]->target && f->nodes[i]->noexec;
		for (size_t i = 0; all && i < f->node_count; i++)
			f->nodes[i]->target = true;
	}
}

int pawl_act_decide(struct pawl_plan *p, struct pawl_store *s, pawl_world *w,
		    const struct pawl_decide *how, struct pawl_messages *m)
{
	struct decider d = { .plan = p,
			     .store = s,
			     .world = w,
			     .m = m,
			     .force = how->force,
			     .read_only = how->read_only,
			     .check = how->again };
	size_t errors = m->errors;

	if (d.force)
		spread_force(p);
	for (struct pawl_folder *f = p->folders; f; f = f->next)
		open_site(&d, f);
	for (size_t i = 0; i < p->count; i++)
		decide(&d, p->nodes[i]);
	for (struct pawl_folder *f = p->folders; f; f = f->next)
		complete(&d, f);
	weigh(&d);
	return m->errors == errors ? PAWL_OK : PAWL_EINVAL;
}

void pawl_act_end(struct pawl_plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct pawl_act *a = p->nodes[i]->act;

		if (a && a->has_action)
			pawl_action_fini(&a->action);
		if (a && a->has_sum)
			pawl_tree_fini(&a->sum);
		p->nodes[i]->act = NULL;
	}
	for (struct pawl_folder *f = p->folders; f; f = f->next) {
		if (!f->site)
			continue;
		pawl_list_fini(&f->site->parked);
		pawl_place_fini(&f->site->place);
		f->site = NULL;
	}
}
