/* SPDX-License-Identifier: MIT */
/* The slab: threads take and give slots in lists, chunks of them that are all free go back. */
#define _GNU_SOURCE
#include "host/slab.h"

#include "port/assert.h"
#include "port/atomic.h"

#include <pthread.h>
#include <sys/mman.h>

/*
 * Each thread keeps a list of free slots per class, which nobody else touches: taking a slot and
 * giving one back are a few plain instructions, also when one thread does all of the one and
 * another all of the other. A list that is empty or too long exchanges a batch with the centre of
 * its class, under one lock for the batch. The centre knows which slots of a chunk it has; when it
 * has all, and more such chunks than it keeps, the chunk's pages go back to the system. Its
 * addresses stay slots of that class for ever, so that a pawl_waker may read the state word of a
 * task that was dropped long ago: it reads zero, or what a later life wrote.
 */
#define CHUNK ((size_t)64 << 10)
#define REGION ((size_t)1 << 20) /* what is asked of the system at once */
#define PAGE 4096
#define BATCH_BYTES ((size_t)8 << 10)
#define BATCH_MAX 64
#define KEPT 8 /* chunks that are all free and not given back, in each class */

#ifdef PAWL_SLAB_ASAN_
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

struct chunk {
	struct chunk *prev, *next; /* in the centre's list of those of which it has slots */
	pawl_task *free;           /* those that were given back */
	uint32_t count;            /* how many slots there are */
	uint32_t here;             /* how many of them the centre has */
	uint32_t fresh;            /* how many of them were used since the pages came */
	uint32_t state;            /* what the others begin their lives with: a generation */
};

/* What has slots of one class that no thread has. */
struct centre {
	_Alignas(64) pthread_mutex_t lock;
	struct chunk *some;  /* chunks of which the centre has slots */
	struct chunk *empty; /* chunks without pages: all slots are fresh */
	uint32_t kept;       /* chunks that have pages and whose slots are all here */
};

static struct {
	pthread_mutex_t lock;
	char *next, *end;
} region = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct centre centres[PAWL_SLAB_CLASSES_];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static size_t bytes; /* atomic */

_Thread_local struct pawl_slab_list pawl_slab_lists_[PAWL_SLAB_CLASSES_];

/* So far into a chunk that the tasks of the smallest class that has any begin a cache line. */
#define LEAD ((size_t)128 - sizeof(void *))
PAWL_STATIC_ASSERT(LEAD >= sizeof(struct chunk), "a chunk's head fits before its first slot");

static pawl_task *task_at(struct chunk *c, unsigned class, uint32_t i)
{
	char *slot = (char *)c + LEAD + i * pawl_slab_stride_(class);

	return &((struct pawl_slot *)(void *)slot)->task;
}

static struct chunk *chunk_of(pawl_task *t)
{
	return (struct chunk *)((uintptr_t)t & ~(uintptr_t)(CHUNK - 1));
}

#ifdef PAWL_SLAB_ASAN_
#define OPEN 16
PAWL_STATIC_ASSERT(offsetof(pawl_task, u_) + sizeof(void *) <= OPEN, "the link stays open");

void pawl_slab_close_(unsigned class, pawl_task *t)
{
	ASAN_POISON_MEMORY_REGION((char *)t + OPEN,
				  pawl_slab_stride_(class) - sizeof(void *) - OPEN);
}

void pawl_slab_open_(unsigned class, pawl_task *t)
{
	ASAN_UNPOISON_MEMORY_REGION((char *)t + OPEN,
				    pawl_slab_stride_(class) - sizeof(void *) - OPEN);
}
#endif

static void count_bytes(size_t by)
{
	__atomic_fetch_add(&bytes, by, __ATOMIC_RELAXED);
}

size_t pawl_slab_bytes_(void)
{
	return __atomic_load_n(&bytes, __ATOMIC_RELAXED);
}

