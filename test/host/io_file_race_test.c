/* SPDX-License-Identifier: MIT */
/* Files left at any moment, by cancels and limits: nothing leaks, nothing that is read is torn. */
#define _GNU_SOURCE
#include "io_fs_fix.h"

#include <pawl/dir.h>
#include <pawl/file.h>

/* One that opens, writes, reads and closes a file again and again, each with a limit. */
struct racer {
	pawl_task task;
	pawl_file f;
	pawl_dir d;
	pawl_dir_entry e;
	char path[16];
	uint64_t word, back;
	size_t n;
	pawl_timeout limit;
	pawl_time after; /* PAWL_NEVER: as good as none */
	unsigned rounds;
	int r;
};

#define WITHIN(s, expr) PAWL_TIMEOUT(t, &(s)->limit, (s)->after, (expr))

static int races(pawl_task *t)
{
	struct racer *s = PAWL_OF(t, struct racer, task);

	PAWL_BEGIN(t);
	for (s->rounds = 0; s->rounds < 12; s->rounds++) {
		pawl_file_close(&s->f);
		PAWL_AWAIT_AS(t, s->r,
			      WITHIN(s, pawl_file_open(t, &s->f, s->path,
						       PAWL_FILE_READ | PAWL_FILE_WRITE |
							       PAWL_FILE_CREATE,
						       0600)));
		if (s->r == PAWL_ECANCELED)
			break;
		if (s->r == PAWL_ETIMEDOUT)
			continue;
		CHECK_INT(s->r, 0);
		s->word = s->rounds * 0x0101010101010101u;
		PAWL_AWAIT_AS(t, s->r, WITHIN(s, pawl_file_write(t, &s->f, &s->word, 8)));
		if (s->r == PAWL_ECANCELED)
			break;
		CHECK_UINT(s->f.at, s->r == 0 ? 8 : 0);
		if (s->r == PAWL_ETIMEDOUT)
			continue;
		s->f.at = 0;
		PAWL_AWAIT_AS(t, s->r, WITHIN(s, pawl_file_read(t, &s->f, &s->back, 8, &s->n)));
		if (s->r == PAWL_ECANCELED)
			break;
		CHECK_UINT(s->f.at, s->r == 0 ? 8 : 0);
		if (s->r == 0)
			CHECK_UINT(s->back, s->word);
	}
	PAWL_END(t);
}

/* One that lists the folder in which the others work. */
static int lists(pawl_task *t)
{
	struct racer *s = PAWL_OF(t, struct racer, task);

	PAWL_BEGIN(t);
	for (s->rounds = 0; s->rounds < 12; s->rounds++) {
		pawl_dir_close(&s->d);
		PAWL_AWAIT_AS(t, s->r, WITHIN(s, pawl_dir_open(t, &s->d, ".")));
		while (s->r == 0)
			PAWL_AWAIT_AS(t, s->r, WITHIN(s, pawl_dir_next(t, &s->d, &s->e)));
		if (s->r == PAWL_ECANCELED)
			break;
	}
	PAWL_END(t);
}

/* Whichever way it ended, what is open is the task's to close. */
static int races_and_closes(pawl_task *t)
{
	struct racer *s = PAWL_OF(t, struct racer, task);
	int r = s->path[0] ? races(t) : lists(t);

	if (r == PAWL_PENDING)
		return r;
	pawl_file_close(&s->f);
	pawl_dir_close(&s->d);
	return s->r == PAWL_ECANCELED ? s->r : r;
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

enum { RACERS = 24 };

static void round_of(pawl_host *h, uint32_t *seed)
{
	static struct racer s[RACERS];
	unsigned i, turns;

	memset(s, 0, sizeof(s));
	for (i = 0; i < RACERS; i++) {
		if (i % 6)
			snprintf(s[i].path, sizeof(s[i].path), "file%u", i);
		s[i].after = i % 2 ? PAWL_NEVER : PAWL_US(1 + next(seed) % 100);
		CHECK_INT(pawl_spawn(pawl_host_exec(h), &s[i].task, races_and_closes), 0);
	}
	for (i = 0; i < RACERS; i++) {
		for (turns = next(seed) % 40; turns; turns--)
			pawl_poll_once(pawl_host_exec(h));
		if (i % 3)
			pawl_cancel(&s[i].task);
	}
	for (i = 0; i < RACERS; i++) {
		int r = io_end(h, &s[i].task);

		CHECK(r == 0 || (r == PAWL_ECANCELED && i % 3));
		unlink(s[i].path);
	}
}

TEST(left_at_any_moment)
{
	char folder[64];
	pawl_host_options o = { .workers = 2, .blocking_max = 3 };
	pawl_host *h = NULL;
	uint32_t seed = (uint32_t)param;
	unsigned before, i;

	fs_begin(folder, sizeof(folder));
	CHECK_INT(pawl_host_new(&o, &h), 0);
	before = fs_descriptors();
	for (i = 0; i < (kit_long() ? 2000u : 40u); i++)
		round_of(h, &seed);
	CHECK_UINT(fs_descriptors(), before);
	fs_end(folder);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE_N(left_at_any_moment, 1),
	CASE_N(left_at_any_moment, 2),
	CASE_N(left_at_any_moment, 3),
};

KIT_MAIN(cases)
