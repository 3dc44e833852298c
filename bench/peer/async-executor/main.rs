// SPDX-License-Identifier: MIT
// async-executor (over async-task): its LocalExecutor, on one thread.
#[path = "../measure.rs"]
mod measure;
use async_executor::LocalExecutor;
use futures_lite::future::{block_on, yield_now};
use measure::{measure, Row};

const TASKS: usize = 1000;

fn spawn_join(quick: bool) -> f64 {
    let ex = LocalExecutor::new();
    let mut tasks = Vec::with_capacity(TASKS);
    measure(
        quick,
        |count| {
            block_on(ex.run(async {
                for _ in 0..count {
                    tasks.extend((0..TASKS).map(|_| ex.spawn(async {})));
                    for t in tasks.drain(..) {
                        t.await;
                    }
                }
            }))
        },
        TASKS as f64,
    )
}

fn yielding(quick: bool) -> f64 {
    let ex = LocalExecutor::new();
    measure(
        quick,
        |count| {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    ex.spawn(async move {
                        for _ in 0..count {
                            yield_now().await;
                        }
                    })
                })
                .collect();
            block_on(ex.run(async {
                for t in tasks {
                    t.await;
                }
            }))
        },
        TASKS as f64,
    )
}

fn main() {
    measure::main(&[
        Row { name: "spawn_join", param: "t1b1000", run: spawn_join },
        Row { name: "yield", param: "t1n1000", run: yielding },
    ]);
}
