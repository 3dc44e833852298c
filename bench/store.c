/* SPDX-License-Identifier: MIT */
/* What the store costs: putting and placing blobs of 4 KB, and bytes of large ones. */
#define _GNU_SOURCE
#include "graph/store.h"
#include <pawl/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOBS 1000
#define ROUNDS 5
#define BIG (16 << 20)

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench store: %s: %s\n", what, pawl_strerror(r));
	exit(1);
}

struct bench {
	pawl_world *w;
	struct pawl_store *store;
	char root[256];
	char path[512];
	char *big;
};

static const char *in(struct bench *b, const char *name)
{
	snprintf(b->path, sizeof b->path, "%s/%s", b->root, name);
	return b->path;
}

static void write_file(struct bench *b, const char *path, const void *data, size_t len)
{
	int file;

	must(b->w->ops->open(b->w, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file), path);
	must(b->w->ops->write(b->w, file, data, len), path);
	must(b->w->ops->close(b->w, file), path);
}

/* A work folder with `count` files of `size` bytes; other contents in every round. */
static void make_work(struct bench *b, int round, int count, size_t size)
{
	char path[600];

	must(pawl_store_remove(b->w, in(b, "work")), "remove");
	must(pawl_store_mkdirs(b->w, in(b, "work"), 0755), "mkdir");
	for (int i = 0; i < count; i++) {
		memset(b->big, round, size);
		memcpy(b->big, &i, sizeof i);
		memcpy(b->big + 4, &round, sizeof round);
		snprintf(path, sizeof path, "%s/file-%04d", in(b, "work"), i);
		write_file(b, path, b->big, size);
	}
}

/* One round: capture into the store, then bring to another folder. Seconds. */
static void measure(struct bench *b, double *ret_put, double *ret_get)
{
	struct pawl_tree none = { 0 }, after, there;
	struct pawl_action action;
	struct pawl_bring bring = { .target = &after };
	char to[512];
	pawl_time start = b->w->ops->now(b->w), middle;

	must(pawl_store_capture(b->store, in(b, "work"), NULL, &none, &after, &action), "capture");
	*ret_put = (double)(b->w->ops->now(b->w) - start) / 1e9;
	pawl_store_flush_begin(b->store);
	must(pawl_store_flush(b->store), "flush");
	pawl_store_flush_end(b->store, 0);
	snprintf(to, sizeof to, "%s/restored", b->root);
	must(pawl_store_remove(b->w, to), "remove");
	bring.root = to;
	middle = b->w->ops->now(b->w);
	must(pawl_store_bring(b->store, &bring, &there), "bring");
	*ret_get = (double)(b->w->ops->now(b->w) - middle) / 1e9;
	pawl_tree_fini(&after);
	pawl_tree_fini(&there);
	pawl_action_fini(&action);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, by_value);
	return values[ROUNDS / 2];
}

static void small(struct bench *b)
{
	double put[ROUNDS], get[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		make_work(b, i + 1, BLOBS, 4096);
		measure(b, &put[i], &get[i]);
	}
	printf("store,put,pawl,%.1f,us\n", median(put) * 1e6 / BLOBS);
	printf("store,get,pawl,%.1f,us\n", median(get) * 1e6 / BLOBS);
}

static void large(struct bench *b)
{
	double put[ROUNDS], get[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		make_work(b, i + 100, 4, BIG);
		measure(b, &put[i], &get[i]);
	}
	printf("store,put_bytes,pawl,%.0f,MB/s\n", 4.0 * BIG / 1e6 / median(put));
	printf("store,get_bytes,pawl,%.0f,MB/s\n", 4.0 * BIG / 1e6 / median(get));
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct pawl_messages messages = { 0 };
	struct pawl_store_options options = { .holder = "bench" };
	struct bench b = { 0 };
	char dir[512];

	snprintf(b.root, sizeof b.root, "%s/pawl-bench-store.%ld", tmp ? tmp : "/tmp",
		 (long)getpid());
	must(pawl_world_host(NULL, &b.w), "world");
	b.big = malloc(BIG);
	must(b.big ? 0 : PAWL_ENOMEM, "memory");
	snprintf(dir, sizeof dir, "%s/store", b.root);
	options.dir = dir;
	must(pawl_store_open(b.w, &options, &messages, &b.store), "open");
	small(&b);
	large(&b);
	pawl_store_close(b.store);
	must(pawl_store_remove(b.w, b.root), "remove");
	pawl_messages_fini(&messages);
	pawl_world_host_free(b.w);
	free(b.big);
	return 0;
}
