/* SPDX-License-Identifier: MIT */
/* The pool of stacks: mappings with guards, a list per thread, one for all. */
#define _GNU_SOURCE
#include "port/switch.h"

#if PAWL_STACKS

#include "host/stacks.h"

#include "port/assert.h"
#include "port/atomic.h"

#include <pawl/stacks.h>

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux 6.13: guards that split no mapping. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* gcc takes it that nobody can jump over so much on this machine. */
#if defined(__aarch64__)
#define GUARD ((size_t)64 * 1024)
#define SHIFT_MIN 18
#else
#define GUARD ((size_t)4096)
#define SHIFT_MIN 14
#endif
#define SHIFT_MAX 30
#define CLASSES (SHIFT_MAX - SHIFT_MIN + 1)

/*
 * The tops of stacks are shifted against each other by so many lines of the cache: those of many
 * stacks would else all fall into the same sets. They stay within the page that is used anyway.
 */
#define COLOURS 32
#define LINE ((size_t)64)

#define REGIONS_MAX 4096
#define REGION_STACKS_MIN 16
#define REGION_STACKS_MAX 2048
#define MAPPING_MAX ((size_t)1 << 28)

/* One mapping of equal stacks. Never unmapped, so who looks for an address needs no lock. */
struct region {
	char *at;
	size_t slot; /* bytes for each stack, a power of two */
	uint32_t count;
	uint32_t *next; /* of each stack whose memory was given back: which is the next one */
};

static struct region regions[REGIONS_MAX];
static uint32_t region_count;

#define NONE UINT32_MAX

