//! A lock with one writer or many readers, each of whom is known.

use super::mutex::Mutex;
use super::{Access, of, slice};
use crate::atomic::Cell;
use crate::futex;
use crate::owner::{self, Watch};
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

/// Processes that may read at a time.
const READERS: usize = 120;
/// In a holder's word: how often it holds, then its start, then its number.
const TIMES: u64 = 0xff;

/// A word is 0, or a holder: its number in the upper half, 24 bits of its start, how often it holds.
type Holders = [AtomicU64; READERS + 1];

pub(super) struct SharedLock {
    /// Held for a few instructions, by whoever changes the holders.
    guard: Mutex,
    holders: Cell<Holders>,
    /// Changes when somebody lets go.
    event: Cell<AtomicU32>,
}

fn own() -> u64 {
    u64::from(owner::pid()) << 32 | u64::from(owner::started() & 0xff_ffff) << 8
}

fn is_same(holder: u64, other: u64) -> bool {
    holder & !TIMES == other & !TIMES
}

/// Is the holder dead? Its word was written whole: one look is enough.
fn is_gone(holder: u64) -> bool {
    if is_same(holder, own()) {
        return false;
    }
    // The start is known to 24 bits, too few to compare it: only another process that has the
    // number of this one is seen by it.
    let pid = (holder >> 32) as u32;
    pid == owner::pid() || Watch::default().is_gone(pid, 0, holder)
}

impl SharedLock {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            guard: Mutex::new(100)?,
            holders: Cell::new()?,
            event: Cell::new()?,
        })
    }

    fn writer(&self) -> &AtomicU64 {
        &self.holders.get()[0]
    }

    fn readers(&self) -> &[AtomicU64] {
        &self.holders.get()[1..]
    }

    pub(super) fn try_lock(&self, access: Access) -> io::Result<()> {
        self.guard.lock(None);
        let done = self.take(access);
        self.guard.unlock();
        done
    }

    fn take(&self, access: Access) -> io::Result<()> {
        let writer = self.writer().load(Ordering::Relaxed);
        if writer != 0 {
            if is_same(writer, own()) {
                return Err(of(libc::EDEADLK));
            }
            if !is_gone(writer) {
                return Err(of(libc::EBUSY));
            }
            self.writer().store(0, Ordering::Relaxed);
        }
        match access {
            Access::Shared => self.take_shared(),
            Access::Exclusive => self.take_alone(),
        }
    }

    fn take_alone(&self) -> io::Result<()> {
        for reader in self.readers() {
            let holder = reader.load(Ordering::Relaxed);
            if holder != 0 {
                if !is_gone(holder) {
                    return Err(of(libc::EBUSY));
                }
                reader.store(0, Ordering::Relaxed);
            }
        }
        self.writer().store(own() | 1, Ordering::Relaxed);
        Ok(())
    }

    fn take_shared(&self) -> io::Result<()> {
        let mut free = None;
        for reader in self.readers() {
            let holder = reader.load(Ordering::Relaxed);
            if holder == 0 {
                free = free.or(Some(reader));
            } else if is_same(holder, own()) {
                if holder & TIMES == TIMES {
                    return Err(of(libc::EAGAIN));
                }
                reader.store(holder + 1, Ordering::Relaxed);
                return Ok(());
            }
        }
        let free = free.or_else(|| {
            self.readers()
                .iter()
                .find(|reader| is_gone(reader.load(Ordering::Relaxed)))
        });
        let Some(reader) = free else {
            return Err(of(libc::EAGAIN));
        };
        reader.store(own() | 1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn lock(&self, access: Access, deadline: Option<Instant>) -> io::Result<()> {
        loop {
            let event = self.event.get().load(Ordering::Acquire);
            match self.try_lock(access) {
                Err(cause) if cause.raw_os_error() == Some(libc::EBUSY) => {}
                done => return done,
            }
            let Some(time) = slice(deadline) else {
                return Err(of(libc::ETIMEDOUT));
            };
            futex::wait(self.event.get(), event, time);
        }
    }

    pub(super) fn unlock(&self) {
        self.guard.lock(None);
        if self.writer().swap(0, Ordering::Relaxed) == 0 {
            let held = |reader: &&AtomicU64| reader.load(Ordering::Relaxed) != 0;
            let mine = |reader: &&AtomicU64| is_same(reader.load(Ordering::Relaxed), own());
            let readers = self.readers();
            if let Some(reader) = readers
                .iter()
                .find(mine)
                .or_else(|| readers.iter().find(held))
            {
                let holder = reader.load(Ordering::Relaxed);
                let left = if holder & TIMES > 1 { holder - 1 } else { 0 };
                reader.store(left, Ordering::Relaxed);
            }
        }
        self.guard.unlock();
        self.event.get().fetch_add(1, Ordering::Release);
        futex::wake(self.event.get(), i32::MAX);
    }
}
