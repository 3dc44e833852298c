// SPDX-License-Identifier: MIT
// tokio: every row of the runtime that it has a counterpart for.
#[path = "../measure.rs"]
mod measure;
use measure::{measure, Row};
use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::yield_now;

const TASKS: usize = 1000;

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).enable_time().build().unwrap()
}

async fn spawn_and_join(count: u64) {
    let mut tasks = Vec::with_capacity(TASKS);
    for _ in 0..count {
        tasks.extend((0..TASKS).map(|_| tokio::spawn(async {})));
        for t in tasks.drain(..) {
            t.await.unwrap();
        }
    }
}

// On a pool the spawner is a task of a worker, not the thread that blocks on it.
fn spawn_join(quick: bool, rt: Runtime) -> f64 {
    measure(quick, |count| rt.block_on(async { tokio::spawn(spawn_and_join(count)).await.unwrap() }), TASKS as f64)
}

async fn give_way(count: u64) {
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..count {
                    yield_now().await;
                }
            })
        })
        .collect();
    for t in tasks {
        t.await.unwrap();
    }
}

fn yielding(quick: bool, rt: Runtime) -> f64 {
    measure(quick, |count| rt.block_on(async { tokio::spawn(give_way(count)).await.unwrap() }), TASKS as f64)
}

async fn serve(mine: Arc<Notify>, theirs: Arc<Notify>, count: u64) {
    for _ in 0..count {
        theirs.notify_one();
        mine.notified().await;
    }
}

async fn answer(mine: Arc<Notify>, theirs: Arc<Notify>, count: u64) {
    for _ in 0..count {
        mine.notified().await;
        theirs.notify_one();
    }
}

// With a pool of one worker: the thread that blocks on one task, and the worker with the other.
fn pingpong(quick: bool, rt: Runtime) -> f64 {
    measure(
        quick,
        |count| {
            let (there, back) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            rt.block_on(async {
                let pong = tokio::spawn(answer(there.clone(), back.clone(), count));
                serve(back, there, count).await;
                pong.await.unwrap();
            })
        },
        1.0,
    )
}

// A timer is created when it is first polled: all of it within one poll, as elsewhere.
struct StartAndStop(u64, tokio::time::Instant);

impl Future for StartAndStop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..self.0 {
            let sleep = tokio::time::sleep_until(self.1);
            tokio::pin!(sleep);
            assert!(sleep.poll(cx).is_pending());
        }
        Poll::Ready(())
    }
}

fn create_cancel(quick: bool) -> f64 {
    let due = tokio::time::Instant::now() + Duration::from_secs(3600);
    let rt = one_thread();
    measure(quick, |count| rt.block_on(StartAndStop(count, due)), 1.0)
}

fn cpu() -> f64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut ts) };
    ts.tv_sec as f64 * 1e9 + ts.tv_nsec as f64
}

static WAITING: AtomicUsize = AtomicUsize::new(0);

async fn all_wait(count: usize) {
    while WAITING.load(SeqCst) < count {
        yield_now().await;
    }
}

// Its timers know milliseconds only: those of one millisecond fire together.
fn fire(quick: bool) -> f64 {
    let count = if quick { 1000 } else { 100000 };
    let first = Instant::now() + Duration::from_millis(if quick { 50 } else { 500 });
    one_thread().block_on(async {
        let tasks: Vec<_> = (0..count)
            .map(|i| {
                let due = first + Duration::from_micros(10 * i);
                tokio::spawn(async move {
                    WAITING.fetch_add(1, SeqCst);
                    tokio::time::sleep_until(due.into()).await
                })
            })
            .collect();
        all_wait(count as usize).await;
        let from = cpu();
        for t in tasks {
            t.await.unwrap();
        }
        (cpu() - from) / count as f64
    })
}

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, l: Layout) -> *mut u8 {
        if IS_COUNTING.load(SeqCst) != 0 {
            ALLOCATED.fetch_add(l.size(), SeqCst);
        }
        System.alloc(l)
    }
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
        if IS_COUNTING.load(SeqCst) != 0 {
            ALLOCATED.fetch_sub(l.size(), SeqCst);
        }
        System.dealloc(p, l)
    }
}

static IS_COUNTING: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static COUNTING: Counting = Counting;

// What the tasks themselves take; their handles are gone.
fn idle_bytes(quick: bool) -> f64 {
    let count = if quick { 1000 } else { 100000 };
    let go = Arc::new(Notify::new());
    one_thread().block_on(async {
        let tasks: Vec<_> = (0..count).map(|_| go.clone()).collect();
        IS_COUNTING.store(1, SeqCst);
        for go in tasks.iter().cloned() {
            tokio::spawn(async move {
                WAITING.fetch_add(1, SeqCst);
                go.notified().await
            });
        }
        all_wait(count).await;
        IS_COUNTING.store(0, SeqCst);
        ALLOCATED.load(SeqCst) as f64 / count as f64
    })
}

fn main() {
    measure::main(&[
        Row { name: "spawn_join", param: "t1b1000", run: |q| spawn_join(q, one_thread()) },
        Row { name: "spawn_join", param: "w1b1000", run: |q| spawn_join(q, workers(1)) },
        Row { name: "spawn_join", param: "t2b1000", run: |q| spawn_join(q, workers(2)) },
        Row { name: "yield", param: "t1n1000", run: |q| yielding(q, one_thread()) },
        Row { name: "yield", param: "w1n1000", run: |q| yielding(q, workers(1)) },
        Row { name: "pingpong", param: "t1", run: |q| pingpong(q, one_thread()) },
        Row { name: "pingpong", param: "x", run: |q| pingpong(q, workers(1)) },
        Row { name: "timer", param: "create_cancel", run: create_cancel },
        Row { name: "timer", param: "fire_cpu_10us", run: fire },
        Row { name: "idle_bytes", param: "task", run: idle_bytes },
    ]);
}
