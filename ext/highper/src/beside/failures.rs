//! How often processes have ended soon after their start, which they would forget with themselves.

use highper_shm::SharedArray;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Who has run for so long has not failed.
const SOON: u64 = 10_000_000_000;
/// The longest pause.
const MOST: Duration = Duration::from_secs(30);

/// A count for each process, shared by all.
pub(super) struct Failures(Option<SharedArray<AtomicU64>>);

impl Failures {
    pub(super) fn new(processes: usize) -> std::io::Result<Self> {
        let counts = (processes > 0).then(|| SharedArray::new(processes));
        counts.transpose().map(Self)
    }

    fn count(&self, number: usize) -> Option<&AtomicU64> {
        self.0.as_ref()?.get(number)
    }

    /// A process has ended after so many nanoseconds, by itself.
    pub(super) fn ended(&self, number: usize, after: u64) {
        if let Some(count) = self.count(number) {
            let next = match after < SOON {
                true => count.load(Relaxed).saturating_add(1),
                false => 1,
            };
            count.store(next, Relaxed);
        }
    }

    /// It was told to end.
    pub(super) fn forget(&self, number: usize) {
        if let Some(count) = self.count(number) {
            count.store(0, Relaxed);
        }
    }

    /// What it waits before it begins: nothing at first, then 0.1 s, 0.2 s and so on.
    pub(super) fn pause(&self, number: usize) -> Duration {
        let count = self.count(number).map_or(0, |count| count.load(Relaxed));
        match count {
            0 => Duration::ZERO,
            n => Duration::from_millis(100 << (n - 1).min(16)).min(MOST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_it_ends_soon() {
        let failures = Failures::new(2).unwrap();
        let pause = |n: usize| failures.pause(n).as_millis();
        assert_eq!(pause(0), 0);
        failures.ended(0, 5);
        assert_eq!(pause(0), 100);
        for _ in 0..3 {
            failures.ended(0, 5);
        }
        assert_eq!((pause(0), pause(1)), (800, 0));
        for _ in 0..100 {
            failures.ended(0, 5);
        }
        assert_eq!(pause(0), 30_000);
        failures.ended(0, SOON);
        assert_eq!(pause(0), 100);
        failures.forget(0);
        assert_eq!((pause(0), pause(7)), (0, 0));
    }
}
