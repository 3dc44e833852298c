/* SPDX-License-Identifier: MIT */
/* The store: putting from many threads, crashes at every call, damage of every kind. */
#define _GNU_SOURCE
#include "store_kit.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pawl_digest signature_of(int n)
{
	pawl_digest d = { { 1, (uint8_t)n, (uint8_t)(n >> 8) } };

	return d;
}

/* What the n-th task of a sequence makes: a file of its own, one that all have, one that is big. */
static void make_outputs(const char *root, int n)
{
	char path[256], text[64];
	char *big = malloc(70000);

	snprintf(path, sizeof path, "%s/own", root);
	snprintf(text, sizeof text, "content of task %d\n", n);
	make_text(path, text, 0644);
	snprintf(path, sizeof path, "%s/common", root);
	make_text(path, "the same for all\n", 0755);
	snprintf(path, sizeof path, "%s/big", root);
	memset(big, n, 70000);
	make_file(path, big, 70000, 0644);
	free(big);
}

static int run_task(struct scratch *s, int n)
{
	struct pawl_tree none = { 0 }, after;
	struct pawl_action action;
	pawl_digest signature = signature_of(n);
	char root[200];
	int r;

	snprintf(root, sizeof root, "%s", scratch_path(s, "work"));
	make_gone(root);
	make_dir(root, 0755);
	make_outputs(root, n);
	r = pawl_store_capture(s->store, root, NULL, &none, &after, &action);
	if (r < 0)
		return r;
	action.duration = n;
	pawl_store_record(s->store, &signature, &action);
	pawl_store_placed(s->store, root, NULL, 0, &after);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
	return 0;
}

/* 0: a hit whose outputs are right; PAWL_ENOENT: a miss. A wrong hit ends the test. */
static int check_hit(struct scratch *s, int n)
{
	struct pawl_tree target, brought;
	struct pawl_action action;
	struct pawl_bring b = { .messages = &s->messages };
	pawl_digest signature = signature_of(n);
	char root[200], want[200];
	char *got_text, *want_text;
	const struct pawl_delta *deltas[1];
	int r = pawl_store_find(s->store, &signature, &s->messages, &action);

	if (r < 0)
		return r;
	r = pawl_store_check(s->store, &action, &s->messages);
	if (r == 0) {
		CHECK_INT(action.duration, n);
		snprintf(root, sizeof root, "%s", scratch_path(s, "restored"));
		snprintf(want, sizeof want, "%s", scratch_path(s, "wanted"));
		make_gone(root);
		make_gone(want);
		deltas[0] = &action.delta;
		pawl_delta_sum(deltas, 1, &target);
		b.root = root;
		b.target = &target;
		r = pawl_store_bring(s->store, &b, &brought);
		if (r == 0)
			pawl_tree_fini(&brought);
		pawl_tree_fini(&target);
	}
	if (r == 0) {
		make_dir(want, 0755);
		make_outputs(want, n);
		for (int i = 0; i < 3; i++) {
			static const char *const names[] = { "own", "common", "big" };
			char path[256];

			snprintf(path, sizeof path, "%s/%s", want, names[i]);
			set_time(path, 1);
			snprintf(path, sizeof path, "%s/%s", root, names[i]);
			set_time(path, 1);
		}
		got_text = folder_text(root);
		want_text = folder_text(want);
		CHECK_STR(got_text, want_text);
		free(got_text);
		free(want_text);
	}
	pawl_action_fini(&action);
	return r < 0 ? PAWL_ENOENT : 0;
}

/* ---- plain use ---- */

