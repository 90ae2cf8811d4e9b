//! What the master of a pool shares with its workers.

use highper_shm::SharedArray;
use std::io;
use std::sync::atomic::{AtomicI32, Ordering};

/// Who works under which number, and who went away from the pool.
#[derive(Debug)]
pub struct Board {
    pids: SharedArray<AtomicI32>,
    detached: SharedArray<AtomicI32>,
}

impl Board {
    /// For so many workers, at least one.
    ///
    /// # Errors
    /// The system's error when there is no memory.
    pub fn new(workers: usize) -> io::Result<Self> {
        Ok(Self {
            pids: SharedArray::new(workers)?,
            detached: SharedArray::new(workers)?,
        })
    }

    /// Workers.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.pids.len()
    }

    /// The process of a worker; 0 before it was first started, and for a number that there is not.
    #[must_use]
    pub fn pid(&self, worker: usize) -> i32 {
        self.pids
            .get(worker)
            .map_or(0, |pid| pid.load(Ordering::Relaxed))
    }

    pub(super) fn set_pid(&self, worker: usize, pid: i32) {
        self.pids[worker].store(pid, Ordering::Relaxed);
    }

    /// In a worker: it works on alone, and the master shall start another in its place. The master
    /// has to be woken by a signal.
    pub fn detach(&self, worker: usize) {
        self.detached[worker].store(self.pid(worker), Ordering::Release);
    }

    pub(super) fn take_detached(&self, worker: usize) -> Option<i32> {
        let pid = self.detached[worker].swap(0, Ordering::Acquire);
        (pid != 0).then_some(pid)
    }
}
