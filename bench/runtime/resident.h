/* SPDX-License-Identifier: MIT */
/* How much memory a process has: its pages, and the tables that the system keeps of them. */
#ifndef BENCH_RESIDENT_H
#define BENCH_RESIDENT_H

#include "measure.h"

static inline double resident_line(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	measure_must(at != NULL, name);
	return strtod(at + strlen(name), NULL) * 1024;
}

/* In bytes. Stacks lie far apart, so their page tables count. */
static inline double resident(void)
{
	char text[8192];
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	measure_must(n > 0, "/proc/self/status");
	fclose(f);
	text[n] = '\0';
	return resident_line(text, "VmRSS:") + resident_line(text, "VmPTE:");
}

#endif
