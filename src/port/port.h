/* SPDX-License-Identifier: MIT */
/* The port as the floors see it: the public header and nothing else. */
#ifndef PAWL_PORT_PORT_H
#define PAWL_PORT_PORT_H

#include <pawl/port.h>

#endif