TEST(what_was_recorded_is_found_at_once_and_later)
{
	struct scratch s;

	scratch_init(&s);
	scratch_open(&s);
	CHECK_INT(run_task(&s, 1), 0);
	CHECK_INT(check_hit(&s, 1), 0);
	CHECK_INT(check_hit(&s, 2), PAWL_ENOENT);
	CHECK(pawl_store_dirty(s.store));
	CHECK_INT(scratch_flush(&s), 0);
	CHECK(!pawl_store_dirty(s.store));
	CHECK_INT(check_hit(&s, 1), 0);
	scratch_close(&s);
	scratch_open(&s);
	CHECK_INT(check_hit(&s, 1), 0);
	{
		pawl_digest one = signature_of(1);

		pawl_store_forget(s.store, &one);
		CHECK_INT(check_hit(&s, 1), PAWL_ENOENT);
		CHECK_INT(scratch_flush(&s), 0);
	}
	CHECK_INT(check_hit(&s, 1), PAWL_ENOENT);
	scratch_fini(&s);
}

TEST(many_new_blobs_share_one_sync)
{
	struct scratch s;

	scratch_init(&s);
	scratch_open(&s);
	for (int n = 0; n < 20; n++)
		CHECK_INT(run_task(&s, n), 0);
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_UINT(s.trouble.unsynced_count, 0);
	for (int n = 0; n < 20; n++)
		CHECK_INT(check_hit(&s, n), 0);
	scratch_fini(&s);
}

TEST(second_writer_is_told_who_holds_it)
{
	struct pawl_messages messages = { 0 };
	struct pawl_store *second = NULL;
	struct pawl_store_options o = { .holder = "pid 2" };
	struct scratch s;
	char dir[200];

	scratch_init(&s);
	scratch_open(&s);
	snprintf(dir, sizeof dir, "%s", scratch_path(&s, "store"));
	o.dir = dir;
	CHECK_INT(pawl_store_open(s.w, &o, &messages, &second), PAWL_EBUSY);
	CHECK_UINT(messages.len, 1);
	CHECK(strstr(messages.at[0].text, "in use by another pawl (pid 1)"));
	/* Reading works beside it. */
	o.read_only = true;
	CHECK_INT(pawl_store_open(s.w, &o, &messages, &second), 0);
	pawl_store_close(second);
	scratch_close(&s);
	o.read_only = false;
	CHECK_INT(pawl_store_open(s.w, &o, &messages, &second), 0);
	pawl_store_close(second);
	pawl_messages_fini(&messages);
	scratch_fini(&s);
}

TEST(reading_an_absent_store_makes_nothing)
{
	struct pawl_store_options o = { .read_only = true };
	struct scratch s;
	char dir[200];

	scratch_init(&s);
	snprintf(dir, sizeof dir, "%s", scratch_path(&s, "store"));
	o.dir = dir;
	CHECK_INT(pawl_store_open(s.w, &o, &s.messages, &s.store), PAWL_ENOENT);
	CHECK(!is_there(dir));
	scratch_fini(&s);
}

/* ---- threads ---- */

struct putter {
	struct scratch *s;
	int number;
	bool good;
};

static void *put_many(void *arg)
{
	struct putter *p = arg;
	struct pawl_blob blob;
	pawl_digest d;
	char text[32];

	p->good = true;
	for (int i = 0; i < 200; i++) {
		/* Half of them are the same for all threads. */
		snprintf(text, sizeof text, "%d %d", i % 2 ? p->number : 0, i);
		pawl_hash_span(pawl_store_hasher(p->s->store), text, strlen(text), &d);
		p->good &= pawl_store_put_span(p->s->store, text, strlen(text), &blob) == 0 &&
			   pawl_digest_is(&blob.digest, &d);
	}
	return NULL;
}

TEST(threads_put_beside_a_flush)
{
	struct putter p[4];
	pthread_t threads[4];
	struct scratch s;
	uint64_t blobs, damaged;

	scratch_init(&s);
	s.w = s.trouble.below; /* what counts calls is of one thread */
	scratch_open(&s);
	for (int i = 0; i < 4; i++) {
		p[i] = (struct putter){ .s = &s, .number = i + 1 };
		CHECK_INT(pthread_create(&threads[i], NULL, put_many, &p[i]), 0);
	}
	for (int i = 0; i < 5; i++)
		CHECK_INT(scratch_flush(&s), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK(p[i].good);
	}
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_INT(pawl_store_verify(s.store, &s.messages, &blobs, &damaged), 0);
	CHECK_UINT(blobs, 500);
	CHECK_UINT(damaged, 0);
	scratch_fini(&s);
}

