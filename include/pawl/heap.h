/* SPDX-License-Identifier: MIT */
/* Heap tasks: from a slab, for a struct of yours or for arguments that are copied. */
#ifndef PAWL_HEAP_H
#define PAWL_HEAP_H

#include <pawl/scope.h>

/*
 * A task on the heap is a task as any other, and the pointer to it is its handle: it is spawned by
 * every call that spawns, and joined, detached, cancelled, put into groups, sessions and scopes by
 * the calls for that. Its memory goes back by itself when it is dropped, as a slot of a pool does.
 *
 * There are two forms, since two wishes are frequent. PAWL_HEAP_NEW(struct job) makes a struct that
 * begins with `pawl_task task`, for tasks with state of their own and for all that spawning can be
 * told; pawl_go runs a function with a copy of some arguments, which is the copy that it works on
 * and, when it is joined, gives back: no struct and no field for the result have to be declared.
 *
 * Each thread keeps some free memory per size; a task may end on another thread than the one that
 * made it. Where many ended, memory goes back to the system. A pawl_waker of a heap task may be
 * used for ever, but for tasks of more than PAWL_HEAP_SLOT_MAX bytes, which come from malloc: a
 * waker of those must not be used after the task was dropped.
 */
#define PAWL_HEAP_SLOT_MAX 8184

/*
 * A new task of a struct `type`, which begins with `pawl_task task` and is no more aligned than
 * malloc's memory: zeroed; NULL when there is no memory.
 */
#define PAWL_HEAP_NEW(type) ((type *)pawl_heap_new(sizeof(type) + PAWL_HEAP_FITS_(type)))

/* 0, or it does not compile. */
#define PAWL_HEAP_FITS_(type) \
	(0 * sizeof(char[offsetof(type, task) == 0 && PAWL_ALIGNOF_(type) <= 16 ? 1 : -1]))

PAWL_BEGIN_C

/*
 * Makes memory for a struct that begins with a task.
 *
 *	size	its size
 *
 * result:  the struct, zeroed but for what the task remembers of former lives; NULL when there is
 *          no memory
 * owns:    the caller owns it until it is spawned or freed
 * from:    any thread
 * cost:    O(size); seldom a lock, more seldom memory of the system
 */
void *pawl_heap_new(size_t size);

/*
 * Frees a heap task that was not spawned. One that was spawned comes back by itself when it is
 * dropped, also when the spawn failed.
 *
 *	p	what pawl_heap_new gave; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    any thread
 * cost:    as pawl_heap_new
 */
void pawl_heap_free(void *p);

/*
 * Spawns a heap task with a copy of its arguments. `arg` is a pointer to them: what it points to is
 * copied.
 *
 *	x	the executor
 *	poll	what it does; its arguments are at pawl_go_arg(t)
 *	arg	a struct or a number of yours
 *	ret	the task, to be joined or detached; NULL: it is detached
 *
 * result:  0, PAWL_ENOMEM, PAWL_EFULL, PAWL_ESTOPPED
 * owns:    as pawl_spawn
 * from:    any thread
 * cost:    O(size of the arguments); seldom a lock, more seldom memory of the system
 */
#define pawl_go(x, poll, arg, ret) \
	pawl_go_at_((x), (poll), (arg), sizeof *(arg), (ret), PAWL_GO_PLACE_(poll))
int pawl_go_at_(pawl_exec *x, pawl_poll_fn *poll, const void *arg, size_t size, pawl_task **ret,
		const char *place);

/*
 * The same, for a child of a scope. It has no handle: what it finds out, it writes to where its
 * arguments point.
 *
 *	s	the scope
 *	poll	what it does; its arguments are at pawl_go_arg(t)
 *	arg	a struct or a number of yours
 *
 * result:  0, PAWL_ENOMEM, PAWL_EFULL, PAWL_ESTOPPED as pawl_scope_spawn
 * owns:    as pawl_spawn
 * from:    task
 * cost:    as pawl_go
 */
#define pawl_go_in(s, poll, arg) \
	pawl_go_in_at_((s), (poll), (arg), sizeof *(arg), PAWL_GO_PLACE_(poll))
int pawl_go_in_at_(pawl_scope *s, pawl_poll_fn *poll, const void *arg, size_t size,
		   const char *place);

/*
 * The copy of its arguments that belongs to a task of pawl_go.
 *
 *	t	the task
 *
 * result:  the copy, as aligned as malloc's memory; as long as the task is not dropped
 * owns:    nothing
 * from:    task; from others once pawl_task_is_finished
 * cost:    O(1), no allocation
 */
void *pawl_go_arg(pawl_task *t);

/*
 * Waits until a task of pawl_go ended, copies its arguments back, as they are by then, and drops
 * it.
 *
 *	t		the running task
 *	child		the task: as for pawl_join
 *	ret_arg		where to copy the arguments, of the type that was given to pawl_go
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` itself was asked to stop (the child then still
 *          has to be joined or detached)
 * owns:    nothing
 * from:    task
 * cost:    O(size of the arguments), no allocation
 */
#define pawl_go_join(t, child, ret_arg, ret_outcome) \
	pawl_go_join_((t), (child), (ret_arg), sizeof *(ret_arg), (ret_outcome))
PAWL_MUST_USE int pawl_go_join_(pawl_task *t, pawl_task *child, void *ret_arg, size_t size,
				int *ret_outcome);

/*
 * The same, for who is no task: runs the executor until a task of pawl_go ended, as pawl_block_on
 * does.
 *
 *	x		the executor
 *	child		the task: as for pawl_block_on
 *	ret_arg		where to copy the arguments, of the type that was given to pawl_go
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_ENOTSUP, PAWL_EBUSY as pawl_block_on
 * owns:    nothing
 * from:    thread, task
 * cost:    that of the polls
 */
#define pawl_go_block_on(x, child, ret_arg, ret_outcome) \
	pawl_go_block_on_((x), (child), (ret_arg), sizeof *(ret_arg), (ret_outcome))
int pawl_go_block_on_(pawl_exec *x, pawl_task *child, void *ret_arg, size_t size, int *ret_outcome);

/*
 * How much of the system's memory the slab of the heap tasks has at the moment, for tasks that live
 * and to be used again.
 *
 * result:  the number of bytes
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
size_t pawl_heap_bytes(void);

PAWL_END_C

#if PAWL_DIAG
#define PAWL_GO_PLACE_(poll) PAWL_PLACE_(poll)
#else
#define PAWL_GO_PLACE_(poll) NULL
#endif

#endif
