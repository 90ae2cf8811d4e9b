//! What one gets from a pool, and why one gets nothing.

use std::fmt;
use std::time::Duration;

/// The right to hold one of a pool's things: goes back to the pool with it, or without it when that is gone.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a ticket that is not given back makes the pool smaller for good"]
pub struct Ticket {
    pub(crate) number: u64,
    pub(crate) made: u64,
    pub(crate) idle: u64,
}

impl Ticket {
    /// Since when this thing exists, in nanoseconds of the engine's clock.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made
    }

    /// For how long nobody had used it when it was taken.
    #[must_use]
    pub fn idle(&self) -> Duration {
        Duration::from_nanos(self.idle)
    }
}

/// What was taken.
#[derive(Debug)]
pub enum Taken<T> {
    /// One that was there.
    Idle(Ticket, T),
    /// Leave to make one.
    New(Ticket),
}

/// Somebody who holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The coroutine; 0 for none.
    pub coroutine: u64,
    /// Since when, in nanoseconds of the engine's clock.
    pub since: u64,
    /// Where it was taken, in the taker's words.
    pub place: String,
}

/// Why nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It took too long: how long, how many there are, and who has held one the longest.
    TimedOut(Duration, usize, Option<Held>),
    /// So many wait already that no one else may.
    Crowded(usize),
    /// The coroutine was told to end while it waited.
    Cancelled,
    /// The pool was closed.
    Closed,
    /// All are out, and this code can't wait: it runs outside of coroutines.
    Unable(usize),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(time, max, longest) => {
                write!(
                    f,
                    "none of the {max} became free within {} s",
                    time.as_secs_f64()
                )?;
                match longest {
                    Some(held) => write!(
                        f,
                        "; coroutine {} has had one the longest, taken at {}",
                        held.coroutine, held.place
                    ),
                    None => Ok(()),
                }
            }
            Self::Crowded(waiting) => write!(f, "{waiting} wait for one already"),
            Self::Cancelled => f.write_str("the coroutine was cancelled while it waited for one"),
            Self::Closed => f.write_str("the pool is closed"),
            Self::Unable(max) => write!(
                f,
                "all {max} are taken, and there is no waiting outside of coroutines"
            ),
        }
    }
}

impl std::error::Error for Refused {}