/* ---- crashes ---- */

#define TASKS 6

/*
 * Opens, then runs and flushes tasks; after each flush that came back it writes how many tasks are
 * safe.
 */
static void crash_child(struct scratch *s, int report)
{
	if (scratch_try_open(s) < 0)
		_exit(1);
	for (int n = 0; n < TASKS; n++) {
		if (run_task(s, n) < 0)
			_exit(1);
		if (n % 2) {
			uint8_t safe = (uint8_t)(n + 1);

			if (scratch_flush(s) < 0 || write(report, &safe, 1) != 1)
				_exit(1);
		}
	}
	scratch_close(s);
	_exit(0);
}

/*
 * Runs the sequence until the n-th call. Says whether it came to its end, and how many tasks were
 * reported safe.
 */
static bool crash_once(struct scratch *s, unsigned n, bool power_cut, int *ret_safe)
{
	int pipes[2], status;
	uint8_t safe = 0;
	pid_t pid;

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		s->trouble.die_at = n;
		s->trouble.power_cut = power_cut;
		crash_child(s, pipes[1]);
	}
	close(pipes[1]);
	while (read(pipes[0], &safe, 1) == 1)
		;
	close(pipes[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 99);
	*ret_safe = safe;
	return WEXITSTATUS(status) == 0;
}

static void check_after_crash(struct scratch *s, int safe)
{
	uint64_t blobs, damaged;

	scratch_open(s);
	for (int n = 0; n < TASKS; n++) {
		int r = check_hit(s, n);

		CHECK(n >= safe || r == 0);
	}
	/* And work goes on from there. */
	for (int n = 0; n < TASKS; n++)
		CHECK_INT(run_task(s, n), 0);
	CHECK_INT(scratch_flush(s), 0);
	for (int n = 0; n < TASKS; n++)
		CHECK_INT(check_hit(s, n), 0);
	CHECK_INT(pawl_store_verify(s->store, &s->messages, &blobs, &damaged), 0);
	CHECK_UINT(damaged, 0);
	scratch_close(s);
}

static void crash_everywhere(bool power_cut)
{
	bool done = false;
	int safe;

	for (unsigned n = 1; !done; n += kit_long() ? 1 : 7) {
		struct scratch s;

		kit_at("call", n);
		scratch_init(&s);
		trouble_database(&s.trouble);
		done = crash_once(&s, n, power_cut, &safe);
		check_after_crash(&s, safe);
		scratch_fini(&s);
	}
}

TEST(killed_at_any_call)
{
	crash_everywhere(false);
}

TEST(power_cut_at_any_call)
{
	crash_everywhere(true);
}

/* Any call fails, once or for ever: no wrong hit, and what a flush reported is there. */
static void fail_everywhere(bool for_ever)
{
	bool done = false;

	for (unsigned n = 1; !done; n += kit_long() ? 1 : 5) {
		struct scratch s;
		int safe = 0, r;

		kit_at("call", n);
		scratch_init(&s);
		trouble_database(&s.trouble);
		s.trouble.fail_at = n;
		s.trouble.for_ever = for_ever;
		s.trouble.error = n % 2 ? PAWL_ENOSPC : PAWL_EIO;
		r = scratch_try_open(&s);
		for (int i = 0; r == 0 && i < TASKS; i += 2) {
			bool ran = run_task(&s, i) == 0 && run_task(&s, i + 1) == 0;

			if (scratch_flush(&s) == 0 && ran && safe == i)
				safe = i + 2;
		}
		done = s.trouble.calls < n;
		s.trouble.fail_at = 0;
		scratch_close(&s);
		check_after_crash(&s, safe);
		scratch_fini(&s);
	}
}

TEST(any_call_fails_once)
{
	fail_everywhere(false);
}

TEST(any_call_fails_for_ever)
{
	fail_everywhere(true);
}

/* ---- damage ---- */

