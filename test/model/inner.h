/* SPDX-License-Identifier: MIT */
/* What the files of the checker share: actors, their next steps, who hears of accesses. */
#ifndef PAWL_TEST_MODEL_INNER_H
#define PAWL_TEST_MODEL_INNER_H

#include "model.h"

/* What an actor is about to do. */
struct op {
	uintptr_t at;             /* the word that it touches */
	bool is_write;            /* or may be one */
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
void model_actor_over(void); /* search.c: goes on with another */

/* search.c: before a step; returns when it is this actor's turn. False: all is over. */
bool model_point(struct op op);
bool model_is_running(void);
void model_released(uintptr_t word);

/* How many steps the actor took; search.c. */
extern unsigned model_steps[MODEL_ACTORS + 1];

/* race.c: what plain accesses are in order with. */
void model_race_begin(void);

/* What each actor's last atomic load gave, when it was one of 32 bits. */
struct seen {
	const volatile void *at;
	uint32_t value;
};
extern struct seen model_seen[MODEL_ACTORS + 1];

/* trace.c */
void model_trace_step(unsigned n, int actor, const struct op *op);
void model_names_clear(void);
/* The call before an address, as addr2line wants it: from the start of the program. */
unsigned long model_code_offset(const void *pc);

/* port.c */
void model_port_begin(void);

#endif
