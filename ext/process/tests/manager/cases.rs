//! The cases.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use highper_process::Options;

use crate::server::{Server, await_true, folder, kill, lives, options};

#[path = "background.rs"]
mod background;
#[path = "recycle.rs"]
mod recycle;

type Case = (&'static str, fn());

pub const ALL: &[Case] = &[
    ("serves_and_stops", serves_and_stops),
    (
        "killed_worker_is_replaced_and_its_request_logged",
        killed_worker,
    ),
    (
        "killing_workers_all_the_time_does_not_stop_the_server",
        kill_storm,
    ),
    ("a_worker_that_exits_is_replaced", exiting_worker),
    (
        "reload_waits_until_the_new_generation_is_ready",
        reload_waits,
    ),
    ("reload_loses_no_request", reload_loses_nothing),
    ("reload_under_load_loses_no_request", reload_under_load),
    ("sigusr2_reloads_the_task_workers_only", task_workers),
    (
        "a_generation_that_fails_leaves_the_old_one_serving",
        failing_reload,
    ),
    (
        "a_generation_that_fails_in_part_is_withdrawn",
        partly_failing_reload,
    ),
    (
        "a_generation_that_is_not_ready_in_time_is_withdrawn",
        late_reload,
    ),
    ("a_reload_during_a_reload_comes_after_it", queued_reload),
    ("sigterm_lets_requests_finish", sigterm_drains),
    ("sigterm_kills_what_does_not_end_in_time", sigterm_bound),
    ("a_second_signal_ends_at_once", second_signal),
    ("a_server_that_cannot_start_gives_up", gives_up),
    ("a_crash_loop_backs_off_and_recovers", backs_off),
    ("the_pid_file_admits_one_server", background::pid_file),
    (
        "a_killed_manager_takes_its_workers_along",
        background::manager_killed,
    ),
    (
        "a_daemon_reports_when_it_is_ready",
        background::daemon_starts,
    ),
    ("a_daemon_that_fails_says_why", background::daemon_fails),
    ("a_hangup_opens_the_daemon_s_log_again", background::hangup),
    (
        "workers_are_recycled_by_requests_one_at_a_time",
        recycle::recycled_by_requests,
    ),
    ("workers_are_recycled_by_age", recycle::recycled_by_age),
    (
        "workers_are_recycled_by_memory",
        recycle::recycled_by_memory,
    ),
    (
        "the_largest_worker_goes_when_all_use_too_much",
        recycle::recycled_by_group_memory,
    ),
    ("a_fatal_error_replaces_the_worker", recycle::fatal),
    ("workers_may_ask_for_reload_and_shutdown", recycle::commands),
    (
        "programs_started_by_a_worker_have_no_blocked_signals",
        child_mask,
    ),
    ("a_process_forked_by_a_worker_ends_by_sigterm", forked_child),
    ("workers_run_as_the_user_of_the_settings", user),
    ("a_failing_start_hook_ends_the_server", failing_hook),
    ("should_abort_ends_the_server", abort),
    ("wrong_settings_fork_nothing", wrong_settings),
    ("status_works_with_a_long_path", background::long_path),
];

fn serves_and_stops() {
    let mut server = Server::start("plain", options());
    let (pid, generation) = server.who();
    assert!(server.workers().contains(&pid));
    assert_eq!(generation, 1);
    server.stop();
    let events = server.events();
    for event in ["manager_start", "before_shutdown", "manager_stop"] {
        assert_eq!(events.iter().filter(|e| *e == event).count(), 1);
    }
    assert_eq!(
        events
            .iter()
            .filter(|e| e.contains("expected=true"))
            .count(),
        2
    );
    assert!(server.ask("GET / HTTP/1.1").is_err());
}

fn killed_worker() {
    let mut server = Server::start(
        "killed",
        Options {
            worker_num: 1,
            ..options()
        },
    );
    let (pid, _) = server.who();
    let mut lost = server.begin("sleep 5000");
    std::thread::sleep(Duration::from_millis(100));
    kill(pid, libc::SIGKILL);
    let mut answer = String::new();
    let _ = lost.read_to_string(&mut answer);
    assert_eq!(answer, "");
    assert_ne!(server.who().0, pid);
    server.await_log(&format!(
        "(process {pid}, generation 1) was killed by SIGKILL"
    ));
    let log = server.log();
    let line = log.lines().find(|l| l.contains("SIGKILL")).unwrap();
    assert!(line.starts_with("ERROR"), "{line}");
    assert!(line.contains("1 requests lost: \"sleep 5000\""), "{line}");
    assert!(line.contains("script /srv/test.php"), "{line}");
    assert!(line.contains("and 1 requests"), "{line}");
    server.stop();
}

fn kill_storm() {
    let mut server = Server::start("storm", options());
    let (mut served, mut lost, mut kills) = (0, 0, 0);
    let begin = Instant::now();
    let mut next_kill = begin;
    while begin.elapsed() < Duration::from_secs(5) {
        if Instant::now() >= next_kill {
            if let Some(pid) = server.workers().first() {
                kill(*pid, libc::SIGKILL);
                kills += 1;
            }
            next_kill = Instant::now() + Duration::from_millis(200);
        }
        match server.ask("GET /x HTTP/1.1") {
            Ok(_) => served += 1,
            Err(_) => lost += 1,
        }
    }
    assert!(kills >= 20, "{kills}");
    assert!(served > 500, "{served} served");
    // A kill hits at most the one request that was in that worker.
    assert!(lost <= kills, "{lost} lost by {kills} kills");
    await_true("both workers", || server.workers().len() == 2);
    server.stop();
}

fn exiting_worker() {
    let mut server = Server::start("exit", options());
    assert!(server.ask("exit 3").is_err());
    server.await_log("ended with exit code 3");
    assert!(server.ask("exit 0").is_err());
    server.await_log("ended by itself with exit code 0");
    server.who();
    await_true("both workers", || server.workers().len() == 2);
    server.stop();
}

fn reload_waits() {
    let mut server = Server::start("ready", options());
    server.mode("slow 1500");
    let begin = Instant::now();
    server.signal(libc::SIGUSR1);
    while begin.elapsed() < Duration::from_millis(1400) {
        assert_eq!(server.who().1, 1);
    }
    server.await_event("after_reload");
    assert!(begin.elapsed() >= Duration::from_millis(1500));
    for _ in 0..20 {
        assert_eq!(server.who().1, 2);
    }
    server.await_log("in before_reload: a hook that fails is logged");
    server.stop();
}

fn reload_loses_nothing() {
    let mut server = Server::start("lossless", options());
    let mut generations = HashSet::new();
    let mut asked = 0;
    for round in 0..5 {
        server.signal(libc::SIGUSR1);
        let done = || {
            let events = server.events();
            events.iter().filter(|e| *e == "after_reload").count() > round
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done() {
            for _ in 0..20 {
                generations.insert(server.who().1);
                asked += 1;
            }
            assert!(Instant::now() < deadline);
        }
    }
    assert!(asked >= 100, "{asked}");
    assert_eq!(server.who().1, 6);
    assert!(generations.len() >= 4, "{generations:?}");
    assert!(!server.events().iter().any(|e| e.contains("expected=false")));
    server.stop();
}

fn reload_under_load() {
    let mut server = Server::start("load", options());
    const CLIENTS: usize = 4;
    let stop = server.folder.join("stop-clients");
    let clients: Vec<i32> = (0..CLIENTS)
        .map(|number| {
            // SAFETY: this process has one thread.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                let (mut asked, mut failed) = (0, 0);
                while !stop.exists() {
                    for _ in 0..50 {
                        asked += 1;
                        failed += i32::from(server.ask("GET /load HTTP/1.1").is_err());
                    }
                }
                let text = format!("{asked} {failed}");
                fs::write(server.folder.join(format!("client-{number}")), text).unwrap();
                // SAFETY: ends the child without the test's clean-up.
                unsafe { libc::_exit(0) };
            }
            pid
        })
        .collect();
    for round in 1..=10 {
        server.signal(libc::SIGUSR1);
        await_true("a reload", || {
            server
                .events()
                .iter()
                .filter(|e| *e == "after_reload")
                .count()
                == round
        });
    }
    fs::write(&stop, "").unwrap();
    let (mut asked, mut failed) = (0, 0);
    for (number, pid) in clients.into_iter().enumerate() {
        // SAFETY: collects a child made above.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        let text = fs::read_to_string(server.folder.join(format!("client-{number}"))).unwrap();
        let (a, f) = text.split_once(' ').unwrap();
        asked += a.parse::<i32>().unwrap();
        failed += f.parse::<i32>().unwrap();
    }
    assert!(asked >= 200, "{asked}");
    assert_eq!(failed, 0, "of {asked}");
    assert_eq!(server.who().1, 11);
    server.stop();
}

fn task_workers() {
    let mut server = Server::start(
        "tasks",
        Options {
            task_worker_num: 2,
            ..options()
        },
    );
    let spawned = |id: usize| {
        let events = server.events();
        let start = format!("spawned {id} ");
        events.iter().filter(|e| e.starts_with(&start)).count()
    };
    server.signal(libc::SIGUSR2);
    server.await_event("after_reload");
    assert_eq!([0, 1, 2, 3].map(spawned), [1, 1, 2, 2]);
    server.signal(libc::SIGUSR1);
    await_true("the second reload", || {
        server
            .events()
            .iter()
            .filter(|e| *e == "after_reload")
            .count()
            == 2
    });
    assert_eq!([0, 1, 2, 3].map(spawned), [2, 2, 3, 3]);
    server.stop();
}

fn failing_reload() {
    let mut server = Server::start("failing", options());
    let before = server.workers();
    server.mode("fail");
    server.signal(libc::SIGUSR1);
    server.await_log("reload failed: generation 2 could not start, generation 1 serves on");
    assert!(server.log().contains("exit code 7 before it was ready"));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.workers(), before);
    assert_eq!(server.who().1, 1);
    // The next one, with the fault repaired, goes through.
    server.mode("");
    server.signal(libc::SIGUSR1);
    server.await_event("after_reload");
    assert_eq!(server.who().1, 3);
    assert!(server.workers().iter().all(|pid| !before.contains(pid)));
    server.stop();
}

