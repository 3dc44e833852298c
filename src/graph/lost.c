/* SPDX-License-Identifier: MIT */
/* A build of which a task panics, as memory is out: it says so, stops, and comes to its end. */
#include "build.h"

#include <stdio.h>

/*
 * All of this runs when memory is out, and allocates nothing. What panicked left what it was at as
 * it stood; the store and what base.h has are whole, so what other tasks have done is still worth
 * writing down.
 */

void pawl_build_tell_panic(struct pawl_build *b, const char *name, const char *why)
{
	char text[400];

	snprintf(text, sizeof text, "%s: %s", name, why ? why : "panic");
	pawl_build_emit(b, &(pawl_build_event){
				   .kind = PAWL_EVENT_MESSAGE, .level = PAWL_ERROR, .text = text });
}

/* The rest cannot be trusted to end by itself. */
static void give_up(struct pawl_build *b, const char *name, const pawl_task *panicked)
{
	if (!b->given_up)
		pawl_build_tell_panic(b, name, pawl_task_wait(panicked));
	b->given_up = true;
	b->summary.result = PAWL_EPANIC;
	b->stopping = true;
	for (unsigned i = 0; i < b->job_count; i++)
		pawl_job_kill(&b->jobs[i]);
}

static void lose_job(struct pawl_build *b, struct pawl_job *j)
{
	const char *name = j->told ? j->act->node->name : NULL;

	j->lost = true;
	j->told = j->waits = false;
	b->running -= j->counted;
	give_up(b, name ? name : "the build", &j->task);
	if (!name)
		return;
	j->act->state = PAWL_ACT_FAILED;
	b->summary.failed++;
	pawl_build_emit(b, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_FINISHED,
						.task = name,
						.slot = j->slot,
						.result = PAWL_EPANIC });
}

void pawl_build_look_for_panic(struct pawl_build *b)
{
	for (unsigned i = 0; i < b->job_count; i++) {
		struct pawl_job *j = &b->jobs[i];

		if (!j->lost && !j->left && pawl_task_is_finished(&j->task))
			lose_job(b, j);
	}
	if (pawl_task_is_finished(&b->ticker))
		give_up(b, "the build", &b->ticker);
}

void pawl_build_tell_late(struct pawl_build *b)
{
	for (size_t i = 0; i < b->plan->count; i++) {
		struct pawl_node *n = b->plan->nodes[i];
		bool ended = n->untold == PAWL_UNTOLD_END;

		if (n->untold)
			pawl_build_emit(b, &(pawl_build_event){
						   .kind = ended ? PAWL_EVENT_TASK_FINISHED
								 : PAWL_EVENT_TASK_SKIPPED,
						   .task = n->name,
						   .text = ended ? NULL : "a blob is damaged",
						   .result = ended ? PAWL_ECORRUPT : PAWL_EIO });
		n->untold = PAWL_UNTOLD_NOTHING;
	}
}

void pawl_build_close_lost(struct pawl_build *b)
{
	pawl_build_tell_panic(b, "the build", pawl_task_wait(&b->task));
	pawl_build_tell_late(b);
	b->world->ops->slots_close(b->world);
	b->summary.result = PAWL_EPANIC;
}
