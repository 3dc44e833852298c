/* SPDX-License-Identifier: MIT */
/* The file entries of a simulated world's table, with the faults that a test asked for. */
#include "sim/files.h"

#include "port/assert.h"

#include <stdlib.h>
#include <string.h>

/* What files get that are made without PAWL_OPEN_NEW has this taken away. */
#define UMASK 022u

static struct sim_disk *disk_of(struct sim_world *w)
{
	return w->machine->disk;
}

/* ---- what is open ---- */

struct sim_files *pawl_sim_files_new_(struct sim_machine *m)
{
	struct sim_files *f = calloc(1, sizeof(*f));

	if (f)
		f->machine = m;
	return f;
}

/* One of those who have it open lets go. */
static void file_drop(struct sim_machine *m, struct sim_file *file)
{
	if (--file->refs)
		return;
	if (file->is_locked)
		pawl_disk_unlock_(file->inode);
	pawl_disk_close_(m->disk, file->inode);
	free(file);
}

void pawl_sim_files_free_(struct sim_files *f)
{
	if (!f)
		return;
	if (f->sqlite_end)
		f->sqlite_end(f);
	pawl_sim_steps_free_(f);
	for (unsigned i = 0; i < f->room; i++)
		if (f->files[i])
			file_drop(f->machine, f->files[i]);
	free(f->files);
	if (f->machine->paths)
		pawl_sim_paths_free_(f->paths);
	else
		f->machine->paths = f->paths;
	free(f->walk_path);
	free(f);
}

static struct sim_file *file_at(struct sim_world *w, int file)
{
	const struct sim_files *f = w->files;
	unsigned i = (unsigned)file - SIM_FILE_FIRST;

	PAWL_ASSERT(f); /* else its program is dead */
	return file >= SIM_FILE_FIRST && i < f->room ? f->files[i] : NULL;
}

static const char *path_at(struct sim_world *w, int file)
{
	const struct sim_file *f = file_at(w, file);

	return f ? f->path : "";
}

/* The lowest number that is free. */
static int number(struct sim_files *f, unsigned *ret_number)
{
	struct sim_file **files;
	unsigned i = 0, room;

	if (f->machine->how.files_max && f->count >= f->machine->how.files_max)
		return PAWL_EMFILE;
	while (i < f->room && f->files[i])
		i++;
	if (i == f->room) {
		room = f->room ? 2 * f->room : 8;
		files = realloc(f->files, room * sizeof(struct sim_file *));
		if (!files)
			return PAWL_ENOMEM;
		memset(files + f->room, 0, (room - f->room) * sizeof(struct sim_file *));
		f->files = files;
		f->room = room;
	}
	*ret_number = i;
	return 0;
}

/* How a file is opened here. */
struct opening {
	const char *path;
	unsigned flags;
	unsigned mode;
	bool locks;
};

static int open_inode(struct sim_world *w, const struct opening *o, struct sim_inode **ret)
{
	unsigned how = o->flags & PAWL_OPEN_NEW ? SIM_REACH_NAME : SIM_REACH_FOLLOW;
	const char *real;
	int r;

	if (o->flags & (PAWL_OPEN_WRITE | PAWL_OPEN_CREATE | PAWL_OPEN_NEW | SIM_OPEN_BOTH))
		how |= SIM_REACH_WRITES;
	r = pawl_sim_reach_(w, o->path, how, 0, &real);
	if (r == 0)
		r = pawl_disk_open_(disk_of(w), real, o->flags, o->mode, ret);
	return r;
}

static struct sim_file *file_new(const struct opening *o, struct sim_inode *n)
{
	size_t size = strlen(o->path) + 1;
	struct sim_file *f = malloc(sizeof(*f) + size);

	if (!f)
		return NULL;
	*f = (struct sim_file){
		.inode = n,
		.refs = 1,
		.reads = !(o->flags & PAWL_OPEN_WRITE),
		.writes = o->flags & (PAWL_OPEN_WRITE | SIM_OPEN_BOTH),
		.appends = o->flags & PAWL_OPEN_APPEND,
		.is_locked = o->locks,
	};
	memcpy(f->path, o->path, size);
	return f;
}