fn partly_failing_reload() {
    let mut server = Server::start("partly", options());
    let before = server.workers();
    server.mode("fail-second");
    server.signal(libc::SIGUSR1);
    server.await_log("reload failed");
    await_true("the old workers alone", || server.workers() == before);
    assert_eq!(server.who().1, 1);
    server.stop();
}

fn late_reload() {
    let mut server = Server::start(
        "late",
        Options {
            start_timeout: Duration::from_millis(400),
            ..options()
        },
    );
    let before = server.workers();
    server.mode("never");
    server.signal(libc::SIGUSR1);
    server.await_log("was not ready after 0.4 s: killed");
    server.await_log("reload failed");
    await_true("the old workers alone", || server.workers() == before);
    assert_eq!(server.who().1, 1);
    server.stop();
}

fn queued_reload() {
    let mut server = Server::start("queued", options());
    server.mode("slow 300");
    for _ in 0..5 {
        server.signal(libc::SIGUSR1);
        std::thread::sleep(Duration::from_millis(20));
    }
    await_true("two reloads", || {
        server
            .events()
            .iter()
            .filter(|e| *e == "after_reload")
            .count()
            == 2
    });
    assert_eq!(server.who().1, 3);
    // Without task workers SIGUSR2 only says so.
    server.signal(libc::SIGUSR2);
    server.await_log("there are none (setting 'task_worker_num' is 0)");
    server.stop();
}

