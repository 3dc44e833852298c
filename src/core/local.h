/* SPDX-License-Identifier: MIT */
/* What the registry needs of the local executor to make its fallback without running any code. */
#ifndef PAWL_CORE_LOCAL_H
#define PAWL_CORE_LOCAL_H

#include <pawl/local.h>

#include "port/biased.h"

/* The executor's lock: the thread that drives it is favoured. */
PAWL_FLAT_ uintptr_t pawl_local_lock_(pawl_local *l)
{
#if PAWL_PORT_THREADS
	return pawl_biased_lock_(&l->bias_, l);
#else
	return pawl_port_lock(l);
#endif
}

PAWL_FLAT_ void pawl_local_unlock_(pawl_local *l, uintptr_t was)
{
#if PAWL_PORT_THREADS
	pawl_biased_unlock_(&l->bias_, l, was);
#else
	pawl_port_unlock(l, was);
#endif
}

extern const pawl_exec_ops pawl_local_ops_;

#endif
