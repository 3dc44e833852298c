/* SPDX-License-Identifier: MIT */
/* The heap as the test kit sees it: stands before libc to find leaks and to refuse memory. */
#include "kit.h"
#include "kit_host.h"

#if KIT_COUNTS_HEAP

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *p);

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);
int posix_memalign(void **ret, size_t align, size_t size);
void *aligned_alloc(size_t align, size_t size);
void *memalign(size_t align, size_t size);

struct block {
	uintptr_t at; /* 0: this place is empty */
	size_t size;
	void *caller;
};

/*
 * Open addressing, a power of two long, at most half full. Lives in pages of its own, not on the
 * heap.
 */
static struct {
	struct block *blocks;
	size_t length;
	size_t used;
	atomic_flag lock;
	bool on;
} live = { .lock = ATOMIC_FLAG_INIT };

static struct {
	atomic_ulong asked;
	atomic_ulong fail_at;
	atomic_bool for_ever;
} plan;

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&live.lock, memory_order_acquire))
		sched_yield();
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&live.lock, memory_order_release);
}

static size_t slot(uintptr_t at)
{
	return (size_t)((at >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (live.length - 1);
}

static void put(struct block b)
{
	size_t i = slot(b.at);

	while (live.blocks[i].at && live.blocks[i].at != b.at)
		i = (i + 1) & (live.length - 1);
	if (!live.blocks[i].at)
		live.used++;
	live.blocks[i] = b;
}

static bool grow(void)
{
	struct block *old = live.blocks;
	size_t old_length = live.length, length = old_length ? old_length * 2 : 1 << 14;
	void *p = mmap(NULL, length * sizeof(*old), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	live.blocks = p;
	live.length = length;
	live.used = 0;
	for (size_t i = 0; i < old_length; i++)
		if (old[i].at)
			put(old[i]);
	if (old)
		munmap(old, old_length * sizeof(*old));
	return true;
}

static void remember(void *p, size_t size, void *caller)
{
	int saved = errno;

	if (!live.on || !p)
		return;
	lock();
	if (live.used * 2 < live.length || grow())
		put((struct block){ (uintptr_t)p, size, caller });
	unlock();
	errno = saved;
}

/* Empties the place, and moves up those that stand after it only because it was taken. */
static void remove_at(size_t i)
{
	size_t mask = live.length - 1;

	live.used--;
	for (size_t j = (i + 1) & mask; live.blocks[j].at; j = (j + 1) & mask) {
		size_t home = slot(live.blocks[j].at);

		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		live.blocks[i] = live.blocks[j];
		i = j;
	}
	live.blocks[i].at = 0;
}

static void forget(void *p)
{
	if (!p || !live.length)
		return;
	lock();
	for (size_t i = slot((uintptr_t)p); live.blocks[i].at; i = (i + 1) & (live.length - 1))
		if (live.blocks[i].at == (uintptr_t)p) {
			remove_at(i);
			break;
		}
	unlock();
}

static bool refuse(void)
{
	unsigned long n = atomic_fetch_add(&plan.asked, 1) + 1, at = atomic_load(&plan.fail_at);

	if (!at || n < at || (n > at && !atomic_load(&plan.for_ever)))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	void *p = refuse() ? NULL : __libc_malloc(size);

	remember(p, size, __builtin_return_address(0));
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p = refuse() ? NULL : __libc_calloc(n, size);

	remember(p, n * size, __builtin_return_address(0));
	return p;
}

void *realloc(void *p, size_t size)
{
	void *q;

	if (refuse())
		return NULL;
	forget(p);
	q = __libc_realloc(p, size);
	remember(q ? q : size ? p : NULL, size, __builtin_return_address(0));
	return q;
}

void free(void *p)
{
	forget(p);
	__libc_free(p);
}

void *memalign(size_t align, size_t size)
{
	void *p = refuse() ? NULL : __libc_memalign(align, size);

	remember(p, size, __builtin_return_address(0));
	return p;
}

void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	void *p = memalign(align, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

void kit_heap_watch(bool on)
{
	lock();
	live.on = on;
	unlock();
}

bool kit_heap_leaks(char *ret_message, size_t size)
{
	size_t count = 0, bytes = 0;
	struct block first = { 0 };

	for (size_t i = 0; i < live.length; i++)
		if (live.blocks[i].at) {
			first = live.blocks[i];
			count++;
			bytes += first.size;
		}
	if (count)
		snprintf(ret_message, size,
			 "left %zu blocks of heap memory, %zu bytes; one of %zu bytes was allocated"
			 " from %p (the asan preset shows where)",
			 count, bytes, first.size, first.caller);
	return count > 0;
}

bool kit_can_fail_alloc(void)
{
	return true;
}

void kit_alloc_fail(unsigned long n, bool for_ever)
{
	atomic_store(&plan.fail_at, 0);
	atomic_store(&plan.asked, 0);
	atomic_store(&plan.for_ever, for_ever);
	atomic_store(&plan.fail_at, n);
}

unsigned long kit_alloc_count(void)
{
	return atomic_load(&plan.asked);
}

#else

void kit_heap_watch(bool on)
{
	(void)on;
}

bool kit_heap_leaks(char *ret_message, size_t size)
{
	(void)ret_message;
	(void)size;
	return false;
}

bool kit_can_fail_alloc(void)
{
	return false;
}

void kit_alloc_fail(unsigned long n, bool for_ever)
{
	(void)n;
	(void)for_ever;
}

unsigned long kit_alloc_count(void)
{
	return 0;
}

#endif