fn sigterm_drains() {
    let mut server = Server::start("drain", options());
    let mut slow = server.begin("sleep 800");
    std::thread::sleep(Duration::from_millis(100));
    let begin = Instant::now();
    server.signal(libc::SIGTERM);
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.split(' ').count() == 4, "{answer}");
    assert_eq!(server.wait(), 0);
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert!(!server.log().contains("did not end in time"));
}

fn sigterm_bound() {
    let mut server = Server::start(
        "bound",
        Options {
            max_wait_time: Duration::from_millis(500),
            ..options()
        },
    );
    let _slow = server.begin("sleep 10000");
    std::thread::sleep(Duration::from_millis(100));
    let begin = Instant::now();
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait(), 0);
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(450), "{took:?}");
    assert!(took < Duration::from_millis(1400), "{took:?}");
    let log = server.log();
    assert!(
        log.contains("did not end in time: killed with 1 requests and 1 connections open"),
        "{log}"
    );
    assert!(log.contains("1 requests lost: \"sleep 10000\""), "{log}");
}

fn second_signal() {
    for (first, second) in [
        (libc::SIGTERM, libc::SIGTERM),
        (libc::SIGINT, libc::SIGINT),
        (libc::SIGTERM, libc::SIGQUIT),
    ] {
        let folder = folder("second");
        fs::write(folder.join("mode"), "stubborn").unwrap();
        let mut server = Server::launch(&folder, options());
        server.await_log("ready: manager");
        let _slow = server.begin("sleep 10000");
        server.signal(first);
        std::thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        server.signal(second);
        assert_eq!(server.wait(), 0);
        assert!(begin.elapsed() < Duration::from_millis(1000));
        server.await_log("ending at once");
    }
}

