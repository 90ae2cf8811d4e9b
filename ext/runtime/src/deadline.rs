//! Time-outs as PHP code gives them: seconds as floats.

use highper_engine::{clock, scheduler};

/// The moment at which a time-out of so many seconds ends, or the running coroutine's
/// deadline if that is earlier. Zero, negative and infinite mean no time-out of its own.
#[must_use]
pub fn after(seconds: f64) -> Option<u64> {
    let own = if seconds > 0.0 {
        clock::after_seconds(seconds)
    } else {
        None
    };
    match (own, scheduler::deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
