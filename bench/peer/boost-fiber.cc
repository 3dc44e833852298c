/* SPDX-License-Identifier: MIT */
/* Boost.Fiber: spawn and join, yield, ping-pong and memory of fibers on one thread. */
#include "resident.h"

#include <boost/fiber/all.hpp>

#include <vector>

enum { TASKS = 1000 };

using boost::fibers::fiber;
using stacks = boost::fibers::pooled_fixedsize_stack;

static void batch_spawn(void *arg, long count)
{
	auto pool = static_cast<stacks *>(arg);
	std::vector<fiber> fibers(TASKS);

	for (long i = 0; i < count; i++) {
		for (auto &f : fibers)
			f = fiber(std::allocator_arg, *pool, [] {});
		for (auto &f : fibers)
			f.join();
	}
}

static void batch_yield(void *arg, long count)
{
	auto pool = static_cast<stacks *>(arg);
	std::vector<fiber> fibers(TASKS);

	for (auto &f : fibers)
		f = fiber(std::allocator_arg, *pool, [count] {
			for (long i = 0; i < count; i++)
				boost::this_fiber::yield();
		});
	for (auto &f : fibers)
		f.join();
}

/* A flag to wait for, as std::condition_variable knows it. */
struct notice {
	boost::fibers::mutex mutex;
	boost::fibers::condition_variable changed;
	bool is_set = false;

	void set()
	{
		std::unique_lock<boost::fibers::mutex> lock(mutex);

		is_set = true;
		changed.notify_one();
	}

	void wait()
	{
		std::unique_lock<boost::fibers::mutex> lock(mutex);

		changed.wait(lock, [this] { return is_set; });
		is_set = false;
	}
};

static void batch_pingpong(void *arg, long count)
{
	auto pool = static_cast<stacks *>(arg);
	notice there, back;
	fiber pong(std::allocator_arg, *pool, [&] {
		for (long i = 0; i < count; i++) {
			there.wait();
			back.set();
		}
	});
	fiber ping(std::allocator_arg, *pool, [&] {
		for (long i = 0; i < count; i++) {
			there.set();
			back.wait();
		}
	});

	ping.join();
	pong.join();
}

static double run(bool quick, measure_batch *batch, double ops)
{
	stacks pool(16384);

	return measure(quick, batch, &pool, ops);
}

static double run_spawn(bool quick)
{
	return run(quick, batch_spawn, TASKS);
}

static double run_yield(bool quick)
{
	return run(quick, batch_yield, TASKS);
}

static double run_pingpong(bool quick)
{
	return run(quick, batch_pingpong, 1);
}

static notice go;

__attribute__((noinline)) static void wait_deep(int frames)
{
	if (frames > 1)
		wait_deep(frames - 1);
	else
		go.wait();
	__asm__ volatile("" : : : "memory");
}

/* More stacks than the system has mappings for guards: so they come from malloc. */
static double run_idle(bool quick)
{
	int count = quick ? 1000 : 100000;
	std::vector<fiber> fibers;
	double bytes;

	boost::this_fiber::yield();
	bytes = resident();
	fibers.reserve(count);
	for (int i = 0; i < count; i++)
		fibers.emplace_back(boost::fibers::launch::dispatch, std::allocator_arg,
				    boost::fibers::fixedsize_stack(65536), [] { wait_deep(4); });
	bytes = resident() - bytes;
	for (auto &f : fibers) {
		go.set();
		f.join();
	}
	return bytes / count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "t1b1000", run_spawn },
		{ "yield", "t1n1000", run_yield },
		{ "pingpong", "t1", run_pingpong },
		/* what has no stack, and what has one, stand beside the same */
		{ "spawn_join", "co_t1b1000", run_spawn },
		{ "yield", "co_t1n1000", run_yield },
		{ "idle_bytes", "co", run_idle },
		{},
	};

	return measure_main(argc, argv, rows);
}
