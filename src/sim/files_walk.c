/* SPDX-License-Identifier: MIT */
/* Walks a folder of a simulated world, as it may change meanwhile. */
#include "sim/files.h"

#include "port/assert.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/*
 * The names of a folder are read when it is entered. Whoever walks may be killed at any call, also
 * of its own function: so what the walk has open belongs to the world.
 */
struct walk {
	struct sim_world *world;
	pawl_walk_fn *each;
	void *arg;
	unsigned depth_max; /* 0: no limit */
	bool is_plain;      /* the world shows all of the disk */
	size_t root;        /* length of the path of the root */
	size_t length;      /* of what is in path, behind that */
	char *path;         /* as the world sees it */
};

static void step_end(struct sim_files *f)
{
	struct sim_step *s = f->steps;

	f->steps = s->outer;
	if (s->folder)
		pawl_disk_close_(f->machine->disk, s->folder);
	free(s->names);
	free(s);
}

void pawl_sim_steps_free_(struct sim_files *f)
{
	while (f->steps)
		step_end(f);
}

static struct sim_step *step_begin(struct sim_files *f)
{
	struct sim_step *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->outer = f->steps;
	f->steps = s;
	return s;
}

/* Steps end in the order of who walks, which need not be that of the list. */
static void step_over(struct sim_files *f, struct sim_step *s)
{
	struct sim_step **at = &f->steps;

	while (*at != s)
		at = &(*at)->outer;
	*at = s->outer;
	s->outer = f->steps;
	f->steps = s;
	step_end(f);
}

static int stat_entry(struct walk *k, const struct sim_step *s, const char *name, pawl_stat *ret)
{
	const char *real;
	int r;

	if (k->is_plain)
		return pawl_disk_stat_at_(s->folder, name, ret);
	r = pawl_sim_reach_(k->world, k->path, SIM_REACH_NAME, 0, &real);
	return r < 0 ? r : pawl_disk_stat_(k->world->machine->disk, real, false, ret);
}

static int open_entry(struct walk *k, const struct sim_step *outer, const char *name,
		      struct sim_inode **ret)
{
	const char *real;
	int r;

	if (k->is_plain)
		return pawl_disk_open_at_(outer->folder, name, ret);
	r = pawl_sim_reach_(k->world, k->path, SIM_REACH_NAME, 0, &real);
	return r < 0 ? r : pawl_disk_open_(k->world->machine->disk, real, 0, 0, ret);
}

static int walk_folder(struct walk *k, struct sim_step *s, unsigned depth);

static int enter(struct walk *k, struct sim_step *outer, const char *name, unsigned depth)
{
	struct sim_files *f = k->world->files;
	struct sim_step *s;
	int r;

	pawl_sim_point_(k->world, "walk", k->path);
	s = step_begin(f);
	if (!s)
		return PAWL_ENOMEM;
	r = open_entry(k, outer, name, &s->folder);
	if (r == 0)
		r = walk_folder(k, s, depth + 1);
	else if (r == PAWL_ENOENT)
		r = 0; /* it went away meanwhile */
	step_over(f, s);
	return r;
}

static int entry(struct walk *k, struct sim_step *s, const char *name, unsigned depth)
{
	size_t length = strlen(name), before = k->length;
	const char *seen = k->path + k->root;
	pawl_stat st;
	int r;

	if (before + length + 2 > PATH_SIZE)
		return PAWL_ENAMETOOLONG;
	k->path[k->root + k->length++] = '/';
	memcpy(k->path + k->root + k->length, name, length + 1);
	k->length += length;
	r = stat_entry(k, s, name, &st);
	if (r == 0)
		r = k->each(k->arg, seen + 1, &st);
	else if (r == PAWL_ENOENT)
		r = PAWL_WALK_SKIP; /* it went away meanwhile */
	if (r == 0 && st.kind == PAWL_KIND_DIR && (!k->depth_max || depth < k->depth_max))
		r = enter(k, s, name, depth);
	k->length = before;
	k->path[k->root + before] = '\0';
	return r == PAWL_WALK_SKIP ? 0 : r;
}

static int walk_folder(struct walk *k, struct sim_step *s, unsigned depth)
{
	size_t count;
	const char *name;
	int r = 0;

	name = s->names = pawl_disk_names_(s->folder, &count);
	for (; r == 0 && count; count--, name += strlen(name) + 1)
		r = entry(k, s, name, depth);
	return r;
}

/* Its memory is a step's, as that of the names. */
static int prepare(struct walk *k, const char *path, struct sim_step *s)
{
	struct sim_disk *d = k->world->machine->disk;
	const char *real;
	pawl_stat st;
	int r = pawl_sim_reach_(k->world, path, SIM_REACH_FOLLOW, 0, &real);

	if (r == 0)
		r = pawl_disk_open_(d, real, 0, 0, &s->folder);
	if (r < 0)
		return r;
	pawl_disk_fstat_(s->folder, &st);
	if (st.kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	k->is_plain = real == path;
	k->root = strlen(path);
	while (k->root && path[k->root - 1] == '/')
		k->root--;
	if (k->root > PATH_SIZE)
		return PAWL_ENAMETOOLONG;
	k->path = k->world->files->walk_path;
	k->world->files->walk_path = NULL;
	if (!k->path)
		k->path = malloc(2 * PATH_SIZE + 2);
	s->outer->names = k->path;
	if (!k->path)
		return PAWL_ENOMEM;
	memcpy(k->path, path, k->root);
	k->path[k->root] = '\0';
	return 0;
}

static int walk(struct walk *k, const char *path)
{
	struct sim_files *f = k->world->files;
	struct sim_step *memory = step_begin(f), *s = memory ? step_begin(f) : NULL;
	int r = s ? prepare(k, path, s) : PAWL_ENOMEM;

	if (r == 0)
		r = walk_folder(k, s, 1);
	if (s)
		step_over(f, s);
	if (memory && !f->walk_path) {
		f->walk_path = memory->names;
		memory->names = NULL;
	}
	if (memory)
		step_over(f, memory);
	return r;
}

int pawl_sim_file_walk_(pawl_world *world, const char *path, unsigned depth_max, pawl_walk_fn *each,
			void *arg)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const pawl_sim_faults *faults;
	struct walk k = { .world = w, .each = each, .arg = arg, .depth_max = depth_max };

	PAWL_ASSERT(each);
	pawl_sim_point_(w, "walk", path);
	faults = pawl_sim_faults_(w->machine->sim);
	if (pawl_sim_fault_(w, faults->open_fails_in, "too many open files"))
		return PAWL_EMFILE;
	if (pawl_sim_fault_(w, faults->read_fails_in, "reading fails"))
		return PAWL_EIO;
	return walk(&k, path);
}
