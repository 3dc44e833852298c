/* SPDX-License-Identifier: MIT */
/* What the examples ask of the ground under them: a board, a desktop, or the simulator. */
#ifndef GROUND_H
#define GROUND_H

#include <pawl/pawl.h>

/* The example: the ground spawns it on its executor, and ends when it ends. */
int app(pawl_task *t);

/* Prints a line. It knows %d for an int and %s for a string. */
void say(const char *format, ...) PAWL_PRINTF(1, 2);

/*
 * An executor of higher priority: its tasks pre-empt whoever wakes them. On a board it lives in an
 * interrupt.
 */
pawl_exec *ground_high(void);

/*
 * Asks the sensor for a sample: a little later an interrupt calls `ready` with it. On a desktop a
 * thread plays that interrupt, in the simulator a task. Ask again when it was called.
 */
void ground_measure(void (*ready)(int sample));

/* For grounds: where the text goes, and what the sensor answers. */
void ground_write(const char *text, size_t size);
int ground_sample(void);

#endif
