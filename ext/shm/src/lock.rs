//! Locks between processes that go on when their holder is killed.
//!
//! As in Swoole, any process may unlock what another one locked.

mod mutex;
mod shared;

use mutex::Mutex;
use shared::SharedLock;
use std::io;
use std::time::{Duration, Instant};

/// How long a waiter sleeps before it asks whether the holder lives.
const LOOK: Duration = Duration::from_millis(20);

/// What kind of lock, with Swoole's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// One writer or many readers.
    ReadWrite = 1,
    /// One holder; others sleep.
    Mutex = 3,
    /// One holder; others spin before they sleep.
    Spin = 5,
}

/// How a lock is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// With other readers, where the kind knows readers.
    Shared,
    /// Alone.
    Exclusive,
}

enum Inner {
    One(Mutex),
    Many(Box<SharedLock>),
}

/// A lock; common to this process and all that it forks.
pub struct Lock(Inner);

fn of(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

impl Lock {
    /// A lock that nobody holds.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(kind: LockKind) -> io::Result<Self> {
        Ok(Self(match kind {
            LockKind::ReadWrite => Inner::Many(Box::new(SharedLock::new()?)),
            LockKind::Mutex => Inner::One(Mutex::new(0)?),
            LockKind::Spin => Inner::One(Mutex::new(1000)?),
        }))
    }

    /// Takes the lock if it is free, or its holder is dead.
    ///
    /// # Errors
    /// `EBUSY`: somebody holds it; `EDEADLK`: this process holds it as its only writer; `EAGAIN`:
    /// more processes read than it can count (120).
    pub fn try_lock(&self, access: Access) -> io::Result<()> {
        match &self.0 {
            Inner::One(mutex) if mutex.try_lock() => Ok(()),
            Inner::One(_) => Err(of(libc::EBUSY)),
            Inner::Many(lock) => lock.try_lock(access),
        }
    }

    /// Waits for the lock, as long as `timeout` says or without end. Blocks the process.
    ///
    /// # Errors
    /// `ETIMEDOUT`, or as [`try_lock`](Self::try_lock) but for `EBUSY`.
    pub fn lock(&self, access: Access, timeout: Option<Duration>) -> io::Result<()> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        match &self.0 {
            Inner::One(mutex) if mutex.lock(deadline) => Ok(()),
            Inner::One(_) => Err(of(libc::ETIMEDOUT)),
            Inner::Many(lock) => lock.lock(access, deadline),
        }
    }

    /// Gives the lock back, whoever holds it. One that is free stays free.
    pub fn unlock(&self) {
        match &self.0 {
            Inner::One(mutex) => mutex.unlock(),
            Inner::Many(lock) => lock.unlock(),
        }
    }
}

/// How long to sleep until the next look; `None` when the time is over.
fn slice(deadline: Option<Instant>) -> Option<Duration> {
    let Some(deadline) = deadline else {
        return Some(LOOK);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    (!left.is_zero()).then(|| left.min(LOOK))
}

#[cfg(test)]
mod tests;
