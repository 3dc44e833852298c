/* SPDX-License-Identifier: MIT */
/* The registry: which executor the program runs on, and the fallback when it named none. */
#ifndef PAWL_REGISTRY_H
#define PAWL_REGISTRY_H

#include <pawl/exec.h>

PAWL_BEGIN_C

/*
 * Makes this the program's executor.
 *
 *	x	the executor; must outlive its registration
 *
 * result:  0, PAWL_EBUSY when there is one already, PAWL_EINVAL when its table lacks what is
 *          required
 * owns:    nothing
 * from:    init, thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_register_executor(pawl_exec *x);

/*
 * Returns to the fallback. The executor is shut down, if it knows how, so that handles which are
 * still held answer PAWL_ESTOPPED.
 *
 * result:  0, PAWL_EINVAL when none was registered
 * owns:    nothing
 * from:    init, thread
 * cost:    that of the shutdown
 */
int pawl_unregister_executor(void);

/*
 * The program's executor: the registered one, else the fallback, a pawl_local.
 *
 * result:  the executor, never NULL
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_current_executor(void);

/*
 * Tells whether the program runs on the fallback.
 *
 * result:  true when no executor is registered
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_is_using_fallback(void);

PAWL_END_C

#endif
