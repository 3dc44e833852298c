#!/bin/bash
# SPDX-License-Identifier: MIT
# Plants bugs, one at a time, into copies of the files that the models check: a named model has to fail.
# With --table: says by which mode and after how many schedules, `planted,NAME,MODE,SCHEDULES` or `-`
# when it was not within $MODEL_SECONDS (4) seconds and $MODEL_RUNS (5000) schedules of each model of the
# case; with names after it, of these bugs alone.
table=
[ "${1:-}" != --table ] || { table=1; shift; }
only=" $* "
. "$PAWL_SOURCE/test/house/lib.sh"
here=$PAWL_SOURCE/test/model
. "$PAWL_BUILD/test/model/link.sh" # what cmake knows: objects and libraries
flags="-std=c11 -O1 -ffunction-sections -I$TMP/src -I$PAWL_SOURCE/include -I$PAWL_SOURCE/src -I$PAWL_SOURCE/test/kit
	-I$here -fsanitize=thread -U__SANITIZE_THREAD__ -DPAWL_PLAIN_FENCE -DPAWL_THREAD_SELF=model_thread
	-include $here/redirect.h"
[ "${CC:-cc}" = clang ] || flags="$flags -Wno-tsan"

# change FILE PERL: a copy of the file with the change in it, below $TMP/src.
change()
{
	mkdir -p "$TMP/src/$(dirname "$1")"
	perl -0pe "$2" "$PAWL_SOURCE/src/$1" >"$TMP/src/$1" &&
		! cmp -s "$TMP/src/$1" "$PAWL_SOURCE/src/$1" || echo "the change fits nothing in src/$1: mend its pattern"
}

# Each program's own flags.
flags_of()
{
	case $1 in
	ring_2) echo -DPAWL_RING_ROOM=2u ;;
	park | blocking | loop) echo -D_Thread_local= ;;
	esac
}

# build FILE PROGRAM: the program of models with the file, or the program's own when that is a header, compiled
# anew, before the changed one's folder.
build()
{
	local objects from
	objects=$(eval echo "\$objects_$2")
	from=$1
	if [ "${1%.c}" != "$1" ]; then
		objects="$objects $TMP/changed.o"
	else
		objects=$TMP/changed.o
	fi
	if [ -f "$TMP/src/$1" ]; then from=$TMP/src/$1; else from=$PAWL_SOURCE/src/$1; fi
	[ "${1%.c}" != "$1" ] || from=$here/$(eval echo "\$source_$2")
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} $flags $(flags_of "$2") -c "$from" -o "$TMP/changed.o" &&
		${CC:-cc} -Wl,--gc-sections -o "$TMP/program" $objects $libraries
}

# row NAME CASE MODE: a line of the table.
row()
{
	local after
	(timeout "${MODEL_SECONDS:-4}" "$TMP/program" "$2" --mode="$3" --runs="${MODEL_RUNS:-5000}" || exit 1) >"$TMP/said" 2>&1
	after=$(sed -n 's/.*after \([0-9]*\) schedules.*--schedule=.*/\1/p' "$TMP/said" | head -n 1)
	echo "planted,$1,$3,${after:--}"
}

# rows NAME CASE: for each mode; whole is the checker's own search.
rows()
{
	local mode
	for mode in whole random pct exhaustive; do row "$1" "$2" $mode; done
}

# mutant NAME FILE PROGRAM CASE PERL: the case fails once the file is changed. FILE is a source of core or
# host, a header that the program includes, HEADER:SOURCE, or SOURCE:itself when the program includes that.
mutant()
{
	local said
	[ "$only" = "  " ] || [ "${only#* "$1" }" != "$only" ] || return 0
	rm -rf "$TMP/src" "$TMP/program"
	said=$(change "${2%:*}" "$5")
	[ -n "$said" ] || said=$(build "${2#*:}" "$3" 2>&1)
	if [ -n "$said" ]; then
		not_ok "$1" "$said"
	elif [ -n "$table" ]; then
		rows "$1" "$4"
	elif ("$TMP/program" "$4" || exit 1) >"$TMP/said" 2>&1; then
		not_ok "$1" "$4 did not notice"
	elif ! grep -q -- '--schedule=' "$TMP/said"; then
		not_ok "$1" "$(tail -n 5 "$TMP/said")"
	else
		ok "$1"
	fi
}

# The state word.
mutant wake_that_writes_nothing core/task.c state each_wake_publishes \
	's/(if \(has_ended\(s\) \|\| s & not_with)(\)\s+return false;\s+\} while \(!pawl_cas)/$1 || (s & flags) == flags$2/'
