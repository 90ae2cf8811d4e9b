//! Ending workers, and the server.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use highper_shm::State;

use super::{Manager, Phase, Stopping};
use crate::hooks::Level;
use crate::sys::{self, Pid};
use crate::worker::Kind;

/// What workers get between SIGQUIT and SIGKILL when the server ends at once.
const FAST: Duration = Duration::from_millis(300);

impl Manager<'_> {
    /// Tells a worker to finish what it has and end.
    pub(super) fn drain(&mut self, pid: Pid) {
        let kill_at = Instant::now() + self.options.max_wait_time + self.options.cut_time;
        self.end_worker(pid, libc::SIGTERM, kill_at);
    }

    fn end_worker(&mut self, pid: Pid, signal: i32, kill_at: Instant) {
        let Some(worker) = self.workers.iter_mut().find(|w| w.pid == pid) else {
            return;
        };
        if !matches!(worker.phase, Phase::Killed { .. }) {
            self.board.slots()[worker.slot].set_state(State::Draining);
            worker.phase = Phase::Draining { kill_at };
        }
        // Not collected yet, so the number is still this worker's.
        let _ = sys::kill(pid, signal);
    }

    /// Ends the server: gracefully, or at once. A second call may only make it
    /// faster.
    pub(super) fn shut_down(&mut self, fast: bool, code: i32) {
        let first = self.stopping.is_none();
        match &mut self.stopping {
            Some(stopping) if stopping.fast || !fast => return,
            Some(stopping) => {
                stopping.fast = true;
                stopping.code = stopping.code.max(code);
            }
            None => self.stopping = Some(Stopping { fast, code }),
        }
        self.pending.clear();
        self.reload = None;
        self.queued_reload = None;
        self.recycling.forget();
        if fast {
            self.hooks
                .log(Level::Warning, "ending at once: running requests are cut");
        } else {
            let text = format!(
                "ending: workers have {} s to finish",
                self.options.max_wait_time.as_secs_f64()
            );
            self.info(&text);
        }
        if first {
            if !self.is_replaced {
                self.notifier.stopping();
            }
            let result = self.hooks.before_shutdown();
            self.log_failure("before_shutdown", result);
        }
        let now = Instant::now();
        let (signal, wait) = if fast {
            (libc::SIGQUIT, FAST)
        } else {
            (
                libc::SIGTERM,
                self.options.max_wait_time + self.options.cut_time,
            )
        };
        // What the workers may still need goes on until these have ended.
        let pids: Vec<_> = self
            .workers
            .iter()
            .filter(|w| fast || !self.ends_last(w.kind))
            .map(|w| w.pid)
            .collect();
        for pid in pids {
            let already = self.workers.iter().find_map(|w| match w.phase {
                Phase::Draining { kill_at } if w.pid == pid => Some(kill_at),
                _ => None,
            });
            let kill_at = already.map_or(now + wait, |at| at.min(now + wait));
            if already.is_none() || fast {
                self.end_worker(pid, signal, kill_at);
            }
        }
    }

    fn ends_last(&self, kind: Kind) -> bool {
        self.turn(kind) > 0
    }

    /// Who ends when, from 0.
    fn turn(&self, kind: Kind) -> u32 {
        match (kind, self.options.user_loops) {
            // What the others still send goes through it.
            (Kind::Front, _) => 2,
            (Kind::Task, true) | (Kind::User, false) => 1,
            _ => 0,
        }
    }

    /// Ends those that the others may need once they are the last.
    pub(super) fn end_the_last(&mut self) {
        let Some(turn) = self.workers.iter().map(|w| self.turn(w.kind)).min() else {
            return;
        };
        if self.stopping.is_none() || turn == 0 {
            return;
        }
        let pids: Vec<_> = self
            .workers
            .iter()
            .filter(|w| w.counts() && self.turn(w.kind) == turn)
            .map(|w| w.pid)
            .collect();
        for pid in pids {
            self.drain(pid);
        }
    }

    /// Kills what should have become ready or ended by now.
    pub(super) fn enforce_deadlines(&mut self, now: Instant) {
        for worker in &mut self.workers {
            let (text, expected) = match worker.phase {
                Phase::Starting { deadline } if now >= deadline => (
                    format!(
                        "{} {} (process {}) was not ready after {} s: killed; raise 'start_timeout' if it needs longer",
                        worker.kind.name(),
                        worker.id,
                        worker.pid,
                        self.options.start_timeout.as_secs_f64()
                    ),
                    false,
                ),
                Phase::Draining { kill_at } | Phase::Leaving { kill_at } if now >= kill_at => {
                    let slot = &self.board.slots()[worker.slot];
                    (
                        format!(
                            "{} {} (process {}) did not end in time: killed with {} requests and {} connections open; raise 'max_wait_time' if they need longer",
                            worker.kind.name(),
                            worker.id,
                            worker.pid,
                            slot.in_flight(),
                            slot.connections(),
                        ),
                        true,
                    )
                }
                _ => continue,
            };
            worker.phase = Phase::Killed { expected };
            self.board.counters().killed.fetch_add(1, Ordering::Relaxed);
            self.hooks.log(Level::Warning, &text);
            let _ = sys::kill(worker.pid, libc::SIGKILL);
        }
    }
}
