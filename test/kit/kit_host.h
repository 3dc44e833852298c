/* SPDX-License-Identifier: MIT */
/* What kit_host.c asks of kit_heap.c, and what a sanitizer takes out of our hands. */
#ifndef PAWL_KIT_HOST_H
#define PAWL_KIT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KIT_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define KIT_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define KIT_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define KIT_TSAN 1
#endif

#if defined(KIT_ASAN) || defined(KIT_TSAN)
#define KIT_COUNTS_HEAP 0
#else
#define KIT_COUNTS_HEAP 1
#endif

#ifdef KIT_TSAN
#define KIT_HAS_OWN_THREADS 1 /* the sanitizer keeps one */
#else
#define KIT_HAS_OWN_THREADS 0
#endif

/*
 * From here on, remember each block that is allocated until it is freed; or stop remembering new
 * ones.
 */
void kit_heap_watch(bool on);
/* Says in words which remembered blocks are still there; false when none is. */
bool kit_heap_leaks(char *ret_message, size_t size);

#endif
