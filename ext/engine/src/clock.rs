//! Time as the engine counts it.

use std::time::Duration;

/// Nanoseconds of `CLOCK_MONOTONIC`.
#[must_use]
pub fn now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists on every Linux and the pointer is to a local.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The moment that lies a number of seconds ahead; `None` for no limit (negative or not finite).
#[must_use]
pub fn after_seconds(seconds: f64) -> Option<u64> {
    if seconds < 0.0 || !seconds.is_finite() {
        return None;
    }
    Some(after(Duration::from_secs_f64(seconds.min(1e9))))
}

/// The moment that lies a duration ahead.
#[must_use]
pub fn after(duration: Duration) -> u64 {
    now().saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}