static bool more_region_locked(void)
{
	char *p = mmap(NULL, REGION + CHUNK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		return false;
	before = -(uintptr_t)p & (CHUNK - 1);
	if (before)
		munmap(p, before);
	if (CHUNK - before)
		munmap(p + before + REGION, CHUNK - before);
	region.next = p + before;
	region.end = region.next + REGION;
#ifdef PAWL_SLAB_ASAN_
	__lsan_register_root_region(region.next, REGION);
#endif
	return true;
}

static void *more_memory(void)
{
	char *p = NULL;

	pthread_mutex_lock(&region.lock);
	if (region.next != region.end || more_region_locked()) {
		p = region.next;
		region.next += CHUNK;
	}
	pthread_mutex_unlock(&region.lock);
	return p;
}

static void link_locked(struct centre *e, struct chunk *c)
{
	c->prev = NULL;
	c->next = e->some;
	if (c->next)
		c->next->prev = c;
	e->some = c;
}

static void unlink_locked(struct centre *e, struct chunk *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		e->some = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

/* A chunk with all its slots. */
static bool add_chunk_locked(struct centre *e, unsigned class)
{
	struct chunk *c = e->empty;

	if (c) {
		e->empty = c->next;
	} else {
		c = more_memory();
		if (!c)
			return false;
		c->count = (uint32_t)((CHUNK - LEAD) / pawl_slab_stride_(class));
		c->here = c->count;
		count_bytes(PAGE);
	}
	count_bytes(CHUNK - PAGE);
	e->kept++;
	link_locked(e, c);
	return true;
}

/* The next generation of all that lived in a chunk. */
static uint32_t next_state(struct chunk *c, unsigned class)
{
	uint32_t state = c->state, i, s;

	for (i = 0; i < c->fresh; i++) {
		s = pawl_load(&task_at(c, class, i)->state_);
		if (s > state)
			state = s;
	}
	return state;
}

/* A chunk whose slots are all here gives its pages back, but for the first, in which it says so. */
static void empty_locked(struct centre *e, struct chunk *c, unsigned class)
{
	unlink_locked(e, c);
	c->state = next_state(c, class);
	c->free = NULL;
	c->fresh = 0;
	madvise((char *)c + PAGE, CHUNK - PAGE, MADV_DONTNEED);
	c->next = e->empty;
	e->empty = c;
	e->kept--;
	count_bytes(PAGE - CHUNK);
}

static pawl_task *take_locked(struct chunk *c, unsigned class)
{
	pawl_task *t = c->free;

	if (t) {
		c->free = t->u_.next_;
	} else {
		t = task_at(c, class, c->fresh++);
		pawl_store(&t->state_, c->state);
		pawl_slab_close_(class, t);
	}
	return t;
}

/* Moves up to so many slots from the centre into a list. */
static void fetch(unsigned class, struct pawl_slab_list *l, uint32_t n)
{
	struct centre *e = &centres[class];

	pthread_mutex_lock(&e->lock);
	while (n && (e->some || add_chunk_locked(e, class))) {
		struct chunk *c = e->some;

		if (c->here == c->count)
			e->kept--;
		for (; n && c->here; n--, c->here--, l->count++) {
			pawl_task *t = take_locked(c, class);

			t->u_.next_ = l->first;
			l->first = t;
		}
		if (!c->here)
			unlink_locked(e, c);
	}
	pthread_mutex_unlock(&e->lock);
}

static void give_locked(struct centre *e, unsigned class, pawl_task *t)
{
	struct chunk *c = chunk_of(t);

	t->u_.next_ = c->free;
	c->free = t;
	if (c->here++ == 0)
		link_locked(e, c);
	if (c->here == c->count && ++e->kept > KEPT)
		empty_locked(e, c, class);
}

/* Moves so many slots of a list to the centre. */
static void return_some(unsigned class, struct pawl_slab_list *l, uint32_t n)
{
	struct centre *e = &centres[class];

	l->count -= n;
	pthread_mutex_lock(&e->lock);
	while (n--) {
		pawl_task *t = l->first;

		l->first = t->u_.next_;
		give_locked(e, class, t);
	}
	pthread_mutex_unlock(&e->lock);
}

static uint32_t batch_of(unsigned class)
{
	size_t n = BATCH_BYTES / pawl_slab_stride_(class);

	return n < BATCH_MAX ? (uint32_t)n : BATCH_MAX;
}

/* The thread ends: what it has is the centre's. */
static void leave(void *arg)
{
	struct pawl_slab_list *l = arg;
	unsigned class;

	for (class = 0; class < PAWL_SLAB_CLASSES_; class ++, l++) {
		if (l->count)
			return_some(class, l, l->count);
		l->limit = 0;
	}
}

static void start(void)
{
	unsigned class;

	for (class = 0; class < PAWL_SLAB_CLASSES_; class ++)
		pthread_mutex_init(&centres[class].lock, NULL);
	has_key = pthread_key_create(&key, leave) == 0;
}

/*
 * The thread keeps slots from now on. False: nobody would hear of its end, so it goes to the centre
 * each time.
 */
static bool enter(void)
{
	unsigned class;

	pthread_once(&once, start);
	if (!has_key || pthread_setspecific(key, pawl_slab_lists_))
		return false;
	for (class = 0; class < PAWL_SLAB_CLASSES_; class ++)
		pawl_slab_lists_[class].limit = 2 * batch_of(class);
	return true;
}

bool pawl_slab_fetch_(unsigned class)
{
	struct pawl_slab_list *l = &pawl_slab_lists_[class];
	bool keeps = l->limit || enter();

	fetch(class, l, keeps ? batch_of(class) : 1);
	return l->first;
}

void pawl_slab_return_(unsigned class)
{
	struct pawl_slab_list *l = &pawl_slab_lists_[class];

	if (!l->limit && enter())
		return;
	return_some(class, l, l->limit ? batch_of(class) : l->count);
}
