/* SPDX-License-Identifier: MIT */
/* Tasks from the heap: a result through a handle, and a scope whose children end before it does. */
#include <pawl/heap.h>
#include <pawl/host.h>
#include <stdio.h>

struct range {
	unsigned from, to, primes, *total;
};

/* Works on its own copy of the arguments, which joining gives back. */
static int count_primes(pawl_task *t)
{
	struct range *r = pawl_go_arg(t);

	for (unsigned n = r->from, d; n < r->to; n++) {
		for (d = 2; d * d <= n && n % d; d++) {}
		r->primes += n > 1 && d * d > n;
	}
	if (r->total) /* a child of a scope may use what belongs to its parent */
		__atomic_fetch_add(r->total, r->primes, __ATOMIC_RELAXED);
	return 0;
}

static struct {
	pawl_task task;
	pawl_task *child;
	pawl_scope scope;
	struct range r;
	unsigned total;
} me = { .r = { .to = 10000 } };

static int run(pawl_task *t)
{
	PAWL_BEGIN(t);
	if (pawl_go(pawl_here(t), count_primes, &me.r, &me.child))
		return PAWL_ENOMEM;
	PAWL_AWAIT(t, pawl_go_join(t, me.child, &me.r, NULL));
	printf("one task: %u primes\n", me.r.primes);

	pawl_scope_begin(t, &me.scope, pawl_here(t));
	for (me.r = (struct range){ .total = &me.total }; me.r.to < 10000; me.r.from = me.r.to) {
		me.r.to += 100;
		if (pawl_go_in(&me.scope, count_primes, &me.r))
			pawl_scope_cancel(&me.scope);
	}
	PAWL_AWAIT(t, pawl_scope_end(t, &me.scope, NULL));
	printf("a hundred tasks: %u primes\n", me.total);
	PAWL_END(t);
}

int main(void)
{
	pawl_host *h;

	if (pawl_host_new(NULL, &h) || pawl_spawn(pawl_host_exec(h), &me.task, run))
		return 1;
	pawl_block_on(pawl_host_exec(h), &me.task, NULL);
	pawl_host_free(h);
}
