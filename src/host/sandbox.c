/* SPDX-License-Identifier: MIT */
/* The sandbox of pawl's own making: the view of a task, made by the child in its new namespaces. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Runs in the memory of its parent, which stands still: system calls only, as launch.c says.
 *
 * The order: all that comes from outside is first turned into mounts that hang nowhere; then the
 * root is changed and the old one dropped; only then places are made and the mounts put there. So
 * no path that is resolved inside can lead out, whatever symbolic links an earlier task has left
 * behind.
 */

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

static int sys_open(const char *path, int flags, int mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void sys_close(int fd)
{
	syscall(SYS_close, fd);
}

static bool write_file(const char *path, int flags, const char *text)
{
	size_t size = strlen(text);
	int fd = sys_open(path, O_WRONLY | flags, 0644);
	long n;

	if (fd < 0)
		return false;
	n = syscall(SYS_write, fd, text, size);
	sys_close(fd);
	return n == (long)size;
}

static int clone_mount(const char *path, bool recursive)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
}

static bool set_mount(int mount, uint64_t attributes, bool recursive)
{
	struct mount_attr a = { .attr_set = attributes, .propagation = 1 << 18 /* MS_PRIVATE */ };

	return syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		       &a, sizeof a) == 0;
}

/* Puts a mount at a place and closes it. */
static bool place_mount(int mount, const char *at)
{
	long r = syscall(SYS_move_mount, mount, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH);

	sys_close(mount);
	return r == 0;
}

/* A new file system of its own, not yet anywhere. */
static int new_mount(const char *type, const char *key, const char *value, unsigned attributes)
{
	int mount = -1, fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return -1;
	if ((!key || syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) == 0) &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	sys_close(fs);
	return mount;
}

static bool set_name(struct pawl_launch *l)
{
	if (syscall(SYS_sethostname, "pawl", 4) < 0 || syscall(SYS_setdomainname, "", 0) < 0)
		return pawl_launch_fail(l, PAWL_STEP_NAME, NULL);
	return true;
}

/* Device files that are shown as they are outside, when they exist there. */
static const char *const devices[] = { "/dev/null",   "/dev/zero",    "/dev/full",
				       "/dev/random", "/dev/urandom", "/dev/tty" };

/* Mounts that hang nowhere yet. */
struct parts {
	int root, proc, pts;
	int devices[PAWL_COUNT(devices)];
};

static bool take_binds(struct pawl_launch *l)
{
	for (size_t i = 0; i < l->view->count; i++) {
		struct pawl_view_bind *b = &l->view->binds[i];
		uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

		if (b->link)
			continue;
		b->mount = clone_mount(b->source, true);
		if (b->mount < 0 ||
		    !set_mount(b->mount, attributes | (b->writable ? 0 : MOUNT_ATTR_RDONLY), true))
			return pawl_launch_fail(l, PAWL_STEP_BIND, b->source);
	}
	return true;
}

