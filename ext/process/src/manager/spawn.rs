//! Forking workers, and how fast dead ones are replaced.

use std::cell::RefCell;
use std::ffi::CString;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Manager, Phase, Worker};
use crate::error::{Error, reason};
use crate::hooks::{Level, Spawned};
use crate::signals::{self, SignalPipe};
use crate::sys;
use crate::upgrade as succession;
use crate::user;
use crate::watch;
use crate::worker::{Kind, WorkerContext};

/// Why a process is forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    First,
    Respawn,
    Reload,
    /// To replace the worker with this process id.
    Recycle(sys::Pid),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Spawn {
    pub id: usize,
    pub at: Instant,
    pub purpose: Purpose,
}

/// Replacements of dead workers: a burst at once, then so many per second.
#[derive(Debug)]
pub(super) struct Budget {
    tokens: f64,
    burst: f64,
    rate: f64,
    last: Instant,
}

impl Budget {
    pub fn new(burst: u32, rate: u32, now: Instant) -> Self {
        Self {
            tokens: f64::from(burst),
            burst: f64::from(burst),
            rate: f64::from(rate.max(1)),
            last: now,
        }
    }

    /// Takes one replacement; returns how long it has to wait.
    pub fn take(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.last).as_secs_f64();
        self.last = now;
        self.tokens = (self.tokens + passed * self.rate).min(self.burst) - 1.0;
        if self.tokens >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.tokens / self.rate)
        }
    }
}

/// The pause before the next try after `failures` failed starts in a row.
pub(super) fn back_off(failures: u32) -> Duration {
    let steps = failures.saturating_sub(1).min(6);
    Duration::from_millis(100 << steps).min(Duration::from_secs(5))
}

