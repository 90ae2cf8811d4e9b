//! The status of a server as text.

use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

use highper_shm::{ScoreBoard, Slot, State, monotonic};

/// A table of the workers under a summary. `users` are the id of the first user process, and how they are called.
pub(crate) fn render(
    name: &str,
    pid: i32,
    generation: u32,
    board: &ScoreBoard,
    users: (usize, &[String]),
    upgrades: &str,
) -> String {
    let now = monotonic();
    let age = |since: u64| uptime(Duration::from_nanos(now.saturating_sub(since)));
    let counters = board.counters();
    let mut slots: Vec<_> = board
        .slots()
        .iter()
        .filter(|s| s.state() != State::Free)
        .collect();
    slots.sort_by_key(|s| (s.id(), s.generation()));
    let connections: u64 = slots.iter().map(|s| s.connections()).sum();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{name}: running, manager process {pid}, up {}, generation {generation}",
        age(board.started())
    );
    let script = board.script();
    if !script.is_empty() {
        let _ = writeln!(text, "script: {script}");
    }
    if counters.paused.load(Ordering::Relaxed) != 0 {
        let _ = writeln!(text, "paused: no new connections");
    }
    let _ = writeln!(
        text,
        "requests: {}, connections: {connections}",
        board.total_requests()
    );
    let read = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    let _ = writeln!(
        text,
        "forked: {}, crashed: {}, killed: {}, recycled: {}, reloads: {}, failed reloads: {}",
        read(&counters.spawned),
        read(&counters.crashed),
        read(&counters.killed),
        read(&counters.recycled),
        read(&counters.reloads),
        read(&counters.failed_reloads),
    );
    text += upgrades;
    let _ = writeln!(
        text,
        "\n{:<10} {:>8} {:>4} {:<9} {:>10} {:>12} {:>11} {:>9} {:>9}",
        "worker", "pid", "gen", "state", "uptime", "requests", "connections", "in flight", "memory"
    );
    for slot in slots {
        let _ = writeln!(
            text,
            "{:<10} {:>8} {:>4} {:<9} {:>10} {:>12} {:>11} {:>9} {:>9}",
            label(slot, users),
            slot.pid(),
            slot.generation(),
            slot.state().name(),
            age(slot.started()),
            slot.requests(),
            slot.connections(),
            slot.in_flight(),
            mebibytes(slot.rss()),
        );
    }
    text
}

/// What a process is called. `users` are the id of the first user process, and their names.
pub(crate) fn label(slot: &Slot, users: (usize, &[String])) -> String {
    let (first, names) = users;
    let own = (slot.id() as usize)
        .checked_sub(first)
        .and_then(|at| names.get(at));
    match (slot.kind(), own) {
        (1, _) => format!("task {}", slot.id()),
        (2, Some(name)) => name.clone(),
        (3, _) => "front".to_owned(),
        _ => slot.id().to_string(),
    }
}

/// The workers that a status names, by id and process id.
pub(crate) fn workers(text: &str) -> Vec<(String, i32)> {
    let rows = text.lines().skip_while(|line| !line.starts_with("worker "));
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = usize::from(words.first() == Some(&"task"));
        Some((
            words.get(..=at)?.join(" "),
            words.get(at + 1)?.parse().ok()?,
        ))
    };
    rows.skip(1).filter_map(row).collect()
}

/// "5 s", "3 min", "2.5 h", "12 d".
pub fn uptime(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_secs() {
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{seconds:.0} s"),
        120..7_200 => format!("{:.0} min", seconds / 60.0),
        7_200..172_800 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// "20.0 MB"
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_every_worker() {
        let board = ScoreBoard::new(4, 1).unwrap();
        board.set_script(b"/srv/server.php");
        let slot = board.claim(0, 0, 2).unwrap();
        board.slots()[slot].set_pid(4711);
        board.slots()[slot].set_rss(20 << 20);
        board.slots()[slot].make_ready();
        board.claim(1, 1, 2).unwrap();
        board.claim(2, 2, 2).unwrap();
        let text = render(
            "notes",
            99,
            2,
            &board,
            (2, &["cron".to_owned()]),
            "failed upgrades: 1, the last: why\n",
        );
        for part in [
            "notes: running, manager process 99",
            "generation 2",
            "/srv/server.php",
            "4711",
            "ready",
            "task 1",
            "starting",
            "\ncron ",
            "\nfailed upgrades: 1, the last: why\n",
            "20.0 MB",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        assert_eq!(text.lines().filter(|l| l.contains("MB")).count(), 3);
        let found = workers(&text);
        assert_eq!(found[0], ("0".to_owned(), 4711));
        assert_eq!((&*found[1].0, &*found[2].0), ("task 1", "cron"));
    }

    #[test]
    fn times_are_short() {
        assert_eq!(uptime(Duration::from_millis(1530)), "1.5 s");
        assert_eq!(uptime(Duration::from_secs(300)), "5 min");
        assert_eq!(uptime(Duration::from_secs(90_000)), "25.0 h");
    }
}