/* The stacks of one size that are free for all; the mutex guards it. */
struct class
{
	pawl_stack *free;
	size_t free_count;
	uint32_t released_region, released; /* the first without memory */
	size_t released_count;
	uint32_t region;      /* the newest mapping */
	uint32_t fresh, room; /* how many of it were ever used, and how many there are */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct class classes[CLASSES];
static size_t keep = 256;
static size_t made, mapped;

/* What a thread keeps for itself. Before it is ready there is room for none. */
struct kept {
	pawl_stack *free;
	uint32_t room; /* for so many more */
};

struct mine {
	struct kept kept[CLASSES];
	void *signal_stack;
	bool is_ready;
};

static _Thread_local struct mine mine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static pawl_stack *stack_in(const struct region *r, uint32_t i)
{
	char *end = r->at + (i + 1) * r->slot;

	return (pawl_stack *)(void *)(end - sizeof(pawl_stack) - i % COLOURS * LINE -
				      sizeof(pawl_stack) % 16);
}

static const struct region *region_at(const void *address)
{
	uint32_t i, n = pawl_load(&region_count);

	for (i = 0; i < n; i++) {
		const struct region *r = &regions[i];

		if ((size_t)((const char *)address - r->at) < r->count * r->slot &&
		    (const char *)address >= r->at)
			return r;
	}
	return NULL;
}

static pawl_stack *stack_at(const struct region *r, const void *address)
{
	return stack_in(r, (uint32_t)((size_t)((const char *)address - r->at) / r->slot));
}

pawl_stack *pawl_port_stack_at(const void *address)
{
	const struct region *r = region_at(address);

	return r ? stack_at(r, address) : NULL;
}

pawl_stack *pawl_stacks_guarded_(const void *address)
{
	const struct region *r = region_at(address);

	if (!r || (size_t)((const char *)address - r->at) % r->slot >= GUARD)
		return NULL;
	return stack_at(r, address);
}

static unsigned class_of(size_t size)
{
	unsigned shift = SHIFT_MIN;

	if (size > (size_t)1 << SHIFT_MIN)
		shift = (unsigned)(sizeof(long) * 8) - (unsigned)__builtin_clzl(size - 1);
	return shift - SHIFT_MIN;
}

/* That of PAWL_STACK_SIZE. */
#define USUAL ((unsigned)(16 > SHIFT_MIN ? 16 - SHIFT_MIN : 0))
PAWL_STATIC_ASSERT(PAWL_STACK_SIZE == (size_t)1 << 16, "as the class says");

static void *get_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The mapping before is used up; this one is twice as large. */
static bool map(unsigned c)
{
	struct class *k = &classes[c];
	uint32_t n = region_count, count = REGION_STACKS_MIN;
	struct region *r = &regions[n];
	size_t slot = (size_t)1 << (c + SHIFT_MIN);

	if (n == REGIONS_MAX)
		return false;
	if (k->room)
		count = k->room < REGION_STACKS_MAX ? k->room * 2 : REGION_STACKS_MAX;
	while (count > 1 && count * slot > MAPPING_MAX)
		count /= 2;
	r->next = get_memory(count * sizeof(*r->next));
	r->at = r->next ? get_memory(count * slot) : NULL;
	if (!r->at) {
		if (r->next)
			munmap(r->next, count * sizeof(*r->next));
		return false;
	}
	/* A page of 2 MB would hold memory for 32 stacks that may never run. */
	madvise(r->at, count * slot, MADV_NOHUGEPAGE);
	r->slot = slot;
	r->count = count;
	k->region = n;
	k->fresh = 0;
	k->room = count;
	mapped += count * slot;
	pawl_store(&region_count, n + 1);
	return true;
}

static bool guard(char *low)
{
	return madvise(low, GUARD, MADV_GUARD_INSTALL) == 0 || mprotect(low, GUARD, PROT_NONE) == 0;
}

static pawl_stack *take_fresh(unsigned c)
{
	struct class *k = &classes[c];
	const struct region *r;

	if (k->fresh == k->room && !map(c))
		return NULL;
	r = &regions[k->region];
	if (!guard(r->at + k->fresh * r->slot))
		return NULL;
	made++;
	return stack_in(r, k->fresh++);
}

static pawl_stack *take_released(struct class *k)
{
	const struct region *r = &regions[k->released_region];
	uint32_t i = k->released;

	/* The upper half of a link is the region; a region has fewer stacks than that leaves. */
	k->released_region = r->next[i] >> 16;
	k->released = r->next[i] & 0xffff;
	k->released_count--;
	return stack_in(r, i);
}

static pawl_stack *take_locked(unsigned c)
{
	struct class *k = &classes[c];
	pawl_stack *s = k->free;

	if (s) {
		k->free = s->next_;
		k->free_count--;
		return s;
	}
	return k->released_count ? take_released(k) : take_fresh(c);
}

/* One that is new, or whose memory was given back, is all zeroes. */
static pawl_stack *fill(pawl_stack *s)
{
	const struct region *r = region_at(s);

	s->low_ = r->at + (size_t)((char *)s - r->at) / r->slot * r->slot + GUARD;
	s->size_ = r->slot;
	s->class_ = (uint8_t)class_of(r->slot);
	return s;
}

static pawl_stack *take_from_all(unsigned c)
{
	pawl_stack *s;

	pthread_mutex_lock(&mutex);
	s = take_locked(c);
	pthread_mutex_unlock(&mutex);
	if (!s)
		return NULL;
	return s->low_ ? s : fill(s);
}

static void release_locked(struct class *k, pawl_stack *s)
{
	const struct region *r = region_at(s);
	uint32_t i = (uint32_t)((size_t)((char *)s - r->at) / r->slot);

	r->next[i] = k->released_region << 16 | k->released;
	k->released_region = (uint32_t)(r - regions);
	k->released = i;
	k->released_count++;
	madvise(r->at + i * r->slot + GUARD, r->slot - GUARD, MADV_DONTNEED);
}

static void give_to_all(unsigned c, pawl_stack *s, unsigned n, size_t may_keep)
{
	struct class *k = &classes[c];

	pthread_mutex_lock(&mutex);
	for (; n; n--) {
		pawl_stack *next = s->next_;

		if (k->free_count >= may_keep) {
			release_locked(k, s);
		} else {
			s->next_ = k->free;
			k->free = s;
			k->free_count++;
		}
		s = next;
	}
	pthread_mutex_unlock(&mutex);
}

static void give_mine(struct mine *m, unsigned c, uint32_t n, size_t may_keep)
{
	struct kept *k = &m->kept[c];
	pawl_stack *first = k->free, *s = first;
	uint32_t i;

	for (i = 0; i < n; i++)
		s = s->next_;
	k->free = s;
	k->room += n;
	if (n)
		give_to_all(c, first, n, may_keep);
}

static void give_all_mine(struct mine *m, unsigned c, size_t may_keep)
{
	give_mine(m, c, PAWL_STACKS_PER_THREAD - m->kept[c].room, may_keep);
}

static void end_thread(void *arg)
{
	struct mine *m = arg;
	unsigned c;

	for (c = 0; c < CLASSES; c++) {
		give_all_mine(m, c, keep);
		m->kept[c].room = 0;
	}
	pawl_overflow_forget_(m->signal_stack);
	m->signal_stack = NULL;
	m->is_ready = false;
}

static void begin(void)
{
	pthread_key_create(&key, end_thread);
	pawl_overflow_install_();
}

static void prepare(void)
{
	unsigned c;

	for (c = 0; c < CLASSES; c++)
		mine.kept[c].room = PAWL_STACKS_PER_THREAD;
	pthread_once(&once, begin);
	pthread_setspecific(key, &mine);
	mine.signal_stack = pawl_overflow_prepare_();
	mine.is_ready = true;
}

int *pawl_port_stack_enter(void)
{
	if (__builtin_expect(!mine.is_ready, 0))
		prepare();
	return &errno;
}

void pawl_stacks_prepare(void)
{
	pawl_port_stack_enter();
}

/* This thread has none. */
PAWL_APART_ pawl_stack *take_elsewhere(size_t size)
{
	pawl_port_stack_enter();
	return take_from_all(class_of(size));
}

PAWL_FLAT_ pawl_stack *take_from(struct kept *k, size_t size)
{
	pawl_stack *s = k->free;

	if (__builtin_expect(!s, 0))
		return take_elsewhere(size);
	k->free = s->next_;
	k->room++;
	return s;
}

pawl_stack *pawl_port_stack_take(size_t size)
{
	if (__builtin_expect(size == PAWL_STACK_SIZE, 1))
		return take_from(&mine.kept[USUAL], size);
	if (size > PAWL_STACKS_SIZE_MAX)
		return NULL;
	return take_from(&mine.kept[class_of(size)], size);
}

/* This thread has no room for more, or never had a stack. */
PAWL_APART_ void give_elsewhere(pawl_stack *s)
{
	pawl_port_stack_enter();
	if (mine.kept[s->class_].room == 0)
		give_mine(&mine, s->class_, PAWL_STACKS_PER_THREAD / 2, keep);
	pawl_port_stack_give(s);
}

PAWL_FLAT_ void give_to(struct kept *k, pawl_stack *s)
{
	if (__builtin_expect(k->room == 0, 0)) {
		give_elsewhere(s);
		return;
	}
	s->next_ = k->free;
	k->free = s;
	k->room--;
}

void pawl_port_stack_give(pawl_stack *s)
{
	if (__builtin_expect(s->class_ == USUAL, 1))
		give_to(&mine.kept[USUAL], s);
	else
		give_to(&mine.kept[s->class_], s);
}

int pawl_port_stack_resident(const pawl_stack *s, size_t *ret_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *low = s->low_, *end = s->low_ - GUARD + s->size_;
	unsigned char is_there;

	while (low < end && mincore(low, page, &is_there) == 0 && !(is_there & 1))
		low += page;
	*ret_bytes = low < (const char *)s ? (size_t)((const char *)s - low) : 0;
	return 0;
}

void pawl_stacks_stats_get(pawl_stacks_stats *ret)
{
	unsigned c;

	*ret = (pawl_stacks_stats){ 0 };
	pthread_mutex_lock(&mutex);
	ret->made = made;
	ret->mapped = mapped;
	for (c = 0; c < CLASSES; c++) {
		ret->free += classes[c].free_count;
		ret->released += classes[c].released_count;
	}
	pthread_mutex_unlock(&mutex);
}

void pawl_stacks_keep(size_t count)
{
	pthread_mutex_lock(&mutex);
	keep = count;
	pthread_mutex_unlock(&mutex);
}

void pawl_stacks_trim(void)
{
	unsigned c;

	for (c = 0; c < CLASSES; c++) {
		struct class *k = &classes[c];

		give_all_mine(&mine, c, 0);
		pthread_mutex_lock(&mutex);
		while (k->free) {
			pawl_stack *s = k->free;

			k->free = s->next_;
			k->free_count--;
			release_locked(k, s);
		}
		pthread_mutex_unlock(&mutex);
	}
}

#endif
