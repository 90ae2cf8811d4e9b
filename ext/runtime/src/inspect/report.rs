//! The loop's own account of its coroutines, as text.

use crate::serve::Worker;
use crate::{backtrace, pdo, redis};
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Info, Kind, State, account, clock};
use highper_zend::error;
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

/// Coroutines that one answer tells of: making their backtraces takes the loop's time.
pub(super) const MOST: usize = 500;
/// Frames of each.
const DEPTH: i64 = 20;

/// Coroutines with a connection that are named.
const HOLDERS: usize = 10;

pub(super) type Waits = HashMap<u64, Vec<(i32, Interest)>>;

/// All coroutines of the worker, the oldest first. Called on the loop's own stack, where none of them runs.
pub(super) fn of(worker: &Worker) -> String {
    let ids = engine::list();
    let (requests, waits) = (requests(worker), waits());
    let mut text = format!("{} coroutines\n", ids.len());
    for &id in ids.iter().take(MOST) {
        let Some(info) = engine::info(id) else {
            continue;
        };
        one(&mut text, &info, &waits, requests.get(&id));
    }
    if ids.len() > MOST {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  and {} more", ids.len() - MOST);
    }
    text + &notes(worker)
}

/// Pools of connections, and what the face has to tell.
pub(super) fn notes(worker: &Worker) -> String {
    let mut text = String::new();
    for account in pdo::accounts().into_iter().chain(redis::accounts()) {
        pool(&mut text, &account);
    }
    text + &worker.tells()
}

/// The lines of requests that coroutines answer.
pub(super) fn requests(worker: &Worker) -> HashMap<u64, Vec<u8>> {
    let server = worker.server();
    server
        .map(|server| server.requests().into_iter().collect())
        .unwrap_or_default()
}

/// The descriptors that coroutines wait for.
pub(super) fn waits() -> Waits {
    let mut waits: Waits = HashMap::new();
    for (id, fd, interest) in reactor::waiters() {
        waits.entry(id).or_default().push((fd, interest));
    }
    waits
}

/// Who has had one of its connections the longest may have forgotten it.
fn pool(text: &mut String, account: &pdo::Account) {
    let counts = account.counts;
    let _ = writeln!(
        text,
        "pool of {}: {} of {} connections in use, {} idle, {} coroutines wait; {} takes, {} waits of {} altogether, {} refused, {} made, {} ended",
        account.name,
        counts.taken,
        account.max,
        counts.idle,
        counts.waiting,
        counts.takes,
        counts.waits,
        seconds(Duration::from_nanos(counts.waited)),
        counts.refused,
        counts.made,
        counts.ended
    );
    let now = clock::now();
    for held in account.held.iter().take(HOLDERS) {
        let since = Duration::from_nanos(now.saturating_sub(held.since));
        let _ = match held.coroutine {
            0 => writeln!(
                text,
                "  code outside of coroutines has one since {}, taken at {}",
                seconds(since),
                held.place
            ),
            id => writeln!(
                text,
                "  coroutine {id} has one since {}, taken at {}",
                seconds(since),
                held.place
            ),
        };
    }
}

fn one(text: &mut String, info: &Info, waits: &Waits, request: Option<&Vec<u8>>) {
    let now = clock::now();
    let since = |moment: u64| seconds(Duration::from_nanos(now.saturating_sub(moment)));
    let _ = write!(text, "  coroutine {}", info.id);
    match info.state {
        State::Ready => text.push_str(" is ready"),
        State::Running => text.push_str(" has resumed another one"),
        _ => {
            let _ = write!(text, " waits for {}", waits_for(info, waits));
        }
    }
    if let Some(parked) = info.parked {
        let _ = write!(text, " since {}", since(parked));
    }
    let _ = write!(text, ", made {} ago", since(info.created));
    if info.parent > 0 {
        let _ = write!(text, " by {}", info.parent);
    }
    if let Some(spent) = account::spent(info.id) {
        let _ = write!(
            text,
            ", on CPU {}, waited {}, was ready {}",
            seconds(spent.on_cpu),
            seconds(spent.waiting),
            seconds(spent.ready)
        );
    }
    if let Some(line) = request {
        let line = String::from_utf8_lossy(line);
        let _ = write!(text, ", answers {}", line.escape_debug());
    }
    text.push('\n');
    match backtrace::backtrace_text(info.id, error::IGNORE_ARGS, DEPTH) {
        Ok(trace) => indent(text, &trace.unwrap_or_default()),
        Err(_) => text.push_str("    no backtrace can be had\n"),
    }
}

pub(super) fn waits_for(info: &Info, waits: &Waits) -> String {
    let descriptors = waits
        .get(&info.id)
        .filter(|_| info.kind == Kind::Descriptor);
    let Some(descriptors) = descriptors else {
        return info.kind.describe().to_owned();
    };
    let each = descriptors.iter().map(|(fd, interest)| match interest {
        Interest::Read => format!("descriptor {fd} to be readable"),
        Interest::Write => format!("descriptor {fd} to be writable"),
    });
    each.collect::<Vec<_>>().join(" or ")
}

/// "0.3 ms", "1.25 s"
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        1..600 => format!("{:.2} s", time.as_secs_f64()),
        more => format!("{} min", more / 60),
    }
}

/// The lines of a backtrace, moved to the right.
pub(super) fn indent(text: &mut String, trace: &str) {
    for line in trace.lines().filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "    {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let of = |ms| seconds(Duration::from_millis(ms));
        assert_eq!(
            [of(0), of(250), of(1250), of(601_000)],
            ["0.0 ms", "250.0 ms", "1.25 s", "10 min"]
        );
    }
}
