//! The manager with real processes.
//!
//! Forking a process with threads is not safe, and libtest has threads: here
//! every case runs in a process of its own with one thread. Arguments select
//! cases by a part of their names.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "no PHP and no engine here: cases sleep and exit as plain programs"
)]

#[path = "manager/cases.rs"]
mod cases;
#[path = "manager/server.rs"]
mod server;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CASE: &str = "HIGHPER_PROCESS_CASE";

fn main() {
    if let Ok(name) = std::env::var(CASE) {
        let (_, case) = cases::ALL.iter().find(|(n, _)| *n == name).unwrap();
        case();
        return;
    }
    let filters: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let (mut passed, mut failed) = (0, 0);
    for (name, _) in cases::ALL {
        if !filters.is_empty() && !filters.iter().any(|f| name.contains(f.as_str())) {
            continue;
        }
        let begin = Instant::now();
        let ok = run(name);
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{name} ... {} ({seconds:.1} s)",
            if ok { "ok" } else { "FAILED" }
        );
        if ok {
            passed += 1;
        } else {
            failed += 1;
        }
    }
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

fn run(name: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(CASE, name)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        if Instant::now() > deadline {
            println!("{name}: not done after 60 s");
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
