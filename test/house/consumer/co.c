/* SPDX-License-Identifier: MIT */
/* A program of somebody who uses a coroutine, which asks a generator. */
#include <pawl/pawl.h>

#include <stdio.h>

struct reader {
	pawl_task task;
	pawl_co co;
};

PAWL_GEN(words, const char *);

static int speak(pawl_gen *g)
{
	return words_yield(g, "on") < 0 || words_yield(g, "a stack") < 0 ? PAWL_ECANCELED : 0;
}

static int read(pawl_co *co)
{
	const char *word;
	pawl_gen g;
	int r;

	pawl_gen_init(&g, speak, NULL);
	while ((r = words_next(&g, &word)) == 0 && (r = pawl_co_sleep(co, PAWL_US(1))) == 0)
		puts(word);
	pawl_gen_fini(&g);
	return r == PAWL_ECLOSED ? 0 : r;
}

int main(void)
{
	struct reader reader = { 0 };
	int outcome = 1;

	pawl_co_spawn(pawl_current_executor(), &reader, read);
	pawl_block_on(pawl_current_executor(), &reader.task, &outcome);
	return outcome != 0;
}
