/* SPDX-License-Identifier: MIT */
/* The freestanding face of pawl in one include. */
#ifndef PAWL_PAWL_H
#define PAWL_PAWL_H

#include <pawl/barrier.h>
#include <pawl/base.h>
#include <pawl/chan.h>
#include <pawl/co.h>
#include <pawl/co_await.h>
#include <pawl/dedicated.h>
#include <pawl/event.h>
#include <pawl/exec.h>
#include <pawl/gen.h>
#include <pawl/group.h>
#include <pawl/handle.h>
#include <pawl/local.h>
#include <pawl/mutex.h>
#include <pawl/notify.h>
#include <pawl/oneshot.h>
#include <pawl/pool.h>
#include <pawl/registry.h>
#include <pawl/runner.h>
#include <pawl/scope.h>
#include <pawl/sem.h>
#include <pawl/session.h>
#include <pawl/stack.h>
#include <pawl/switch.h>
#include <pawl/task.h>
#include <pawl/ticker.h>
#include <pawl/timeout.h>
#include <pawl/timer.h>
#include <pawl/waitq.h>
#include <pawl/watch.h>

#endif
