/* SPDX-License-Identifier: MIT */
/* The numbers of mps2-an505. */
#ifndef MACHINE_H
#define MACHINE_H

#define MACHINE_NAME "mps2-an505"
#define MACHINE_CORE_HZ 20000000
#define MACHINE_TIMER 0x50000000u

#include "../mps2/machine.h"

#endif
