//! A word that guards others: the process that holds them, and a number that each holder makes larger.

use crate::owner::{self, Watch};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant};

/// How long a holder is waited for before it is asked whether it lives; it holds for microseconds.
const PATIENCE: Duration = Duration::from_millis(2);

#[derive(Clone, Copy)]
pub(crate) struct Guard<'t> {
    word: &'t AtomicU64,
    started: &'t AtomicU64,
}

/// What this process holds, until it is dropped.
pub(crate) struct Held<'t> {
    word: &'t AtomicU64,
    version: u32,
}

fn holder(word: u64) -> u32 {
    (word >> 32) as u32
}

impl<'t> Guard<'t> {
    /// Of a word, and of one that says when the holder's process started.
    #[inline]
    pub(crate) fn new(word: &'t AtomicU64, started: &'t AtomicU64) -> Self {
        Self { word, started }
    }

    /// What stands there while nobody writes; `None` while somebody does.
    #[inline]
    pub(crate) fn version(self) -> Option<u64> {
        let word = self.word.load(Ordering::Acquire);
        (holder(word) == 0).then_some(word)
    }

    #[inline]
    pub(crate) fn is_still(self, version: u64) -> bool {
        self.word.load(Ordering::Relaxed) == version
    }

    #[inline]
    fn take(self, word: u64) -> Result<Held<'t>, u64> {
        let version = word as u32;
        let own = u64::from(owner::pid()) << 32 | u64::from(version);
        self.word
            .compare_exchange(word, own, Ordering::Acquire, Ordering::Relaxed)?;
        // What is written under the lock is not seen before the lock is.
        fence(Ordering::Release);
        let started = u64::from(owner::started());
        if self.started.load(Ordering::Relaxed) != started {
            self.started.store(started, Ordering::Relaxed);
        }
        Ok(Held {
            word: self.word,
            version,
        })
    }

    /// Waits until it is free, or its holder is dead. Also says which process had died with it, if one had.
    #[inline]
    pub(crate) fn lock(self) -> (Held<'t>, Option<u32>) {
        let word = self.word.load(Ordering::Relaxed);
        if holder(word) == 0
            && let Ok(held) = self.take(word)
        {
            return (held, None);
        }
        self.wait()
    }

    #[cold]
    fn wait(self) -> (Held<'t>, Option<u32>) {
        let mut began = Instant::now();
        let mut watch = Watch::default();
        let mut spins = 0_u32;
        loop {
            let word = self.word.load(Ordering::Relaxed);
            let pid = holder(word);
            if pid == 0 {
                if let Ok(held) = self.take(word) {
                    return (held, None);
                }
                continue;
            }
            // This process holds nothing while it waits: it was another one of the same number.
            let is_gone = pid == owner::pid()
                || began.elapsed() >= PATIENCE && {
                    began = Instant::now();
                    let started = self.started.load(Ordering::Relaxed) as u32;
                    watch.is_gone(pid, started, word)
                };
            if is_gone && let Ok(held) = self.take(word) {
                return (held, Some(pid));
            }
            spins += 1;
            if spins.is_multiple_of(64) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        let free = u64::from(self.version.wrapping_add(1));
        self.word.store(free, Ordering::Release);
    }
}
