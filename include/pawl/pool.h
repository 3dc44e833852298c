/* SPDX-License-Identifier: MIT */
/* The pool: a fixed number of tasks of one type in static memory, claimed, then filled. */
#ifndef PAWL_POOL_H
#define PAWL_POOL_H

#include <pawl/task.h>

#if PAWL_LARGE_
#define PAWL_POOL_REST_ , NULL
#else
#define PAWL_POOL_REST_
#endif

/* What is known of a pool when the program is linked. */
typedef struct pawl_pool_info {
	const char *name;
	const char *type;
	const char *knob; /* what makes it larger; NULL: its own PAWL_TASK_POOL */
	size_t size;
	size_t stride; /* a slot, and in front of it the word that says whose it is */
	uint32_t count;
} pawl_pool_info;

/*
 * A pool of equal slots that each begin with a task. Made by PAWL_TASK_POOL; slots never move. The
 * numbers are guarded by the one lock of all pools.
 */
typedef struct pawl_pool {
	pawl_task_owner owner_;
	const pawl_pool_info *const *info_; /* its place in the list of all pools */
	pawl_task *free_;                   /* those that were dropped, linked by next_ */
	char *fresh_;                       /* the first of those that were never claimed */
	uint32_t out_;                      /* how many are claimed or set aside */
	uint32_t reserved_;                 /* how many are set aside, and not claimed yet */
	uint32_t peak_;                     /* of out_ */
	uint32_t refused_;
#if PAWL_LARGE_
	struct pawl_pool *next_used_; /* of those of which a slot was ever claimed */
#endif
} pawl_pool;

/*
 * Slots that are set aside: nobody else can claim them. `pool` and `count` say what is wanted; one
 * that is zeroed but for these holds nothing yet.
 */
typedef struct pawl_reservation {
	pawl_pool *pool;
	uint32_t count;
	uint32_t left_; /* how many are still set aside */
	bool is_short;  /* after PAWL_EFULL: this pool had too few */
} pawl_reservation;

/* Pools of one type, each for tasks of one urgency. Made by PAWL_TASK_TIERS. */
typedef struct pawl_tiers {
	const char *name_;
	pawl_pool *const *pools_; /* the least urgent first */
	uint32_t count_;
} pawl_tiers;

/*
 * The list of all pools of a program, for pawl_pools_report: one pointer each, in a section of its
 * own whose ends the linker names. A pool that the linker drops takes its pointer along; with GNU
 * ld say `-z start-stop-gc`, or it stays in the list. A linker script may know nothing of it; one
 * that names where everything goes says, among the constants,
 *
 *	. = ALIGN(4); __start_pawl_pools = .;
 *	*(pawl_pools) __stop_pawl_pools = .;
 */
#if defined(__GNUC__) && (defined(__ELF__) || defined(__wasm__))
#define PAWL_POOL_LISTED_ __attribute__((section("pawl_pools")))
#else
#define PAWL_POOL_LISTED_
#endif

/*
 * Defines `name`, a pawl_pool of `n` tasks of `type`, which is a struct that begins with
 * `pawl_task task`, and the functions
 *
 *	type *NAME_claim(void)		a slot, zeroed; NULL when all are in use or set aside
 *	type *NAME_commit(r)		one of those that a reservation holds, zeroed
 *	void NAME_drop(type *slot)	gives a slot back that was not spawned; NULL is fine
 *
 * A slot that was spawned comes back by itself when its task is dropped, also when the spawn
 * failed.
 */