mutant wake_that_is_no_exchange core/task.c state no_wake_is_lost \
	's/\} while \(!pawl_cas\(&t->state_, &s, s \| flags\)\);/} while (0); pawl_store(&t->state_, s | flags);/'
mutant wake_of_any_generation core/task.c state an_old_waker_wakes_nobody \
	's/ \|\| \(s & ~\(uint32_t\)PAWL_TASK_FLAGS_\) != w\.generation_//'
mutant settle_that_looks_before core/task.c state no_wake_is_lost \
	's/if \(pawl_fetch_xor\(&t->state_, PAWL_TASK_RUNNING_\) & PAWL_TASK_SCHEDULED_\)/uint32_t s = pawl_load(&t->state_); pawl_fetch_xor(&t->state_, PAWL_TASK_RUNNING_); if (s & PAWL_TASK_SCHEDULED_)/'
mutant detach_that_looks_before core/task.c state detach_meets_end \
	's/uint32_t s = pawl_fetch_or\(&t->state_, PAWL_TASK_DETACHED_\);/uint32_t s = pawl_load(&t->state_); pawl_store(&t->state_, s | PAWL_TASK_DETACHED_);/'
mutant end_that_looks_back core/task.c state detach_meets_end \
	's/(\n\tpublish\(t\);)/$1 if (t->kind_ & 64) pawl_panic("");/'
mutant end_without_its_joiner core/task.c state join_meets_end \
	's/set_done\(t, &s, PAWL_TASK_JOINED_\)/set_done(t, &s, 0)/'
mutant join_without_its_lock core/join.c state stop_meets_end_and_cancel \
	's/uintptr_t was = pawl_port_lock\(child\);(\s+uint32_t s)/uintptr_t was = 0;$1/; s/pawl_port_unlock\(child, was\);(\s+return s)/(void)was;$1/'

# Timers.
mutant fired_is_kept core/sleep.c time sleeps_follow_each_other \
	's/pawl_fetch_and\(&t->state_, ~\(uint32_t\)PAWL_TASK_FIRED_\);//'
mutant disarm_that_forgets core/timer.c time fire_meets_cancel \
	's/(due = ts->heap_\[at\]\.due;)\s+take_out\(ts, at\);/$1/'
mutant limit_that_keeps_its_place core/timeout.c time limit_leaves_a_notice \
	's/if \(!pawl_let_go_\(t\)\)/if (0)/'

# Awaitables.
mutant permit_lost_by_cancel core/sem.c wait permit_meets_cancel \
	's/if \(pawl_waitq_leave\(&s->waitq_, t\)\)\s+give_back\(s, woken\);/pawl_waitq_leave(&s->waitq_, t);/'
mutant permits_doubled core/sem.c wait many_permits_meet_cancel \
	's/if \(w->is_granted_\)(\s+w->sem_->permits_ \+= w->n_;)/$1 if (!w->is_granted_)/; s/\s+else(\s+pawl_waitq_unlink_\(&w->sem_)/$1/'
mutant mutex_lost_by_cancel core/mutex.c wait mutex_meets_cancel \
	's/if \(pawl_waitq_leave\(&m->waitq_, t\)\)\s+hand_over\(m, woken\);/pawl_waitq_leave(&m->waitq_, t);/'
mutant value_lost_by_cancel core/chan.c wait value_meets_cancel \
	's/c->values_granted_--;\s+offer_value\(c, woken\);/c->values_granted_--;/'
mutant room_lost_by_cancel core/chan.c wait room_meets_cancel \
	's/c->room_granted_--;\s+offer_room\(c, woken\);/c->room_granted_--;/'
mutant notice_lost_by_cancel core/notify.c wait notice_meets_cancel \
	's/if \(pawl_waitq_leave\(&n->waitq_, t\)\)\s+one_locked\(n, woken\);/pawl_waitq_leave(&n->waitq_, t);/'
mutant grant_of_an_old_queue core/waitq.c time limit_leaves_a_notice \
	's/void \*of = queue_of\(t\)->of_;/pawl_waitq *q = queue_of(t); void *of = q->of_;/; s/pawl_waitq \*q = queue_of\(t\); (\/\* only)/$1/'

# The crew.
mutant crew_that_never_stops core/crew.c crew shutdown_meets_spawn/0 \
	's/pawl_store\(&c->is_stopped_, 1\);//'
mutant listed_behind_the_stop core/crew.c crew shutdown_meets_first_wait/1 \
	's/(pawl_port_unlock\(c, was\);)[^;{}]*if \(pawl_load\(&c->is_stopped_\)\)\s+pawl_mark_cancelled_\(t\);/$1/'

