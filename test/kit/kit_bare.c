/* SPDX-License-Identifier: MIT */
/* The part of the test kit for boards: one program, one case after the other. */
#include "kit.h"

#include "board.h"

static struct {
	const struct kit_case *cases;
	size_t count, passed;
} all;

bool kit_long(void)
{
	return false;
}

void kit_port_write(const char *text, size_t size)
{
	board_write(text, size);
}

static void put_name(const char *result, const struct kit_case *c)
{
	char name[80];

	kit_name(c, name, sizeof name);
	kit_put(result);
	kit_put(name);
}

/* There is no way to get back to a state in which the next case could run. */
_Noreturn void kit_port_failed(const char *message)
{
	put_name("not ok ", &all.cases[all.passed]);
	kit_put(": ");
	kit_put(message);
	kit_put("\n");
	board_exit(kit_summary((unsigned)all.passed, (unsigned)(all.count - all.passed)));
}

bool kit_port_run(const struct kit_case *c)
{
	unsigned live = pawl_kit_live_tasks ? pawl_kit_live_tasks() : 0;

	kit_at(NULL, 0);
	c->fn(c->param);
	if (pawl_kit_live_tasks)
		kit_check_uint(pawl_kit_live_tasks(), live, "tasks that did not end", c->name, 0);
	put_name("ok ", c);
	kit_put("\n");
	all.passed++;
	return true;
}

int kit_main(const struct kit_case *cases, size_t count, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	all.cases = cases;
	all.count = count;
	return kit_run_plain(cases, count);
}