static void flip_bit(const char *path, size_t bit)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	CHECK(fd >= 0);
	CHECK_INT(pread(fd, &byte, 1, (off_t)(bit / 8)), 1);
	byte ^= (uint8_t)(1 << bit % 8);
	CHECK_INT(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
	close(fd);
}

TEST(flipped_bit_in_a_blob)
{
	struct pawl_blob blob = { .size = 18 };
	struct pawl_buf path = { 0 };
	struct scratch s;
	pawl_stat st;

	scratch_init(&s);
	scratch_open(&s);
	CHECK_INT(run_task(&s, 3), 0);
	CHECK_INT(scratch_flush(&s), 0);
	pawl_hash_span(pawl_store_hasher(s.store), "content of task 3\n", 18, &blob.digest);
	CHECK_INT(pawl_blob_find(s.store, &blob.digest, false, &path, &st), 0);
	set_mode(path.s, 0644);
	flip_bit(path.s, 77);
	CHECK_INT(pawl_store_path(s.store, &blob, false, &s.messages, &path), PAWL_ECORRUPT);
	CHECK_UINT(s.messages.len, 1);
	CHECK(strstr(s.messages.at[0].text, "is damaged (other content): task will run again"));
	CHECK_INT(check_hit(&s, 3), PAWL_ENOENT);
	CHECK_INT(run_task(&s, 3), 0);
	CHECK_INT(check_hit(&s, 3), 0);
	pawl_buf_fini(&path);
	scratch_fini(&s);
}

/* A blob that was only touched is still good, and is hashed no more than once for it. */
TEST(touched_blob_is_checked_once)
{
	struct pawl_blob blob;
	struct pawl_buf path = { 0 };
	struct scratch s;
	unsigned calls;

	scratch_init(&s);
	scratch_open(&s);
	CHECK_INT(pawl_store_put_span(s.store, "x", 1, &blob), 0);
	CHECK_INT(pawl_store_path(s.store, &blob, false, &s.messages, &path), 0);
	set_time(path.s, 12345);
	CHECK_INT(pawl_store_path(s.store, &blob, false, &s.messages, &path), 0);
	calls = s.trouble.calls;
	CHECK_INT(pawl_store_path(s.store, &blob, false, &s.messages, &path), 0);
	CHECK_UINT(s.trouble.calls - calls, 1);
	CHECK_UINT(s.messages.len, 0);
	pawl_buf_fini(&path);
	scratch_fini(&s);
}

/* Bits of the database flip: it is refused in words, or gives a right answer, or a miss. */
TEST(flipped_bit_in_the_database)
{
	uint64_t seed = 11;
	struct stat st;

	for (int i = 0; i < (kit_long() ? 2000 : 60); i++) {
		struct scratch s;

		kit_at("flip", i);
		scratch_init(&s);
		scratch_open(&s);
		for (int n = 0; n < 3; n++)
			CHECK_INT(run_task(&s, n), 0);
		CHECK_INT(scratch_flush(&s), 0);
		scratch_close(&s);
		CHECK_INT(stat(scratch_path(&s, "store/pawl.db"), &st), 0);
		flip_bit(scratch_path(&s, "store/pawl.db"),
			 random_next(&seed) % (8 * (size_t)st.st_size));
		if (scratch_try_open(&s) == 0) {
			for (int n = 0; n < 3; n++)
				check_hit(&s, n);
		} else {
			CHECK(s.messages.errors);
		}
		scratch_fini(&s);
	}
}

static const struct kit_case cases[] = {
	CASE(what_was_recorded_is_found_at_once_and_later),
	CASE(many_new_blobs_share_one_sync),
	CASE(second_writer_is_told_who_holds_it),
	CASE(reading_an_absent_store_makes_nothing),
	CASE(threads_put_beside_a_flush),
	CASE(killed_at_any_call),
	CASE(power_cut_at_any_call),
	CASE(any_call_fails_once),
	CASE(any_call_fails_for_ever),
	CASE(flipped_bit_in_a_blob),
	CASE(touched_blob_is_checked_once),
	CASE(flipped_bit_in_the_database),
};

KIT_MAIN(cases)