static int open_file(struct sim_world *w, const struct opening *o, int *ret_file)
{
	struct sim_inode *n;
	struct sim_file *f;
	unsigned i;
	int r = number(w->files, &i);

	if (r == 0)
		r = open_inode(w, o, &n);
	if (r < 0)
		return r;
	if (o->locks && !pawl_disk_lock_(n)) {
		pawl_disk_close_(disk_of(w), n);
		return PAWL_EBUSY;
	}
	f = file_new(o, n);
	if (!f) {
		if (o->locks)
			pawl_disk_unlock_(n);
		pawl_disk_close_(disk_of(w), n);
		return PAWL_ENOMEM;
	}
	w->files->files[i] = f;
	w->files->count++;
	*ret_file = (int)i + SIM_FILE_FIRST;
	return 0;
}

int pawl_sim_files_pass_(struct sim_world *from, int file, struct sim_world *to, int *ret_file)
{
	struct sim_file *f = file_at(from, file);
	unsigned i;
	int r;

	if (!f)
		return PAWL_EIO;
	r = number(to->files, &i);
	if (r < 0)
		return r;
	f->refs++;
	to->files->files[i] = f;
	to->files->count++;
	*ret_file = (int)i + SIM_FILE_FIRST;
	return 0;
}

/* ---- faults ---- */

static const pawl_sim_faults *faults(struct sim_world *w)
{
	return pawl_sim_faults_(w->machine->sim);
}

/* A call begins that needs a file of its own. */
static int opens(struct sim_world *w, const char *call, const char *path)
{
	pawl_sim_point_(w, call, path);
	if (pawl_sim_fault_(w, faults(w)->open_fails_in, "too many open files"))
		return PAWL_EMFILE;
	return 0;
}

/* A call begins that changes a name, or what an inode says of itself. */
static int changes(struct sim_world *w, const char *call, const char *path)
{
	pawl_sim_point_(w, call, path);
	if (pawl_sim_fault_(w, faults(w)->change_fails_in, "the change fails"))
		return PAWL_EIO;
	return 0;
}

/* ---- open files ---- */

int pawl_sim_file_open_(pawl_world *world, const char *path, unsigned flags, unsigned mode,
			int *ret_file)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	struct opening o = { .path = path, .flags = flags & 15, .mode = mode };
	int r = opens(w, "open", path);

	if (!(flags & PAWL_OPEN_NEW))
		o.mode &= ~UMASK;
	return r < 0 ? r : open_file(w, &o, ret_file);
}

int pawl_sim_file_lock_(pawl_world *world, const char *path, int *ret_file)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	struct opening o = {
		.path = path, .flags = PAWL_OPEN_CREATE | SIM_OPEN_BOTH, .mode = 0644, .locks = true
	};
	int r = opens(w, "lock", path);

	return r < 0 ? r : open_file(w, &o, ret_file);
}

int pawl_sim_file_close_(pawl_world *world, int file)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	struct sim_file *f;

	PAWL_ASSERT(file >= 0);
	pawl_sim_point_(w, "close", path_at(w, file));
	f = file_at(w, file);
	if (!f)
		return PAWL_EIO;
	w->files->files[file - SIM_FILE_FIRST] = NULL;
	w->files->count--;
	file_drop(w->machine, f);
	return 0;
}

/* At least one byte, and not all of them. */
static size_t shortened(struct sim_world *w, size_t size)
{
	uint32_t below = size - 1 < UINT32_MAX ? (uint32_t)(size - 1) : UINT32_MAX;

	return size - 1 - pawl_sim_choose_(w->machine->sim, below);
}

int pawl_sim_file_read_(pawl_world *world, int file, void *buf, size_t size, size_t *ret_size)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	struct sim_file *f;
	size_t got;
	int r;

	pawl_sim_point_(w, "read", path_at(w, file));
	f = file_at(w, file);
	if (!f || !f->reads)
		return PAWL_EIO;
	if (pawl_sim_fault_(w, faults(w)->read_fails_in, "reading fails"))
		return PAWL_EIO;
	r = pawl_disk_read_(f->inode, f->at, buf, size, &got);
	if (r < 0)
		return r;
	if (got > 1 && pawl_sim_fault_(w, faults(w)->short_read_in, "a short read"))
		got = shortened(w, got);
	f->at += (int64_t)got;
	*ret_size = got;
	return 0;
}

/* How much of it is written before writing fails. */
static size_t part_of(struct sim_world *w, size_t size)
{
	uint32_t most = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX - 1;

	return pawl_sim_choose_(w->machine->sim, most + 1);
}

