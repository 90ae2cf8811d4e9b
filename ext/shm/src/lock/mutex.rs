//! A lock with one holder.

use super::slice;
use crate::atomic::Cell;
use crate::futex;
use crate::owner::{self, Watch};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// In the word beside the holder's number, which is far smaller: somebody sleeps.
const SLEEPERS: u32 = 1 << 31;

const WORD: usize = 0;
const STARTED: usize = 1;
/// How often the holder changed, to tell one from the next.
const TAKEN: usize = 2;

pub(super) struct Mutex {
    cell: Cell<[AtomicU32; 3]>,
    spins: u32,
}

impl Mutex {
    /// A free one; a waiter looks `spins` times before it sleeps.
    pub(super) fn new(spins: u32) -> io::Result<Self> {
        Ok(Self {
            cell: Cell::new()?,
            spins,
        })
    }

    fn word(&self) -> &AtomicU32 {
        &self.cell.get()[WORD]
    }

    #[inline]
    fn take(&self, from: u32, sleepers: u32) -> bool {
        let taken = self
            .word()
            .compare_exchange(
                from,
                owner::pid() | sleepers,
                Ordering::Acquire,
                Ordering::Relaxed,
            )
            .is_ok();
        if taken {
            let cells = self.cell.get();
            cells[STARTED].store(owner::started(), Ordering::Relaxed);
            cells[TAKEN].fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn is_gone(&self, watch: &mut Watch, word: u32) -> bool {
        let [_, started, taken] = self.cell.get();
        let holding = u64::from(taken.load(Ordering::Relaxed));
        watch.is_gone(word & !SLEEPERS, started.load(Ordering::Relaxed), holding)
    }

    pub(super) fn try_lock(&self) -> bool {
        if self.take(0, 0) {
            return true;
        }
        let word = self.word().load(Ordering::Relaxed);
        // Those who sleep wait for the new holder.
        word != 0 && self.is_gone(&mut Watch::default(), word) && self.take(word, SLEEPERS)
    }

    pub(super) fn lock(&self, deadline: Option<Instant>) -> bool {
        for _ in 0..=self.spins {
            if self.take(0, 0) {
                return true;
            }
            std::hint::spin_loop();
        }
        let mut watch = Watch::default();
        loop {
            let word = self.word().load(Ordering::Relaxed);
            if word == 0 {
                // Others may sleep as well: nobody knows.
                if self.take(0, SLEEPERS) {
                    return true;
                }
                continue;
            }
            let marked = word | SLEEPERS;
            if word != marked
                && self
                    .word()
                    .compare_exchange(word, marked, Ordering::Relaxed, Ordering::Relaxed)
                    .is_err()
            {
                continue;
            }
            if self.is_gone(&mut watch, marked) && self.take(marked, SLEEPERS) {
                return true;
            }
            let Some(time) = slice(deadline) else {
                return false;
            };
            futex::wait(self.word(), marked, time);
        }
    }

    pub(super) fn unlock(&self) {
        if self.word().swap(0, Ordering::Release) & SLEEPERS != 0 {
            futex::wake(self.word(), 1);
        }
    }
}
