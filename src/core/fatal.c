/* SPDX-License-Identifier: MIT */
/* The last words about a task: what is wrong, which task it is, and where it was spawned. */
#include "core/core.h"

#if PAWL_ASSERTS && PAWL_DIAG

/* A place is "file:line", NUL, name; the label is the name where there is one. */
static const char *name_at(const char *place, const char *label)
{
	if (label)
		return label;
	while (*place)
		place++;
	return place + 1;
}

PAWL_NORETURN void pawl_fatal_at_(const char *place, const char *label, const char *why)
{
	struct pawl_text x;
	char buf[384];

	pawl_text_begin_(&x, buf, sizeof buf);
	pawl_text_put_(&x, why);
	if (place || label) {
		pawl_text_put_(&x, "; task '");
		pawl_text_put_(&x, name_at(place, label));
		pawl_text_put_(&x, "'");
	}
	if (place) {
		pawl_text_put_(&x, ", spawned at ");
		pawl_text_put_(&x, place);
	}
	pawl_text_end_(&x);
	pawl_port_fatal(buf);
}

PAWL_NORETURN void pawl_fatal_of_(const pawl_task *t, const char *why)
{
	pawl_fatal_at_(t->place_, t->label_, why);
}

#endif
