//! Replacing all workers without a lost request.
//!
//! The new generation is forked next to the old one. Only when all of it is
//! ready are the old workers told to end, one after the other. If one of the
//! new fails before that, all of the new are ended and the old serve on.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Manager, Phase, Purpose, Spawn, Worker};
use crate::hooks::Level;
use crate::worker::Kind;

/// The longest pause between two old workers that are told to end.
const STAGGER: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Reload {
    generation: u32,
    // None: all kinds.
    kind: Option<Kind>,
    stage: Stage,
    began: Instant,
}

#[derive(Debug)]
enum Stage {
    Starting,
    Draining { next_at: Instant, last: i32 },
}

impl Reload {
    fn covers(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::User | Kind::Front) && self.kind.is_none_or(|k| k == kind)
    }

    pub fn wakes_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Starting => None,
            Stage::Draining { next_at, .. } => Some(next_at),
        }
    }
}

impl Manager<'_> {
    /// Begins a reload, or notes it for when the one that runs is through.
    pub(super) fn want_reload(&mut self, kind: Option<Kind>) {
        if self.stopping.is_some() {
            return;
        }
        if kind == Some(Kind::Task) && self.options.task_worker_num == 0 {
            self.hooks.log(
                Level::Warning,
                "asked to reload the task workers, but there are none (setting 'task_worker_num' is 0)",
            );
            return;
        }
        if self.options.eager_reload
            && let Some(reload) = &self.reload
            && matches!(reload.stage, Stage::Draining { .. })
            && !self
                .workers
                .iter()
                .any(|w| w.counts() && w.generation < reload.generation && reload.covers(w.kind))
        {
            // The old ones know that they are to end.
            let generation = reload.generation;
            self.reload = None;
            self.end_old_user_processes(generation);
        }
        if self.reload.is_some() || !self.settled && !self.is_stuck(Instant::now()) {
            // All kinds include the task workers.
            self.queued_reload = match self.queued_reload {
                None => Some(kind),
                Some(queued) if queued == kind => Some(kind),
                Some(_) => Some(None),
            };
            return;
        }
        self.notifier.reloading();
        let result = self.hooks.before_reload();
        self.log_failure("before_reload", result);
        self.recycling.forget();
        self.newest_generation += 1;
        let now = Instant::now();
        let reload = Reload {
            generation: self.newest_generation,
            kind,
            stage: Stage::Starting,
            began: now,
        };
        self.pending
            .retain(|s| !matches!(s.purpose, Purpose::Recycle(_)));
        for id in 0..self.total() {
            if reload.covers(self.kind_of(id)) {
                self.pending.retain(|s| s.id != id);
                self.pending.push(Spawn {
                    id,
                    at: now,
                    purpose: Purpose::Reload,
                });
            }
        }
        self.info(&format!("reload: generation {} starts", reload.generation));
        self.reload = Some(reload);
    }

    /// Waits the start of the server for a worker that takes longer to be ready than others may take to end? Then a reload
    /// does not wait for it.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.starts_until().is_some_and(|at| now >= at)
    }

    /// When the start of the server is taken for stuck.
    pub(super) fn starts_until(&self) -> Option<Instant> {
        let starting = |w: &&Worker| matches!(w.phase, Phase::Starting { .. });
        let first = self.workers.iter().filter(starting).map(|w| w.started);
        first.min().map(|at| at + self.options.max_wait_time)
    }

    /// Those of an older generation: their successors start when they have ended.
    fn end_old_user_processes(&mut self, generation: u32) {
        let is_old = |w: &&Worker| w.kind == Kind::User && w.generation < generation && w.counts();
        let old: Vec<_> = self.workers.iter().filter(is_old).map(|w| w.pid).collect();
        if self.options.user_loops {
            for pid in old {
                self.drain(pid);
            }
        }
    }

    /// A worker ended: the reload may have failed with it.
    pub(super) fn reload_lost(&mut self, worker: &Worker, how: &str) {
        let Some(reload) = &self.reload else { return };
        if !matches!(reload.stage, Stage::Starting) || worker.generation != reload.generation {
            return;
        }
        let generation = reload.generation;
        self.reload = None;
        self.pending.retain(|s| s.purpose != Purpose::Reload);
        self.board
            .counters()
            .failed_reloads
            .fetch_add(1, Ordering::Relaxed);
        self.notifier.ready(self.options.worker_num);
        self.hooks.log(
            Level::Error,
            &format!(
                "reload failed: generation {generation} could not start, generation {} serves on: {how}",
                self.generation
            ),
        );
        let pids: Vec<_> = self
            .workers
            .iter()
            .filter(|w| w.generation == generation && w.counts())
            .map(|w| w.pid)
            .collect();
        for pid in pids {
            self.drain(pid);
        }
    }

    pub(super) fn advance_reload(&mut self, now: Instant) {
        if self.stopping.is_some() {
            return;
        }
        if self.reload.is_none()
            && (self.settled || self.is_stuck(now))
            && let Some(kind) = self.queued_reload.take()
        {
            self.want_reload(kind);
        }
        let Some(reload) = &self.reload else { return };
        let generation = reload.generation;
        let old = |w: &&Worker| reload.covers(w.kind) && w.generation < generation;
        match reload.stage {
            Stage::Starting => {
                let ready = (0..self.total())
                    .filter(|id| reload.covers(self.kind_of(*id)))
                    .all(|id| {
                        self.workers.iter().any(|w| {
                            w.id == id && w.generation == generation && w.phase == Phase::Ready
                        })
                    });
                if ready {
                    self.generation = generation;
                    if let Some(reload) = &mut self.reload {
                        reload.stage = Stage::Draining {
                            next_at: now,
                            last: 0,
                        };
                    }
                    self.advance_reload(now);
                }
            }
            Stage::Draining { next_at, last } => {
                let last_lives = self.workers.iter().any(|w| w.pid == last);
                if let Some(next) = self.workers.iter().filter(old).find(|w| w.counts()) {
                    let pid = next.pid;
                    if !last_lives || now >= next_at {
                        self.drain(pid);
                        if let Some(reload) = &mut self.reload {
                            reload.stage = Stage::Draining {
                                next_at: now + STAGGER,
                                last: pid,
                            };
                        }
                    }
                } else if !self.workers.iter().any(|w| old(&w)) {
                    let took = reload.began.elapsed().as_secs_f64();
                    self.reload = None;
                    self.end_old_user_processes(generation);
                    self.board
                        .counters()
                        .reloads
                        .fetch_add(1, Ordering::Relaxed);
                    self.info(&format!(
                        "reload: generation {generation} serves alone after {took:.1} s"
                    ));
                    self.notifier.ready(self.options.worker_num);
                    let result = self.hooks.after_reload();
                    self.log_failure("after_reload", result);
                } else if let Some(reload) = &mut self.reload {
                    // Nothing left to tell: wait for SIGCHLD, not for the clock.
                    reload.stage = Stage::Draining {
                        next_at: now + Duration::from_secs(1),
                        last,
                    };
                }
            }
        }
    }
}
