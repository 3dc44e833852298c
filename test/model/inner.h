/* SPDX-License-Identifier: MIT */
/* What the files of the checker share: actors, their next steps, who hears of accesses. */
#ifndef PAWL_TEST_MODEL_INNER_H
#define PAWL_TEST_MODEL_INNER_H

#include "model.h"

/* What an actor is about to do. */
struct op {
	uintptr_t at;             /* the word that it touches */
	bool is_write;            /* or may be one */
	bool is_sc;               /* with weak memory: and the order of what is seq_cst */
	bool is_all;              /* with weak memory: and what any other does */
	bool (*ready)(void *arg); /* NULL: it can always be done */
	void *arg;
	bool is_timed; /* can also be done when nobody can do anything else */
	const char *what;
	const void *pc;
};

/* A lock is another word than the first one of what it guards. */
#define WORD_OF(address) ((uintptr_t)(address) >> 3)
#define IS_LOCK (~(UINTPTR_MAX >> 1))
#define LOCK_OF(address) ((uintptr_t)(address) | IS_LOCK)

/* actor.c: coroutines. Number MODEL_ACTORS is the program itself. */
#define MODEL_MAIN_ACTOR MODEL_ACTORS
extern int model_self;
void model_actor_start(int a, void (*fn)(void));
void model_switch(int to);
bool model_actor_is_over(int a);
bool model_is_own(const void *at);
void model_actor_over(void);    /* search.c: goes on with another */
void model_actors_forget(void); /* where they are in their functions */

/* search.c: before a step; returns when it is this actor's turn. False: all is over. */
bool model_point(struct op op);
bool model_is_running(void);
bool model_is_live(void); /* and not being wound up */
bool model_is_weak(void);
bool model_actor_is_there(int a);
void model_released(uintptr_t word);

/* One of 0 to below - 1, as part of the step that is being taken; 0 is the plainest. */
unsigned model_choose(unsigned below);

/* How many steps the actor took; search.c. */
extern unsigned model_steps[MODEL_ACTORS + 1];

/* race.c: what plain accesses are in order with. */
void model_race_begin(void);

typedef uint32_t model_clock[MODEL_ACTORS];

/* What comes before, by each actor's own clock. */
struct view {
	model_clock known; /* happened before */
	model_clock seen;  /* that, and what fences say that atomic accesses cannot be before */
	uint32_t fenced;   /* the number of the last seq_cst fence that happened before */
};

/* What an actor knows; what it read without acquiring; what it knew at its last release fence. */
struct mind {
	struct view now, unfenced, fence;
};
extern struct mind model_minds[MODEL_ACTORS + 1];

enum order { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

static inline bool acquires(int order)
{
	return order == CONSUME || order == ACQUIRE || order >= ACQ_REL;
}

static inline bool releases(int order)
{
	return order >= RELEASE;
}

/* An atomic access. */
struct access {
	const volatile void *at;
	size_t size;
	int order, failed; /* of an exchange that finds something else */
	const char *what;
	const void *pc;
};

void model_join(struct view *into, const struct view *from);
void model_tick_on(int actor);
void model_taken(const struct view *given, int order);
void model_given(struct view *ret, int order, bool is_change);

/* For tsan.c. Access: first it is this actor's turn. False: nobody is looking. */
bool model_access(const struct access *x, bool is_write);
void model_plain(const void *at, size_t size, bool is_write, const void *pc);
uint64_t model_memory(const volatile void *at, size_t size);
uint64_t model_read(const struct access *x);
/* True: the memory is to have it. */
bool model_write(const struct access *x, uint64_t v);
/* The part of a change that reads; what an exchange expects, or NULL. */
uint64_t model_change(const struct access *x, const uint64_t *expected);
bool model_changed(const struct access *x, uint64_t v);
void model_fence(int order, const void *pc);
void model_fence_all(void);

/* weak.c: the same with histories. */
void model_weak_begin(void);
void model_weak_forget(const void *at, size_t size);
uint64_t model_weak_read(const struct access *x);
bool model_weak_write(const struct access *x, uint64_t v);
uint64_t model_weak_change(const struct access *x, const uint64_t *expected);
bool model_weak_changed(const struct access *x, uint64_t v);
void model_weak_fence(uint32_t actors);
void model_weak_settle(void);

/* What each actor's last atomic load gave, when it was one of 32 bits. */
struct seen {
	const volatile void *at;
	uint32_t value;
};
extern struct seen model_seen[MODEL_ACTORS + 1];

/* trace.c */
void model_trace_step(unsigned n, int actor, const struct op *op);
void model_trace_choice(unsigned n, int actor, unsigned value, unsigned below);
void model_names_clear(void);
/* The call before an address, as addr2line wants it: from the start of the program. */
unsigned long model_code_offset(const void *pc);

/* port.c and threads.c */
void model_port_begin(void);
void model_threads_begin(void);

#endif
