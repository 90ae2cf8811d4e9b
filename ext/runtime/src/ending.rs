//! The end of a worker: what runs may end by itself, is cancelled where it waits, is cut off.

use crate::cancel::{self, Thrown};
use highper_engine::{clock, scheduler};
use std::time::Duration;

/// What cancelled coroutines have for their `finally` blocks.
pub const GRACE: Duration = Duration::from_secs(1);

/// How often it is looked whether all have ended.
const LOOK: u64 = 20_000_000;

/// After `bound`, throws into all that still runs, and calls `cut` with how many that were;
/// [`GRACE`] later calls `end`.
pub fn within(
    bound: Duration,
    thrown: Thrown,
    cut: impl FnOnce(usize) + 'static,
    end: impl FnOnce() + 'static,
) {
    scheduler::at(clock::after(bound), false, move || {
        let count = cancel::throw_into_all(thrown);
        if count > 0 {
            cut(count);
        }
        scheduler::at(clock::after(GRACE), false, end);
    });
}

/// Calls `end` as soon as no coroutine is left. `lets_go` is asked meanwhile: once it says yes, the
/// rest is cancelled, and has [`GRACE`].
pub fn when_idle(
    lets_go: impl Fn() -> bool + 'static,
    thrown: Thrown,
    end: impl FnOnce() + 'static,
) {
    look(Last {
        lets_go: Box::new(lets_go),
        thrown,
        cancelled: None,
        end: Box::new(end),
    });
}

/// What is to happen when the last coroutine has ended.
struct Last {
    lets_go: Box<dyn Fn() -> bool>,
    thrown: Thrown,
    /// Since when the rest is cancelled.
    cancelled: Option<u64>,
    end: Box<dyn FnOnce()>,
}

fn look(mut last: Last) {
    let now = clock::now();
    let is_over = match last.cancelled {
        Some(since) => u128::from(now.saturating_sub(since)) >= GRACE.as_nanos(),
        None => false,
    };
    if is_over || highper_engine::stats().live == 0 {
        return (last.end)();
    }
    if last.cancelled.is_none() && (last.lets_go)() {
        cancel::throw_into_all(last.thrown);
        last.cancelled = Some(now);
    }
    scheduler::at(now + LOOK, false, move || look(last));
}
