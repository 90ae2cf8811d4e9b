//! The master of a pool: which workers live, which are to be started, and how they end.

use super::Board;
use crate::{fork, sys, watch};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Workers that may fail, one shortly after the other, before each next one has to wait.
const FAILURES: u32 = 20;
/// How long it waits then.
const PAUSE: Duration = Duration::from_millis(100);
/// A failure is forgotten after this time without another.
const FORGIVEN: Duration = Duration::from_secs(2);

/// What the master found out, for its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A worker failed: a code other than 0, or a signal that the master did not send.
    Failed {
        /// Its number.
        worker: usize,
        /// Its process.
        pid: i32,
        /// Its exit code.
        code: i32,
        /// The signal that ended it.
        signal: i32,
    },
    /// A child ended that is no worker.
    Unknown {
        /// Its process.
        pid: i32,
    },
    /// A worker did not end in time and was killed.
    Killed {
        /// Its number.
        worker: usize,
        /// Its process.
        pid: i32,
    },
}

struct Reload {
    /// Those that are still to be replaced, in the order of their numbers.
    left: VecDeque<(usize, i32)>,
    /// The first of them was told to end.
    told: bool,
    kill_at: Option<Instant>,
}

/// The master of a pool. It has no thread and no loop: see [`next_missing`](Self::next_missing).
pub struct Master {
    board: Rc<Board>,
    max_wait: Option<Duration>,
    /// Processes by worker; 0 where there is none.
    pids: Vec<i32>,
    /// When each missing worker may be started.
    missing: Vec<Option<Instant>>,
    detached: BTreeSet<i32>,
    reload: Option<Reload>,
    failures: u32,
    last_failure: Instant,
    events: Vec<Event>,
}

impl Master {
    /// Of all workers of a board, none of which runs yet. One that is told to end and does not is
    /// killed after `max_wait`; never, when that is zero.
    #[must_use]
    pub fn new(board: Rc<Board>, max_wait: Duration) -> Self {
        let now = Instant::now();
        let count = board.workers();
        Self {
            board,
            max_wait: (!max_wait.is_zero()).then_some(max_wait),
            pids: vec![0; count],
            missing: vec![Some(now); count],
            detached: BTreeSet::new(),
            reload: None,
            failures: 0,
            last_failure: now,
            events: Vec::new(),
        }
    }

    /// The next worker that is to be started now.
    #[must_use]
    pub fn next_missing(&self) -> Option<usize> {
        let now = Instant::now();
        self.missing
            .iter()
            .position(|due| due.is_some_and(|due| due <= now))
    }

    /// Starts a worker: true in its process, where this master is of no use any more. With
    /// `terminates` SIGTERM is watched there from the first moment on, so none is lost.
    ///
    /// # Errors
    /// The system's error: too many processes, no memory.
    pub fn fork(&mut self, worker: usize, terminates: bool) -> io::Result<bool> {
        let mask = sys::block_signals();
        let forked = fork::fork();
        let watched = match (&forked, terminates) {
            (Ok(None), true) => watch::watch(libc::SIGTERM),
            _ => Ok(()),
        };
        sys::restore_signals(&mask, &[]);
        watched?;
        let Some(pid) = forked? else {
            self.board.set_pid(worker, sys::getpid());
            return Ok(true);
        };
        self.pids[worker] = pid;
        self.missing[worker] = None;
        self.board.set_pid(worker, pid);
        self.go_on();
        Ok(false)
    }

    /// In a process just forked: it shall not outlive its master.
    ///
    /// # Errors
    /// The system's error.
    pub fn die_with_master() -> io::Result<()> {
        sys::die_with_parent(libc::SIGTERM)
    }

    /// The opposite of [`die_with_master`](Self::die_with_master).
    ///
    /// # Errors
    /// The system's error.
    pub fn outlive_master() -> io::Result<()> {
        sys::die_with_parent(0)
    }