fn gives_up() {
    let folder = folder("gives-up");
    fs::write(folder.join("mode"), "fail").unwrap();
    let begin = Instant::now();
    let mut server = Server::launch(
        &folder,
        Options {
            start_attempts: 3,
            ..options()
        },
    );
    assert_eq!(server.wait(), 1);
    // 0.1 s and 0.2 s between the three attempts.
    assert!(begin.elapsed() >= Duration::from_millis(300));
    let error = fs::read_to_string(folder.join("error")).unwrap();
    assert!(error.contains("the server cannot start"), "{error}");
    assert!(error.contains("3 times"), "{error}");
    assert!(error.contains("exit code 7"), "{error}");
    let spawned = server
        .events()
        .iter()
        .filter(|e| e.starts_with("spawned 0"))
        .count();
    assert!(spawned <= 3, "{spawned}");
}

fn backs_off() {
    let mut server = Server::start(
        "back-off",
        Options {
            start_attempts: 2,
            ..options()
        },
    );
    server.mode("fail");
    let victim = server.workers()[0];
    kill(victim, libc::SIGKILL);
    server.await_log("starts again in 0.4 s: it failed to start 3 times in a row");
    // The other one serves, and the server does not give up any more.
    server.who();
    let before = server
        .events()
        .iter()
        .filter(|e| e.starts_with("spawned"))
        .count();
    assert!(before <= 6, "{before}");
    server.mode("");
    await_true("both workers again", || {
        let mut seen = HashSet::new();
        for _ in 0..20 {
            seen.insert(server.who().0);
        }
        server.workers().len() == 2 && seen.len() <= 2
    });
    server.stop();
}

fn child_mask() {
    let mut server = Server::start("mask", options());
    let answer = server.ask("child-mask").unwrap();
    assert_eq!(answer, "SigBlk:\t0000000000000000");
    server.stop();
}

fn forked_child() {
    let mut server = Server::start("forked", options());
    let mut stream = server.begin("fork");
    let mut bytes = [0u8; 16];
    let n = stream.read(&mut bytes).unwrap();
    let pid: i32 = std::str::from_utf8(&bytes[..n])
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(lives(pid));
    kill(pid, libc::SIGTERM);
    await_true("the forked process's end", || !lives(pid));
    std::thread::sleep(Duration::from_millis(100));
    // Its signal is not the worker's.
    assert_eq!(server.workers().len(), 2);
    assert!(!server.events().iter().any(|e| e.starts_with("exited")));
    server.stop();
}

fn user() {
    // SAFETY: always succeeds.
    if unsafe { libc::geteuid() } != 0 {
        println!("(needs root, nothing tested)");
        return;
    }
    let folder = folder("user");
    let mut server = Server::launch(
        &folder,
        Options {
            user: Some("nobody".into()),
            ..options()
        },
    );
    server.await_log("ready: manager");
    let answer = server.ask("GET / HTTP/1.1").unwrap();
    assert_eq!(answer.split(' ').nth(3).unwrap(), "65534", "{answer}");
    // The change of user does not lose the tie to the manager.
    let workers = server.workers();
    server.signal(libc::SIGKILL);
    server.wait();
    for pid in workers {
        await_true("the workers' end", || !lives(pid));
    }
}

fn failing_hook() {
    let folder = folder("hook");
    fs::write(folder.join("fail-start"), "").unwrap();
    let mut server = Server::launch(&folder, options());
    assert_eq!(server.wait(), 1);
    let error = fs::read_to_string(folder.join("error")).unwrap();
    assert_eq!(error, "onManagerStart threw: nothing to do");
    assert!(server.workers().is_empty());
}

fn abort() {
    let mut server = Server::start("abort", options());
    fs::write(server.folder.join("abort"), "").unwrap();
    assert_eq!(server.wait(), 255);
    assert!(server.workers().is_empty());
}

fn wrong_settings() {
    let folder = folder("wrong");
    let mut server = Server::launch(
        &folder,
        Options {
            worker_num: 0,
            ..options()
        },
    );
    assert_eq!(server.wait(), 1);
    let error = fs::read_to_string(folder.join("error")).unwrap();
    assert!(error.contains("setting 'worker_num' is 0"), "{error}");
    assert!(server.events().is_empty());
}
