//! Waiting for servers that are not ready.

use crate::Error;
use highper_engine as engine;
use std::time::Duration;

/// How long, in nanoseconds.
pub(crate) const PAUSE: u64 = 50_000_000;

/// Waits for a moment.
#[allow(clippy::disallowed_methods)] // Outside of coroutines there is nobody else to run.
pub(crate) fn pause() -> Result<(), Error> {
    if !engine::can_suspend() {
        std::thread::sleep(Duration::from_nanos(PAUSE));
        return Ok(());
    }
    match engine::sleep(PAUSE) {
        engine::Wake::Cancelled => Err(Error::of_wake(engine::Wake::Cancelled)),
        _ => Ok(()),
    }
}
