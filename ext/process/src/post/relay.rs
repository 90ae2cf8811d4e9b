//! What the process in front and the workers tell each other: [`super::Head::code`] of a [`super::Kind::Relay`].

use std::sync::atomic::{AtomicU64, Ordering};

/// Frames, one behind the other.
pub const FRAMES: u32 = 0;
/// A worker is there: it takes connections and events.
pub const HELLO: u32 = 1;
/// It takes no new ones, and finishes what it has.
pub const RETIRE: u32 = 2;
/// The same, and it leaves the events that it has not begun to others.
pub const SPENT: u32 = 4;
/// A worker may have gone.
pub const NUDGE: u32 = 3;

/// What a worker has done of the events that the front gave it.
#[derive(Clone, Copy, Debug)]
pub struct Lane<'a>(pub(super) &'a [AtomicU64; 3]);

const BEGUN: usize = 0;
const DONE: usize = 1;
const COROUTINES: usize = 2;

impl Lane<'_> {
    /// The next event begins. Only the worker says so.
    pub fn begin(self) {
        let begun = self.begun() + 1;
        self.0[BEGUN].store(begun, Ordering::Release);
    }

    /// Its callback has returned, or waits.
    pub fn end(self) {
        let done = self.done() + 1;
        self.0[DONE].store(done, Ordering::Release);
    }

    /// So many coroutines live in the worker.
    pub fn set_coroutines(self, count: usize) {
        self.0[COROUTINES].store(count as u64, Ordering::Relaxed);
    }

    /// Events that have begun.
    #[must_use]
    pub fn begun(self) -> u64 {
        self.0[BEGUN].load(Ordering::Acquire)
    }

    /// Events whose callback has returned, or waits.
    #[must_use]
    pub fn done(self) -> u64 {
        self.0[DONE].load(Ordering::Acquire)
    }

    /// Coroutines that live in the worker.
    #[must_use]
    pub fn coroutines(self) -> u64 {
        self.0[COROUTINES].load(Ordering::Relaxed)
    }
}
