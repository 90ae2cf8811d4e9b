//! Replacing workers that have served long enough or grown too large.
//!
//! The successor is started first; the old one is told to end when that is
//! ready. Two are never replaced at the same time, except after fatal errors.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use highper_shm::{Reason, Slot};

use super::{Manager, Phase, Purpose, Spawn, Worker};
use crate::cgroup;
use crate::hooks::Level;
use crate::options::MemoryLimit;
use crate::status;
use crate::sys::{self, Pid};

#[derive(Debug)]
struct Recycle {
    old: Pid,
}

#[derive(Debug)]
pub(super) struct Recycling {
    running: Vec<Recycle>,
    // Failed successors in a row, and when to try again.
    failures: u32,
    not_before: Instant,
}

impl Recycling {
    pub fn new(now: Instant) -> Self {
        Self {
            running: Vec::new(),
            failures: 0,
            not_before: now,
        }
    }

    /// A reload replaces everybody anyway.
    pub fn forget(&mut self) {
        self.running.clear();
    }
}

/// Resident and shared bytes of a process, from /proc.
fn memory_of(pid: Pid) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let mut pages = text.split(' ').skip(1).map(str::parse::<u64>);
    let resident = pages.next()?.ok()?;
    let shared = pages.next()?.ok()?;
    Some((resident * sys::page_size(), shared * sys::page_size()))
}

/// Notes the resident memory on the board; returns what is the worker's own.
pub(super) fn note_rss(slot: &Slot, pid: Pid) -> Option<u64> {
    let (resident, shared) = memory_of(pid)?;
    slot.set_rss(resident);
    Some(resident.saturating_sub(shared))
}

/// The age limit of one process: up to a tenth more, by its id.
fn age_limit(limit: Duration, pid: Pid) -> Duration {
    limit + limit.mul_f64(f64::from(pid.unsigned_abs() % 64) / 640.0)
}

impl Manager<'_> {
    /// Measures every worker and marks those beyond a limit.
    pub(super) fn measure(&mut self, now: Instant) {
        let mut largest: Option<(u64, usize)> = None;
        let mut sum = 0;
        for (index, worker) in self.workers.iter().enumerate() {
            let slot = &self.board.slots()[worker.slot];
            let own = note_rss(slot, worker.pid).unwrap_or(0);
            sum += own;
            if worker.phase != Phase::Ready {
                continue;
            }
            if largest.is_none_or(|(most, _)| own > most) {
                largest = Some((own, index));
            }
            if let Some(limit) = self.options.max_age
                && now.duration_since(worker.started) >= age_limit(limit, worker.pid)
            {
                slot.want_recycle(Reason::Age);
            }
            if let Some(MemoryLimit::Bytes(limit)) = self.options.memory_limit
                && own > limit
            {
                slot.want_recycle(Reason::Memory);
            }
        }
        if let Some(MemoryLimit::Cgroup(part)) = self.options.memory_limit
            && self.recycling.running.is_empty()
            && let Some(limit) = cgroup::memory_limit()
            && sum as f64 > limit as f64 * part
            && let Some((_, index)) = largest
        {
            let slot = self.workers[index].slot;
            self.board.slots()[slot].want_recycle(Reason::Memory);
        }
    }

    pub(super) fn advance_recycling(&mut self, now: Instant) {
        if self.stopping.is_some() || self.reload.is_some() {
            return;
        }
        // Successors that are ready: the old ones go.
        let mut leave = Vec::new();
        for recycle in &self.recycling.running {
            let successor_ready = self
                .workers
                .iter()
                .any(|w| w.purpose == Purpose::Recycle(recycle.old) && w.phase == Phase::Ready);
            let old_serves = self
                .workers
                .iter()
                .any(|w| w.pid == recycle.old && w.counts());
            if successor_ready && old_serves {
                leave.push(recycle.old);
            }
        }
        for pid in leave {
            self.recycling.failures = 0;
            self.board
                .counters()
                .recycled
                .fetch_add(1, Ordering::Relaxed);
            self.drain(pid);
        }
        // New wishes: one at a time, fatal errors at once.
        let mut wishes = Vec::new();
        for worker in &self.workers {
            if worker.phase != Phase::Ready
                || self.recycling.running.iter().any(|r| r.old == worker.pid)
            {
                continue;
            }
            let slot = &self.board.slots()[worker.slot];
            let Some(reason) = slot.reason() else {
                continue;
            };
            let alone = self.recycling.running.is_empty() && wishes.is_empty();
            if reason == Reason::Fatal || (alone && now >= self.recycling.not_before) {
                wishes.push((
                    worker.id,
                    worker.pid,
                    format!(
                        "{} {} (process {}) is replaced: {} ({} requests, {}, up {})",
                        worker.kind.name(),
                        worker.id,
                        worker.pid,
                        reason.text(),
                        slot.requests(),
                        status::mebibytes(slot.rss()),
                        status::uptime(worker.started.elapsed()),
                    ),
                ));
            }
        }
        for (id, pid, text) in wishes {
            self.info(&text);
            self.recycling.running.push(Recycle { old: pid });
            self.pending.push(Spawn {
                id,
                at: now,
                purpose: Purpose::Recycle(pid),
            });
        }
    }

    /// A worker ended: a replacement may be complete, or have failed.
    pub(super) fn recycling_lost(&mut self, worker: &Worker, now: Instant) {
        self.recycling.running.retain(|r| r.old != worker.pid);
        if let Purpose::Recycle(old) = worker.purpose
            && !worker.was_ready
            && self.recycling.running.iter().any(|r| r.old == old)
        {
            self.recycling.running.retain(|r| r.old != old);
            self.recycling.failures = self.recycling.failures.saturating_add(1);
            let pause = Duration::from_secs(1 << self.recycling.failures.min(5));
            self.recycling.not_before = now + pause;
            self.hooks.log(
                Level::Warning,
                &format!(
                    "the successor of {} {} could not start: process {old} serves on, next try in {} s",
                    worker.kind.name(),
                    worker.id,
                    pause.as_secs()
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        let (resident, shared) = memory_of(sys::getpid()).unwrap();
        assert!(resident > 100_000 && shared < resident);
        assert!(memory_of(-5).is_none());
    }

    #[test]
    fn ages_spread_by_a_tenth() {
        let limit = Duration::from_secs(100);
        let ages: Vec<_> = (0..64).map(|pid| age_limit(limit, pid)).collect();
        assert!(ages.iter().all(|a| *a >= limit && *a < limit.mul_f64(1.1)));
        assert!(ages.iter().max() > ages.iter().min());
    }
}
