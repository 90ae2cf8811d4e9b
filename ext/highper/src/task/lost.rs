//! In the manager: jobs whose process has ended under them, and jobs that take too long.

use highper_app::job::{FAILED, Failure, Head, REPLY, attempts, next_attempt, too_long};
use highper_log::Level;
use highper_process::claims::Claims;
use highper_process::post::{Address, Head as Envelope, Kind, MANAGER, Message, Parcel, Post};
use highper_process::{Exit, How, monotonic};
use rustix::process::{Pid, Signal, kill_process};
use std::cell::OnceCell;
use std::collections::{HashSet, VecDeque};
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How soon it is tried again to send what there was no room for.
const AGAIN: Duration = Duration::from_millis(20);
/// [`highper_process::ScoreBoard`]'s number of task workers.
const TASK: u32 = 1;

/// Looks after the jobs of all task workers.
#[derive(Default)]
pub(crate) struct Lost {
    /// What they work on; the workers share it.
    pub(crate) claims: Rc<OnceCell<Rc<Claims>>>,
    post: Option<Arc<Post>>,
    /// Processes that were killed because their job took too long.
    late: HashSet<i32>,
    /// Messages for which there was no room.
    unsent: VecDeque<(Address, Message)>,
}

impl Lost {
    /// The server has task workers: notes are made for them.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn prepared(&mut self, post: &Arc<Post>) -> std::io::Result<()> {
        if post.tasks() > 0 {
            let claims = Claims::new(post.board().slots().len())?;
            let _first = self.claims.set(Rc::new(claims));
            self.post = Some(Arc::clone(post));
        }
        Ok(())
    }

    /// How long the manager may wait at most.
    pub(crate) fn patience(&self, time: Duration) -> Duration {
        let now = monotonic();
        let soonest = self.running().map(|(_, until)| until).min();
        let time = match soonest {
            Some(until) => time.min(Duration::from_nanos(until.saturating_sub(now))),
            None => time,
        };
        match self.unsent.is_empty() {
            true => time,
            false => time.min(AGAIN),
        }
    }

    /// Task workers whose job has a limit: their slots, and the moments.
    fn running(&self) -> impl Iterator<Item = (usize, u64)> {
        let known = self.claims.get().zip(self.post.as_ref());
        known.into_iter().flat_map(|(claims, post)| {
            let slots = post.board().slots().iter().enumerate();
            slots.filter_map(|(at, slot)| {
                let until = (slot.kind() == TASK && !self.late.contains(&slot.pid()))
                    .then(|| claims.until(at as u32));
                Some((at, until.flatten()?))
            })
        })
    }

    /// Ends processes whose job takes too long, and sends what there was no room for. What is to be told.
    pub(crate) fn look(&mut self) -> Vec<(Level, String)> {
        let mut told = Vec::new();
        let now = monotonic();
        let late: Vec<usize> = self
            .running()
            .filter(|(_, until)| *until <= now)
            .map(|(slot, _)| slot)
            .collect();
        if let Some(post) = self.post.clone() {
            for slot in late {
                let pid = post.board().slots()[slot].pid();
                if pid <= 0 {
                    continue;
                }
                self.late.insert(pid);
                if let Some(process) = Pid::from_raw(pid)
                    && let Err(error) = kill_process(process, Signal::KILL)
                {
                    told.push((
                        Level::Error,
                        format!(
                            "a job takes too long, and its process {pid} can't be ended: {error}"
                        ),
                    ));
                }
            }
            for _ in 0..self.unsent.len() {
                let Some((address, message)) = self.unsent.pop_front() else {
                    break;
                };
                told.extend(self.send(&post, address, message));
            }
        }
        told
    }

    fn send(&mut self, post: &Post, address: Address, message: Message) -> Option<(Level, String)> {
        let sent = Parcel::new(message.head, &message.body)
            .and_then(|parcel| post.try_send(address, &parcel));
        match sent {
            Ok(()) => None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.unsent.push_back((address, message));
                None
            }
            Err(error) => Some((
                Level::Error,
                format!("a job that a dead process has left is lost: {error}"),
            )),
        }
    }

    /// A process has ended: its job goes to another one, or who waits for it is told.
    pub(crate) fn exited(&mut self, exit: &Exit) -> Vec<(Level, String)> {
        let mut told = Vec::new();
        let is_late = self.late.remove(&exit.pid);
        let Some((claims, post)) = self.claims.get().cloned().zip(self.post.clone()) else {
            return told;
        };
        if exit.kind != highper_process::Kind::Task {
            return told;
        }
        let mut message = match claims.take(exit.place) {
            Ok(Some(message)) => message,
            Ok(None) => return told,
            Err(error) => {
                told.push((
                    Level::Error,
                    format!("what process {} worked on can't be read: {error}", exit.pid),
                ));
                return told;
            }
        };
        let Some((head, _)) = Head::split(&message.body) else {
            return told;
        };
        let failure = why(exit, is_late, &head);
        let flags = message.head.flags;
        let attempt = attempts(flags) + 1;
        let line = format!(
            "the job {} failed: {} (attempt {attempt} of {})",
            head.class,
            failure.line(),
            head.terms.retries + 1
        );
        if attempt <= head.terms.retries {
            message.head.flags = next_attempt(flags);
            told.push((Level::Warning, format!("{line}; it is tried again")));
            post.task_sent(None);
            told.extend(self.send(&post, Address::AnyTask, message));
            return told;
        }
        told.push((Level::Error, line));
        if flags & REPLY != 0 && message.head.place != MANAGER {
            let mut answer = Envelope::new(Kind::Finish);
            answer.flags = FAILED;
            answer.number = message.head.number;
            answer.to = message.head.pid;
            let body = failure.to_bytes();
            let place = Address::Place(message.head.place);
            told.extend(self.send(&post, place, Message { head: answer, body }));
        }
        told
    }

    /// How many jobs nobody has begun.
    pub(crate) fn left(&self) -> u64 {
        self.post
            .as_ref()
            .map_or(0, |post| post.task_figures().waiting)
    }
}

fn why(exit: &Exit, is_late: bool, head: &Head) -> Failure {
    match (is_late, exit.how) {
        (true, _) => Failure::because("timeout", too_long(head.terms.timeout.unwrap_or(0.0))),
        (false, How::Code(code)) => Failure::because(
            "fatal",
            format!(
                "its process {} ended with exit code {code}; see the log",
                exit.pid
            ),
        ),
        (false, How::Signal(signal)) => Failure::because(
            "killed",
            format!("its process {} was killed by signal {signal}", exit.pid),
        ),
        (false, How::Unknown) => {
            Failure::because("killed", format!("its process {} ended", exit.pid))
        }
    }
}