#define PAWL_TASK_POOL(name, type, n)                                                        \
	static struct {                                                                      \
		pawl_task_owner *owner_[PAWL_POOL_LEAD_(type)];                              \
		type slot_;                                                                  \
	} name##_slots_[n];                                                                  \
	static const pawl_pool_info name##_info_ = {                                         \
		#name, #type, NULL, sizeof(type), sizeof(name##_slots_[0]), (n)              \
	};                                                                                   \
	PAWL_POOL_LISTED_ static const pawl_pool_info *const name##_listed_ = &name##_info_; \
	static pawl_pool name = { { pawl_pool_drop_ },                                       \
				  &name##_listed_,                                           \
				  NULL,                                                      \
				  (char *)&name##_slots_[0].slot_,                           \
				  0,                                                         \
				  0,                                                         \
				  0,                                                         \
				  0 PAWL_POOL_REST_ };                                       \
	PAWL_UNUSED_ static inline type *name##_claim(void)                                  \
	{                                                                                    \
		return (type *)pawl_pool_claim(&name);                                       \
	}                                                                                    \
	PAWL_UNUSED_ static inline type *name##_commit(pawl_reservation *r)                  \
	{                                                                                    \
		return (type *)pawl_reserve_commit(r, &name);                                \
	}                                                                                    \
	PAWL_UNUSED_ static inline void name##_drop(type *slot)                              \
	{                                                                                    \
		pawl_pool_drop(&name, slot);                                                 \
	}                                                                                    \
	PAWL_STATIC_ASSERT(offsetof(type, task) == 0,                                        \
			   #type " must begin with a pawl_task named task")

/*
 * Joins pools of one type to tiers, the least urgent first:
 *
 *	PAWL_TASK_TIERS(jobs, struct job, &jobs_idle, &jobs_usual, &jobs_urgent);
 *
 * Priority 0 is the first pool, 1 the second, and so on; what is larger than that is the last. It
 * defines the functions
 *
 *	type *NAME_claim(priority)		a slot of that tier, zeroed; NULL when it is full
 *	type *NAME_claim_down(priority)		the same, or else one of a less urgent tier
 *	void NAME_drop(type *slot)		gives a slot back that was not spawned
 *
 * No claim takes a slot of a tier that is more urgent than it, and only NAME_claim_down one of a
 * tier that is less: who wants each tier to be sure of its slots uses NAME_claim alone.
 */
#define PAWL_TASK_TIERS(name, type, ...)                                                    \
	static pawl_pool *const name##_pools_[] = { __VA_ARGS__ };                          \
	static const pawl_tiers name = { #name, name##_pools_, PAWL_COUNT(name##_pools_) }; \
	PAWL_UNUSED_ static inline type *name##_claim(unsigned priority)                    \
	{                                                                                   \
		return (type *)pawl_tiers_claim(&name, priority, sizeof(type));             \
	}                                                                                   \
	PAWL_UNUSED_ static inline type *name##_claim_down(unsigned priority)               \
	{                                                                                   \
		return (type *)pawl_tiers_claim_down(&name, priority, sizeof(type));        \
	}                                                                                   \
	PAWL_UNUSED_ static inline void name##_drop(type *slot)                             \
	{                                                                                   \
		pawl_slot_drop(slot);                                                       \
	}                                                                                   \
	PAWL_STATIC_ASSERT(offsetof(type, task) == 0,                                       \
			   #type " must begin with a pawl_task named task")

/* So many pointers end where a type may begin; the last of them is right in front of it. */
#define PAWL_POOL_LEAD_(type) \
	(PAWL_ALIGNOF_(type) > sizeof(void *) ? PAWL_ALIGNOF_(type) / sizeof(void *) : 1)

PAWL_BEGIN_C

/*
 * Takes a slot.
 *
 *	p	the pool
 *
 * result:  the slot, zeroed but for what the task remembers of its former lives; NULL when all are
 *          in use or set aside
 * owns:    the caller owns the slot until it spawns or drops it
 * from:    any
 * cost:    O(size of the slot), no allocation
 */
void *pawl_pool_claim(pawl_pool *p);

/*
 * Gives back a slot that was not spawned.
 *
 *	p	the pool
 *	slot	one of its slots; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_pool_drop(pawl_pool *p, void *slot);

/*
 * The same, when its pool is not at hand.
 *
 *	slot	a slot of any pool; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_slot_drop(void *slot);

/*
 * How many slots the pool has.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_size(const pawl_pool *p);

/*
 * How many slots are claimed now.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_in_use(const pawl_pool *p);

/*
 * How many slots are set aside now, and not claimed yet.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_reserved(const pawl_pool *p);

/*
 * How many slots can be claimed now: those that are neither in use nor set aside.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_available(const pawl_pool *p);

/*
 * How many slots were in use or set aside at once at most: the high-water mark.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_peak(const pawl_pool *p);

/*
 * How many claims and reservations found too few slots.
 *
 *	p	the pool
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_pool_refused(const pawl_pool *p);

/*
 * Says in a sentence how full the pool is and what makes it larger, as
 * "pool 'blinks' is full: 4 of 4 in use; raise PAWL_TASK_POOL(blinks, struct blink, 4)".
 *
 *	p	the pool
 *	buf	where to write, always ended by a NUL
 *	size	its size, at least 1
 *
 * result:  how many characters that took, without the NUL; what does not fit is cut off
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_pool_full_text(const pawl_pool *p, char *buf, size_t size);

/*
 * Sets slots of several pools aside, all or none of them: in between, nobody sees a part.
 *
 *	r	for each pool how many slots; a pool may be there more than once
 *	n	how many entries
 *
 * result:  0, PAWL_EFULL; then `is_short` says of which pools there were too few
 * owns:    the caller owns what was set aside until it is committed or cancelled
 * from:    any
 * cost:    O(n), no allocation
 */
PAWL_MUST_USE int pawl_reserve(pawl_reservation *r, unsigned n);

/*
 * Claims one of the slots that were set aside.
 *
 *	r	a reservation
 *	p	its pool
 *
 * result:  the slot, as from pawl_pool_claim; NULL once all of them were claimed
 * owns:    the caller owns the slot until it spawns or drops it
 * from:    any
 * cost:    O(size of the slot), no allocation
 */
void *pawl_reserve_commit(pawl_reservation *r, pawl_pool *p);

/*
 * Gives back what is set aside and was not claimed.
 *
 *	r	reservations; those that hold nothing are fine
 *	n	how many
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(n), no allocation
 */
void pawl_reserve_cancel(pawl_reservation *r, unsigned n);

/*
 * Takes a slot of the tier for a priority.
 *
 *	ts		the tiers
 *	priority	which of them
 *	size		what a slot is in bytes, as a check
 *
 * result:  the slot, as from pawl_pool_claim; NULL when the tier is full
 * owns:    the caller owns the slot until it spawns or drops it
 * from:    any
 * cost:    O(size of the slot), no allocation
 */
void *pawl_tiers_claim(const pawl_tiers *ts, unsigned priority, size_t size);

/*
 * Takes a slot of the tier for a priority, or else of the nearest tier that is less urgent.
 *
 *	ts		the tiers
 *	priority	the most urgent of those that will do
 *	size		what a slot is in bytes, as a check
 *
 * result:  the slot, as from pawl_pool_claim; NULL when all of them are full, which the first
 *          counts as a failed claim
 * owns:    the caller owns the slot until it spawns or drops it
 * from:    any
 * cost:    O(size of the slot + tiers), no allocation
 */
void *pawl_tiers_claim_down(const pawl_tiers *ts, unsigned priority, size_t size);

/*
 * The pool of the tier for a priority.
 *
 *	ts		the tiers
 *	priority	which of them
 *
 * result:  the pool
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_pool *pawl_tiers_pool(const pawl_tiers *ts, unsigned priority);

/*
 * Says in a sentence how full a tier is and what makes it larger, as "tier 2 of 'jobs': pool
 * 'jobs_urgent' is full: 1 of 1 in use; raise PAWL_TASK_POOL(jobs_urgent, struct job, 1)".
 *
 *	ts		the tiers
 *	priority	which of them
 *	buf		where to write, always ended by a NUL
 *	size		its size, at least 1
 *
 * result:  how many characters that took, without the NUL; what does not fit is cut off
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_tiers_full_text(const pawl_tiers *ts, unsigned priority, char *buf, size_t size);

/*
 * Lists every pool that was linked into the program, one line each, as "pool 'blinks': 4 of struct
 * blink, 448 bytes", and then how many that are and their bytes. It reads constants only, so it may
 * come before everything else. A pool of a library whose code is not linked is not in the program.
 *
 *	line	called once per line with the text, without a newline
 *	arg	for `line`
 *
 * result:  0, PAWL_ENOTSUP where the linker keeps no such list: neither ELF nor WebAssembly
 * owns:    nothing
 * from:    any
 * cost:    O(pools), no allocation
 */
int pawl_pools_report(void (*line)(void *arg, const char *text), void *arg);

void pawl_pool_drop_(pawl_task_owner *o, pawl_task *t);

PAWL_END_C

#endif
