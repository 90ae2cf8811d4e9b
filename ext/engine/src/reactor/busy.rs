//! Polling for a moment before sleeping, where that has paid lately.
//!
//! A process that sleeps and is woken for each answer of a service next door pays more for that than
//! for the rest of the call, on virtual machines several times as much. Where a single coroutine waits
//! for an answer, the loop therefore looks again and again before it sleeps, as long as answers come in
//! that time; each time in vain doubles the number of waits until it is tried again.
//!
//! A server whose clients are about as fast as itself sleeps between any two of their packets, and pays several microseconds for
//! each of these sleeps. It looks for as long as such a sleep costs before it begins one, where that has mostly paid.

use std::cell::Cell;

/// The longest time between two attempts, in waits.
const RAREST: u32 = 4096;

/// For a server this part of the limit: 10 µs of 50.
const SERVER_PART: u64 = 5;

/// When a server polls before it sleeps.
struct Pace {
    /// Waits until the next attempt.
    left: Cell<u32>,
    /// Of so many waits one attempt.
    every: Cell<u32>,
}

impl Pace {
    const fn new() -> Self {
        Self {
            left: Cell::new(RAREST),
            every: Cell::new(RAREST),
        }
    }

    #[inline]
    fn is_due(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.wrapping_sub(1));
        left == 0
    }

    /// Twice as often after one that paid, a quarter as often after one in vain: it goes on where two of three pay.
    fn polled(&self, has_come: bool) {
        let every = self.every.get();
        let every = match has_come {
            true => every / 2,
            false => (every.max(1) * 4).min(RAREST),
        };
        self.every.set(every);
        self.left.set(every);
    }
}

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
    server: Pace,
    /// Does the server poll, and not a coroutine?
    is_server: Cell<bool>,
}

impl Busy {
    pub(super) const fn new() -> Self {
        Self {
            limit: Cell::new(0),
            is_hoped: Cell::new(false),
            left: Cell::new(0),
            next: Cell::new(1),
            server: Pace::new(),
            is_server: Cell::new(false),
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
            return match self.server.is_due() {
                true => self.server_time(),
                false => 0,
            };
        }
        match self.left.get() {
            0 => self.limit.get(),
            left => {
                self.left.set(left - 1);
                0
            }
        }
    }

    #[cold]
    fn server_time(&self) -> u64 {
        let time = self.limit.get() / SERVER_PART;
        if time == 0 {
            self.server.polled(false);
        }
        self.is_server.set(time > 0);
        time
    }

    /// Something came while it was polled for, or nothing did.
    pub(super) fn polled(&self, has_come: bool) {
        if self.is_server.replace(false) {
            self.server.polled(has_come);
        } else if has_come {
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

    fn server_attempts(busy: &Busy, waits: u32, mut has_come: impl FnMut(u32) -> bool) -> u32 {
        let mut attempts = 0;
        for wait in 0..waits {
            if busy.time(0) > 0 {
                attempts += 1;
                busy.polled(has_come(wait));
            }
        }
        attempts
    }

    #[test]
    fn a_server_polls_where_two_of_three_pay() {
        let busy = Busy::new();
        assert_eq!(server_attempts(&busy, 100_000, |_| true), 0, "switched off");
        busy.set_limit(50_000);
        server_attempts(&busy, 20_000, |_| true);
        assert_eq!(server_attempts(&busy, 1000, |_| true), 1000);
        server_attempts(&busy, 100_000, |wait| wait % 2 == 0);
        assert!(server_attempts(&busy, 100_000, |_| false) < 40);
        let some = server_attempts(&busy, 100_000, |wait| wait % 3 == 0);
        assert!(some < 1000, "{some}");
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
