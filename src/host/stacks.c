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
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#if PAWL_ASAN_
void __lsan_register_root_region(const void *at, size_t size);
#endif

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
PAWL_STATIC_ASSERT(PAWL_STACKS_SIZE_MAX == (size_t)1 << SHIFT_MAX, "the last class is the largest");

/*
 * The tops of stacks are shifted against each other by so many lines of the cache: those of many
 * stacks would else all fall into the same sets. They stay within the page that is used anyway.
 */
#define COLOURS 32
#define LINE ((size_t)64)

/* Room for what stands above the first frame, which is aligned as frames are. */
#define HEAD ((sizeof(pawl_stack) + 15) & ~(size_t)15)

#define REGIONS_MAX 4096
#define REGION_STACKS_MIN 16
#define REGION_STACKS_MAX 2048
#define MAPPING_MAX ((size_t)1 << (sizeof(void *) > 4 ? 28 : 25))

/* Of large stacks a thread keeps no more than so many bytes. */
#define KEPT_BYTES ((size_t)16 << 20)

/* One mapping of equal stacks. Never unmapped, so who looks for an address needs no lock. */
struct region {
	char *at;
	uint32_t count;
	uint32_t colour; /* of its first stack */
	unsigned class;
	uint32_t *next; /* of each stack whose memory was given back: which is the next one */
};

static struct region regions[REGIONS_MAX];
static uint32_t region_count;

/*
 * The stacks of one size that are free for all; the mutex guards it. They come and go in chains, as
 * threads handed them over: the first of a chain says how long it is, and which chain is the next.
 */
