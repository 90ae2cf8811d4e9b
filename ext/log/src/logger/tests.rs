//! Pipes, full disks, rotation, and many writers at once.

use super::*;
use crate::Rotation;
use rustix::pipe::{PipeFlags, pipe_with};
use std::collections::HashMap;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

const JSON: Settings = Settings {
    level: Level::Debug,
    format: Some(Format::Json),
    buffer: 256 * 1024,
};

fn pipe(flags: PipeFlags) -> (std::fs::File, OwnedFd) {
    let (read, write) = pipe_with(flags).unwrap();
    (read.into(), write)
}

fn say(logger: &Logger, level: Level, message: &str) {
    logger.log(&Record {
        message: message.as_bytes(),
        ..Record::new(level, "t")
    });
}

fn messages(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|l| {
            serde_json::from_str::<serde_json::Value>(l).unwrap()["message"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// What is in the pipe now.
fn available(read: &mut std::fs::File) -> Vec<u8> {
    let mut out = vec![0; 1 << 20];
    let n = read.read(&mut out).unwrap();
    out.truncate(n);
    out
}

fn is_readable(read: &std::fs::File) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let none = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(read, PollFlags::IN)], Some(&none)).unwrap() > 0
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no worker's loop that could be blocked"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("highper-log-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("app.log")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn direct_until_started() {
    let (mut read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(
        Target::fd(write),
        Settings {
            level: Level::Info,
            ..JSON
        },
    );
    say(&logger, Level::Debug, "no");
    say(&logger, Level::Info, "yes");
    assert_eq!(messages(&available(&mut read)), ["yes"]);
    assert!(!logger.enabled(Level::Debug));
    logger.set_level(Level::Debug);
    say(&logger, Level::Debug, "now");
    assert_eq!(messages(&available(&mut read)), ["now"]);
}

#[test]
fn errors_are_out_on_return_and_in_order() {
    let (mut read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(Target::fd(write), JSON);
    logger.start_writer_thread().unwrap();
    logger.start_writer_thread().unwrap();
    for _ in 0..50 {
        say(&logger, Level::Info, "a");
        say(&logger, Level::Error, "b");
        let mut got = vec![];
        while messages(&got).last().map(String::as_str) != Some("b") {
            got.extend(available(&mut read));
        }
        assert_eq!(messages(&got), ["a", "b"]);
    }
    say(&logger, Level::Info, "by the thread");
    assert_eq!(messages(&available(&mut read)), ["by the thread"]);
    say(&logger, Level::Info, "last");
    logger.stop();
    say(&logger, Level::Info, "after");
    logger.stop();
    drop(logger);
    let mut rest = vec![];
    read.read_to_end(&mut rest).unwrap();
    assert_eq!(messages(&rest), ["last", "after"]);
}

#[test]
fn the_thread_can_start_again() {
    let (mut read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(Target::fd(write), JSON);
    for n in 0..20 {
        logger.start_writer_thread().unwrap();
        say(&logger, Level::Info, &n.to_string());
        logger.stop();
        assert_eq!(messages(&available(&mut read)), [n.to_string()]);
    }
}

#[test]
fn many_threads_mix_no_lines() {
    let (mut read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(
        Target::fd(write),
        Settings {
            buffer: 64 << 20,
            ..JSON
        },
    );
    logger.start_writer_thread().unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = vec![];
        read.read_to_end(&mut all).unwrap();
        all
    });
    let writers: Vec<_> = (0..4)
        .map(|t| {
            let logger = logger.clone();
            std::thread::spawn(move || {
                for n in 0..5_000 {
                    let level = if n % 500 == 0 {
                        Level::Error
                    } else {
                        Level::Info
                    };
                    say(&logger, level, &format!("{t}:{n}:{}", "x".repeat(n % 300)));
                }
            })
        })
        .collect();
    for w in writers {
        w.join().unwrap();
    }
    logger.stop();
    assert_eq!(logger.missing(), (0, 0));
    drop(logger);
    let mut next: HashMap<String, usize> = HashMap::new();
    let all = messages(&reader.join().unwrap());
    assert_eq!(all.len(), 20_000);
    for message in all {
        let mut parts = message.split(':');
        let expected = next.entry(parts.next().unwrap().into()).or_default();
        assert_eq!(parts.next().unwrap(), expected.to_string());
        *expected += 1;
    }
}

#[test]
fn full_disk_is_counted_and_costs_no_time() {
    let logger = Logger::new(
        Target::file(Path::new("/dev/full"), Rotation::Never).unwrap(),
        JSON,
    );
    let started = Instant::now();
    for _ in 0..1_000 {
        say(&logger, Level::Error, "x");
    }
    logger.start_writer_thread().unwrap();
    for _ in 0..1_000 {
        say(&logger, Level::Info, "x");
    }
    logger.stop();
    assert_eq!(logger.missing(), (0, 2_000));
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn recovery_is_told_once() {
    let folder = Folder::new("recovery");
    let full = folder.0.join("link");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let logger = Logger::new(Target::file(&full, Rotation::Never).unwrap(), JSON);
    say(&logger, Level::Error, "1");
    say(&logger, Level::Error, "2");
    std::fs::remove_file(&full).unwrap();
    logger.reopen().unwrap();
    say(&logger, Level::Error, "3");
    say(&logger, Level::Error, "4");
    let got = messages(&std::fs::read(&full).unwrap());
    let told = format!(
        "2 log records were lost, {} did not take them: No space left on device (os error 28)",
        full.display()
    );
    assert_eq!(got, ["3".to_owned(), told, "4".to_owned()]);
}

#[test]
fn a_gone_reader_does_no_harm() {
    let (read, write) = pipe(PipeFlags::CLOEXEC);
    drop(read);
    let logger = Logger::new(Target::fd(write), JSON);
    logger.start_writer_thread().unwrap();
    for n in 0..100 {
        say(
            &logger,
            if n % 2 == 0 {
                Level::Info
            } else {
                Level::Emergency
            },
            "x",
        );
    }
    logger.stop();
    assert_eq!(logger.missing(), (0, 100));
}

#[test]
fn a_stuck_reader_costs_records_not_time() {
    for flags in [PipeFlags::CLOEXEC, PipeFlags::CLOEXEC | PipeFlags::NONBLOCK] {
        let (mut read, write) = pipe(flags);
        let logger = Logger::new(Target::fd(write), JSON);
        let started = Instant::now();
        let text = "y".repeat(10_000);
        for _ in 0..200 {
            say(&logger, Level::Info, &text);
        }
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
        let (dropped, lost) = logger.missing();
        assert!(dropped == 0 && (190..200).contains(&lost), "{lost}");
        // Emptied, it works again; the torn line ends and the loss is told.
        let mut got = vec![];
        while is_readable(&read) {
            got.extend(available(&mut read));
        }
        say(&logger, Level::Info, "again");
        say(&logger, Level::Info, "and again");
        drop(logger);
        if flags.contains(PipeFlags::NONBLOCK) {
            got.extend(available(&mut read));
        } else {
            read.read_to_end(&mut got).unwrap();
        }
        let text = String::from_utf8(got).unwrap();
        let valid: Vec<_> = text
            .lines()
            .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
            .map(|v| {
                v["message"]
                    .as_str()
                    .unwrap()
                    .chars()
                    .take(30)
                    .collect::<String>()
            })
            .collect();
        assert!(text.lines().count() - valid.len() <= 1);
        let tail = &valid[valid.len() - 3..];
        assert_eq!((tail[0].as_str(), tail[2].as_str()), ("again", "and again"));
        assert!(
            tail[1].starts_with(&format!("{lost} log records were lost")),
            "{tail:?}"
        );
    }
}

#[test]
fn overflow_drops_the_lowest_first_and_stop_ends() {
    let (mut read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(
        Target::fd(write),
        Settings {
            buffer: 64 * 1024,
            ..JSON
        },
    );
    logger.start_writer_thread().unwrap();
    let text = "z".repeat(900);
    // The pipe takes 64 KiB, the thread waits with what it took; then the buffer fills.
    for _ in 0..300 {
        say(&logger, Level::Info, &text);
        pause(Duration::from_micros(200));
    }
    let (dropped, _) = logger.missing_from_front();
    assert!(dropped > 50, "{dropped}");
    say(&logger, Level::Debug, "debug");
    say(&logger, Level::Warning, "warning");
    assert_eq!(
        logger.missing_from_front().0,
        dropped + 1,
        "only debug is dropped"
    );
    let mut got = vec![];
    while !got.ends_with(b"\n") || !messages(&got).iter().any(|m| m == "warning") {
        got.extend(available(&mut read));
    }
    logger.stop();
    drop(logger);
    read.read_to_end(&mut got).unwrap();
    let all = messages(&got);
    assert!(
        all.iter().any(|m| m
            == &format!(
                "{} log records were dropped, the buffer of 65536 bytes was full",
                dropped + 1
            )),
        "{:?}",
        all.last()
    );
    assert!(!all.iter().any(|m| m == "debug"));

    let (_read, write) = pipe(PipeFlags::CLOEXEC);
    let logger = Logger::new(Target::fd(write), JSON);
    logger.start_writer_thread().unwrap();
    for _ in 0..150 {
        say(&logger, Level::Info, &text);
    }
    pause(Duration::from_millis(50));
    let started = Instant::now();
    logger.stop();
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    assert!(logger.missing().1 > 0);
}

impl Logger {
    /// Without waiting for the target.
    fn missing_from_front(&self) -> (u64, usize) {
        let front = self.0.front.lock();
        (front.dropped_ever, front.lines.len())
    }
}

#[test]
fn a_renamed_file_is_left() {
    let folder = Folder::new("reopen");
    let logger = Logger::new(Target::file(&folder.log(), Rotation::Never).unwrap(), JSON);
    say(&logger, Level::Info, "1");
    std::fs::rename(folder.log(), folder.0.join("old")).unwrap();
    say(&logger, Level::Info, "2");
    logger.reopen().unwrap();
    say(&logger, Level::Info, "3");
    assert_eq!(
        messages(&std::fs::read(folder.0.join("old")).unwrap()),
        ["1", "2"]
    );
    assert_eq!(messages(&std::fs::read(folder.log()).unwrap()), ["3"]);
    std::fs::remove_dir_all(&folder.0).unwrap();
    let e = logger.reopen().unwrap_err().to_string();
    assert!(
        e.starts_with(&format!(
            "log file {} cannot be opened: ",
            folder.log().display()
        )),
        "{e}"
    );
    std::fs::create_dir_all(&folder.0).unwrap();
    pause(Duration::from_millis(1_050));
    say(&logger, Level::Info, "4");
    assert_eq!(messages(&std::fs::read(folder.log()).unwrap()), ["4"]);
}

#[test]
fn rotation_by_size() {
    let folder = Folder::new("size");
    let rotation = Rotation::Size {
        bytes: 1_000,
        keep: 2,
    };
    // Two loggers, as two workers have them.
    let loggers = [0, 1].map(|_| Logger::new(Target::file(&folder.log(), rotation).unwrap(), JSON));
    for n in 0..60 {
        say(&loggers[n % 2], Level::Info, &format!("{n}"));
    }
    assert_eq!(folder.names(), ["app.log", "app.log.1", "app.log.2"]);
    let read = |name: &str| std::fs::read(folder.0.join(name)).unwrap();
    for name in folder.names() {
        assert!(read(&name).len() <= 2_000, "{name} {}", read(&name).len());
    }
    let newest = folder
        .names()
        .iter()
        .flat_map(|n| messages(&read(n)))
        .map(|m| m.parse::<i32>().unwrap())
        .max();
    assert_eq!(newest, Some(59));
}

#[test]
fn rotation_by_day() {
    let folder = Folder::new("day");
    for old in [
        "app.log.2020-01-01",
        "app.log.2020-01-02",
        "app.log.2020-01-02.1",
        "app.log.note",
    ] {
        std::fs::write(folder.0.join(old), "").unwrap();
    }
    let logger = Logger::new(
        Target::file(&folder.log(), Rotation::Daily { keep: 2 }).unwrap(),
        JSON,
    );
    say(&logger, Level::Info, "yesterday");
    logger
        .0
        .back
        .lock()
        .sink
        .target
        .log_file()
        .pretend_day(18_628);
    say(&logger, Level::Info, "today");
    assert_eq!(
        folder.names(),
        [
            "app.log",
            "app.log.2020-01-02.1",
            "app.log.2021-01-01",
            "app.log.note"
        ]
    );
    assert_eq!(messages(&std::fs::read(folder.log()).unwrap()), ["today"]);
}

#[test]
fn rotation_that_fails_is_told_once() {
    let folder = Folder::new("blocked");
    std::fs::create_dir_all(folder.0.join("app.log.1/in")).unwrap();
    let logger = Logger::new(
        Target::file(
            &folder.log(),
            Rotation::Size {
                bytes: 300,
                keep: 1,
            },
        )
        .unwrap(),
        JSON,
    );
    for n in 0..20 {
        say(&logger, Level::Info, &n.to_string());
    }
    let all = messages(&std::fs::read(folder.log()).unwrap());
    let told = all
        .iter()
        .filter(|m| m.contains("cannot be rotated and goes on as it is"))
        .count();
    assert_eq!((all.len(), told), (21, 1), "{all:?}");
}

#[test]
fn the_buffer_is_reused() {
    let logger = Logger::new(
        Target::file(Path::new("/dev/null"), Rotation::Never).unwrap(),
        JSON,
    );
    let access = Access {
        time: std::time::SystemTime::now(),
        peer: "::1",
        method: b"GET",
        target: b"/",
        protocol: "HTTP/1.1",
        status: 200,
        bytes: 5,
        duration: Duration::from_micros(70),
        referer: None,
        user_agent: None,
        request_id: None,
        worker: Some(1),
    };
    let buffers = || {
        let mut two = [
            logger.0.front.lock().lines.as_ptr() as usize,
            logger.0.back.lock().lines.as_ptr() as usize,
        ];
        two.sort_unstable();
        two
    };
    logger.access(&access);
    logger.access(&access);
    let before = buffers();
    for _ in 0..100 {
        logger.access(&access);
    }
    assert_eq!(buffers(), before);
    assert_eq!(logger.missing(), (0, 0));
}
