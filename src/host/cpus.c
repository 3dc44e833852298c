/* SPDX-License-Identifier: MIT */
/* How many CPUs this process may use: affinity mask and cgroup quotas. */
#define _GNU_SOURCE
#include <pawl/host.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static unsigned by_affinity(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

/* Reads one number, or nothing when it is "max" or -1. */
static bool read_number(const char *dir, const char *name, long *ret, long *ret_second)
{
	char path[PATH_MAX];
	FILE *f;
	int n;

	if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fscanf(f, "%ld %ld", ret, ret_second);
	fclose(f);
	return n >= 1 && *ret > 0;
}

static unsigned limit_of(const char *dir, unsigned cpus)
{
	long quota, period = 100000, none;

	if (!read_number(dir, "cpu.max", &quota, &period)) {
		if (!read_number(dir, "cpu.cfs_quota_us", &quota, &none) ||
		    !read_number(dir, "cpu.cfs_period_us", &period, &none))
			return cpus;
	}
	if (period <= 0 || (quota + period - 1) / period >= (long)cpus)
		return cpus;
	return (unsigned)((quota + period - 1) / period);
}

/* Every cgroup above may have a quota too. */
static unsigned along_path(const char *root, const char *path, unsigned cpus)
{
	char dir[PATH_MAX];
	size_t stay = strlen(root);

	if (snprintf(dir, sizeof dir, "%s%s", root, path) >= (int)sizeof dir)
		return cpus;
	for (;;) {
		char *slash;

		cpus = limit_of(dir, cpus);
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < stay)
			return cpus;
		*slash = 0;
	}
}

/* A line of /proc/self/cgroup: "0::/path" (version 2) or "4:cpu,cpuacct:/path" (version 1). */
static unsigned by_line(char *line, unsigned cpus)
{
	char root[PATH_MAX];
	char *kinds = strchr(line, ':');
	char *path = kinds ? strchr(kinds + 1, ':') : NULL;

	if (!path)
		return cpus;
	*path++ = 0;
	kinds++;
	path[strcspn(path, "\n")] = 0;
	if (!*kinds)
		return along_path("/sys/fs/cgroup", path, cpus);
	if (!strstr(kinds, "cpu") || strstr(kinds, "cpuset"))
		return cpus;
	if (snprintf(root, sizeof root, "/sys/fs/cgroup/%s", kinds) >= (int)sizeof root)
		return cpus;
	/*
	 * In a container the path is one of the machine outside; its own cgroup is then the root
	 * that it sees.
	 */
	return limit_of(root, along_path(root, path, cpus));
}

unsigned pawl_host_cpus(void)
{
	char line[PATH_MAX];
	unsigned cpus = by_affinity();
	FILE *f = fopen("/proc/self/cgroup", "re");

	if (!f)
		return cpus;
	while (fgets(line, sizeof line, f))
		cpus = by_line(line, cpus);
	fclose(f);
	return cpus ? cpus : 1;
}
