/* SPDX-License-Identifier: MIT */
/* The stack: where coroutines and generators keep their calls; from a pool, or in your memory. */
#ifndef PAWL_STACK_H
#define PAWL_STACK_H

#include <pawl/switch.h>

typedef struct pawl_stack pawl_stack;
typedef struct pawl_fiber pawl_fiber;
typedef struct pawl_defer pawl_defer;

/*
 * Which stack. Zero means default: one of PAWL_STACK_SIZE from the pool.
 *
 * On hosts stacks come from a pool: each thread keeps some, so that a short coroutine costs
 * nanoseconds; below each is a page that nobody may touch (see pawl/stacks.h). Elsewhere, and where
 * you want it, the memory is yours. Then nothing guards its end but a word that is looked at now
 * and then; the program ends when that was overwritten, since so was what lies below.
 */
typedef struct pawl_stack_options {
	/*
	 * bytes, all in all: the guard and some 100 bytes at the top are part of it; of memory of
	 * yours it has to be said
	 */
	size_t size;
	void *memory; /* yours, `size` bytes; it may be used again once the stack was given back */
	bool paint;   /* fill it before use, so that pawl_stack_high_water is exact */
} pawl_stack_options;

#ifndef PAWL_STACK_SIZE
#if PAWL_LARGE_
#define PAWL_STACK_SIZE ((size_t)64 * 1024)
#else
#define PAWL_STACK_SIZE ((size_t)1024)
#endif
#endif

/* The least that is taken for a stack in your memory; what runs on a host takes more. */
#define PAWL_STACK_SIZE_MIN ((size_t)256)

/* What stands above the first frame of each stack. */
struct pawl_stack {
	char *low_;         /* the lowest byte that may be used */
	pawl_fiber *fiber_; /* who runs on it? NULL: it is free */
	pawl_stack *next_;  /* in a list of free ones, or of those in memory of the program */
	pawl_stack **link_; /* what points to it; NULL: it is of the pool */
	size_t size_;       /* all in all, at least as it was asked for */
#if PAWL_FIBERS_
	void *tsan_;
#endif
	uint16_t chain_; /* the port's, as is the next */
	uint8_t class_;
	bool is_special_; /* painted, or in memory of the program */
	bool is_painted_;
};

/* See pawl_port_stack_tell. */
enum pawl_stack_event {
	PAWL_STACK_PLACED_, /* memory of the program becomes a stack */
	PAWL_STACK_GONE_,   /* and is just memory again */
	PAWL_STACK_SEEN_    /* all of it is read or written, whatever lies there */
};

enum pawl_fiber_state {
	PAWL_FIBER_FRESH_,     /* did not run yet, and wants a stack from the pool */
	PAWL_FIBER_SPECIAL_,   /* did not run yet, and wants another one, or has it from before */
	PAWL_FIBER_SUSPENDED_, /* side_ is where it goes on */
	PAWL_FIBER_DONE_,      /* outcome_ holds */
	PAWL_FIBER_RUNNING_,   /* side_ is where its resumer goes on; this and what follows */
	PAWL_FIBER_DELEGATED_, /* the same, but it yields by the struct of another generator */
	PAWL_FIBER_BLOCKED_,   /* the same, but an executor runs on top of it: it must not wait */
	PAWL_FIBER_BLOCKS_     /* the same, and that executor runs on this stack */
};

/* Something that runs on a stack of its own: what generators and coroutines begin with. */
struct pawl_fiber {
	struct pawl_side side_;
	pawl_stack *stack_;
	/* what is to be called if it does not get to it itself, innermost first */
	pawl_defer *defers_;
	const char *why_; /* it panicked, or got no stack */
	void *memory_;
	int outcome_;
	uint8_t state_;
	bool is_painted_;
	bool is_cancelled_;
	bool is_spare_; /* so that all of them are zeroed by one store */
	size_t size_;
	const char *place_; /* "file:line", NUL, name of its function; NULL: not known */
};

/* A call that is made when a block is left. */
struct pawl_defer {
	void (*fn)(void *arg);
	void *arg;
	pawl_fiber *of_;
	pawl_defer *outer_;
};

/*
 * From here to the end of the block: `fn(arg)` is called when the block is left, in whatever way:
 * at its end, by a return or a goto; when the coroutine or generator panics or overruns its stack;
 * when a generator that ignores cancelling is ended. Then the calls are made innermost first, on
 * the stack of who resumed it. `of` is the running pawl_co or pawl_gen; in a generator on top of a
 * coroutine both are, and what counts is on which stack the block is. No longjmp may leave such a
 * block for one around it, and no switch lead into it past this line. One on a line; `fn` must not
 * wait.
 */