# Groups and blocking work.
mutant work_left_while_it_runs core/work.c group work_meets_cancel \
	's/if \(pawl_cancelled\(t\) && withdraw\(t, w\)\)/if (pawl_cancelled(t) \&\& (withdraw(t, w), true))/'
mutant first_child_not_heard core/group.c group select_meets_ends \
	's/pawl_join_enter_\(t, [^;)]*\)/false/'

# The lock that favours a thread.
mutant revoked_and_not_waited_for port/biased.h:core/local.c local wakes_meet_the_favoured_driver \
	's/\tpawl_biased_await_\(b\);//'
mutant inside_without_a_second_look port/biased.h:core/local.c local spawn_meets_the_favoured_driver \
	's/(PAWL_POINT_\(b, LOAD\);\s+if \()__atomic_load_n\(&b->favoured_, __ATOMIC_RELAXED\) == self/$1true/'
mutant left_by_a_relaxed_store port/biased.h:core/local.c local wakes_meet_the_favoured_driver \
	's/(if \(was == PAWL_FAVOURED_\)\s+)pawl_store\(&b->is_inside_, 0\)/$1pawl_poke(&b->is_inside_, 0)/'
mutant revoked_without_a_fence port/biased.h:core/local.c local spawn_meets_the_favoured_driver \
	's/if \(!pawl_port_fence_threads\(\)\)\s+pawl_port_fatal\([^;]*;//'
mutant asleep_as_if_awake core/local.c local wakes_meet_the_favoured_driver \
	's/return was == PAWL_FAVOURED_;/(void)was; return true;/'

# The events of the port.
mutant wake_without_the_futex host/port.c:itself port no_wake_is_lost \
	's/(__ATOMIC_ACQ_REL\)) == EVENT_AWAITED\)/$1 == EVENT_SET)/'
mutant wake_that_orders_nothing host/port.c:itself port a_wake_publishes \
	's/(exchange_n\(event, EVENT_SET, )__ATOMIC_ACQ_REL/$1__ATOMIC_RELAXED/'
mutant sleep_over_a_wake host/port.c:itself port no_wake_is_lost \
	's/if \(!__atomic_compare_exchange_n\(event, &seen, EVENT_AWAITED, false,\s+__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE\) &&/seen = __atomic_exchange_n(event, EVENT_AWAITED, __ATOMIC_ACQ_REL); if (in_time \&\& 0 \&\&/'

# The queue of a worker.
mutant pop_without_exchange host/ring.h ring_2 pop_meets_steal/0 \
	's/(while \(!pawl_)cas\(&r->head_, &head, head \+ 1\)\);/while (0); pawl_store(&r->head_, head + 1);/'
mutant steal_without_exchange host/ring.h ring_2 pop_meets_steal/0 \
	's/while \(!pawl_cas\(&r->head_, &head, head \+ n\)\);/while (0); pawl_store(&r->head_, head + n);/'
mutant push_that_does_not_publish host/ring.h ring_2 pop_meets_steal/0 \
	's/pawl_store\(&r->tail_, tail \+ 1\);/pawl_poke(&r->tail_, tail + 1);/'
mutant push_into_a_full_one host/ring.h ring_2 full_meets_steal/0 \
	's/== PAWL_RING_ROOM\)\s+return false;/== PAWL_RING_ROOM + 1)\n\t\treturn false;/'
mutant next_without_exchange host/ring.h ring_2 next_meets_steal \
	's/return \(pawl_task \*\)pawl_exchange_ptr\(&r->next_, 0\);/pawl_task *t = (pawl_task *)pawl_load_ptr(&r->next_); pawl_store_ptr(&r->next_, 0); return t;/'

mutant steal_of_an_unknown_head host/ring.h ring_2 next_meets_steal \
	's/uint32_t head = pawl_load\(&r->head_\), n, i;/uint32_t head = pawl_peek(\&r->head_), n, i;/'

# Parking.
mutant nap_without_a_fence host/park.c park push_meets_two_workers \
	's/(watched\(PAWL_WATCH_NAPPING, w\)\);\s+)pawl_fence\(&bg->active\);/$1/'
mutant roused_without_a_fence host/park.c park push_meets_park \
	's/(pawl_worker \*w;\s+)pawl_fence\(&bg->active\);(\s+w = rouse)/$1$2/'
mutant parked_without_a_fence host/park.c park push_meets_park \
	's/(pawl_port_unlock\(bg, was\);\s+)pawl_fence\(&bg->active\);/$1/'
