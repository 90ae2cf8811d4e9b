//! Locks and meeting points between the coroutines of one thread.

use crate::line::Line;
use crate::wait::Wake;
use std::cell::Cell;

/// Lets so many in at a time; the others wait their turn.
#[derive(Debug)]
pub struct Semaphore {
    permits: Cell<usize>,
    waiters: Line,
}

impl Semaphore {
    /// With so many permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self {
            permits: Cell::new(permits),
            waiters: Line::default(),
        }
    }

    /// Permits that are free.
    #[must_use]
    pub fn available(&self) -> usize {
        self.permits.get()
    }

    /// Takes a permit, waiting until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason why the wait ended without one.
    pub fn acquire(&self, deadline: Option<u64>) -> Result<(), Wake> {
        if self.try_acquire() {
            return Ok(());
        }
        // Whoever releases hands its permit to the first in line: nobody can come between.
        match self.waiters.wait(deadline) {
            Wake::Ready => Ok(()),
            other => Err(other),
        }
    }

    /// Takes a permit if one is free now.
    pub fn try_acquire(&self) -> bool {
        let free = self.permits.get();
        if free == 0 || self.waiters.has_waiting() {
            return false;
        }
        self.permits.set(free - 1);
        true
    }

    /// Gives a permit back, or to the first that waits.
    pub fn release(&self) {
        if !self.waiters.wake_first() {
            self.permits.set(self.permits.get() + 1);
        }
    }

    /// As [`Self::release`], but who waits runs in its turn, not on top of the caller.
    pub fn release_later(&self) {
        if !self.waiters.wake_first_later() {
            self.permits.set(self.permits.get() + 1);
        }
    }
}

/// One at a time, by coroutine.
#[derive(Debug)]
pub struct Mutex {
    semaphore: Semaphore,
    owner: Cell<u64>,
}

impl Default for Mutex {
    fn default() -> Self {
        Self {
            semaphore: Semaphore::new(1),
            owner: Cell::new(0),
        }
    }
}

impl Mutex {
    /// The coroutine that holds it.
    #[must_use]
    pub fn owner(&self) -> Option<u64> {
        Some(self.owner.get()).filter(|id| *id != 0)
    }

    /// Locks, waiting until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason why the wait ended without the lock.
    pub fn lock(&self, deadline: Option<u64>) -> Result<(), Wake> {
        self.semaphore.acquire(deadline)?;
        self.owner.set(crate::current().unwrap_or(0));
        Ok(())
    }

    /// Locks if it is free now.
    pub fn try_lock(&self) -> bool {
        let got = self.semaphore.try_acquire();
        if got {
            self.owner.set(crate::current().unwrap_or(0));
        }
        got
    }

    /// Unlocks; false when it was not locked. Who waits for it runs in its turn.
    pub fn unlock(&self) -> bool {
        if self.owner.replace(0) == 0 {
            return false;
        }
        self.semaphore.release_later();
        true
    }
}

/// Waits until a count comes back to zero.
#[derive(Debug, Default)]
pub struct WaitGroup {
    count: Cell<i64>,
    waiters: Line,
}

impl WaitGroup {
    /// The count.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.count.get()
    }

    /// Is somebody waiting?
    #[must_use]
    pub fn is_waited(&self) -> bool {
        self.waiters.has_waiting()
    }

    /// Adds to the count. False, and nothing changed, when it would go below zero.
    pub fn add(&self, delta: i64) -> bool {
        let Some(count) = self.count.get().checked_add(delta).filter(|c| *c >= 0) else {
            return false;
        };
        self.count.set(count);
        if count == 0 {
            // Only those of now: one that runs on top of this may wait again.
            self.waiters.take().wake_all(Wake::Ready);
        }
        true
    }

    /// Waits for zero until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason why the wait ended before.
    pub fn wait(&self, deadline: Option<u64>) -> Result<(), Wake> {
        if self.count.get() == 0 {
            return Ok(());
        }
        match self.waiters.wait(deadline) {
            Wake::Ready => Ok(()),
            other => Err(other),
        }
    }
}

/// Holds coroutines until so many have come, then lets all go on.
#[derive(Debug)]
pub struct Barrier {
    parties: usize,
    waiters: Line,
}

impl Barrier {
    /// For so many coroutines.
    #[must_use]
    pub fn new(parties: usize) -> Self {
        Self {
            parties: parties.max(1),
            waiters: Line::default(),
        }
    }

    /// Waits for the others. True for the one that came last and let all go.
    ///
    /// # Errors
    /// The reason why the wait ended before all had come.
    pub fn wait(&self, deadline: Option<u64>) -> Result<bool, Wake> {
        if self.waiters.count() + 1 >= self.parties {
            let all = self.waiters.take();
            while all.wake_first_later() {}
            return Ok(true);
        }
        match self.waiters.wait(deadline) {
            Wake::Ready => Ok(false),
            other => Err(other),
        }
    }
}
