/* SPDX-License-Identifier: MIT */
/* What the registry needs of the local executor to make its fallback without running any code. */
#ifndef PAWL_CORE_LOCAL_H
#define PAWL_CORE_LOCAL_H

#include <pawl/local.h>

extern const pawl_exec_ops pawl_local_ops_;

#endif
