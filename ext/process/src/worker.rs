//! A worker's side: what it tells its manager and hears from it.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use highper_shm::{Command, Reason, ScoreBoard, Slot, State, Ticket, Tickets};

use crate::daemon;
use crate::error::Error;
use crate::post::Post;
use crate::signals::{Signal, SignalPipe};
use crate::sys;

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Accepts connections and handles requests.
    Worker,
    /// Works on tasks that the others hand over.
    Task,
    /// Runs what the application wants, and nothing of the server's.
    User,
    /// Holds the connections for the workers, where these don't do it themselves.
    Front,
}

impl Kind {
    /// "worker", "task worker", "user process" or "front process".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Task => "task worker",
            Self::User => "user process",
            Self::Front => "front process",
        }
    }
}

/// Everything a worker needs from the process layer. Lives in the worker's
/// one thread.
///
/// The order of a worker's life: it prepares (code loaded, listener in its
/// loop), calls [`ready`](Self::ready), serves, and once
/// [`should_drain`](Self::should_drain) is true stops accepting, finishes what
/// it has and exits with code 0. If it has not ended `max_wait_time` and
/// `cut_time` after SIGTERM its manager kills it, and a second later the kernel does, even
/// without a manager.
pub struct WorkerContext {
    pub(crate) id: usize,
    pub(crate) kind: Kind,
    pub(crate) generation: u32,
    pub(crate) manager_pid: i32,
    pub(crate) board: Arc<ScoreBoard>,
    pub(crate) slot: usize,
    pub(crate) tickets: RefCell<Tickets>,
    pub(crate) request_limit: u64,
    pub(crate) wake: OwnedFd,
    pub(crate) signals: Option<SignalPipe>,
    pub(crate) post: Arc<Post>,
    pub(crate) max_wait_time: Duration,
    pub(crate) reload_async: bool,
    /// `log_file`, where output goes there, and what it means at a moment.
    pub(crate) log: Option<(PathBuf, crate::options::LogName)>,
}

impl std::fmt::Debug for WorkerContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerContext")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl WorkerContext {
    /// Worker id from 0; task workers follow the others. A replacement has
    /// the id of the one it replaces.
    #[must_use]
    pub fn id(&self) -> usize {
        self.id
    }

    /// Worker or task worker.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Generation from 1; each reload makes the next one.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The manager's process id.
    #[must_use]
    pub fn manager_pid(&self) -> i32 {
        self.manager_pid
    }

    /// The setting `max_wait_time`: the time to end after SIGTERM.
    #[must_use]
    pub fn max_wait_time(&self) -> Duration {
        self.max_wait_time
    }

    /// The setting `reload_async`.
    #[must_use]
    pub fn reload_async(&self) -> bool {
        self.reload_async
    }

    /// The board of all workers.
    #[must_use]
    pub fn board(&self) -> &Arc<ScoreBoard> {
        &self.board
    }

    /// The mailboxes of the server.
    #[must_use]
    pub fn post(&self) -> &Arc<Post> {
        &self.post
    }

    /// The number of this worker's slot, by which it alone gets answers.
    #[must_use]
    pub fn place(&self) -> u32 {
        self.slot as u32
    }

    /// This worker's slot: connections and heartbeat are counted there.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.board.slots()[self.slot]
    }

    /// Tells the manager that this worker serves now. False when it was told
    /// to end before.
    pub fn ready(&self) -> bool {
        let ready = self.slot().make_ready();
        self.wake_manager();
        ready
    }

    /// A request has come: it is counted.
    #[inline]
    pub fn request_come(&self) -> Ticket {
        self.board.come(self.slot)
    }

    /// Work has come and begins at once, as packets and jobs do: [`Self::request_come`] and [`Self::request_begin`].
    #[inline]
    pub fn request_taken(&self, line: &[u8], now: u64) -> Ticket {
        let _ = self.request_come();
        self.request_begin(line, now)
    }

    /// A request that has come enters PHP; `line` is its first line ([`highper_shm::LINE_MAX`]
    /// bytes are kept), `now` the loop's clock in monotonic nanoseconds.
    #[inline]
    pub fn request_begin(&self, line: &[u8], now: u64) -> Ticket {
        self.board
            .begin(self.slot, &mut self.tickets.borrow_mut(), line, now)
    }

    /// A request ends; `traffic` are the bytes received and sent so far. When it was the last of `max_request`, the manager is
    /// asked for a replacement; serve on until SIGTERM comes.
    #[inline]
    pub fn request_end(&self, ticket: Ticket, traffic: (u64, u64)) {
        let served = match ticket {
            Ticket::UNRECORDED => self.board.end_unrecorded(self.slot, traffic),
            _ => self
                .board
                .end(self.slot, &mut self.tickets.borrow_mut(), ticket, traffic),
        };
        if served == self.request_limit {
            self.recycle(Reason::Requests);
        }
    }

    /// Did it serve as many requests as it may? Its replacement is under way then.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.slot().requests() >= self.request_limit
    }

    /// Asks to be replaced. The manager starts the successor first and sends
    /// SIGTERM when that is ready. After a fatal error a worker should stop
    /// accepting at once and may end before.
    pub fn recycle(&self, reason: Reason) {
        if self.slot().want_recycle(reason) {
            self.wake_manager();
        }
    }

    /// Leaves a command for the manager: shutdown, reload.
    pub fn ask(&self, command: Command) {
        self.board.ask(command);
        self.wake_manager();
    }

    /// True once SIGTERM came: finish and end. One atomic load.
    #[inline]
    #[must_use]
    pub fn should_drain(&self) -> bool {
        self.signals.as_ref().is_some_and(SignalPipe::terminated)
    }

    /// Shows this worker as draining, when it stops accepting by itself.
    pub fn set_draining(&self) {
        self.slot().set_state(State::Draining);
        // Another one is to serve in its place.
        self.wake_manager();
    }

    /// True while the manager lives.
    #[must_use]
    pub fn manager_lives(&self) -> bool {
        sys::getppid() == self.manager_pid
    }

    /// The descriptor that is readable when a signal came: for the reactor,
    /// level or edge. Non-blocking, closed on exec. SIGTERM, SIGINT, SIGQUIT,
    /// SIGUSR1, SIGUSR2, SIGHUP, SIGWINCH and SIGRTMIN arrive here. -1 in a user process, whose signals are its own.
    #[must_use]
    pub fn signal_fd(&self) -> RawFd {
        self.signals.as_ref().map_or(-1, SignalPipe::fd)
    }

    /// The next signal, or None when all have been read. Terminate: drain;
    /// Quit: end now; Hangup, Reopen: open logs again; Interrupt: nothing (the manager
    /// has it too and decides); User1, User2: the application's.
    pub fn next_signal(&self) -> Option<Signal> {
        self.signals.as_ref()?.next_signal()
    }

    /// Opens the file again that standard output and error of a server in the background go to.
    ///
    /// # Errors
    /// The system's, for a file that this process may not open.
    pub fn reopen_output(&self) -> Result<(), Error> {
        match &self.log {
            Some((file, name)) => daemon::redirect_output(Some(&name(file))),
            None => Ok(()),
        }
    }

    fn wake_manager(&self) {
        // Full (EAGAIN) means that the manager is woken already.
        let _: io::Result<()> = sys::write_all(self.wake.as_fd(), &1u64.to_ne_bytes());
    }
}
