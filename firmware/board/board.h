/* SPDX-License-Identifier: MIT */
/* What every board offers to the programs that run on it. */
#ifndef BOARD_H
#define BOARD_H

#include <pawl/exec.h>

/*
 * The start-up code prepares memory, the floating-point unit and the port's clock, calls main, and
 * ends the simulation with what that answers.
 */

extern const char board_name[];

/* Prints; where that arrives, firmware/run knows. */
void board_write(const char *text, size_t size);
void board_print(const char *text);
void board_print_int(int64_t n);

/* Ends the simulation. */
_Noreturn void board_exit(int status);

/* A timer that the port does not use: it counts up, wraps at 2^32, and nobody ever stops it. */
uint32_t board_ticks(void);
extern const uint32_t board_ticks_hz;

/*
 * An interrupt for whatever a program needs: board_sensor makes it pending, and it calls
 * board_on_sensor, which the program defines. It is less urgent than the clock's and more than
 * BOARD_HIGH's.
 */
void board_sensor(void);
void board_on_sensor(void);

/*
 * Executors that live in interrupts of their own and pre-empt the thread; the second pre-empts the
 * first, too. The first call for a level starts it.
 */
enum board_level { BOARD_MID, BOARD_HIGH };

pawl_exec *board_executor(enum board_level level);

#endif
