/* SPDX-License-Identifier: MIT */
/* The watch: the latest value of something, and who wants to know when there is a newer one. */
#ifndef PAWL_WATCH_H
#define PAWL_WATCH_H

#include <pawl/waitq.h>

/*
 * Many set it, many look at it. Each value has a version, which counts up from 1; a reader keeps
 * the version that it saw last in a word of its own, zero before the first. Values in between may
 * be skipped, the latest never is. Values are copied under the lock: keep them small. The caller
 * owns it and the room for the value; neither may move.
 */
typedef struct pawl_watch {
	pawl_waitq waitq_;
	void *slot_;
	uint32_t size_;
	uint32_t version_; /* 0: there is no value yet */
	bool is_closed_;
} pawl_watch;

/*
 * Defines a watch of `type`, to be initialised by NAME_init(), and the functions
 *
 *	int NAME_set(type const *v)	int NAME_get(uint32_t *seen, type *ret_v)
 *	int NAME_next(pawl_task *t, uint32_t *seen, type *ret_v)
 */
#define PAWL_WATCH(name, type)                                                                 \
	static type name##_slot_;                                                              \
	static pawl_watch name;                                                                \
	PAWL_UNUSED_ static inline void name##_init(void)                                      \
	{                                                                                      \
		pawl_watch_init(&name, &name##_slot_, sizeof(type));                           \
	}                                                                                      \
	PAWL_UNUSED_ static inline int name##_set(type const *v)                               \
	{                                                                                      \
		return pawl_watch_set(&name, v);                                               \
	}                                                                                      \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_get(uint32_t *seen, type *v)       \
	{                                                                                      \
		return pawl_watch_get(&name, seen, v);                                         \
	}                                                                                      \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_next(pawl_task *t, uint32_t *seen, \
								 type *v)                      \
	{                                                                                      \
		return pawl_watch_next(t, &name, seen, v);                                     \
	}                                                                                      \
	PAWL_STATIC_ASSERT(sizeof(type) > 0, #name " has values")

PAWL_BEGIN_C

/*
 * Makes a watch that has no value yet.
 *
 *	w	the watch
 *	slot	room for the value; NULL when `size` is 0
 *	size	of the value; 0: only the version counts
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_watch_init(pawl_watch *w, void *slot, size_t size);

/*
 * Sets the value; all who wait for a newer one go on.
 *
 *	w	the watch
 *	value	copied; may be NULL when the size is 0
 *
 * result:  0, PAWL_ECLOSED
 * owns:    nothing
 * from:    any
 * cost:    O(size + waiters), no allocation
 */
int pawl_watch_set(pawl_watch *w, const void *value);

/*
 * Looks at the latest value, also after a close.
 *
 *	w		the watch
 *	seen		set to its version; may be NULL
 *	ret_value	where to copy it; may be NULL when the size is 0
 *
 * result:  0, PAWL_PENDING when there was no value yet, PAWL_ECLOSED when there will be none
 * owns:    nothing
 * from:    any
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_watch_get(pawl_watch *w, uint32_t *seen, void *ret_value);

/*
 * Waits for a value that is newer than the one that was seen last. After a close the last value
 * still comes to those who did not see it.
 *
 *	t		the running task
 *	w		the watch
 *	seen		the version that was seen last, 0 at first; set to that of the value
 *	ret_value	where to copy it; may be NULL when the size is 0
 *
 * result:  0, PAWL_PENDING, PAWL_ECLOSED when there will be no newer one, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(size); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_watch_next(pawl_task *t, pawl_watch *w, uint32_t *seen, void *ret_value);

/*
 * Says that no newer value will come; all who wait go on.
 *
 *	w	the watch
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(waiters), no allocation
 */
void pawl_watch_close(pawl_watch *w);

PAWL_END_C

#endif
