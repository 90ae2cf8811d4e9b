//! Polling for a moment before sleeping, where that has paid lately.
//!
//! A process that sleeps and is woken for each answer of a service next door pays more for that than
//! for the rest of the call, on virtual machines several times as much. Where a single coroutine waits
//! for an answer, the loop therefore looks again and again before it sleeps, as long as answers come in
//! that time; each time in vain doubles the number of waits until it is tried again.

use std::cell::Cell;

/// The longest time between two attempts, in waits.
const RAREST: u32 = 4096;

/// When to poll before sleeping, and for how long.
pub(super) struct Busy {
    /// Nanoseconds; 0 for never.
    limit: Cell<u64>,
    /// A coroutine has begun to wait for something to read since the loop last waited.
    is_hoped: Cell<bool>,
    /// Waits until the next attempt.
    left: Cell<u32>,
    /// Waits after the next attempt, should it be in vain.
    next: Cell<u32>,
}

impl Busy {
    pub(super) const fn new() -> Self {
        Self {
            limit: Cell::new(0),
            is_hoped: Cell::new(false),
            left: Cell::new(0),
            next: Cell::new(1),
        }
    }

    pub(super) fn set_limit(&self, nanoseconds: u64) {
        self.limit.set(nanoseconds);
    }

    /// A coroutine begins to wait for something to read.
    #[inline]
    pub(super) fn hope(&self) {
        self.is_hoped.set(true);
    }

    /// How long to poll before this sleep; 0 for not at all.
    #[inline]
    pub(super) fn time(&self, waiting: usize) -> u64 {
        if !self.is_hoped.replace(false) || waiting != 1 {
            return 0;
        }
        match self.left.get() {
            0 => self.limit.get(),
            left => {
                self.left.set(left - 1);
                0
            }
        }
    }

    /// Something came while it was polled for, or nothing did.
    pub(super) fn polled(&self, has_come: bool) {
        if has_come {
            self.next.set(1);
        } else {
            self.left.set(self.next.get());
            self.next.set((self.next.get() * 2).min(RAREST));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(busy: &Busy, waits: u32, has_come: bool) -> u32 {
        let mut attempts = 0;
        for _ in 0..waits {
            busy.hope();
            if busy.time(1) > 0 {
                attempts += 1;
                busy.polled(has_come);
            }
        }
        attempts
    }

    #[test]
    fn what_pays_is_done_each_time() {
        let busy = Busy::new();
        busy.set_limit(50_000);
        assert_eq!(attempts(&busy, 1000, true), 1000);
    }

    #[test]
    fn what_never_pays_is_hardly_tried() {
        let busy = Busy::new();
        busy.set_limit(50_000);
        assert_eq!(attempts(&busy, 8, false), 3, "then after 1, 2 and 4 waits");
        let rest = attempts(&busy, 1_000_000, false);
        assert!((200..270).contains(&rest), "{rest}");
        assert!(attempts(&busy, 10_000, true) > 5_000, "and begins again");
    }

    #[test]
    fn only_for_a_single_coroutine_that_has_just_asked() {
        let busy = Busy::new();
        busy.hope();
        assert_eq!(busy.time(1), 0, "switched off");
        busy.set_limit(50_000);
        assert_eq!(busy.time(1), 0, "nobody has begun to wait");
        busy.hope();
        assert_eq!(busy.time(2), 0, "others wait, too");
        busy.hope();
        assert_eq!(busy.time(1), 50_000);
    }
}
