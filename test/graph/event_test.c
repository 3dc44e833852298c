/* SPDX-License-Identifier: MIT */
/* Events as JSON lines and as a trace. */
#include "graph/base.h"

#include "kit.h"

static void collect(void *arg, const char *text, size_t len)
{
	pawl_buf_add(arg, text, len);
}

TEST(json_lines)
{
	static const pawl_summary s = {
		.tasks = 3, .run = 1, .restored = 1, .current = 1, .duration = PAWL_MS(1500)
	};
	static const struct {
		pawl_build_event e;
		const char *want;
	} table[] = {
		{ { .kind = PAWL_EVENT_MESSAGE, .level = PAWL_WARNING, .text = "a \"b\"" },
		  "{\"event\":\"message\",\"time\":0.000000,\"level\":\"warning\","
		  "\"text\":\"a \\\"b\\\"\"}\n" },
		{ { .kind = PAWL_EVENT_STARTED, .count = 3, .slots = 2 },
		  "{\"event\":\"build_started\",\"time\":0.000000,\"tasks\":3,\"slots\":2}\n" },
		{ { .kind = PAWL_EVENT_TASK_STARTED,
		    .task = "r:do_x",
		    .slot = 1,
		    .text = "first run" },
		  "{\"event\":\"task_started\",\"time\":0.000000,\"task\":\"r:do_x\","
		  "\"slot\":1,\"because\":\"first run\"}\n" },
		{ { .kind = PAWL_EVENT_TASK_FINISHED,
		    .task = "r:do_x",
		    .result = PAWL_EIO,
		    .exit_code = -1,
		    .signal = 9,
		    .duration = PAWL_MS(20),
		    .cpu = PAWL_MS(3),
		    .memory = 4096,
		    .path = "/l" },
		  "{\"event\":\"task_finished\",\"time\":0.000000,\"task\":\"r:do_x\","
		  "\"slot\":0,\"result\":\"failed\",\"signal\":9,\"seconds\":0.020000,"
		  "\"cpu_seconds\":0.003000,\"memory_bytes\":4096,\"log\":\"/l\"}\n" },
		{ { .kind = PAWL_EVENT_FINISHED, .summary = &s },
		  "{\"event\":\"build_finished\",\"time\":0.000000,\"tasks\":3,"
		  "\"run\":1,\"restored\":1,\"current\":1,\"failed\":0,\"skipped\":0,"
		  "\"seconds\":1.500000,"
		  "\"dry_run\":false,\"result\":\"ok\"}\n" },
	};

	for (size_t i = 0; i < KIT_COUNT(table); i++) {
		struct pawl_buf b = { 0 };

		pawl_event_json(&table[i].e, collect, &b);
		CHECK_STR(b.s, table[i].want);
		pawl_buf_fini(&b);
	}
}

TEST(trace_has_a_lane_per_slot)
{
	struct pawl_buf b = { 0 };
	pawl_trace t;

	pawl_trace_begin(&t, collect, &b);
	pawl_trace_event(&t, &(pawl_build_event){ .kind = PAWL_EVENT_STARTED, .slots = 2 });
	pawl_trace_event(&t, &(pawl_build_event){ .kind = PAWL_EVENT_TASK_FINISHED,
						  .task = "r:do_x",
						  .slot = 1,
						  .at = PAWL_MS(30),
						  .duration = PAWL_MS(20) });
	pawl_trace_end(&t);
	CHECK(strstr(b.s, "\"args\":{\"name\":\"slot 2\"}"));
	CHECK(strstr(b.s, "\"name\":\"r:do_x\",\"cat\":\"run\",\"tid\":2,\"ts\":10000.000,"
			  "\"dur\":20000.000"));
	CHECK(pawl_has_suffix(b.s, "}}\n]}\n"));
	pawl_buf_fini(&b);
}

static const struct kit_case cases[] = { CASE(json_lines), CASE(trace_has_a_lane_per_slot) };

KIT_MAIN(cases)
