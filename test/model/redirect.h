/* SPDX-License-Identifier: MIT */
/* Included before each file that is checked: what fills or copies memory says so, too. */
#ifndef PAWL_TEST_MODEL_REDIRECT_H
#define PAWL_TEST_MODEL_REDIRECT_H

#include <stddef.h>

void *model_memset(void *at, int byte, size_t size);
void *model_memcpy(void *to, const void *from, size_t size);
#define __builtin_memset model_memset
#define __builtin_memcpy model_memcpy

#endif
