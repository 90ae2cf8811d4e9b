//! A circuit breaker: what has failed several times in a row is left alone for a while.

use std::time::Duration;

/// What it lets through.
#[derive(Debug)]
enum State {
    /// All; so many failures in a row were seen.
    Closed(u32),
    /// Nothing before this moment.
    Open(u64),
    /// One call, which is under way, shows whether it works again.
    Trying,
}

/// A circuit breaker. Moments are nanoseconds of a clock that only goes forward.
#[derive(Debug)]
pub struct Breaker {
    failures: u32,
    rest: Duration,
    state: State,
}

impl Breaker {
    /// Opens after so many failures in a row (1 at least), and tries again after a rest.
    #[must_use]
    pub fn new(failures: u32, rest: Duration) -> Self {
        Self {
            failures: failures.max(1),
            rest,
            state: State::Closed(0),
        }
    }

    /// Asks to make a call. What was let in ends with [`Self::succeeded`], [`Self::failed`] or [`Self::gone`].
    ///
    /// # Errors
    /// The time until the next try; that of one more rest while one is under way.
    pub fn enter(&mut self, now: u64) -> Result<(), Duration> {
        match self.state {
            State::Closed(_) => Ok(()),
            State::Open(until) if now < until => Err(Duration::from_nanos(until - now)),
            State::Open(_) => {
                self.state = State::Trying;
                Ok(())
            }
            State::Trying => Err(self.rest),
        }
    }

    /// A call has worked.
    pub fn succeeded(&mut self) {
        // One that began before it opened proves nothing.
        if !matches!(self.state, State::Open(_)) {
            self.state = State::Closed(0);
        }
    }

    /// A call has failed. True when it opens now.
    pub fn failed(&mut self, now: u64) -> bool {
        let rest = u64::try_from(self.rest.as_nanos()).unwrap_or(u64::MAX);
        match &mut self.state {
            State::Closed(seen) if *seen + 1 < self.failures => {
                *seen += 1;
                false
            }
            State::Open(_) => false,
            _ => {
                self.state = State::Open(now.saturating_add(rest));
                true
            }
        }
    }

    /// A call has ended without an answer to the question: somebody cancelled it.
    pub fn gone(&mut self, now: u64) {
        if matches!(self.state, State::Trying) {
            self.state = State::Open(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let mut breaker = Breaker::new(2, Duration::from_secs(3));
        assert!(!breaker.failed(0));
        breaker.succeeded();
        assert!(!breaker.failed(0));
        assert!(breaker.enter(0).is_ok());
        assert!(breaker.failed(SECOND));
        assert_eq!(breaker.enter(2 * SECOND), Err(Duration::from_secs(2)));
    }

    #[test]
    fn one_call_tries_again() {
        let mut breaker = Breaker::new(1, Duration::from_secs(1));
        assert!(breaker.failed(0));
        assert!(breaker.enter(SECOND).is_ok());
        assert!(breaker.enter(SECOND).is_err());
        breaker.succeeded();
        assert!(breaker.enter(SECOND).is_ok() && breaker.enter(SECOND).is_ok());
    }

    #[test]
    fn a_failed_try_opens_it_for_another_rest() {
        let mut breaker = Breaker::new(5, Duration::from_secs(1));
        for _ in 0..5 {
            breaker.failed(0);
        }
        assert!(breaker.enter(SECOND).is_ok());
        assert!(breaker.failed(SECOND));
        assert!(breaker.enter(SECOND + 1).is_err());
        assert!(breaker.enter(2 * SECOND).is_ok());
    }

    #[test]
    fn a_cancelled_try_is_no_answer() {
        let mut breaker = Breaker::new(1, Duration::from_secs(1));
        breaker.failed(0);
        assert!(breaker.enter(SECOND).is_ok());
        breaker.gone(SECOND);
        assert!(breaker.enter(SECOND).is_ok());
    }

    #[test]
    fn a_late_success_does_not_close_it() {
        let mut breaker = Breaker::new(1, Duration::from_secs(1));
        assert!(breaker.enter(0).is_ok() && breaker.enter(0).is_ok());
        breaker.failed(0);
        breaker.succeeded();
        assert!(breaker.enter(1).is_err());
    }
}
