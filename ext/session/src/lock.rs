//! One request of a session at a time: coroutines of a worker in line, workers by turns.

use crate::id::Id;
use highper_engine::sync::Semaphore;
use highper_engine::{Wake, can_suspend, clock, scheduler};
use highper_shm::Ranges;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// How long a worker waits before it asks again whether another one has let go: nanoseconds, doubled each time.
const FIRST: u64 = 500_000;
/// The longest such time.
const LONGEST: u64 = 8_000_000;

/// Why a session was not locked.
#[derive(Debug)]
pub enum LockError {
    /// Others held it for the whole time.
    Timeout,
    /// The wait was ended from outside.
    Ended(Wake),
    /// The system can't lock.
    System(io::Error),
}

/// The locks of an application, made before its workers are forked.
#[derive(Debug)]
pub struct Locks {
    ranges: Ranges,
    /// Who is in line in this worker.
    lines: RefCell<HashMap<Id, Rc<Semaphore>>>,
}

/// A session that is locked, until this is dropped.
#[derive(Debug)]
pub struct Guard {
    locks: Rc<Locks>,
    id: Id,
    line: Rc<Semaphore>,
    has_range: bool,
}

impl Locks {
    /// # Errors
    /// The system has no more descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            ranges: Ranges::new()?,
            lines: RefCell::default(),
        })
    }

    /// Locks a session; waits for those who hold it.
    ///
    /// # Errors
    /// [`LockError`]
    pub fn lock(self: &Rc<Self>, id: &Id, timeout: Duration) -> Result<Guard, LockError> {
        let end = clock::after(timeout);
        let line = {
            let mut lines = self.lines.borrow_mut();
            let new = || Rc::new(Semaphore::new(1));
            Rc::clone(lines.entry(id.clone()).or_insert_with(new))
        };
        if !line.try_acquire() {
            let waited = match can_suspend() {
                true => line.acquire(Some(end)),
                false => Err(Wake::Timeout),
            };
            if let Err(wake) = waited {
                self.leave(id, &line);
                return Err(match wake {
                    Wake::Timeout => LockError::Timeout,
                    other => LockError::Ended(other),
                });
            }
        }
        let mut guard = Guard {
            locks: Rc::clone(self),
            id: id.clone(),
            line,
            has_range: false,
        };
        let mut pause = FIRST;
        loop {
            match self.ranges.try_lock(id.number()) {
                Ok(true) => {
                    guard.has_range = true;
                    return Ok(guard);
                }
                Ok(false) => {}
                Err(error) => return Err(LockError::System(error)),
            }
            let now = clock::now();
            if now >= end {
                return Err(LockError::Timeout);
            }
            let nap = pause.min(end - now);
            pause = (2 * pause).min(LONGEST);
            if can_suspend() {
                match scheduler::sleep(nap) {
                    Wake::Ready | Wake::Timeout => {}
                    other => return Err(LockError::Ended(other)),
                }
            } else {
                block(nap);
            }
        }
    }

    /// Forgets a line in which nobody is.
    fn leave(&self, id: &Id, line: &Rc<Semaphore>) {
        let mut lines = self.lines.borrow_mut();
        // One in the map, one of the caller's.
        if Rc::strong_count(line) == 2 && lines.get(id).is_some_and(|known| Rc::ptr_eq(known, line))
        {
            lines.remove(id);
        }
    }
}

/// Where nothing may suspend, the process waits as a whole.
#[expect(
    clippy::disallowed_methods,
    reason = "there is no other way to wait here"
)]
fn block(nanoseconds: u64) {
    std::thread::sleep(Duration::from_nanos(nanoseconds));
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.has_range {
            // The kernel frees it at the latest with the process.
            let _gone = self.locks.ranges.unlock(self.id.number());
        }
        self.line.release_later();
        self.locks.leave(&self.id, &self.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let locks = Rc::new(Locks::new().unwrap());
        let id = Id::new().unwrap();
        let held = locks.lock(&id, Duration::ZERO).unwrap();
        assert!(matches!(
            locks.lock(&id, Duration::ZERO),
            Err(LockError::Timeout)
        ));
        let other = locks.lock(&Id::new().unwrap(), Duration::ZERO).unwrap();
        drop(held);
        drop(other);
        drop(locks.lock(&id, Duration::ZERO).unwrap());
        assert!(locks.lines.borrow().is_empty());
    }
}
