/* SPDX-License-Identifier: MIT */
/* Paths in a simulated world that shows a part of the disk only: links lead where it sees them. */
#include "sim/files.h"
#include "sim/view.h"

#include "port/assert.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/* Two answers, and what is needed to find one. */
struct sim_paths {
	char plain[2][PATH_SIZE]; /* as the world sees it, without links and dots */
	char real[2][PATH_SIZE + 2];
	char rest[2 * PATH_SIZE]; /* what is still to be gone */
};

/* One path that is being resolved. */
struct reach {
	struct sim_world *world;
	struct sim_paths *paths;
	char *plain, *real;
	size_t length;
	char *rest;
	unsigned links;
	bool is_folder; /* a slash or a dot ends it */
	bool is_dots;
};

void pawl_sim_paths_free_(struct sim_paths *p)
{
	free(p);
}

static int show(struct reach *r, bool writes)
{
	return pawl_sim_view_(r->world, r->length ? r->plain : "/", writes, r->real, PATH_SIZE);
}

static void up(struct reach *r)
{
	while (r->length && r->plain[--r->length] != '/') {}
	r->plain[r->length] = '\0';
}

/* The text of a link takes the place of the last part. */
static int replace(struct reach *r, const char *target)
{
	size_t length = strlen(target), left = strlen(r->rest);
	char *begin = r->paths->rest;

	if (++r->links > 40)
		return PAWL_ELOOP;
	if (length + left + 2 > sizeof r->paths->rest)
		return PAWL_ENAMETOOLONG;
	memmove(begin + length + r->is_folder, r->rest, left + 1);
	memcpy(begin, target, length);
	if (r->is_folder)
		begin[length] = '/';
	r->rest = begin;
	if (target[0] == '/') {
		r->length = 0;
		r->plain[0] = '\0';
	} else {
		up(r);
	}
	return 0;
}

/* After a part that others follow, or that is to be followed. */
static int pass(struct reach *r, bool is_last)
{
	struct sim_disk *d = r->world->machine->disk;
	const char *target;
	pawl_stat st;
	int result = show(r, false);

	if (result == 0)
		result = pawl_disk_stat_(d, r->real, false, &st);
	if (result == PAWL_ENOENT && is_last)
		return 0;
	if (result < 0)
		return result;
	if (st.kind == PAWL_KIND_LINK) {
		result = pawl_disk_target_(d, r->real, &target);
		return result < 0 ? result : replace(r, target);
	}
	return st.kind == PAWL_KIND_DIR || is_last ? 0 : PAWL_ENOTDIR;
}

static int add(struct reach *r, const char *name, size_t length)
{
	if (length > 255 || r->length + length + 2 > PATH_SIZE)
		return PAWL_ENAMETOOLONG;
	r->plain[r->length++] = '/';
	memcpy(r->plain + r->length, name, length);
	r->length += length;
	r->plain[r->length] = '\0';
	return 0;
}

static bool is_dots(const char *s, size_t length)
{
	return length == 2 && s[0] == '.' && s[1] == '.';
}

/* One part of what is left. */
static int step(struct reach *r, bool follows)
{
	char *name = r->rest;
	size_t length = strcspn(name, "/");
	bool is_last;
	int result;

	r->rest += length;
	r->is_folder = *r->rest == '/';
	r->rest += strspn(r->rest, "/");
	is_last = !*r->rest;
	r->is_dots = length == 1 && name[0] == '.';
	if (r->is_dots)
		return 0;
	if (is_dots(name, length)) {
		r->is_dots = true;
		up(r);
		return 0;
	}
	result = add(r, name, length);
	if (result == 0 && (!is_last || follows || r->is_folder))
		result = pass(r, is_last);
	return result;
}

static int resolve(struct reach *r, const char *path, unsigned how)
{
	int result = 0;

	if (!*path)
		return PAWL_ENOENT;
	if (strlen(path) >= PATH_SIZE)
		return PAWL_ENAMETOOLONG;
	r->rest = memcpy(r->paths->rest, path, strlen(path) + 1);
	r->plain[0] = '\0';
	r->rest += strspn(r->rest, "/");
	while (result == 0 && *r->rest) {
		result = step(r, how & SIM_REACH_FOLLOW);
		r->rest += strspn(r->rest, "/");
	}
	if (result == 0)
		result = show(r, how & SIM_REACH_WRITES);
	return result;
}

/* What said that it is a folder says so again. */
static void end(struct reach *r)
{
	if (r->is_dots)
		strcat(r->real, "/.");
	else if (r->is_folder)
		strcat(r->real, "/");
}

/* Most paths have nothing on their way that has to be resolved part by part. */
static bool is_direct(struct reach *r, const char *path, unsigned how)
{
	r->length = strlen(path);
	if (r->length >= PATH_SIZE ||
	    !pawl_sim_view_direct_(r->world, path, how & SIM_REACH_FOLLOW, r->real, PATH_SIZE)) {
		r->length = 0;
		return false;
	}
	memcpy(r->plain, path, r->length + 1);
	return true;
}

int pawl_sim_reach_(struct sim_world *w, const char *path, unsigned how, unsigned place,
		    const char **ret_real)
{
	struct sim_files *f = w->files;
	struct reach r = { .world = w };
	int result;

	PAWL_ASSERT(f); /* else its program is dead */
	if (!pawl_sim_seat_of_(w)->view) {
		*ret_real = path;
		return 0;
	}
	if (!f->paths) {
		f->paths = f->machine->paths;
		f->machine->paths = NULL;
	}
	if (!f->paths)
		f->paths = malloc(sizeof(*f->paths));
	if (!f->paths)
		return PAWL_ENOMEM;
	r.paths = f->paths;
	r.plain = f->paths->plain[place];
	r.real = f->paths->real[place];
	if (!is_direct(&r, path, how))
		result = resolve(&r, path, how);
	else
		result = how & SIM_REACH_WRITES ? show(&r, true) : 0;
	if (result < 0)
		return result;
	end(&r);
	*ret_real = r.real;
	return 0;
}

bool pawl_sim_is_across_(struct sim_world *w)
{
	struct sim_paths *p = w->files->paths;

	return pawl_sim_seat_of_(w)->view &&
	       pawl_sim_view_mount_(w, p->plain[0]) != pawl_sim_view_mount_(w, p->plain[1]);
}
