/* SPDX-License-Identifier: MIT */
/* Collecting: what was not used for longest goes, what is in use stays, also in a crash. */
#define _GNU_SOURCE
#include "store_kit.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS 5
#define SIZE 10000 /* of each one's own file; all share another */

static pawl_digest signature_of(int n)
{
	pawl_digest d = { { 2, (uint8_t)n } };

	return d;
}

static void record(struct scratch *s, int n)
{
	struct pawl_tree none = { 0 }, after;
	struct pawl_action action;
	pawl_digest signature = signature_of(n);
	char root[200], path[220], data[SIZE];

	snprintf(root, sizeof root, "%s", scratch_path(s, "work"));
	make_gone(root);
	make_dir(root, 0755);
	memset(data, 'a' + n, sizeof data);
	snprintf(path, sizeof path, "%s/own", root);
	make_file(path, data, sizeof data, 0644);
	memset(data, 'S', 1000);
	snprintf(path, sizeof path, "%s/shared", root);
	make_file(path, data, 1000, 0644);
	CHECK_INT(pawl_store_capture(s->store, root, NULL, &none, &after, &action), 0);
	pawl_store_record(s->store, &signature, &action);
	pawl_tree_fini(&after);
	pawl_action_fini(&action);
}

static void fill(struct scratch *s)
{
	scratch_init(s);
	scratch_open(s);
	for (int n = 0; n < TASKS; n++)
		record(s, n);
	CHECK_INT(scratch_flush(s), 0);
}

static bool has(struct scratch *s, int n)
{
	struct pawl_action action;
	pawl_digest signature = signature_of(n);

	if (pawl_store_find(s->store, &signature, &s->messages, &action) < 0)
		return false;
	CHECK_INT(pawl_store_check(s->store, &action, &s->messages), 0);
	pawl_action_fini(&action);
	return true;
}

static void use(struct scratch *s, int n)
{
	pawl_digest signature = signature_of(n);

	pawl_store_used(s->store, &signature);
	CHECK_INT(scratch_flush(s), 0);
}

TEST(no_limit_drops_only_orphans)
{
	struct pawl_gc_options o = { 0 };
	struct pawl_gc_result result;
	struct pawl_blob orphan;
	struct scratch s;

	fill(&s);
	CHECK_INT(pawl_store_put_span(s.store, "nobody refers to this", 21, &orphan), 0);
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
	CHECK_UINT(result.actions_kept, TASKS);
	CHECK_UINT(result.actions_dropped, 0);
	CHECK_UINT(result.blobs_kept, TASKS + 1);
	CHECK_UINT(result.blobs_dropped, 1);
	CHECK_INT(result.bytes_dropped, 21);
	for (int n = 0; n < TASKS; n++)
		CHECK(has(&s, n));
	scratch_fini(&s);
}

TEST(last_used_stay)
{
	struct pawl_gc_options o = { .keep_bytes = 2 * SIZE + 1000, .dry_run = true };
	struct pawl_gc_result planned, result;
	struct pawl_store_stat st;
	struct scratch s;

	fill(&s);
	use(&s, 1);
	CHECK_INT(pawl_store_gc(s.store, &o, &planned), 0);
	for (int n = 0; n < TASKS; n++)
		CHECK(has(&s, n));
	o.dry_run = false;
	CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
	CHECK_MEM(&result, &planned, sizeof result);
	CHECK_UINT(result.actions_kept, 2);
	CHECK_INT(result.bytes_kept, 2 * SIZE + 1000);
	for (int n = 0; n < TASKS; n++)
		CHECK(has(&s, n) == (n == 1 || n == TASKS - 1));
	CHECK_INT(pawl_store_stat(s.store, &st), 0);
	CHECK_UINT(st.actions, 2);
	CHECK_UINT(st.blobs, 3);
	CHECK_INT(st.bytes, 2 * SIZE + 1000);
	scratch_fini(&s);
}

