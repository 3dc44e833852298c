/* SPDX-License-Identifier: MIT */
/* Failure points of libfiu for calls that its own library lets through; and whose calls fail. */
#define _GNU_SOURCE
#define FIU_ENABLE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fiu.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Preloaded before libfiu's own library. libuv and OpenSSL end the process, or crash, when their
 * own calls fail in ways that the kernel never shows (a write to an eventfd), or when there is no
 * memory while they begin: what they call goes past libfiu, and so does what libfiu itself calls.
 * Pipes, sockets and eventfds are left alone for the same reason. The points here are
 * more/GROUP/CALL; failinfo is the error.
 */
struct range {
	uintptr_t from, to;
};

static struct range spared[8];
static unsigned spared_count;

static int find_spared(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct range r = { UINTPTR_MAX, 0 };

	(void)size, (void)arg;
	if (!strstr(info->dlpi_name, "/libuv.") && !strstr(info->dlpi_name, "/libcrypto.") &&
	    !strstr(info->dlpi_name, "/libfiu.") && !strstr(info->dlpi_name, "/fiu_"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		r.from = at < r.from ? at : r.from;
		r.to = at + info->dlpi_phdr[i].p_memsz > r.to ? at + info->dlpi_phdr[i].p_memsz
							      : r.to;
	}
	if (spared_count < sizeof spared / sizeof *spared)
		spared[spared_count++] = r;
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	dl_iterate_phdr(find_spared, NULL);
}

static bool is_spared(const void *caller)
{
	for (unsigned i = 0; i < spared_count; i++) {
		if ((uintptr_t)caller >= spared[i].from && (uintptr_t)caller < spared[i].to)
			return true;
	}
	return false;
}

#define CALLER __builtin_return_address(0)

/* A call of the C library itself, or the one behind us, which is libfiu's. */
static void *find(const char *name, bool straight)
{
	static void *libc;

	if (!straight)
		return dlsym(RTLD_NEXT, name);
	if (!libc)
		libc = dlopen("libc.so.6", RTLD_LAZY);
	return dlsym(libc, name);
}

/* ---- whose calls fail ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);

/*
 * libfiu's own, found once; while they are being found, memory comes straight from the C library.
 */
static struct {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *p, size_t size);
} memory;

/* Here, and while a point is being asked about, memory comes straight from the C library. */
static _Thread_local bool inside;

static bool memory_may_fail(const void *caller)
{
	if (inside || !spared_count || is_spared(caller))
		return false;
	if (!memory.realloc) {
		inside = true;
		*(void **)&memory.malloc = find("malloc", false);
		*(void **)&memory.calloc = find("calloc", false);
		*(void **)&memory.realloc = find("realloc", false);
		inside = false;
	}
	return memory.realloc;
}

void *malloc(size_t size)
{
	return memory_may_fail(CALLER) ? memory.malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return memory_may_fail(CALLER) ? memory.calloc(count, size) : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return memory_may_fail(CALLER) ? memory.realloc(p, size) : __libc_realloc(p, size);
}

static bool is_spared_file(int fd)
{
	char link[64], name[8];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	inside = true;
	n = readlink(link, name, sizeof name);
	inside = false;
	return n <= 0 || name[0] != '/';
}

ssize_t read(int fd, void *buf, size_t size)
{
	static ssize_t (*calls[2])(int, void *, size_t);
	bool straight = is_spared(CALLER) || is_spared_file(fd);

	if (!calls[straight])
		*(void **)&calls[straight] = find("read", straight);
	return calls[straight](fd, buf, size);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	static ssize_t (*calls[2])(int, const void *, size_t);
	bool straight = is_spared(CALLER) || is_spared_file(fd);

	if (!calls[straight])
		*(void **)&calls[straight] = find("write", straight);
	return calls[straight](fd, buf, size);
}

/* ---- what else fails ---- */

static int failure(void)
{
	long info = (long)(intptr_t)fiu_failinfo();

	return info ? (int)info : EIO;
}

static bool fails(const char *point, const void *caller)
{
	bool failed;

	if (inside || is_spared(caller))
		return false;
	inside = true;
	failed = fiu_fail(point);
	inside = false;
	if (failed)
		errno = failure();
	return failed;
}

/* A call that gives a negative number and sets errno. */
#define FAILING(result, name, point, params, args)            \
	result name params                                    \
	{                                                     \
		static result(*call) params;                  \
		if (!call)                                    \
			*(void **)&call = find(#name, true);  \
		return fails(point, CALLER) ? -1 : call args; \
	}

FAILING(int, mkdir, "more/dir/mkdir", (const char *path, mode_t mode), (path, mode))
FAILING(int, rmdir, "more/dir/rmdir", (const char *path), (path))
FAILING(int, link, "more/dir/link", (const char *from, const char *to), (from, to))
FAILING(int, symlink, "more/dir/symlink", (const char *target, const char *path), (target, path))
FAILING(ssize_t, readlink, "more/dir/readlink", (const char *path, char *buf, size_t size),
	(path, buf, size))
FAILING(int, chmod, "more/mode/chmod", (const char *path, mode_t mode), (path, mode))
FAILING(int, fchmod, "more/mode/fchmod", (int fd, mode_t mode), (fd, mode))
FAILING(int, utimensat, "more/mode/utimensat",
	(int dir, const char *path, const struct timespec times[2], int flags),
	(dir, path, times, flags))
FAILING(int, stat, "more/stat/stat", (const char *path, struct stat *st), (path, st))
FAILING(int, lstat, "more/stat/lstat", (const char *path, struct stat *st), (path, st))
FAILING(int, fstat, "more/stat/fstat", (int fd, struct stat *st), (fd, st))
FAILING(int, fstatat, "more/stat/fstatat", (int dir, const char *path, struct stat *st, int flags),
	(dir, path, st, flags))
FAILING(int, syncfs, "more/sync/syncfs", (int fd), (fd))
FAILING(int, flock, "more/sync/flock", (int fd, int how), (fd, how))
FAILING(ssize_t, copy_file_range, "more/copy/copy_file_range",
	(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags),
	(from, from_at, to, to_at, size, flags))
FAILING(int, pipe2, "more/proc/pipe2", (int pair[2], int flags), (pair, flags))
FAILING(int, memfd_create, "more/proc/memfd_create", (const char *name, unsigned flags),
	(name, flags))

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	static int (*call)(int (*)(void *), void *, int, void *, ...);
	void *more[3];
	va_list rest;

	if (!call)
		*(void **)&call = find("clone", true);
	if (fails("more/proc/clone", CALLER))
		return -1;
	va_start(rest, arg);
	for (int i = 0; i < 3; i++)
		more[i] = va_arg(rest, void *);
	va_end(rest);
	return call(fn, stack, flags, arg, more[0], more[1], more[2]);
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	static int (*call)(pid_t *, const char *, const posix_spawn_file_actions_t *,
			   const posix_spawnattr_t *, char *const[], char *const[]);

	if (!call)
		*(void **)&call = find("posix_spawnp", true);
	return fails("more/proc/posix_spawnp", CALLER) ? failure()
						       : call(pid, file, actions, attr, argv, env);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	static int (*call)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!call)
		*(void **)&call = find("pthread_create", true);
	return fails("more/proc/pthread_create", CALLER) ? EAGAIN : call(thread, attr, fn, arg);
}
