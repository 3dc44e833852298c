/* SPDX-License-Identifier: MIT */
/* Boost.Context at its fastest: its bare switch, on stacks of its allocators. */
#include "flows.h"

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

using namespace boost::context;
using detail::jump_fcontext;
using detail::make_fcontext;
using detail::transfer_t;

struct flow {
	detail::fcontext_t at;
	stack_context stack;
};

static flow flows[FLOWS];
static pooled_fixedsize_stack pool(FLOW_STACK, FLOWS);
static protected_fixedsize_stack guarded(FLOW_STACK);

static void yield(transfer_t t)
{
	for (;;)
		t = jump_fcontext(t.fctx, t.data);
}

static void nothing(transfer_t t)
{
	jump_fcontext(t.fctx, nullptr);
}

static void flow_start(int i)
{
	auto &f = flows[i];

	f.stack = pool.allocate();
	f.at = make_fcontext(f.stack.sp, f.stack.size, yield);
	flow_resume(i);
}

static void flow_resume(int i)
{
	transfer_t t = jump_fcontext(flows[i].at, &flows[i]);

	flows[i].at = t.fctx;
	if (t.data != &flows[i])
		measure_must(false, "jump_fcontext");
}

static void flow_pooled()
{
	auto stack = pool.allocate();

	jump_fcontext(make_fcontext(stack.sp, stack.size, nothing), nullptr);
	pool.deallocate(stack);
}

static void flow_fresh(int i)
{
	auto &f = flows[i];

	f.stack = guarded.allocate();
	jump_fcontext(make_fcontext(f.stack.sp, f.stack.size, nothing), nullptr);
}

static void flow_end(int i)
{
	guarded.deallocate(flows[i].stack);
}

/* They were unmapped. */
static void flow_waste(int wave, int count)
{
	(void)wave, (void)count;
}

int main(int argc, char **argv)
{
	static const measure_row rows[] = { FLOW_ROWS, {} };

	return measure_main(argc, argv, rows);
}
