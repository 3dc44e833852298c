// SPDX-License-Identifier: MIT
// rayon: 1,000 trivial tasks of a scope, spawned by one of its workers and waited for.
#[path = "../measure.rs"]
mod measure;
use measure::{measure, Row};

const TASKS: usize = 1000;

fn run(quick: bool, threads: usize) -> f64 {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    measure(
        quick,
        |count| {
            pool.install(|| {
                for _ in 0..count {
                    rayon::scope(|s| {
                        for _ in 0..TASKS {
                            s.spawn(|_| std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst));
                        }
                    });
                }
            })
        },
        TASKS as f64,
    )
}

fn main() {
    measure::main(&[
        Row { name: "spawn_join", param: "w1b1000", run: |quick| run(quick, 1) },
        Row { name: "spawn_join", param: "t2b1000", run: |quick| run(quick, 2) },
    ]);
}
