//! What the caller of the manager hears about.

use std::io::Write;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use highper_shm::Reason;

use crate::error::Error;
use crate::post::Post;
use crate::worker::Kind;

/// Weight of a message of the manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What happened in the ordinary run.
    Info,
    /// What the operator should know.
    Warning,
    /// What went wrong.
    Error,
}

impl Level {
    /// Upper-case name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// A worker that was forked.
#[derive(Clone, Copy, Debug)]
pub struct Spawned {
    /// Worker id.
    pub id: usize,
    /// Worker or task worker.
    pub kind: Kind,
    /// Process id.
    pub pid: i32,
    /// Generation.
    pub generation: u32,
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It ended by itself with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
    /// Somebody else collected it; nothing is known.
    Unknown,
}

impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => f.write_str(&crate::sys::signal_name(*signal)),
            Self::Unknown => f.write_str("unknown status"),
        }
    }
}

/// A worker that ended.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Worker id.
    pub id: usize,
    /// Worker or task worker.
    pub kind: Kind,
    /// Process id.
    pub pid: i32,
    /// The slot that it had on the score board.
    pub place: u32,
    /// Generation.
    pub generation: u32,
    /// How it ended.
    pub how: How,
    /// True when the manager had told it to end.
    pub expected: bool,
    /// True when it had become ready.
    pub was_ready: bool,
    /// Why it had asked to be replaced, if it had.
    pub reason: Option<Reason>,
    /// How long it ran.
    pub uptime: Duration,
    /// Requests it finished.
    pub requests: u64,
    /// Requests that were lost with it.
    pub in_flight: u64,
    /// Lines of the lost requests, oldest first (as many as are remembered).
    pub lost: Vec<String>,
    /// The line of the request it took last, finished or not.
    pub last_request: Option<String>,
}

/// Called in the manager. Every method has a default that does nothing
/// (logging writes to standard error).
///
/// A hook that runs PHP must guard it: a bailout must not jump over the
/// manager. An error is logged; from [`manager_start`](Self::manager_start)
/// it ends the server.
pub trait Hooks {
    /// The mailboxes of the server, which all its processes will have.
    fn prepared(&mut self, _post: &Arc<Post>) {}

    /// Waits until one of the descriptors can be read, a signal comes or the time is over; which can.
    /// Whatever else is done meanwhile must be over when it returns: it may fork next.
    ///
    /// # Errors
    /// The system's error.
    fn wait(&mut self, fds: &[RawFd], time: Duration) -> std::io::Result<Vec<bool>> {
        crate::sys::poll(fds, time)
    }

    /// Before the first worker is forked, in the process that will be the
    /// manager (after going to the background).
    fn before_fork(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The manager runs; the first workers have been forked.
    fn manager_start(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// A worker was forked.
    fn worker_spawned(&mut self, _worker: &Spawned) -> Result<(), Error> {
        Ok(())
    }

    /// A worker ended, expected or not.
    fn worker_exited(&mut self, _exit: &Exit) -> Result<(), Error> {
        Ok(())
    }

    /// All of the first generation accept.
    fn started(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Asked at each turn; true replaces all workers as SIGUSR1 does.
    fn wants_reload(&mut self) -> bool {
        false
    }

    /// A reload begins.
    fn before_reload(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// A reload is complete: no worker of an older generation is left.
    fn after_reload(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The server begins to end; the workers still run.
    fn before_shutdown(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// No new connections are to be taken (true), or are again (false).
    ///
    /// # Errors
    /// A socket can't be had back.
    fn paused(&mut self, _paused: bool) -> Result<(), Error> {
        Ok(())
    }

    /// The sockets that a program gets which takes over: their numbers, and whether a service manager has lent them.
    fn sockets(&mut self) -> Vec<(RawFd, bool)> {
        Vec::new()
    }

    /// Another program has the sockets and serves: they are let go of, and not closed for others.
    fn handed_over(&mut self) {}

    /// All workers are gone; the manager returns next.
    fn manager_stop(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// About once a second.
    fn tick(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// SIGHUP came and the log file, if there is one, was opened again.
    fn logs_reopened(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Asked at each turn; true ends the server at once with code 255.
    fn should_abort(&mut self) -> bool {
        false
    }

    /// A message of the manager, one line without an end of line.
    fn log(&mut self, level: Level, text: &str) {
        // Standard error may be closed: nothing else is left to tell.
        let _ = writeln!(std::io::stderr(), "{} {text}", level.name());
    }
}