    /// When [`tick`](Self::tick) or [`next_missing`](Self::next_missing) has something to do, signals apart.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let kill_at = self.reload.as_ref().and_then(|reload| reload.kill_at);
        self.missing.iter().copied().flatten().chain(kill_at).min()
    }

    /// Looks who has ended, and goes on with a reload: on SIGCHLD, and when the deadline passes.
    pub fn tick(&mut self) -> Vec<Event> {
        while let Ok(Some((pid, status))) = sys::wait_no_hang(-1) {
            self.ended(pid, status);
        }
        self.go_on();
        std::mem::take(&mut self.events)
    }

    fn ended(&mut self, pid: i32, status: sys::WaitStatus) {
        if self.detached.remove(&pid) {
            return;
        }
        let Some(worker) = self.pids.iter().position(|other| *other == pid) else {
            // It may have said so just before it ended.
            if !self.take_detached() || !self.detached.remove(&pid) {
                self.events.push(Event::Unknown { pid });
            }
            return;
        };
        let told = self.reload.as_ref().is_some_and(|reload| {
            reload.told && reload.left.front().is_some_and(|(_, other)| *other == pid)
        });
        let (code, signal) = (status.code().unwrap_or(0), status.signal().unwrap_or(0));
        let now = Instant::now();
        let mut due = now;
        if code != 0 || signal != 0 && !told {
            self.events.push(Event::Failed {
                worker,
                pid,
                code,
                signal,
            });
            if now.duration_since(self.last_failure) > FORGIVEN {
                self.failures = 0;
            }
            self.last_failure = now;
            self.failures += 1;
            if self.failures > FAILURES {
                due += PAUSE;
            }
        }
        self.pids[worker] = 0;
        self.missing[worker] = Some(due);
        if let Some(reload) = &mut self.reload {
            if reload.left.front().is_some_and(|(_, other)| *other == pid) {
                reload.told = false;
            }
            reload.left.retain(|(_, other)| *other != pid);
        }
    }

    /// Notes workers that went away from the pool; others take their places. True if there are any.
    pub fn take_detached(&mut self) -> bool {
        let mut any = false;
        for worker in 0..self.pids.len() {
            if let Some(pid) = self.board.take_detached(worker) {
                any = true;
                self.detached.insert(pid);
                if self.pids[worker] == pid {
                    self.pids[worker] = 0;
                    self.missing[worker] = Some(Instant::now());
                }
                if let Some(reload) = &mut self.reload {
                    reload.left.retain(|(_, other)| *other != pid);
                }
            }
        }
        any
    }

    /// Replaces the workers, one after the other. False when that is under way.
    pub fn reload(&mut self) -> bool {
        if self.reload.is_some() {
            return false;
        }
        let left = self.pids.iter().copied().enumerate();
        self.reload = Some(Reload {
            left: left.filter(|(_, pid)| *pid != 0).collect(),
            told: false,
            kill_at: self.max_wait.map(|time| Instant::now() + time),
        });
        self.go_on();
        true
    }

    fn go_on(&mut self) {
        // The next one waits until the place of the one before is taken again.
        let is_full = self.missing.iter().all(Option::is_none);
        let Some(reload) = &mut self.reload else {
            return;
        };
        if reload.kill_at.is_some_and(|at| at <= Instant::now()) {
            reload.kill_at = None;
            for (worker, pid) in reload.left.drain(..) {
                if sys::kill(pid, libc::SIGKILL).is_ok() {
                    self.events.push(Event::Killed { worker, pid });
                }
            }
        }
        if is_full && !reload.told {
            while let Some((_, pid)) = reload.left.front() {
                if sys::kill(*pid, libc::SIGTERM).is_ok() {
                    reload.told = true;
                    break;
                }
                reload.left.pop_front();
            }
        }
        if reload.left.is_empty() {
            self.reload = None;
        }
    }

    /// Ends all workers and waits for them; those that take too long are killed.
    pub fn stop(mut self) -> Vec<Event> {
        self.take_detached();
        let mut events = std::mem::take(&mut self.events);
        let alive: Vec<(usize, i32)> = self
            .pids
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, pid)| *pid != 0)
            .collect();
        for (_, pid) in &alive {
            // One that has just ended is collected below.
            let _ = sys::kill(*pid, libc::SIGTERM);
        }
        let kill_at = self.max_wait.map(|time| Instant::now() + time);
        for (worker, pid) in alive {
            let mut pause = Duration::from_micros(200);
            // An error: somebody else collected it.
            while let Ok(None) = sys::wait_no_hang(pid) {
                if kill_at.is_some_and(|at| at <= Instant::now()) {
                    if sys::kill(pid, libc::SIGKILL).is_ok() {
                        events.push(Event::Killed { worker, pid });
                    }
                    let _ = sys::wait(pid);
                    break;
                }
                sys::pause(pause);
                pause = (pause * 2).min(Duration::from_millis(10));
            }
        }
        events
    }
}
