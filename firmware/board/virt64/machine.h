/* SPDX-License-Identifier: MIT */
/* The name of QEMU's RISC-V machine with 64 bits. */
#ifndef MACHINE_H
#define MACHINE_H

#define MACHINE_NAME "virt64"

#endif
