//! Tasks that go through a System V message queue, where other programs may put them too.

use super::super::messages;
use super::super::modes::{Modes, PREEMPTIVE};
use super::packet;
use crate::function::logging;
use highper_engine::{self as engine, Wake, clock, scheduler};
use highper_process::fork;
use highper_process::post::{Head, Message};
use highper_process::queue::{LARGEST, MessageQueue};
use highper_runtime::serve;
use highper_zend::Array;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// A queue can't be watched: how often an idle task worker looks, in nanoseconds.
const LOOK: u64 = 2_000_000;
/// Between two tries to put something into a full queue.
const RETRY: Duration = Duration::from_millis(1);
const ENOMSG: i32 = 42;
const EAGAIN: i32 = 11;

/// Opens the queue of a server that has one.
pub(in super::super) fn open(modes: &Modes) -> io::Result<Option<MessageQueue>> {
    match modes.queue {
        0 => Ok(None),
        key => MessageQueue::open(key, false).map(Some),
    }
}

/// Takes `task_tmpdir`.
pub(in super::super) fn configure(settings: &Array) {
    if let Some(folder) = settings.get("task_tmpdir").and_then(|path| path.as_str()) {
        packet::set_folder(folder);
    }
}

/// Puts a task into the queue; waits for room as the settings say.
pub(super) fn push(
    modes: &Modes,
    target: Option<usize>,
    head: Head,
    body: &[u8],
) -> io::Result<()> {
    let Some(queue) = open(modes)? else {
        return Err(ErrorKind::NotFound.into());
    };
    let packet = packet::pack(&head, body)?;
    let kind = target.map_or(1, |id| id as i64 + 1);
    let end = Instant::now() + modes.patience.unwrap_or(Duration::from_secs(60));
    loop {
        match queue.push(kind, &packet) {
            Err(cause) if cause.raw_os_error() == Some(EAGAIN) => {}
            done => return done,
        }
        if Instant::now() >= end {
            return Err(ErrorKind::TimedOut.into());
        }
        if engine::can_suspend() {
            if matches!(engine::sleep(RETRY.as_nanos() as u64), Wake::Cancelled) {
                return Err(ErrorKind::Interrupted.into());
            }
        } else {
            fork::pause(RETRY);
        }
    }
}

/// In a task worker: takes tasks out of the queue from now on.
pub(in super::super) fn begin(queue: MessageQueue, preemptive: bool, id: usize) {
    let kind = if preemptive { 0 } else { id as i64 + 1 };
    scheduler::at(clock::now(), false, move || look(queue, kind));
}

fn look(queue: MessageQueue, kind: i64) {
    let (Some(server), Some(worker)) = (messages::server(), serve::worker()) else {
        return;
    };
    if worker.is_draining() || worker.context().is_spent() {
        return;
    }
    let mut next = clock::now();
    match queue.pop(kind, LARGEST) {
        Ok(bytes) => match packet::unpack(&bytes) {
            Ok((head, body)) => super::run(&server, &worker, Message { head, body }),
            Err(cause) => logging::warning(&format!("[Worker#{}] {cause}", worker.id())),
        },
        Err(cause) if cause.raw_os_error() == Some(ENOMSG) => next += LOOK,
        Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
        Err(cause) => {
            return logging::warning(&format!(
                "[Worker#{}] msgrcv({}) failed: {cause}",
                worker.id(),
                queue.id()
            ));
        }
    }
    scheduler::at(next, false, move || look(queue, kind));
}

/// Is a task for any task worker in this mode?
pub(in super::super) fn is_preemptive(modes: &Modes) -> bool {
    modes.ipc == PREEMPTIVE
}
