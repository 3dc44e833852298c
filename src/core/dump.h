/* SPDX-License-Identifier: MIT */
/* What is known of tasks, copied out of their lists for those who tell of it. */
#ifndef PAWL_CORE_DUMP_H
#define PAWL_CORE_DUMP_H

#include "core/core.h"

#include <pawl/session.h>

/*
 * Tasks are copied under the lock, some at a time, and told of without it: all strings are
 * constants.
 */
struct pawl_piece {
	pawl_task_info *info;
	unsigned room, skip; /* those before number `skip` were in earlier pieces */
	unsigned count;      /* how many there are in all lists that were copied */
	pawl_time now;       /* 0: how old they are is not asked for */
};

/* What is known of a task of a session at a time, under the lock of the crew. */
pawl_task_info pawl_task_info_(const pawl_task *t, pawl_time now);

/* Copies what is known of the tasks of a list, under the lock of the crew. */
void pawl_piece_copy_(struct pawl_piece *p, const pawl_task *t);

/* How many tasks are in the piece. */
unsigned pawl_piece_size_(const struct pawl_piece *p);

/* Puts a task's name and place. */
void pawl_text_task_(struct pawl_text *x, const pawl_task_info *i);

#endif
