//! Workers that end: collecting, reporting, counting.

use std::sync::atomic::Ordering;
use std::time::Instant;

use highper_shm::{Reason, State};

use super::{Manager, Phase, Purpose, Worker};
use crate::error::Error;
use crate::hooks::{Exit, How, Level};
use crate::status;
use crate::sys::{self, Pid, WaitStatus};
use crate::upgrade as succession;
use crate::worker::Kind;

impl Manager<'_> {
    /// Collects every worker that has ended.
    pub(super) fn reap(&mut self) {
        let mut ended = Vec::new();
        for worker in &self.workers {
            match sys::wait_no_hang(worker.pid) {
                Ok(None) => {}
                Ok(Some((pid, status))) => ended.push((pid, Some(status))),
                // Collected by somebody else (a pcntl_wait in a hook).
                Err(e) if e.raw_os_error() == Some(libc::ECHILD) => {
                    ended.push((worker.pid, None));
                }
                Err(_) => {}
            }
        }
        for (pid, status) in ended {
            self.worker_ended(pid, status);
        }
        if self.pid == 1 {
            // The first process of a container inherits orphans.
            while let Ok(Some((pid, status))) = sys::wait_no_hang(-1) {
                self.worker_ended(pid, Some(status));
            }
        }
    }

    fn worker_ended(&mut self, pid: Pid, status: Option<WaitStatus>) {
        let Some(index) = self.workers.iter().position(|w| w.pid == pid) else {
            return;
        };
        self.notice_ready();
        let worker = self.workers.remove(index);
        self.board.slots()[worker.slot].set_state(State::Exited);
        let exit = self.describe(&worker, status);
        let text = explain(&exit, &self.options.script);
        let level = match (exit.expected, exit.how) {
            (true, How::Code(0)) => Level::Info,
            // Its signals are its own: it ends as any program does.
            (true, How::Signal(libc::SIGTERM)) if exit.kind == Kind::User => Level::Info,
            (false, How::Code(0)) if exit.kind == Kind::User => Level::Info,
            (_, How::Code(0)) if exit.reason.is_some() => Level::Info,
            (true, _) | (false, How::Code(0)) => Level::Warning,
            _ => Level::Error,
        };
        self.hooks.log(level, &text);
        if level == Level::Error {
            self.board
                .counters()
                .crashed
                .fetch_add(1, Ordering::Relaxed);
        }
        let result = self.hooks.worker_exited(&exit);
        self.log_failure("worker_exited", result);
        self.post.sessions().forget(worker.slot as u32);
        self.board.release(worker.slot);
        if worker.kind == Kind::Worker {
            self.post.nudge_front();
        }
        self.reload_lost(&worker, &text);
        self.recycling_lost(&worker, Instant::now());
        let counted = matches!(worker.purpose, Purpose::First | Purpose::Respawn);
        if !exit.expected && !exit.was_ready && counted && self.stopping.is_none() {
            self.failures[worker.id] = self.failures[worker.id].saturating_add(1);
            let times = self.failures[worker.id];
            if !self.settled && times >= self.options.start_attempts {
                self.give_up(Error::new(format!(
                    "the server cannot start: {} {} failed {times} times before it was ready ({}); read its messages above or in the log",
                    worker.kind.name(),
                    worker.id,
                    exit.how,
                )));
            }
        }
    }

    fn describe(&self, worker: &Worker, status: Option<WaitStatus>) -> Exit {
        let slot = &self.board.slots()[worker.slot];
        let how = match status {
            None => How::Unknown,
            Some(s) => s
                .code()
                .map(How::Code)
                .or_else(|| s.signal().map(How::Signal))
                .unwrap_or(How::Unknown),
        };
        Exit {
            id: worker.id,
            kind: worker.kind,
            pid: worker.pid,
            place: worker.slot as u32,
            generation: worker.generation,
            how,
            expected: matches!(
                worker.phase,
                Phase::Draining { .. } | Phase::Killed { expected: true }
            ),
            was_ready: worker.was_ready,
            reason: slot.reason(),
            uptime: worker.started.elapsed(),
            requests: slot.requests(),
            in_flight: slot.in_flight(),
            lost: self
                .board
                .running(worker.slot)
                .into_iter()
                .map(|r| r.line)
                .collect(),
            last_request: self.board.last_request(worker.slot).map(|r| r.line),
        }
    }

    /// Moves workers that said so from starting to ready.
    pub(super) fn notice_ready(&mut self) {
        for worker in &mut self.workers {
            if !worker.was_ready
                && matches!(worker.phase, Phase::Starting { .. })
                && self.board.slots()[worker.slot].state() != State::Starting
            {
                worker.was_ready = true;
                worker.phase = Phase::Ready;
                self.failures[worker.id] = 0;
            }
        }
        if !self.settled && self.stopping.is_none() {
            let total = self.total();
            let ready = |id: usize| {
                self.workers
                    .iter()
                    .any(|w| w.id == id && w.phase == Phase::Ready)
            };
            if (0..total).all(ready) {
                self.settled = true;
                succession::serves();
                if succession::takes_over()
                    && let Some(file) = &mut self.pid_file
                {
                    match super::announce(file, self.hooks) {
                        Ok(control) => self.control = control,
                        Err(error) => self.hooks.log(Level::Error, &error.to_string()),
                    }
                }
                self.launcher.ready();
                let tasks = match self.options.task_worker_num {
                    0 => String::new(),
                    n => format!(" and {n} task workers"),
                };
                let text = format!(
                    "ready: manager process {}, {} workers{tasks}",
                    self.pid, self.options.worker_num
                );
                self.info(&text);
                self.notifier.ready(self.options.worker_num);
                let result = self.hooks.started();
                self.log_failure("started", result);
            }
        }
    }

    /// Marks workers that drain by themselves, as after a SIGTERM of somebody else's: their successors need not wait for their end.
    pub(super) fn notice_leaving(&mut self, now: Instant) {
        if self.stopping.is_some() || self.reload.is_some() {
            return;
        }
        let kill_at = now + self.options.max_wait_time + self.options.cut_time;
        for worker in &mut self.workers {
            let slot = &self.board.slots()[worker.slot];
            // One with a reason is recycled.
            if worker.phase == Phase::Ready
                && matches!(worker.kind, Kind::Worker | Kind::Task)
                && slot.state() == State::Draining
                && slot.reason().is_none()
            {
                worker.phase = Phase::Leaving { kill_at };
            }
        }
    }

    /// Ends the server with an error, workers at once.
    pub(super) fn give_up(&mut self, error: Error) {
        if self.give_up.is_none() {
            self.hooks.log(Level::Error, &error.to_string());
            self.give_up = Some(error);
        }
        self.shut_down(true, 1);
    }
}