#define PAWL_DEFER(of, fn, arg) PAWL_DEFER__(of, fn, arg, __LINE__)
#define PAWL_DEFER__(of, fn, arg, line) PAWL_DEFER___(of, fn, arg, line)
#define PAWL_DEFER___(of, fn, arg, line)                                                          \
	pawl_defer pawl_defer_##line##_                                                           \
		__attribute__((cleanup(pawl_defer_end_))) = { (fn), (arg), &(of)->fiber_, NULL }; \
	pawl_defer_begin_(&pawl_defer_##line##_)

PAWL_BEGIN_C

/* It stands on another stack than that of `of`: it belongs to who runs there. */
void pawl_defer_elsewhere_(pawl_defer *d, const void *at);

static inline void pawl_defer_begin_(pawl_defer *d)
{
	const pawl_stack *s = d->of_->stack_;
#if PAWL_ASAN_
	const char *at = (const char *)__builtin_frame_address(0); /* variables may be elsewhere */
#else
	const char *at = (const char *)d;
#endif

	if (__builtin_expect(at < s->low_ || at >= (const char *)s, 0))
		pawl_defer_elsewhere_(d, at);
	d->outer_ = d->of_->defers_;
	d->of_->defers_ = d;
	__asm__ volatile("" : : : "memory"); /* it may be needed where no call is seen */
}

static inline void pawl_defer_end_(pawl_defer *d)
{
	__asm__ volatile("" : : : "memory");
	d->of_->defers_ = d->outer_;
	d->fn(d->arg);
}

/* Says on which stack it is to run, and whose it is; it has none yet. */
static inline void pawl_fiber_init_(pawl_fiber *f, const pawl_stack_options *o, const char *place)
{
	f->stack_ = NULL;
	f->defers_ = NULL;
	f->place_ = place;
	f->why_ = NULL;
	f->state_ = o ? PAWL_FIBER_SPECIAL_ : PAWL_FIBER_FRESH_;
	f->is_cancelled_ = f->is_spare_ = false;
	f->outcome_ = 0;
	f->memory_ = o ? o->memory : NULL;
	f->size_ = o && (o->size || o->memory) ? o->size : PAWL_STACK_SIZE;
	f->is_painted_ = o && o->paint;
}

/*
 * How much of a stack was used at most. Painted stacks tell it to the word, for the last one who
 * ran there. Others of the pool tell it to the page, for all who ran there since the page was last
 * given back to the system; pages that were swapped out do not count.
 *
 *	s		the stack of a coroutine or generator that was started
 *	ret_bytes	how many bytes, from the top
 *
 * result:  0, PAWL_ENOTSUP for memory of yours that is not painted
 * owns:    nothing
 * from:    any; for one that runs on another thread it is a glimpse
 * cost:    O(size)
 */
int pawl_stack_high_water(const pawl_stack *s, size_t *ret_bytes);

/*
 * For ports: a stack of at least that size. The port fills `low_` and `size_` and leaves all else
 * zeroed; what lies below low_ should be guarded. A port may do without: then it takes what the
 * caller gives.
 *
 *	size	in bytes, all in all
 *
 * result:  the stack, NULL when there is no memory
 * owns:    the caller until pawl_port_stack_give
 * from:    any
 * cost:    O(1), seldom memory of the system
 */
pawl_stack *pawl_port_stack_take(size_t size);

/*
 * For ports: takes it back.
 *
 *	s	what pawl_port_stack_take gave
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, on another stack
 * cost:    O(1), seldom a call of the system
 */
void pawl_port_stack_give(pawl_stack *s);

/*
 * For ports: the stack, of those that it made, on which an address lies.
 *
 *	address	any
 *
 * result:  the stack, NULL when there is none
 * owns:    nothing
 * from:    any
 * cost:    O(number of mappings), no allocation, no lock
 */
pawl_stack *pawl_port_stack_at(const void *address);

/*
 * For ports: how much of an unpainted stack has pages of memory.
 *
 *	s		what pawl_port_stack_take gave
 *	ret_bytes	how many bytes, from the top
 *
 * result:  0, PAWL_ENOTSUP
 * owns:    nothing
 * from:    any
 * cost:    a call of the system
 */
int pawl_port_stack_resident(const pawl_stack *s, size_t *ret_bytes);

/*
 * For ports: gives the memory of a stack that nobody runs on back to the system, as far as it can
 * be had back, so that it tells of its use anew. Painted ones are, before they are given back.
 *
 *	s	what pawl_port_stack_take gave
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, on another stack
 * cost:    a call of the system
 */
void pawl_port_stack_discard(pawl_stack *s);

/*
 * For ports: what tools that watch each access, such as valgrind, have to be told of a stack.
 *
 *	s	the stack
 *	event	what is about to happen
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, on another stack, or of the present one for PAWL_STACK_SEEN_
 * cost:    O(1), no allocation
 */
void pawl_port_stack_tell(pawl_stack *s, enum pawl_stack_event event);

/*
 * For ports: why pawl_port_stack_take had no stack for this thread the last time, and what to
 * raise.
 *
 * result:  a text that stays; NULL: there is nothing to say
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
const char *pawl_port_stack_lack(void);

/*
 * For ports, in pawl_port_throw, before all else but the question whether a lock is held: ends what
 * runs on the present stack with PAWL_EPANIC, when that is a stack of its own. Call it only where
 * it is linked: it is a weak symbol.
 *
 *	frame	the innermost pawl_port_try; NULL: there is none
 *	why	what was thrown
 *
 * result:  nothing, when this stack is a thread's, or `frame` is on it
 * owns:    nothing
 * from:    any
 * cost:    O(stacks in memory of the program), no allocation
 */
void pawl_port_stack_catch(const void *frame, const char *why) __attribute__((weak));

/*
 * For ports: this thread is about to go on on such a stack. Prepares it for an overflow.
 *
 * result:  where this thread's errno is; NULL where it has none
 * owns:    nothing
 * from:    any
 * cost:    O(1); the first time on a thread calls of the system
 */
int *pawl_port_stack_enter(void);

PAWL_END_C

#endif