struct class
{
	pawl_stack *chains;
	size_t free_count;
	uint32_t released_region, released; /* the first without memory */
	size_t released_count;
	uint32_t region;      /* the newest mapping */
	uint32_t fresh, room; /* how many of it were ever used, and how many there are */
	size_t made;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct class classes[CLASSES];
static size_t keep = 1024;
static size_t mapped;
static pthread_key_t key;
static bool has_key, has_fork, has_handler;

/* What a thread keeps for itself. Before it is ready there is room for none. */
struct kept {
	pawl_stack *free;
	uint32_t room; /* for so many more */
};

struct mine {
	struct kept kept[CLASSES];
	int *errno_at; /* NULL: this thread is not ready */
	void *signal_stack;
	const char *lack; /* why it got none the last time */
};

#if defined(__GNUC__)
#define NEAR_ __attribute__((tls_model("initial-exec")))
#else
#define NEAR_
#endif
static _Thread_local struct mine mine NEAR_;

static unsigned shift_of(unsigned c)
{
	return c + SHIFT_MIN;
}

/* As many as threads keep. */
static uint32_t room_for(unsigned c)
{
	size_t n = KEPT_BYTES >> shift_of(c);

	if (n == 0)
		return 1;
	return n < PAWL_STACKS_PER_THREAD ? (uint32_t)n : PAWL_STACKS_PER_THREAD;
}

/* Addresses. Also in the handler of signals: without locks. */

static char *slot_in(const struct region *r, uint32_t i)
{
	return r->at + ((size_t)i << shift_of(r->class));
}

static pawl_stack *stack_in(const struct region *r, uint32_t i)
{
	char *end = slot_in(r, i) + ((size_t)1 << shift_of(r->class));

	return (pawl_stack *)(void *)(end - HEAD - (r->colour + i) % COLOURS * LINE);
}

static const struct region *region_at(const void *address)
{
	uint32_t i, n = pawl_load(&region_count);

	for (i = 0; i < n; i++) {
		const struct region *r = &regions[i];
		uintptr_t offset = (uintptr_t)address - (uintptr_t)r->at;

		if (offset < (size_t)r->count << shift_of(r->class))
			return r;
	}
	return NULL;
}

static uint32_t index_in(const struct region *r, const void *address)
{
	return (uint32_t)((size_t)((const char *)address - r->at) >> shift_of(r->class));
}

pawl_stack *pawl_port_stack_at(const void *address)
{
	const struct region *r = region_at(address);

	return r ? stack_in(r, index_in(r, address)) : NULL;
}

pawl_stack *pawl_stacks_guarded_(const void *address)
{
	const struct region *r = region_at(address);

	if (!r || (const char *)address >= slot_in(r, index_in(r, address)) + GUARD)
		return NULL;
	return stack_in(r, index_in(r, address));
}

const char *pawl_stacks_guard_(const pawl_stack *s)
{
	return s->low_ - GUARD;
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

/* Memory of the system */

static void *get_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Twice as many as the mapping before had, within reason. */
static uint32_t count_for(unsigned c)
{
	size_t count = REGION_STACKS_MIN, most = MAPPING_MAX >> shift_of(c);

	if (classes[c].room)
		count = (size_t)classes[c].room * 2;
	if (count > REGION_STACKS_MAX)
		count = REGION_STACKS_MAX;
	if (count > most)
		count = most ? most : 1;
	return (uint32_t)count;
}

/* When there is no room for so many, there may be some for fewer. */
static char *map_stacks(unsigned c, uint32_t *count)
{
	char *p;

	for (; *count; *count /= 2) {
		p = get_memory((size_t)*count << shift_of(c));
		if (p)
			return p;
	}
	return NULL;
}

static bool map_region(struct region *r, unsigned c)
{
	uint32_t count = count_for(c);
	size_t links = count * sizeof(*r->next);

	r->next = get_memory(links);
	if (!r->next)
		return false;
	r->at = map_stacks(c, &count);
	if (!r->at) {
		munmap(r->next, links);
		return false;
	}
	r->count = count;
	r->class = c;
	r->colour = (uint32_t)(classes[c].made % COLOURS);
	return true;
}

static bool map_locked(unsigned c)
{
	struct class *k = &classes[c];
	uint32_t n = region_count;
	struct region *r = &regions[n];

	if (n == REGIONS_MAX) {
		mine.lack = "there are too many mappings of stacks: make fewer, or smaller ones";
		return false;
	}
	if (!map_region(r, c)) {
		mine.lack = "no address space: raise RLIMIT_AS or vm.max_map_count";
		return false;
	}
	/* A page of 2 MB would hold memory for 32 stacks that may never run. */
	madvise(r->at, (size_t)r->count << shift_of(c), MADV_NOHUGEPAGE);
	k->region = n;
	k->fresh = 0;
	k->room = r->count;
	mapped += (size_t)r->count << shift_of(c);
	pawl_store(&region_count, n + 1);
	return true;
}

/*
 * Emulators take any advice for a hint that they may ignore: also one that does not exist. valgrind
 * follows it without knowing, and dies when it looks at such memory itself.
 */
static bool is_advice_looked_at_locked(char *low)
{
	static bool is_known, is_looked_at;

	if (!is_known)
		is_looked_at = !RUNNING_ON_VALGRIND && madvise(low, GUARD, INT_MAX) != 0;
	is_known = true;
	return is_looked_at;
}

static bool guard(char *low)
{
	if (is_advice_looked_at_locked(low) && madvise(low, GUARD, MADV_GUARD_INSTALL) == 0)
		return true;
	if (mprotect(low, GUARD, PROT_NONE) == 0)
		return true;
	mine.lack = "no guard below its stack: raise vm.max_map_count";
	return false;
}

/* One that is new, or whose memory was given back, is all zeroes. */
static pawl_stack *fill(const struct region *r, uint32_t i)
{
	pawl_stack *s = stack_in(r, i);

	s->low_ = slot_in(r, i) + GUARD;
	s->size_ = (size_t)1 << shift_of(r->class);
	s->class_ = (uint8_t)r->class;
	return s;
}

/* Those who look at all memory, and at all stacks, hear of each once. */
static void tell_tools(const pawl_stack *s)
{
	(void)VALGRIND_STACK_REGISTER(s->low_, s);
#if PAWL_ASAN_
	__lsan_register_root_region(s->low_, (size_t)((const char *)s - s->low_));
#endif
	(void)s;
}

static pawl_stack *take_fresh_locked(unsigned c)
{
	struct class *k = &classes[c];
	const struct region *r;
	pawl_stack *s;

	if (k->fresh == k->room && !map_locked(c))
		return NULL;
	if (!has_handler)
		pawl_overflow_install_();
	has_handler = true;
	r = &regions[k->region];
	if (!guard(slot_in(r, k->fresh)))
		return NULL;
	s = fill(r, k->fresh++);
	k->made++;
	tell_tools(s);
	return s;
}

/* The upper half of a link is the region; a region has fewer stacks than that leaves. */
static pawl_stack *take_released_locked(struct class *k)
{
	const struct region *r = &regions[k->released_region];
	uint32_t i = k->released;

	k->released_region = r->next[i] >> 16;
	k->released = r->next[i] & 0xffff;
	k->released_count--;
	return fill(r, i);
}

static void put_released_locked(const pawl_stack *s)
{
	const struct region *r = region_at(s);
	struct class *k = &classes[r->class];
	uint32_t i = index_in(r, s);

	r->next[i] = k->released_region << 16 | k->released;
	k->released_region = (uint32_t)(r - regions);
	k->released = i;
	k->released_count++;
}

/* Gives memory back. What is locked in memory stays, and is as good. */
static void release(pawl_stack *s)
{
	while (s) {
		pawl_stack *next = s->next_;
		char *low = s->low_;

		PAWL_ASSERT(!s->fiber_);
		madvise(low, s->size_ - GUARD, MADV_DONTNEED);
		pthread_mutex_lock(&mutex);
		put_released_locked(s);
		pthread_mutex_unlock(&mutex);
		s = next;
	}
}

/* Chains */

/* So many stay in the first part; what is behind them. */
static pawl_stack *cut(pawl_stack *s, uint32_t n)
{
	pawl_stack *rest;

	for (; n > 1; n--)
		s = s->next_;
	rest = s->next_;
	s->next_ = NULL;
	return rest;
}

static void put_chain_locked(struct class *k, pawl_stack *first, uint32_t n)
{
	first->chain_ = (uint16_t)n;
	first->link_ = (pawl_stack **)(void *)k->chains;
	k->chains = first;
	k->free_count += n;
}

static pawl_stack *take_chain_locked(struct class *k, uint32_t *ret_n)
{
	pawl_stack *first = k->chains;

	if (!first)
		return NULL;
	k->chains = (pawl_stack *)(void *)first->link_;
	k->free_count -= first->chain_;
	first->link_ = NULL;
	*ret_n = first->chain_;
	return first;
}

/* As many of them as are to be kept keep their memory. */
static void give_to_all(unsigned c, pawl_stack *s, uint32_t n)
{
	struct class *k = &classes[c];
	pawl_stack *rest = s;
	size_t may;

	pthread_mutex_lock(&mutex);
	may = keep > k->free_count ? keep - k->free_count : 0;
	if (may) {
		rest = may < n ? cut(s, (uint32_t)may) : NULL;
		put_chain_locked(k, s, may < n ? (uint32_t)may : n);
	}
	pthread_mutex_unlock(&mutex);
	release(rest);
}

static pawl_stack *take_locked(unsigned c, uint32_t *ret_n)
{
	struct class *k = &classes[c];
	pawl_stack *s = take_chain_locked(k, ret_n);

	if (s)
		return s;
	*ret_n = 1;
	s = k->released_count ? take_released_locked(k) : take_fresh_locked(c);
	if (s)
		s->next_ = NULL;
	return s;
}

/* A whole chain, for this thread's list, which is empty. */
static pawl_stack *take_from_all(unsigned c)
{
	struct kept *k = &mine.kept[c];
	uint32_t n;
	pawl_stack *s;

	pthread_mutex_lock(&mutex);
	s = take_locked(c, &n);
	pthread_mutex_unlock(&mutex);
	if (!s)
		return NULL;
	PAWL_ASSERT(!k->free && n - 1 <= k->room);
	k->free = s->next_;
	k->room -= n - 1;
	return s;
}

/* Threads */

/* All of this thread's; `n` of them, the warmest, stay. */
static void hand_over(struct mine *m, unsigned c, uint32_t n)
{
	struct kept *k = &m->kept[c];
	uint32_t all = room_for(c) - k->room;
	pawl_stack *s = k->free;

	if (all <= n)
		return;
	if (n)
		s = cut(s, n);
	else
		k->free = NULL;
	k->room += all - n;
	give_to_all(c, s, all - n);
}

/* Also when another key's destructor runs a coroutine after this: then it is called once more. */
static void end_thread(void *arg)
{
	struct mine *m = arg;
	unsigned c;

	for (c = 0; m->errno_at && c < CLASSES; c++) {
		hand_over(m, c, 0);
		m->kept[c].room = 0;
	}
	pawl_overflow_forget_(m->signal_stack);
	m->signal_stack = NULL;
	m->errno_at = NULL;
}

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

static bool prepare_all_locked(void)
{
	if (!has_key)
		has_key = pthread_key_create(&key, end_thread) == 0;
	if (!has_fork)
		has_fork = pthread_atfork(before_fork, after_fork, after_fork) == 0;
	return has_key && has_fork;
}

/* What fails is tried again the next time. */
static bool prepare(void)
{
	bool is_ready;
	unsigned c;

	pthread_mutex_lock(&mutex);
	is_ready = prepare_all_locked();
	pthread_mutex_unlock(&mutex);
	if (!is_ready || pthread_setspecific(key, &mine) != 0 ||
	    !pawl_overflow_prepare_(&mine.signal_stack)) {
		mine.lack = "no memory for what this thread needs to have stacks";
		return false;
	}
	for (c = 0; c < CLASSES; c++)
		mine.kept[c].room = room_for(c);
	mine.errno_at = &errno;
	return true;
}

PAWL_APART_ int *enter_first(void)
{
	int was = errno;

	prepare();
	errno = was;
	return &errno;
}

PAWL_OF_THREAD_ int *pawl_port_stack_enter(void)
{
	int *at = mine.errno_at;

	return __builtin_expect(at != NULL, 1) ? at : enter_first();
}

void pawl_stacks_prepare(void)
{
	pawl_port_stack_enter();
}

PAWL_OF_THREAD_ const char *pawl_port_stack_lack(void)
{
	return mine.lack;
}

/* Taking and giving */

/* This thread has none. Who polls a coroutine is told nothing by its errno. */
PAWL_APART_ pawl_stack *take_elsewhere(size_t size)
{
	int before = errno;
	pawl_stack *s;

	if (size > PAWL_STACKS_SIZE_MAX) {
		mine.lack = "its stack is to be larger than PAWL_STACKS_SIZE_MAX";
		return NULL;
	}
	s = mine.errno_at || prepare() ? take_from_all(class_of(size)) : NULL;
	errno = before;
	return s;
}

PAWL_OF_THREAD_ pawl_stack *pawl_port_stack_take(size_t size)
{
	unsigned c = size == PAWL_STACK_SIZE ? USUAL : class_of(size);
	struct kept *k = &mine.kept[c < CLASSES ? c : 0];
	pawl_stack *s = k->free;

	if (__builtin_expect(!s || c >= CLASSES, 0))
		return take_elsewhere(size);
	k->free = s->next_;
	k->room++;
	return s;
}

/* This thread has no room for more, or never had a stack. */
PAWL_APART_ void give_elsewhere(pawl_stack *s)
{
	unsigned c = s->class_;
	int before = errno;

	s->next_ = NULL;
	if (!mine.errno_at && !prepare()) {
		give_to_all(c, s, 1);
		errno = before;
		return;
	}
	if (mine.kept[c].room == 0)
		hand_over(&mine, c, room_for(c) / 2);
	s->next_ = mine.kept[c].free;
	mine.kept[c].free = s;
	mine.kept[c].room--;
	errno = before;
}

PAWL_OF_THREAD_ void pawl_port_stack_give(pawl_stack *s)
{
	struct kept *k = &mine.kept[s->class_];

	if (__builtin_expect(k->room == 0, 0)) {
		give_elsewhere(s);
		return;
	}
	s->next_ = k->free;
	k->free = s;
	k->room--;
}

/* What is in use */

#define PAGES_AT_ONCE 256

/* From the first page on, of `n`, that has memory. */
static size_t first_resident(char *at, size_t n, size_t page)
{
	unsigned char is_there[PAGES_AT_ONCE];
	size_t i, done, some;

	for (done = 0; done < n; done += some) {
		some = n - done < PAGES_AT_ONCE ? n - done : PAGES_AT_ONCE;
		if (mincore(at + done * page, some * page, is_there) < 0)
			return n;
		for (i = 0; i < some; i++)
			if (is_there[i] & 1)
				return done + i;
	}
	return n;
}

int pawl_port_stack_resident(const pawl_stack *s, size_t *ret_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (s->size_ - GUARD) / page;
	const char *first = s->low_ + first_resident(s->low_, n, page) * page;

	*ret_bytes = first < (const char *)s ? (size_t)((const char *)s - first) : 0;
	return 0;
}

void pawl_port_stack_discard(pawl_stack *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t below = (size_t)((const char *)s - s->low_) & ~(page - 1);

	madvise(s->low_, below, MADV_DONTNEED);
}

/*
 * What the program lends a stack has no use for the pool's fields: they say how valgrind calls it.
 */
static unsigned number_of(const pawl_stack *s)
{
	return s->chain_ | (unsigned)s->class_ << 16;
}

void pawl_port_stack_tell(pawl_stack *s, enum pawl_stack_event event)
{
	size_t size = (size_t)((const char *)s - s->low_);
	unsigned id = number_of(s);

	switch (event) {
	case PAWL_STACK_PLACED_:
		id = VALGRIND_STACK_REGISTER(s->low_, s);
		s->chain_ = (uint16_t)id;
		s->class_ = (uint8_t)(id >> 16);
		break;
	case PAWL_STACK_GONE_:
		VALGRIND_STACK_DEREGISTER(id);
		(void)VALGRIND_MAKE_MEM_UNDEFINED(s->low_, size);
		break;
	default:
		(void)VALGRIND_MAKE_MEM_DEFINED(s->low_, size);
		break;
	}
	(void)size, (void)id;
}

void pawl_stacks_stats_get(pawl_stacks_stats *ret)
{
	unsigned c;

	*ret = (pawl_stacks_stats){ 0 };
	pthread_mutex_lock(&mutex);
	ret->mapped = mapped;
	for (c = 0; c < CLASSES; c++) {
		ret->made += classes[c].made;
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

/* One chain at a time, but not those that come meanwhile. */
static void trim(unsigned c)
{
	struct class *k = &classes[c];
	pawl_stack *chains, *next;

	pthread_mutex_lock(&mutex);
	chains = k->chains;
	k->chains = NULL;
	k->free_count = 0;
	pthread_mutex_unlock(&mutex);
	for (; chains; chains = next) {
		next = (pawl_stack *)(void *)chains->link_;
		chains->link_ = NULL;
		release(chains);
	}
}

PAWL_OF_THREAD_ void pawl_stacks_trim(void)
{
	unsigned c;

	for (c = 0; c < CLASSES; c++) {
		if (mine.errno_at)
			hand_over(&mine, c, 0);
		trim(c);
	}
}

#endif
