/* SPDX-License-Identifier: MIT */
/* What runtimes need of the registry: a registration by its handle. */
#ifndef PAWL_CORE_REGISTRY_H
#define PAWL_CORE_REGISTRY_H

#include <pawl/registry.h>

pawl_exec *pawl_registry_fallback_(void);

/* As pawl_register_executor. */
int pawl_registry_enter_(pawl_exec *x, pawl_handle *ret_handle);

/* Ends this registration, if it is the current one. */
void pawl_registry_leave_(pawl_handle h);

#endif
