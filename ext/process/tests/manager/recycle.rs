//! Workers that are replaced by limits or at their own wish.

use std::collections::HashSet;
use std::time::Duration;

use highper_process::{MemoryLimit, Options};

use crate::server::{Server, await_true, options};

pub fn recycled_by_requests() {
    let mut server = Server::start(
        "requests",
        Options {
            max_request: 20,
            max_request_grace: Some(5),
            ..options()
        },
    );
    let mut pids = HashSet::new();
    for _ in 0..400 {
        pids.insert(server.who().0);
    }
    assert!(pids.len() >= 4, "{}", pids.len());
    server.await_log("is replaced: max_request reached");
    await_true("two workers", || server.workers().len() == 2);
    // At no time fewer than two, or more than three at once.
    let mut running: i32 = 0;
    let mut started = false;
    for event in server.events() {
        if event.starts_with("spawned") {
            running += 1;
        } else if event.starts_with("exited") {
            running -= 1;
            assert!(event.contains("expected=true lost=0"), "{event}");
        }
        started |= running == 2;
        assert!(running <= 3, "{event}");
        assert!(!started || running >= 2, "{event}");
    }
    server.stop();
}

pub fn recycled_by_age() {
    let mut server = Server::start(
        "age",
        Options {
            max_age: Some(Duration::from_secs(1)),
            ..options()
        },
    );
    let before = server.workers();
    await_true("new workers", || {
        server.who();
        let now = server.workers();
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    server.await_log("max_age reached");
    server.stop();
}

pub fn recycled_by_memory() {
    let mut server = Server::start(
        "memory",
        Options {
            memory_limit: Some(MemoryLimit::Bytes(48 << 20)),
            ..options()
        },
    );
    let answer = server.ask("grow 64").unwrap();
    let pid: i32 = answer.split(' ').next().unwrap().parse().unwrap();
    await_true("the large worker's end", || {
        !server.workers().contains(&pid)
    });
    server.await_log(&format!(
        "(process {pid}) is replaced: memory_limit reached"
    ));
    await_true("two workers", || server.workers().len() == 2);
    server.stop();
}

pub fn recycled_by_group_memory() {
    // A part of the limit that is 40 MiB on this machine.
    let limit = highper_process::cgroup::memory_limit().unwrap();
    let part = f64::from(40 << 20) / limit as f64;
    let mut server = Server::start(
        "group",
        Options {
            memory_limit: Some(MemoryLimit::Cgroup(part)),
            ..options()
        },
    );
    let small = server.workers();
    let answer = server.ask("grow 64").unwrap();
    let pid: i32 = answer.split(' ').next().unwrap().parse().unwrap();
    await_true("the large worker's end", || {
        !server.workers().contains(&pid)
    });
    let other = small.iter().find(|p| **p != pid).unwrap();
    assert!(server.workers().contains(other), "the small one stays");
    server.stop();
}

pub fn fatal() {
    let mut server = Server::start("fatal", options());
    let answer = server.ask("fatal").unwrap();
    let pid: i32 = answer.split(' ').next().unwrap().parse().unwrap();
    await_true("the worker's end", || !server.workers().contains(&pid));
    server.await_log(&format!("(process {pid}) is replaced: fatal error"));
    await_true("two workers", || server.workers().len() == 2);
    server.stop();
}

pub fn commands() {
    let mut server = Server::start("commands", options());
    server.ask("reload").unwrap();
    server.await_event("after_reload");
    assert_eq!(server.who().1, 2);
    server.ask("shutdown").unwrap();
    assert_eq!(server.wait(), 0);
}