static bool take_parts(struct pawl_launch *l, struct parts *p)
{
	p->root = new_mount("tmpfs", "mode", "755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (p->root < 0)
		return pawl_launch_fail(l, PAWL_STEP_ROOT, NULL);
	p->proc = new_mount("proc", "hidepid", "invisible",
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (p->proc < 0)
		return pawl_launch_fail(l, PAWL_STEP_PROC, NULL);
	p->pts = new_mount("devpts", "ptmxmode", "666", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	for (size_t i = 0; i < PAWL_COUNT(devices); i++) {
		p->devices[i] = clone_mount(devices[i], false);
		if (p->devices[i] < 0 && errno != ENOENT)
			return pawl_launch_fail(l, PAWL_STEP_DEV, devices[i]);
	}
	return take_binds(l);
}

/* The new root is laid over the old one, both change places, and the old one is dropped. */
static bool change_root(struct pawl_launch *l, int root)
{
	if (syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    syscall(SYS_fchdir, root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    syscall(SYS_umount2, ".", MNT_DETACH) < 0 || syscall(SYS_chdir, "/") < 0)
		return pawl_launch_fail(l, PAWL_STEP_PIVOT, NULL);
	sys_close(root);
	return true;
}

static bool make_folder(const char *path, int mode)
{
	return syscall(SYS_mkdirat, AT_FDCWD, path, mode) == 0 || errno == EEXIST;
}

static bool make_file(const char *path)
{
	int fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);

	if (fd < 0)
		return errno == EEXIST;
	sys_close(fd);
	return true;
}

static bool make_link(const char *target, const char *path)
{
	return syscall(SYS_symlinkat, target, AT_FDCWD, path) == 0;
}

/* A folder of the root's own file system that stays writable when the root is sealed. */
static bool open_folder(const char *path)
{
	int mount;

	if (!make_folder(path, 01777) || syscall(SYS_fchmodat, AT_FDCWD, path, 01777) < 0)
		return false;
	mount = clone_mount(path, false);
	return mount >= 0 && place_mount(mount, path);
}

static bool make_proc(struct pawl_launch *l, int proc)
{
	if (!make_folder("/proc", 0555) || !place_mount(proc, "/proc"))
		return pawl_launch_fail(l, PAWL_STEP_PROC, NULL);
	for (size_t i = 0; l->view->root && i < PAWL_COVERED_COUNT; i++) {
		int mount = clone_mount(pawl_covered[i], false);

		if (mount < 0 && errno == ENOENT)
			continue;
		if (mount < 0 || !set_mount(mount, MOUNT_ATTR_RDONLY, false) ||
		    !place_mount(mount, pawl_covered[i]))
			return pawl_launch_fail(l, PAWL_STEP_PROC, pawl_covered[i]);
	}
	return true;
}

static bool make_dev(struct pawl_launch *l, const struct parts *p)
{
	if (!make_folder("/dev", 0755))
		return pawl_launch_fail(l, PAWL_STEP_DEV, NULL);
	for (size_t i = 0; i < PAWL_COUNT(devices); i++)
		if (p->devices[i] >= 0 &&
		    (!make_file(devices[i]) || !place_mount(p->devices[i], devices[i])))
			return pawl_launch_fail(l, PAWL_STEP_DEV, devices[i]);
	if (p->pts >= 0 && (!make_folder("/dev/pts", 0755) || !place_mount(p->pts, "/dev/pts") ||
			    !make_link("pts/ptmx", "/dev/ptmx")))
		return pawl_launch_fail(l, PAWL_STEP_DEV, "/dev/pts");
	if (!open_folder("/dev/shm") || !make_link("/proc/self/fd", "/dev/fd") ||
	    !make_link("/proc/self/fd/0", "/dev/stdin") ||
	    !make_link("/proc/self/fd/1", "/dev/stdout") ||
	    !make_link("/proc/self/fd/2", "/dev/stderr"))
		return pawl_launch_fail(l, PAWL_STEP_DEV, NULL);
	return true;
}

static bool make_etc(struct pawl_launch *l)
{
	if (!l->view->etc)
		return true;
	if (!make_folder("/etc", 0755))
		return pawl_launch_fail(l, PAWL_STEP_ETC, NULL);
	for (size_t i = 0; i < PAWL_ETC_COUNT; i++)
		if (!write_file(pawl_etc[i].path, O_CREAT | O_EXCL, pawl_etc[i].text))
			return pawl_launch_fail(l, PAWL_STEP_ETC, pawl_etc[i].path);
	return true;
}

/*
 * Makes the folders above `at`. Those that it shares with `before`, the place made last, are there.
 */
static bool make_above(const char *at, const char *before)
{
	size_t same = 0, length = strlen(at);
	char path[4096];

	if (length >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, at, length + 1);
	for (size_t i = 0; at[i] && at[i] == before[i]; i++)
		if (at[i] == '/')
			same = i;
	for (size_t i = same + 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (!make_folder(path, 0755))
			return false;
		path[i] = '/';
	}
	return true;
}

static bool place_bind(struct pawl_view_bind *b)
{
	if (b->link)
		return make_link(b->link, b->at) || errno == EEXIST;
	if (!(b->folder ? make_folder(b->at, 0755) : make_file(b->at)))
		return false;
	return place_mount(b->mount, b->at);
}

static bool place_binds(struct pawl_launch *l)
{
	const char *before = "";

	for (size_t i = 0; i < l->view->count; i++) {
		struct pawl_view_bind *b = &l->view->binds[i];

		if (!make_above(b->at, before) || !place_bind(b))
			return pawl_launch_fail(l, PAWL_STEP_PLACE, b->at);
		before = b->at;
	}
	return true;
}

static bool seal(struct pawl_launch *l)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_RDONLY };

	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &a, sizeof a) < 0)
		return pawl_launch_fail(l, PAWL_STEP_SEAL, "/");
	return true;
}

/*
 * After this, nothing that runs here has a right that other programs have not. The bounding set may
 * stay: without new privileges, no program can take anything from it.
 */
static bool drop_rights(struct pawl_launch *l)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &head, none) < 0 ||
	    syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return pawl_launch_fail(l, PAWL_STEP_RIGHTS, NULL);
	syscall(SYS_umask, 022);
	return true;
}

bool pawl_sandbox_enter(struct pawl_launch *l)
{
	struct parts p = { -1, -1, -1, { 0 } };

	return set_name(l) && take_parts(l, &p) && change_root(l, p.root) && open_folder("/tmp") &&
	       make_proc(l, p.proc) && make_dev(l, &p) && make_etc(l) && place_binds(l) &&
	       seal(l) && drop_rights(l);
}