int pawl_sim_file_write_(pawl_world *world, int file, const void *buf, size_t size)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	bool fails;
	struct sim_file *f;
	pawl_stat st;
	size_t done;
	int r;

	pawl_sim_point_(w, "write", path_at(w, file));
	f = file_at(w, file);
	if (!size)
		return 0;
	if (!f || !f->writes)
		return PAWL_EIO;
	fails = pawl_sim_fault_(w, faults(w)->write_fails_in, "writing fails");
	if (fails)
		size = part_of(w, size);
	pawl_disk_fstat_(f->inode, &st);
	if (f->appends)
		f->at = st.size;
	r = pawl_disk_write_(disk_of(w), f->inode, f->at, buf, size, &done);
	f->at += (int64_t)done;
	return fails ? PAWL_EIO : r;
}

int pawl_sim_file_fstat_(pawl_world *world, int file, pawl_stat *ret_stat)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const struct sim_file *f;

	pawl_sim_point_(w, "fstat", path_at(w, file));
	f = file_at(w, file);
	if (!f)
		return PAWL_EIO;
	pawl_disk_fstat_(f->inode, ret_stat);
	return 0;
}

int pawl_sim_file_sync_(pawl_world *world, int file)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const struct sim_file *f;

	pawl_sim_point_(w, "sync", path_at(w, file));
	f = file_at(w, file);
	if (!f)
		return PAWL_EIO;
	if (pawl_sim_fault_(w, faults(w)->sync_fails_in, "syncing fails")) {
		pawl_disk_sync_fails_(disk_of(w), f->inode);
		return PAWL_EIO;
	}
	pawl_disk_sync_(disk_of(w), f->inode);
	return 0;
}

/* ---- paths ---- */

int pawl_sim_file_stat_(pawl_world *world, const char *path, bool follow, pawl_stat *ret_stat)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r;

	pawl_sim_point_(w, "stat", path);
	r = pawl_sim_reach_(w, path, follow ? SIM_REACH_FOLLOW : SIM_REACH_NAME, 0, &real);
	return r < 0 ? r : pawl_disk_stat_(disk_of(w), real, follow, ret_stat);
}

int pawl_sim_file_mkdir_(pawl_world *world, const char *path, unsigned mode)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "mkdir", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_mkdir_(disk_of(w), real, mode);
}

int pawl_sim_file_unlink_(pawl_world *world, const char *path)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "unlink", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_unlink_(disk_of(w), real);
}

int pawl_sim_file_rmdir_(pawl_world *world, const char *path)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "rmdir", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_rmdir_(disk_of(w), real);
}

/* Both names, on one mount. */
static int reach_two(struct sim_world *w, const char *from, const char *to, unsigned how_from,
		     const char *ret_real[2])
{
	int r = pawl_sim_reach_(w, from, how_from, 0, &ret_real[0]);

	if (r == 0)
		r = pawl_sim_reach_(w, to, SIM_REACH_WRITES, 1, &ret_real[1]);
	if (r == 0 && pawl_sim_is_across_(w))
		r = PAWL_EXDEV;
	return r;
}

int pawl_sim_file_rename_(pawl_world *world, const char *from, const char *to)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real[2];
	int r = changes(w, "rename", to);

	if (r == 0)
		r = reach_two(w, from, to, SIM_REACH_WRITES, real);
	return r < 0 ? r : pawl_disk_rename_(disk_of(w), real[0], real[1]);
}

int pawl_sim_file_link_(pawl_world *world, const char *from, const char *to)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real[2];
	int r = changes(w, "link", to);

	if (r == 0)
		r = reach_two(w, from, to, SIM_REACH_NAME, real);
	return r < 0 ? r : pawl_disk_link_(disk_of(w), real[0], real[1]);
}

int pawl_sim_file_symlink_(pawl_world *world, const char *target, const char *path)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "symlink", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_symlink_(disk_of(w), target, real);
}

int pawl_sim_file_readlink_(pawl_world *world, const char *path, char *buf, size_t size)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real, *target;
	size_t length;
	int r;

	PAWL_ASSERT(size > 0);
	pawl_sim_point_(w, "readlink", path);
	r = pawl_sim_reach_(w, path, SIM_REACH_NAME, 0, &real);
	if (r == 0)
		r = pawl_disk_target_(disk_of(w), real, &target);
	if (r < 0)
		return r;
	length = strlen(target);
	if (length >= size)
		return PAWL_ENAMETOOLONG;
	memcpy(buf, target, length + 1);
	return 0;
}

