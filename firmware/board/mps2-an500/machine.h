/* SPDX-License-Identifier: MIT */
/* The numbers of mps2-an500. */
#ifndef MACHINE_H
#define MACHINE_H

#define MACHINE_NAME "mps2-an500"
#define MACHINE_CORE_HZ 25000000
#define MACHINE_TIMER 0x40000000u

#include "../mps2/machine.h"

#endif
