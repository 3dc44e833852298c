/* SPDX-License-Identifier: MIT */
/* One array per type, as large as the type: tool/size reads their sizes out of the object file. */
#include <pawl/pawl.h>
#include <pawl/stats.h>

#define SIZE(name, type) char size_##name[sizeof(type)]

SIZE(task, pawl_task);
SIZE(
	ram32, struct {
		pawl_local l;
		pawl_task t[32];
	});
SIZE(pawl_local, pawl_local);
SIZE(pawl_pool, pawl_pool);
SIZE(pawl_waker, pawl_waker);
SIZE(pawl_runq, pawl_runq);
SIZE(pawl_queue, pawl_queue);
SIZE(pawl_timers, pawl_timers);
SIZE(pawl_timer_entry, pawl_timer_entry);
SIZE(pawl_crew, pawl_crew);
SIZE(pawl_work, pawl_work);
SIZE(pawl_waitq, pawl_waitq);
SIZE(pawl_ticker, pawl_ticker);
SIZE(pawl_timeout, pawl_timeout);
SIZE(pawl_child, pawl_child);
SIZE(pawl_group, pawl_group);
SIZE(pawl_sem, pawl_sem);
SIZE(pawl_sem_want, pawl_sem_want);
SIZE(pawl_mutex, pawl_mutex);
SIZE(pawl_event, pawl_event);
SIZE(pawl_notify, pawl_notify);
SIZE(pawl_barrier, pawl_barrier);
SIZE(pawl_oneshot, pawl_oneshot);
SIZE(pawl_watch, pawl_watch);
SIZE(pawl_chan, pawl_chan);
SIZE(pawl_session, pawl_session);
SIZE(pawl_stack, pawl_stack);
SIZE(pawl_gen, pawl_gen);
SIZE(pawl_co, pawl_co);
SIZE(
	co512, struct {
		pawl_task t;
		pawl_co co;
		char stack[512];
	});
#if PAWL_STATS
SIZE(pawl_stats, pawl_stats);
#endif