int pawl_sim_file_chmod_(pawl_world *world, const char *path, unsigned mode)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "chmod", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_FOLLOW | SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_chmod_(disk_of(w), real, mode);
}

int pawl_sim_file_set_mtime_(pawl_world *world, const char *path, int64_t mtime)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	int r = changes(w, "set_mtime", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_WRITES, 0, &real);
	return r < 0 ? r : pawl_disk_set_mtime_(disk_of(w), real, mtime);
}

/* Writing fails after a part of it, and the part goes. */
static int copy(struct sim_world *w, const struct sim_inode *from, struct sim_inode *to)
{
	if (pawl_sim_fault_(w, faults(w)->read_fails_in, "reading fails") ||
	    pawl_sim_fault_(w, faults(w)->write_fails_in, "writing fails"))
		return PAWL_EIO;
	return pawl_disk_share_(disk_of(w), from, to);
}

static int clone(struct sim_world *w, const char *from, const char *to, unsigned mode)
{
	struct sim_disk *d = disk_of(w);
	struct sim_inode *in, *out;
	const char *real[2];
	int r = pawl_sim_reach_(w, from, SIM_REACH_FOLLOW, 0, &real[0]);

	if (r == 0)
		r = pawl_disk_open_(d, real[0], 0, 0, &in);
	if (r < 0)
		return r;
	r = pawl_sim_reach_(w, to, SIM_REACH_WRITES, 1, &real[1]);
	if (r == 0)
		r = pawl_disk_open_(d, real[1], PAWL_OPEN_WRITE | PAWL_OPEN_NEW, mode, &out);
	if (r < 0)
		goto close_in;
	r = copy(w, in, out);
	pawl_disk_close_(d, out);
	if (r < 0)
		pawl_disk_unlink_(d, real[1]);
close_in:
	pawl_disk_close_(d, in);
	return r;
}

int pawl_sim_file_clone_(pawl_world *world, const char *from, const char *to, unsigned mode)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	int r = opens(w, "clone", to);

	return r < 0 ? r : clone(w, from, to, mode);
}

int pawl_sim_file_sync_all_(pawl_world *world, const char *path)
{
	struct sim_world *w = pawl_sim_world_from_(world);
	const char *real;
	pawl_stat st;
	int r = opens(w, "sync_all", path);

	if (r == 0)
		r = pawl_sim_reach_(w, path, SIM_REACH_FOLLOW, 0, &real);
	if (r == 0)
		r = pawl_disk_stat_(disk_of(w), real, true, &st);
	if (r < 0)
		return r;
	if (pawl_sim_fault_(w, faults(w)->sync_fails_in, "syncing fails")) {
		pawl_disk_sync_dev_fails_(disk_of(w), (uint32_t)st.dev);
		return PAWL_EIO;
	}
	pawl_disk_sync_dev_(disk_of(w), (uint32_t)st.dev);
	return 0;
}

/* ---- for tests ---- */

int pawl_sim_put_file(pawl_sim *sim, const char *path, const void *bytes, size_t size,
		      unsigned mode)
{
	struct sim_machine *m = pawl_sim_machine_of_(sim);

	PAWL_ASSERT(path && path[0] == '/');
	return m ? pawl_disk_put_(m->disk, path, bytes, size, mode) : PAWL_ENOMEM;
}

int pawl_sim_mount(pawl_sim *sim, const char *path)
{
	struct sim_machine *m = pawl_sim_machine_of_(sim);

	PAWL_ASSERT(path && path[0] == '/');
	return m ? pawl_disk_mount_(m->disk, path) : PAWL_ENOMEM;
}

int pawl_sim_get_file(pawl_sim *sim, const char *path, void *buf, size_t size, size_t *ret_size)
{
	struct sim_machine *m = pawl_sim_machine_of_(sim);

	PAWL_ASSERT(path && path[0] == '/');
	return m ? pawl_disk_get_(m->disk, path, buf, size, ret_size) : PAWL_ENOMEM;
}

char *pawl_sim_list(pawl_sim *sim)
{
	struct sim_machine *m = pawl_sim_machine_of_(sim);

	return m ? pawl_disk_dump_(m->disk, false) : NULL;
}
