/* SPDX-License-Identifier: MIT */
/* The steps of a run in words, and the program's own option. */
#include "inner.h"
#include "modes.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 32

static struct {
	const char *at;
	size_t size;
	const char *name;
} names[NAMES_MAX];
static unsigned count;

void model_names_clear(void)
{
	count = 0;
}

void model_name(const void *at, size_t size, const char *name)
{
	if (count == NAMES_MAX)
		return;
	names[count].at = at;
	names[count].size = size;
	names[count++].name = name;
}

static void put_address(uintptr_t word)
{
	uintptr_t at = word & IS_LOCK ? word & ~IS_LOCK : word << 3;
	unsigned i;

	for (i = 0; i < count; i++) {
		uintptr_t from = (uintptr_t)names[i].at & ~(uintptr_t)7;

		if (at >= from && at < (uintptr_t)names[i].at + names[i].size) {
			printf("%s+%u", names[i].name, (unsigned)(at - from));
			return;
		}
	}
	printf("%p", (void *)at);
}

unsigned long model_code_offset(const void *pc)
{
	extern const char __executable_start;

	return (unsigned long)((const char *)pc - &__executable_start - 1);
}

void model_trace_step(unsigned n, int actor, const struct op *op)
{
	printf("%3u  %*s%d %s ", n, 4 * actor, "", actor, op->what ? op->what : "begins");
	put_address(op->at);
	if (op->pc)
		printf("  (0x%lx)", model_code_offset(op->pc));
	printf("\n");
}

/* Of stores to read, or places for one: so many before the last. */
void model_trace_choice(unsigned n, int actor, unsigned value, unsigned below)
{
	printf("%3u  %*s%d   choice %u of %u%s\n", n, 4 * actor, "", actor, value, below,
	       value ? "" : ": the plainest");
}

int model_main(const struct kit_case *cases, size_t n, int argc, char **argv)
{
	static const char option[] = "--schedule=";

	model_mode_environment();
	while (argc > 2) {
		const char *last = argv[argc - 1];

		if (strncmp(last, option, sizeof option - 1) == 0)
			model_replay(last + sizeof option - 1);
		else if (!model_option(last))
			break;
		argc--;
	}
	return kit_main(cases, n, argc, argv);
}