impl Manager<'_> {
    /// Forks what is due. Some in the child.
    pub(super) fn spawn_due(&mut self) -> Option<WorkerContext> {
        if self.stopping.is_some() {
            self.pending.clear();
            return None;
        }
        let now = Instant::now();
        while let Some(index) = self.pending.iter().position(|s| s.at <= now) {
            let spawn = self.pending.remove(index);
            if let Some(context) = self.spawn(spawn, now) {
                return Some(context);
            }
        }
        None
    }

    fn spawn(&mut self, spawn: Spawn, now: Instant) -> Option<WorkerContext> {
        let kind = self.kind_of(spawn.id);
        let generation = match spawn.purpose {
            Purpose::Reload => self.newest_generation,
            _ => self.generation,
        };
        let later = |delay: u64| Spawn {
            at: now + Duration::from_millis(delay),
            ..spawn
        };
        let number = match kind {
            Kind::Worker => 0,
            Kind::Task => 1,
            Kind::User => 2,
            Kind::Front => 3,
        };
        let Some(slot) = self.board.claim(spawn.id as u32, number, generation) else {
            // All slots are held by processes that drain: one will be free soon.
            self.pending.push(later(50));
            return None;
        };
        self.post.clear(slot);
        let mask = sys::block_signals();
        match sys::fork() {
            Ok(None) => Some(self.become_worker(spawn, generation, slot, &mask)),
            Ok(Some(pid)) => {
                sys::restore_signals(&mask, &signals::manager());
                self.board.slots()[slot].set_pid(pid);
                self.post.set_pid(spawn.id, pid);
                self.board
                    .counters()
                    .spawned
                    .fetch_add(1, Ordering::Relaxed);
                self.workers.push(Worker {
                    id: spawn.id,
                    kind,
                    generation,
                    pid,
                    slot,
                    started: now,
                    phase: Phase::Starting {
                        deadline: now + self.options.start_timeout,
                    },
                    purpose: spawn.purpose,
                    was_ready: false,
                });
                let result = self.hooks.worker_spawned(&Spawned {
                    id: spawn.id,
                    kind,
                    pid,
                    generation,
                });
                self.log_failure("worker_spawned", result);
                None
            }
            Err(e) => {
                sys::restore_signals(&mask, &signals::manager());
                self.board.release(slot);
                self.hooks.log(
                    Level::Error,
                    &format!(
                        "cannot fork {} {}: {}; next try in one second (is the limit of processes or memory reached?)",
                        kind.name(),
                        spawn.id,
                        reason(&e)
                    ),
                );
                self.pending.push(later(1000));
                None
            }
        }
    }

    /// In the child, all signals blocked.
    fn become_worker(
        &mut self,
        spawn: Spawn,
        generation: u32,
        slot: usize,
        mask: &sys::Mask,
    ) -> WorkerContext {
        match self.set_up_worker(spawn, generation, slot, mask) {
            Ok(context) => context,
            Err(error) => {
                let _ = writeln!(
                    std::io::stderr(),
                    "{} worker {} cannot start: {error}",
                    Level::Error.name(),
                    spawn.id
                );
                sys::exit_now(1);
            }
        }
    }

    fn set_up_worker(
        &mut self,
        spawn: Spawn,
        generation: u32,
        slot: usize,
        mask: &sys::Mask,
    ) -> Result<WorkerContext, Error> {
        let failed =
            |what: &str, e: &std::io::Error| Error::new(format!("cannot {what}: {}", reason(e)));
        // First: it gives signals back to the manager's own handlers.
        watch::forget();
        // The manager alone says whether the server has started.
        drop(succession::line());
        signals::reset(&signals::manager());
        let kind = self.kind_of(spawn.id);
        self.board.slots()[slot].set_pid(sys::getpid());
        self.post.set_pid(spawn.id, sys::getpid());
        let root = match &self.options.chroot {
            Some(path) => Some(
                CString::new(path.as_os_str().as_encoded_bytes())
                    .map_err(|_| Error::new("setting 'chroot' contains a zero byte"))?,
            ),
            None => None,
        };
        match (&self.identity, &root) {
            (Some(identity), root) => identity
                .apply(root.as_deref())
                .map_err(|e| user::apply_error(&e))?,
            (None, Some(root)) => {
                sys::chroot(root).map_err(|e| failed("change the root folder", &e))?;
            }
            (None, None) => {}
        }
        // After the change of user, which clears it.
        sys::die_with_parent(libc::SIGTERM).map_err(|e| failed("follow the manager", &e))?;
        if sys::getppid() != self.pid {
            return Err(Error::new("the manager is gone already"));
        }
        let signals = match kind {
            Kind::User if !self.options.user_loops => None,
            Kind::Worker | Kind::Task | Kind::User | Kind::Front => {
                let signals = SignalPipe::install(&signals::worker())
                    .map_err(|e| failed("install the signal handlers", &e))?
                    .for_good();
                signals
                    .arm_last_resort(
                        self.options.max_wait_time + self.options.cut_time + Duration::from_secs(1),
                    )
                    .map_err(|e| failed("make a timer", &e))?;
                Some(signals)
            }
        };
        let wake = self
            .wake
            .try_clone()
            .map_err(|e| failed("copy a descriptor", &e))?;
        let limit = match self.options.requests(kind) {
            (0, _) => u64::MAX,
            (most, 0) => most,
            (most, grace) => most.saturating_add(sys::random() % grace.saturating_add(1)),
        };
        let context = WorkerContext {
            id: spawn.id,
            kind,
            generation,
            manager_pid: self.pid,
            board: Arc::clone(&self.board),
            post: Arc::clone(&self.post),
            slot,
            tickets: RefCell::new(self.board.tickets()),
            request_limit: limit,
            wake,
            signals,
            max_wait_time: self.options.max_wait_time,
            reload_async: self.options.reload_async,
            log: self
                .options
                .output()
                .and(self.options.log_file.clone())
                .map(|file| (file, self.options.log_name)),
        };
        // The last thing: whatever came since the fork arrives in the pipe.
        sys::restore_signals(mask, &signals::manager());
        Ok(context)
    }

    /// Every id that has no worker and will get none: one is ordered.
    pub(super) fn fill_gaps(&mut self, now: Instant) {
        if self.stopping.is_some() {
            return;
        }
        for id in 0..self.total() {
            let alone = self.options.user_loops && self.kind_of(id) == Kind::User;
            let mut own = self.workers.iter().filter(|w| w.id == id);
            let there = own.any(|w| alone || w.counts());
            let ordered = self.pending.iter().any(|s| s.id == id);
            if there || ordered {
                continue;
            }
            let failures = self.failures[id];
            let delay = if failures > 0 {
                back_off(failures)
            } else {
                self.budget.take(now)
            };
            if failures > 0 || delay > Duration::ZERO {
                let text = format!(
                    "{} {id} starts again in {:.1} s: {}",
                    self.kind_of(id).name(),
                    delay.as_secs_f64(),
                    if failures > 0 {
                        format!("it failed to start {failures} times in a row")
                    } else {
                        format!(
                            "more than {} workers died per second",
                            self.options.respawn_rate
                        )
                    }
                );
                self.hooks.log(Level::Warning, &text);
            }
            self.pending.push(Spawn {
                id,
                at: now + delay,
                purpose: Purpose::Respawn,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_starts_wait_longer_and_longer() {
        assert_eq!(back_off(1), Duration::from_millis(100));
        assert_eq!(back_off(2), Duration::from_millis(200));
        assert_eq!(back_off(6), Duration::from_millis(3200));
        assert_eq!(back_off(7), Duration::from_secs(5));
        assert_eq!(back_off(u32::MAX), Duration::from_secs(5));
    }

    #[test]
    fn a_burst_is_free_then_the_rate_holds() {
        let start = Instant::now();
        let mut budget = Budget::new(3, 10, start);
        for _ in 0..3 {
            assert_eq!(budget.take(start), Duration::ZERO);
        }
        let wait = budget.take(start);
        assert!((wait.as_secs_f64() - 0.1).abs() < 0.001);
        let wait = budget.take(start + Duration::from_millis(100));
        assert!((wait.as_secs_f64() - 0.1).abs() < 0.001);
        // Five deaths a second for ever stay below the rate.
        let mut budget = Budget::new(3, 10, start);
        for i in 0..1000 {
            let at = start + Duration::from_millis(200 * i);
            assert_eq!(budget.take(at), Duration::ZERO);
        }
    }
}