/// One line that says what ended, how, and what was lost.
fn explain(exit: &Exit, script: &str) -> String {
    let mut text = format!(
        "{} {} (process {}, generation {}) ",
        exit.kind.name(),
        exit.id,
        exit.pid,
        exit.generation
    );
    text += &match (exit.how, exit.expected) {
        (How::Code(0), true) => "ended as told".to_owned(),
        (How::Code(0), false) => match exit.reason {
            Some(reason) => format!("ended by itself: {}", reason.text()),
            None => "ended by itself with exit code 0".to_owned(),
        },
        (How::Code(code), _) => match exit.reason {
            Some(Reason::Fatal) => format!("ended with exit code {code} after a fatal error"),
            _ => format!("ended with exit code {code}"),
        },
        (How::Signal(signal), _) => format!("was killed by {}", sys::signal_name(signal)),
        (How::Unknown, _) => "was collected by other code: how it ended is not known".to_owned(),
    };
    if !exit.was_ready {
        text += " before it was ready";
    }
    text += &format!(
        " after {} and {} requests",
        status::uptime(exit.uptime),
        exit.requests
    );
    if exit.in_flight > 0 {
        text += &format!("; {} requests lost", exit.in_flight);
        if !exit.lost.is_empty() {
            let lines: Vec<String> = exit.lost.iter().map(|l| format!("\"{l}\"")).collect();
            text += &format!(": {}", lines.join(", "));
        }
    }
    let failed = !exit.expected && exit.how != How::Code(0);
    if failed
        && exit.in_flight == 0
        && let Some(line) = &exit.last_request
    {
        text += &format!("; last request: \"{line}\"");
    }
    if (failed || exit.in_flight > 0) && !script.is_empty() {
        text += &format!("; script {script}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_line_names_signal_requests_and_script() {
        let mut exit = Exit {
            id: 2,
            kind: Kind::Worker,
            pid: 77,
            place: 0,
            generation: 3,
            how: How::Signal(libc::SIGKILL),
            expected: false,
            was_ready: true,
            reason: None,
            uptime: Duration::from_secs(12),
            requests: 5,
            in_flight: 2,
            lost: vec!["GET /a HTTP/1.1".into(), "GET /b HTTP/1.1".into()],
            last_request: Some("GET /b HTTP/1.1".into()),
        };
        assert_eq!(
            explain(&exit, "/srv/s.php"),
            "worker 2 (process 77, generation 3) was killed by SIGKILL after 12 s and 5 requests; 2 requests lost: \"GET /a HTTP/1.1\", \"GET /b HTTP/1.1\"; script /srv/s.php"
        );
        exit.in_flight = 0;
        exit.lost.clear();
        assert!(explain(&exit, "").ends_with("last request: \"GET /b HTTP/1.1\""));
        exit.how = How::Code(0);
        exit.expected = true;
        assert_eq!(
            explain(&exit, "/srv/s.php"),
            "worker 2 (process 77, generation 3) ended as told after 12 s and 5 requests"
        );
    }
}
