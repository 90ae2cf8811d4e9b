//! What the manager knows of its server, for programs: lines of fields behind the status for people.

use std::fmt::Write;
use std::time::Duration;

use highper_shm::{ScoreBoard, State, monotonic};

/// Ends the status for people.
pub(crate) const MARK: char = '\x0c';

/// A running server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// How it is called in its own status.
    pub name: String,
    /// The manager's process id.
    pub pid: i32,
    /// How long it has been running.
    pub uptime: Duration,
    /// How often it was reloaded, from 1.
    pub generation: u32,
    /// Requests of all its processes, those that have ended too.
    pub requests: u64,
    /// Its processes, by their numbers.
    pub workers: Vec<Row>,
}

/// One of its processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number, "task 3", or its name.
    pub label: String,
    /// Its process id.
    pub pid: i32,
    /// The generation it belongs to.
    pub generation: u32,
    /// starting, ready, draining, exited
    pub state: String,
    /// How long it has been running.
    pub uptime: Duration,
    /// Requests that it has answered.
    pub requests: u64,
    /// Its open connections.
    pub connections: u64,
    /// Requests that it works on.
    pub in_flight: u64,
    /// Bytes of memory, as the system counts them.
    pub memory: u64,
}

/// The lines. `users` are the id of the first user process, and how they are called.
pub(crate) fn render(
    name: &str,
    pid: i32,
    generation: u32,
    board: &ScoreBoard,
    users: (usize, &[String]),
) -> String {
    let now = monotonic();
    let age = |since: u64| now.saturating_sub(since) / 1_000_000;
    let mut text = String::from(MARK);
    let name = name.replace(['\t', '\n'], " ");
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{name}\t{pid}\t{}\t{generation}\t{}",
        age(board.started()),
        board.total_requests()
    );
    let mut slots: Vec<_> = board.slots().iter().collect();
    slots.retain(|slot| slot.state() != State::Free);
    slots.sort_by_key(|slot| (slot.id(), slot.generation()));
    for slot in slots {
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            crate::status::label(slot, users),
            slot.pid(),
            slot.generation(),
            slot.state().name(),
            age(slot.started()),
            slot.requests(),
            slot.connections(),
            slot.in_flight(),
            slot.rss()
        );
    }
    text
}

/// Reads the lines behind a status; `None` where there are none.
pub(crate) fn parse(status: &str) -> Option<Overview> {
    let (_, lines) = status.split_once(MARK)?;
    let mut lines = lines.lines();
    let mut fields = lines.next()?.split('\t');
    let mut all = Overview {
        name: fields.next()?.to_owned(),
        pid: fields.next()?.parse().ok()?,
        uptime: Duration::from_millis(fields.next()?.parse().ok()?),
        generation: fields.next()?.parse().ok()?,
        requests: fields.next()?.parse().ok()?,
        workers: Vec::new(),
    };
    for line in lines {
        let mut fields = line.split('\t');
        all.workers.push(Row {
            label: fields.next()?.to_owned(),
            pid: fields.next()?.parse().ok()?,
            generation: fields.next()?.parse().ok()?,
            state: fields.next()?.to_owned(),
            uptime: Duration::from_millis(fields.next()?.parse().ok()?),
            requests: fields.next()?.parse().ok()?,
            connections: fields.next()?.parse().ok()?,
            in_flight: fields.next()?.parse().ok()?,
            memory: fields.next()?.parse().ok()?,
        });
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let board = ScoreBoard::new(4, 1).unwrap();
        let slot = board.claim(0, 0, 2).unwrap();
        board.slots()[slot].set_pid(4711);
        board.slots()[slot].set_rss(20 << 20);
        board.slots()[slot].make_ready();
        board.claim(1, 1, 2).unwrap();
        board.claim(2, 2, 2).unwrap();
        let text = render("no\ttes", 99, 2, &board, (2, &["cron".to_owned()]));
        let all = parse(&format!("for people\n{text}")).unwrap();
        assert_eq!((&*all.name, all.pid, all.generation), ("no tes", 99, 2));
        let labels: Vec<&str> = all.workers.iter().map(|row| &*row.label).collect();
        assert_eq!(labels, ["0", "task 1", "cron"]);
        let first = &all.workers[0];
        assert_eq!(
            (first.pid, &*first.state, first.memory),
            (4711, "ready", 20 << 20)
        );
        assert_eq!(parse("for people\n"), None);
        assert_eq!(parse("\x0cx\t1\n"), None);
    }
}
