/* SPDX-License-Identifier: MIT */
/* Generators: a walk that delegates and is ended half-way, and one to which values are sent. */
#include <pawl/gen.h>
#include <stdio.h>

struct tree {
	const char *name;
	struct tree *left, *right;
};

PAWL_GEN(names, struct tree *);
PAWL_GEN_SENT(mean, double, double);
static pawl_gen_fn walk;

/* Yields all of a half, which goes from there straight to whoever asked the outermost. */
static int half(pawl_gen *g, struct tree *at)
{
	pawl_gen inner = { 0 };
	int r;

	pawl_gen_init(&inner, walk, at);
	r = at ? pawl_yield_from(g, &inner) : 0;
	pawl_gen_fini(&inner);
	return r;
}

static void leave(void *at)
{
	printf("leave %s\n", ((struct tree *)at)->name);
}

static int walk(pawl_gen *g)
{
	struct tree *at = g->arg;
	int r;

	PAWL_DEFER(g, leave, at);
	return (r = half(g, at->left)) || (r = names_yield(g, at)) ? r : half(g, at->right);
}

static int average(pawl_gen *g)
{
	double sum = 0, value = 0;
	int n = 0;

	while (mean_yield(g, n ? sum / n : 0, &value) == 0 && ++n)
		sum += value;
	return PAWL_ECANCELED;
}

int main(void)
{
	struct tree ant = { .name = "ant" }, cat = { .name = "cat" }, elk = { .name = "elk" };
	struct tree bee = { "bee", &ant, &cat }, dog = { "dog", &bee, &elk }, *at;
	double result;
	pawl_gen g;

	pawl_gen_init(&g, walk, &dog);
	for (int i = 0; i < 3 && names_next(&g, &at) == 0; i++)
		printf("%s\n", at->name);
	pawl_gen_fini(&g);
	pawl_gen_init(&g, average, NULL);
	for (int i = 0; i < 4 && mean_send(&g, i * i, &result) == 0; i++)
		printf("mean %.1f\n", result);
	return pawl_gen_fini(&g);
}
