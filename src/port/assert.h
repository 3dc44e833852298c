/* SPDX-License-Identifier: MIT */
/* Assertions: on everywhere unless PAWL_ASSERTS is 0. */
#ifndef PAWL_PORT_ASSERT_H
#define PAWL_PORT_ASSERT_H

#include "port/port.h"

#if PAWL_ASSERTS
#define PAWL_ASSERT(c) ((c) ? (void)0 : pawl_port_fatal(PAWL_HERE ": " #c))
#else
#define PAWL_ASSERT(c) ((void)sizeof(c))
#endif

#endif
