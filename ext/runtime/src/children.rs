//! Waits for child processes.

use crate::signals::Watch;
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Ending, Wake, clock};
use highper_process::{child, fork::Ended};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::cell::RefCell;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

thread_local! {
    /// Children that somebody waits for by their number: nobody else collects them.
    static CLAIMED: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

struct Claim(i32);

impl Claim {
    fn new(pid: i32) -> Self {
        CLAIMED.with_borrow_mut(|all| all.push(pid));
        Self(pid)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMED.with_borrow_mut(|all| {
            if let Some(at) = all.iter().position(|pid| *pid == self.0) {
                all.swap_remove(at);
            }
        });
    }
}

/// In the child of a fork: the parent's children are not its own.
pub(crate) fn forget() {
    CLAIMED.take();
}

/// Waits inside a coroutine for the end of any child that nobody else waits for.
///
/// # Errors
/// `ECHILD` when there is none.
pub fn wait_any(deadline: Option<u64>) -> io::Result<Result<Ended, Wake>> {
    let watch = Watch::new(&[child::SIGNAL])?;
    loop {
        match child::peek()? {
            Some(pid) if CLAIMED.with_borrow(|all| all.contains(&pid)) => {
                // Its own waiter was woken by the same signal.
                engine::yield_now();
                continue;
            }
            Some(pid) => match child::collect(pid)? {
                Some(ended) => return Ok(Ok(ended)),
                None => continue,
            },
            None => {}
        }
        if let Err(reason) = watch.wait(deadline) {
            return Ok(Err(reason));
        }
    }
}

/// Waits inside a coroutine for the end of one child.
///
/// # Errors
/// `ECHILD` when it is not a child of this process, or was collected before.
pub fn wait_for(pid: i32, deadline: Option<u64>) -> io::Result<Result<Ended, Wake>> {
    let watch = Watch::new(&[child::SIGNAL])?;
    let _claim = Claim::new(pid);
    loop {
        if let Some(ended) = child::collect(pid)? {
            return Ok(Ok(ended));
        }
        if let Err(reason) = watch.wait(deadline) {
            return Ok(Err(reason));
        }
    }
}

/// The shortest and the longest time between two looks at children that have no descriptor.
const SHORTEST: u64 = 500_000;
const LONGEST: u64 = 10_000_000;

/// Waits inside a coroutine until `ended`, which looks without waiting, says that a child has: this one, or any of some for a
/// number below 1. What the program does at the end of a child (`SIGCHLD`) happens as before.
pub(crate) fn look_until(
    pid: i32,
    ended: &mut dyn FnMut() -> bool,
    deadline: Option<u64>,
) -> io::Result<Wake> {
    let _claim = (pid > 0).then(|| Claim::new(pid));
    if ended() {
        return Ok(Wake::Ready);
    }
    let end = Pid::from_raw(pid).filter(|_| pid > 0).and_then(|pid| {
        // Refused in some containers.
        let fd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        Some(Registered(fd))
    });
    let mut pause = SHORTEST;
    loop {
        let wake = match &end {
            Some(end) => reactor::wait_fd(end.0.as_raw_fd(), Interest::Read, deadline)?,
            None => {
                let left = deadline.map_or(pause, |at| at.saturating_sub(clock::now()).min(pause));
                pause = (pause * 2).min(LONGEST);
                match engine::sleep(left) {
                    Wake::Ready if deadline.is_some_and(|at| clock::now() >= at) => Wake::Timeout,
                    wake => wake,
                }
            }
        };
        match wake {
            Wake::Ready if ended() => return Ok(Wake::Ready),
            Wake::Ready => {}
            other => return Ok(other),
        }
    }
}

/// A descriptor that the loop knows.
struct Registered(OwnedFd);

impl Drop for Registered {
    fn drop(&mut self) {
        reactor::closing(self.0.as_raw_fd());
    }
}

/// What a command has printed, and how it ended.
pub struct Output {
    /// Its standard output, and with that the standard error when it was asked for.
    pub text: Vec<u8>,
    /// How it ended.
    pub ended: Ended,
}

/// Runs a command of the shell inside a coroutine, and waits for its end.
///
/// Cancelled, it does not wait any longer; the command goes on, and is collected when it ends.
///
/// # Errors
/// The system's.
pub fn run(command: &[u8], with_errors: bool) -> io::Result<Result<Output, Wake>> {
    use std::os::unix::ffi::OsStrExt;
    let (mut reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(reader.as_fd(), true)?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(std::ffi::OsStr::from_bytes(command));
    if with_errors {
        shell.stderr(Stdio::from(writer.try_clone()?));
    }
    shell.stdout(Stdio::from(writer));
    // Held from before the start, so that its end is not missed.
    let watch = Watch::new(&[child::SIGNAL])?;
    let pid = shell.spawn()?.id() as i32;
    // Its copies of the pipe's other end would keep the end of the output away.
    drop(shell);
    let mut text = Vec::new();
    let mut buffer = [0; 8192];
    engine::scheduler::clear_cancelled();
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => text.extend_from_slice(&buffer[..length]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                let fd = reader.as_raw_fd();
                match reactor::wait_fd(fd, reactor::Interest::Read, None)? {
                    Wake::Ready => {}
                    reason => {
                        reactor::closing(fd);
                        collect_later(pid);
                        return Ok(Err(reason));
                    }
                }
            }
            Err(e) => return Err(e),
        }
    }
    reactor::closing(reader.as_raw_fd());
    drop(reader);
    let ended = wait_for(pid, None)?;
    drop(watch);
    match ended {
        Ok(ended) => Ok(Ok(Output { text, ended })),
        Err(reason) => {
            collect_later(pid);
            Ok(Err(reason))
        }
    }
}

/// Collects a child when it ends; until then the loop goes on.
fn collect_later(pid: i32) {
    // Without a coroutine to be had it is collected with this process.
    let _spawned = engine::spawn(move || {
        // Nobody is left who wants to know.
        let _ended = wait_for(pid, None);
        Ending::Returned
    });
}
