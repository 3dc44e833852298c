/* SPDX-License-Identifier: MIT */
/* Groups: one child is joined after the other; who selects is the joiner of all at once. */
#include "core/join.h"

#include <pawl/group.h>

#if PAWL_WAITS

enum group_state { GROUP_IDLE, GROUP_WATCHING, GROUP_SETTLING };

/* The next child that was not joined; NULL once all were, and the group is as it was. */
static pawl_child *next_child(pawl_group *g)
{
	while (g->joined_ < g->count && !g->children[g->joined_].task)
		g->joined_++;
	if (g->joined_ < g->count)
		return &g->children[g->joined_];
	g->joined_ = 0;
	g->state_ = GROUP_IDLE;
	return NULL;
}

int pawl_join_all(pawl_task *t, pawl_group *g)
{
	pawl_child *c;

	while ((c = next_child(g))) {
		int r = pawl_join(t, c->task, &c->outcome);

		if (r)
			return r;
		c->task = NULL;
	}
	return 0;
}

/* Those that ended do not hear of it. */
static void cancel_all(const pawl_group *g)
{
	uint32_t i;

	for (i = 0; i < g->count; i++)
		if (g->children[i].task)
			pawl_cancel(g->children[i].task);
}

int pawl_stop_all(pawl_task *t, pawl_group *g)
{
	pawl_child *c;

	if (g->state_ != GROUP_SETTLING)
		cancel_all(g);
	g->state_ = GROUP_SETTLING;
	while ((c = next_child(g))) {
		int r = pawl_stop(t, c->task, &c->outcome);

		if (r)
			return r;
		c->task = NULL;
	}
	return 0;
}

/* The children are the caller's again, whatever they do. */
static bool let_go(pawl_wait *wait, pawl_task *t)
{
	pawl_group *g = PAWL_OF(wait, pawl_group, wait_);
	uint32_t i;

	for (i = 0; i < g->count; i++)
		if (g->children[i].task)
			pawl_join_leave_(t, g->children[i].task);
	g->joined_ = 0;
	g->state_ = GROUP_IDLE;
	pawl_store_ptr(&t->waits_, 0);
	return true;
}

/* Becomes the joiner of all, up to one that has ended. */
static pawl_child *watch(pawl_task *t, pawl_group *g)
{
	uint32_t i;

	PAWL_ASSERT_OF(t, !pawl_load_ptr(&t->waits_) && next_child(g));
	g->wait_.let_go = let_go;
	g->state_ = GROUP_WATCHING;
	pawl_store_ptr(&t->waits_, (uintptr_t)&g->wait_ | PAWL_WAITS_OTHER_);
	for (i = 0; i < g->count; i++)
		if (g->children[i].task && pawl_join_enter_(t, g->children[i].task))
			return &g->children[i];
	return NULL;
}

static pawl_child *look(const pawl_group *g)
{
	uint32_t i;

	for (i = 0; i < g->count; i++)
		if (g->children[i].task && pawl_task_is_finished(g->children[i].task))
			return &g->children[i];
	return NULL;
}

/* Takes those that ended, in their order. True: that were all. */
static bool settle(pawl_task *t, pawl_group *g)
{
	pawl_child *c;

	while ((c = next_child(g))) {
		if (!pawl_join_enter_(t, c->task))
			return false;
		pawl_take_(c->task, &c->outcome);
		c->task = NULL;
	}
	pawl_store_ptr(&t->waits_, 0);
	return true;
}

int pawl_select(pawl_task *t, pawl_group *g)
{
	if (g->state_ != GROUP_SETTLING) {
		pawl_child *c = g->state_ == GROUP_IDLE ? watch(t, g) : look(g);

		if (c || pawl_cancelled(t)) {
			if (c)
				g->first = (uint32_t)(c - g->children);
			cancel_all(g);
			g->state_ = GROUP_SETTLING;
		}
	}
	if (g->state_ == GROUP_SETTLING && settle(t, g))
		return pawl_cancelled(t) ? PAWL_ECANCELED : 0;
	pawl_say_wait_(t, "the first end of several tasks");
	return PAWL_PENDING;
}

#endif