TEST(what_a_place_holds_stays)
{
	struct pawl_gc_options o = { .keep_bytes = 1 };
	struct pawl_gc_result result;
	struct pawl_tree tree = { 0 };
	struct pawl_held held = { "a:b", signature_of(0) };
	struct scratch s;

	fill(&s);
	pawl_store_placed(s.store, "/w", &held, 1, &tree);
	CHECK_INT(scratch_flush(&s), 0);
	CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
	for (int n = 0; n < TASKS; n++)
		CHECK(has(&s, n) == (n == 0));
	CHECK_UINT(result.blobs_kept, 2);
	scratch_fini(&s);
}

TEST(age_limit)
{
	struct pawl_gc_options o = { .keep_age = PAWL_S(3600) };
	struct pawl_gc_result result;
	struct scratch s;

	fill(&s);
	CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
	CHECK_UINT(result.actions_kept, TASKS);
	o.keep_age = 1;
	CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
	CHECK_UINT(result.actions_kept, 0);
	CHECK_UINT(result.blobs_kept, 0);
	scratch_fini(&s);
}

TEST(killed_at_any_call)
{
	struct pawl_gc_options o = { .keep_bytes = 2 * SIZE + 1000 };
	bool done = false;

	for (unsigned n = 1; !done; n++) {
		struct pawl_gc_result result;
		struct scratch s;
		int status;
		pid_t pid;

		kit_at("call", n);
		fill(&s);
		scratch_close(&s);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			scratch_open(&s);
			s.trouble.calls = 0;
			s.trouble.die_at = n;
			pawl_store_gc(s.store, &o, &result);
			scratch_close(&s);
			_exit(0);
		}
		CHECK_INT(waitpid(pid, &status, 0), pid);
		done = WEXITSTATUS(status) == 0;
		scratch_open(&s);
		for (int i = 0; i < TASKS; i++)
			has(&s, i); /* whatever is a hit is whole */
		CHECK(has(&s, TASKS - 1));
		CHECK_INT(pawl_store_gc(s.store, &o, &result), 0);
		CHECK_UINT(result.actions_kept, 2);
		CHECK_UINT(result.blobs_kept, 3);
		scratch_fini(&s);
	}
}

TEST(verify_finds_and_drops)
{
	struct pawl_blob blob = { .size = SIZE };
	struct pawl_store_stat st;
	struct pawl_buf path = { 0 };
	struct scratch s;
	char data[SIZE];
	uint64_t blobs, damaged;

	fill(&s);
	memset(data, 'c', sizeof data);
	pawl_hash_span(pawl_store_hasher(s.store), data, sizeof data, &blob.digest);
	CHECK_INT(pawl_store_path(s.store, &blob, false, &s.messages, &path), 0);
	data[77] ^= 1;
	make_file(path.s, data, sizeof data, 0444);
	set_time(path.s, PAWL_BLOB_MTIME); /* as a failing disk does it */
	CHECK_INT(pawl_store_verify(s.store, &s.messages, &blobs, &damaged), 0);
	CHECK_UINT(blobs, TASKS + 1);
	CHECK_UINT(damaged, 1);
	CHECK_UINT(s.messages.len, 1);
	for (int n = 0; n < TASKS; n++)
		CHECK(has(&s, n) == (n != 2));
	CHECK_INT(pawl_store_stat(s.store, &st), 0);
	CHECK_UINT(st.bad, 1);
	CHECK_INT(pawl_store_verify(s.store, &s.messages, &blobs, &damaged), 0);
	CHECK_UINT(damaged, 0);
	record(&s, 2);
	CHECK(has(&s, 2));
	pawl_buf_fini(&path);
	scratch_fini(&s);
}

static const struct kit_case cases[] = {
	CASE(no_limit_drops_only_orphans), CASE(last_used_stay),
	CASE(what_a_place_holds_stays),    CASE(age_limit),
	CASE(killed_at_any_call),          CASE(verify_finds_and_drops),
};

KIT_MAIN(cases)
