//! The end of a worker: what runs may end by itself, is cancelled where it waits, is cut off.

use crate::cancel::{self, Thrown};
use highper_engine::{clock, scheduler};
use std::rc::Rc;
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

/// Calls `end` as soon as no coroutine is left.
pub fn when_idle(end: impl FnOnce() + 'static) {
    look(Rc::new(std::cell::Cell::new(Some(Box::new(end)))));
}

type End = Rc<std::cell::Cell<Option<Box<dyn FnOnce()>>>>;

fn look(end: End) {
    if highper_engine::stats().live == 0 {
        if let Some(end) = end.take() {
            end();
        }
        return;
    }
    scheduler::at(clock::now() + LOOK, false, move || look(end));
}
