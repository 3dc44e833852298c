// SPDX-License-Identifier: MIT
// What the peers in Rust share: what measure.h is for those in C.
use std::time::{Duration, Instant};

pub struct Row {
    pub name: &'static str,
    pub param: &'static str,
    pub run: fn(bool) -> f64,
}

pub fn measure(quick: bool, mut batch: impl FnMut(u64), ops: f64) -> f64 {
    let least = Duration::from_millis(if quick { 0 } else { 50 });
    let mut once = |count| {
        let from = Instant::now();
        batch(count);
        from.elapsed()
    };
    let mut count = 1;
    while once(count) < least {
        count *= 2;
    }
    let mut took: Vec<Duration> = (0..3).map(|_| once(count)).collect();
    took.sort();
    took[1].as_nanos() as f64 / (count as f64 * ops)
}

pub fn main(rows: &[Row]) {
    let args: Vec<String> = std::env::args().collect();
    let quick = args.len() == 4 && args[3] == "--quick";
    for r in rows {
        if args.len() == 2 && args[1] == "--list" {
            println!("{},{}", r.name, r.param);
        } else if (args.len() == 3 || quick) && args[1] == r.name && args[2] == r.param {
            // As in measure.h: no program is measured as one of a single thread.
            std::thread::spawn(|| loop {
                std::thread::park()
            });
            println!("{:.2}", (r.run)(quick));
            return;
        }
    }
    if args.len() != 2 {
        std::process::exit(2);
    }
}