mutant nobody_is_woken_from_a_nap host/park.c park push_meets_two_workers \
	's/(if \(pawl_cas\(&bg->watch, &s, \(s & ~3u\) \| PAWL_WATCH_AWAKE\)\)\s+return )&bg->workers\[s >> 2\];/$1NULL;/'
mutant nap_without_a_look host/park.c park push_meets_two_workers \
	's/if \(!is_called\(w, stop\)\)(\s+sleep\(w, pawl_port_now)/$1/'
mutant park_without_a_look host/park.c park push_meets_park \
	's/if \(!is_called\(w, stop\) && !is_watch_free\(w->bg\)\)/if (!is_watch_free(w->bg))/'
mutant unparked_but_not_woken host/park.c park push_meets_park \
	's/return unpark_one\(bg\);/unpark_one(bg); return NULL;/'
mutant watch_left_without_a_look host/park.c park busy_worker_is_relieved_by_a_parked_one \
	's/return !pawl_load\(&bg->active\) \|\|\s+!pawl_cas\(&bg->watch, &none, watched\(PAWL_WATCH_AWAKE, w\)\);/(void)none; return true;/; s/ && !is_watch_free\(w->bg\)//'
mutant watch_kept_for_good host/park.c park busy_worker_is_relieved_by_a_parked_one \
	's/pawl_store\(&bg->watch, PAWL_WATCH_NONE\);(\s+pawl_fence\(&bg->active\);\s+if)/$1/'
mutant spawned_and_not_minded host/worker.c park busy_worker_is_relieved_by_a_parked_one \
	's/\tpawl_worker_mind_\(w\);//'
mutant waiter_touched_after_its_wake host/wait.c:itself park wait_from_outside \
	's/(pawl_port_wake\(&w->event\);)/$1 if (w->is_main) pawl_panic("");/'
mutant timer_from_outside_unheard host/clock.c park timer_meets_park \
	's/\tpawl_port_wake\(&w->event\);//'

# The pool for blocking work.
mutant work_that_wakes_nobody host/blocking.c:itself blocking submits_meet_a_thread \
	's/if \(b\)\s+pawl_port_wake\(&b->event\);/(void)b;/'
mutant looked_for_once_too_often host/blocking.c:itself blocking submits_meet_a_thread \
	's/(bool rest_locked.*?)looks\(bl, false\);/$1/s'
mutant left_while_another_starts host/blocking.c:itself blocking failed_start_meets_a_thread \
	's/if \(bl->starting == 0\)\s+break;/break;/'
mutant refused_and_not_looked_for host/blocking.c:itself blocking failed_start_meets_a_thread_at_rest \
	's/(r = 0;\s+if \(bl->queued > pawl_load\(&bl->looking\)\)\s+)b = rouse_locked\(bl\);/$1b = NULL;/'
mutant withdrawn_while_it_runs host/blocking.c:itself blocking withdrawal_meets_a_thread \
	's/is_started = w->is_started_;/is_started = false;/'
mutant thread_that_nobody_joins host/blocking.c:itself blocking submits_meet_two_threads \
	's/if \(has_before\)\s+pthread_join\(before, NULL\);/(void)before;/'

# The main thread's loop.
mutant asleep_by_a_store host/loop.c:itself loop posts_meet_sleep \
	's/pawl_exchange\(&fg->is_asleep, 1\)/pawl_store(&fg->is_asleep, 1)/'
mutant awake_by_a_store host/loop.c:itself loop posts_meet_sleep \
	's/pawl_exchange\(&h->fg\.is_asleep, 0\)/pawl_store(&h->fg.is_asleep, 0)/'
mutant asleep_without_a_look host/loop.c:itself loop posts_meet_sleep \
	's/if \(!pawl_load_ptr\(&fg->inbox\) && !/if (!/'
mutant news_and_no_look host/loop.c:itself loop news_meet_sleep \
	's/ && !\(fg->wait && fg->wait->is_over\(fg->wait->arg\)\)//'

[ -z "$table" ] || exit 0

# The table itself: each mode finds the last of these.
each_mode_finds_it()
{
	rows "$1" "$2" | grep -Evx "planted,$1,(whole|random|pct|exhaustive),[0-9]+"
}
mutant pop_without_exchange_again host/ring.h ring_2 pop_meets_steal/0 \
	's/(while \(!pawl_)cas\(&r->head_, &head, head \+ 1\)\);/while (0); pawl_store(&r->head_, head + 1);/'
silent planted_by_each_mode each_mode_finds_it pop_without_exchange_again pop_meets_steal/0
finish
