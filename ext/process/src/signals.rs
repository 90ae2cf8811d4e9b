//! Signals as bytes in a pipe.
//!
//! Handlers that write to a pipe, not a signalfd: a signalfd needs the signals
//! blocked, and programs started from a worker (proc_open, exec) would inherit
//! the blocked mask and could never be terminated.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::time::Duration;

use crate::sys;

/// What a manager or a worker reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: finish what runs, then end.
    Terminate,
    /// SIGINT: ctrl-C on the terminal reaches the whole group. The manager
    /// ends the server; a worker leaves it to the manager.
    Interrupt,
    /// SIGQUIT: end now.
    Quit,
    /// SIGUSR1.
    User1,
    /// SIGUSR2.
    User2,
    /// SIGHUP: open log files again.
    Hangup,
    /// SIGRTMIN: open log files again, whatever SIGHUP does; a manager tells its workers to with SIGWINCH, which does
    /// nothing in a process that knows nothing of it.
    Reopen,
    /// SIGCHLD (manager only).
    Child,
    /// [`PAUSE`] (manager only).
    Pause,
    /// [`RESUME`] (manager only).
    Resume,
    /// [`UPGRADE`] (manager only).
    Upgrade,
}

/// The signal that has a manager take no new connections: a real-time one, because those with names mean something else to
/// Swoole, to terminals or to PHP.
pub const PAUSE: i32 = 50;
/// The signal that has it take them again.
pub const RESUME: i32 = 51;
/// The signal that has it put another program in its place.
pub const UPGRADE: i32 = 52;

impl Signal {
    fn from_number(n: i32) -> Option<Self> {
        Some(match n {
            libc::SIGTERM => Self::Terminate,
            libc::SIGINT => Self::Interrupt,
            libc::SIGQUIT => Self::Quit,
            libc::SIGUSR1 => Self::User1,
            libc::SIGUSR2 => Self::User2,
            libc::SIGHUP => Self::Hangup,
            n if n == libc::SIGWINCH || n == libc::SIGRTMIN() => Self::Reopen,
            libc::SIGCHLD => Self::Child,
            PAUSE => Self::Pause,
            RESUME => Self::Resume,
            UPGRADE => Self::Upgrade,
            _ => return None,
        })
    }
}

/// What a manager reacts to.
pub fn manager() -> [i32; 11] {
    [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGHUP,
        libc::SIGRTMIN(),
        libc::SIGCHLD,
        PAUSE,
        RESUME,
        UPGRADE,
    ]
}

/// What a worker reacts to.
pub fn worker() -> [i32; 8] {
    [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGHUP,
        libc::SIGRTMIN(),
        libc::SIGWINCH,
    ]
}

static WRITE_END: AtomicI32 = AtomicI32::new(-1);
static READ_END: AtomicI32 = AtomicI32::new(-1);
static OWNER: AtomicI32 = AtomicI32::new(0);
static TERMINATED: AtomicBool = AtomicBool::new(false);
// The timer that kills a worker which does not end in time; its time in ms.
static LAST_RESORT: AtomicPtr<libc::c_void> = AtomicPtr::new(std::ptr::null_mut());
static HAS_LAST_RESORT: AtomicBool = AtomicBool::new(false);
static LAST_RESORT_MS: AtomicI32 = AtomicI32::new(0);

/// Runs in signal context: only atomics and async-signal-safe calls.
extern "C" fn on_signal(number: libc::c_int) {
    // SAFETY: errno is the thread's own; getpid, write, timer_settime, sigaction and raise may be called here.
    unsafe {
        let errno = *libc::__errno_location();
        if libc::getpid() != OWNER.load(Ordering::Relaxed) {
            // A fork that nobody told us of (pcntl_fork in an application):
            // it gets what it would get without us.
            libc::signal(number, libc::SIG_DFL);
            libc::raise(number);
            *libc::__errno_location() = errno;
            return;
        }
        if number == libc::SIGTERM {
            TERMINATED.store(true, Ordering::Release);
            if HAS_LAST_RESORT.load(Ordering::Acquire) {
                let ms = LAST_RESORT_MS.load(Ordering::Relaxed);
                let mut time: libc::itimerspec = std::mem::zeroed();
                time.it_value.tv_sec = i64::from(ms / 1000);
                time.it_value.tv_nsec = libc::c_long::from(ms % 1000) * 1_000_000;
                libc::timer_settime(
                    LAST_RESORT.load(Ordering::Relaxed),
                    0,
                    &raw const time,
                    std::ptr::null_mut(),
                );
                // Only the first SIGTERM starts the clock.
                HAS_LAST_RESORT.store(false, Ordering::Release);
            }
        }
        let byte = number as u8;
        libc::write(
            WRITE_END.load(Ordering::Relaxed),
            (&raw const byte).cast(),
            1,
        );
        *libc::__errno_location() = errno;
    }
}

/// Receives the signals of this process until it is dropped. One per process.
#[derive(Debug)]
pub struct SignalPipe {
    read: OwnedFd,
    _write: OwnedFd,
    before: Vec<Before>,
    owner: sys::Pid,
    for_good: bool,
}

struct Before {
    number: i32,
    action: libc::sigaction,
}

impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Before({})", self.number)
    }
}

impl SignalPipe {
    /// Installs handlers for `signals` and ignores SIGPIPE.
    pub(crate) fn install(signals: &[i32]) -> io::Result<Self> {
        let (read, write) = sys::pipe(true)?;
        let owner = sys::getpid();
        TERMINATED.store(false, Ordering::Release);
        WRITE_END.store(write.as_raw_fd(), Ordering::Release);
        READ_END.store(read.as_raw_fd(), Ordering::Release);
        OWNER.store(owner, Ordering::Release);
        let mut before = Vec::with_capacity(signals.len() + 1);
        for number in signals {
            before.push(set_action(*number, on_signal as *const () as usize)?);
        }
        before.push(set_action(libc::SIGPIPE, libc::SIG_IGN)?);
        // The program that became this one has held them back.
        mask(libc::SIG_UNBLOCK)?;
        Ok(Self {
            read,
            _write: write,
            before,
            owner,
            for_good: false,
        })
    }

    /// Leaves the handlers in place for the rest of the process: a signal that comes while it ends
    /// must not cut that off.
    pub(crate) fn for_good(mut self) -> Self {
        self.for_good = true;
        self
    }

    /// The descriptor that becomes readable when a signal came: non-blocking,
    /// closed on exec.
    #[must_use]
    pub fn fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// The next signal that came, or None.
    pub fn next_signal(&self) -> Option<Signal> {
        let mut byte = [0u8];
        loop {
            match sys::read(self.read.as_fd(), &mut byte) {
                Ok(1) => {
                    if let Some(signal) = Signal::from_number(i32::from(byte[0])) {
                        return Some(signal);
                    }
                }
                _ => return None,
            }
        }
    }

    /// True once a SIGTERM came, read from the pipe or not.
    #[must_use]
    pub fn terminated(&self) -> bool {
        TERMINATED.load(Ordering::Acquire)
    }

    /// From the first SIGTERM on, the kernel kills this process after `limit`
    /// (capped at 24 days), even if it hangs and its manager is gone.
    pub(crate) fn arm_last_resort(&self, limit: Duration) -> io::Result<()> {
        let mut event: libc::sigevent = empty_event();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGKILL;
        let mut timer: libc::timer_t = std::ptr::null_mut();
        // SAFETY: both structures are on the stack.
        sys::check(unsafe {
            libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer)
        })?;
        let ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1);
        LAST_RESORT_MS.store(ms, Ordering::Relaxed);
        LAST_RESORT.store(timer, Ordering::Relaxed);
        HAS_LAST_RESORT.store(true, Ordering::Release);
        Ok(())
    }
}

impl Drop for SignalPipe {
    fn drop(&mut self) {
        if self.owner != sys::getpid() {
            return;
        }
        WRITE_END.store(-1, Ordering::Release);
        READ_END.store(-1, Ordering::Release);
        if self.for_good {
            return;
        }
        for before in &self.before {
            // SAFETY: gives back an action that the kernel gave us.
            unsafe {
                libc::sigaction(
                    before.number,
                    &raw const before.action,
                    std::ptr::null_mut(),
                )
            };
        }
    }
}

/// Holds back what a manager reacts to, or lets it come, in this thread.
fn mask(how: i32) -> io::Result<()> {
    // SAFETY: the set is plain data on the stack; the calls only read it.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for number in manager() {
            libc::sigaddset(&raw mut set, number);
        }
        sys::check(libc::sigprocmask(how, &raw const set, std::ptr::null_mut())).map(drop)
    }
}

/// Holds signals back until this process or the program that it becomes installs its handlers.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`]: one has come that nobody has read yet; they are not held back then.
pub(crate) fn hold() -> io::Result<()> {
    mask(libc::SIG_BLOCK)?;
    let mut wanted = libc::pollfd {
        fd: READ_END.load(Ordering::Acquire),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry on the stack; no wait. A descriptor of -1 is left out.
    if unsafe { libc::poll(&raw mut wanted, 1, 0) } > 0 {
        release();
        return Err(io::ErrorKind::Interrupted.into());
    }
    Ok(())
}

/// Lets them come again.
pub(crate) fn release() {
    // It has just worked the other way.
    let _ = mask(libc::SIG_UNBLOCK);
}

fn empty_event() -> libc::sigevent {
    // SAFETY: a sigevent is plain data, valid as zeros.
    unsafe { std::mem::zeroed() }
}

fn set_action(number: i32, handler: usize) -> io::Result<Before> {
    // SAFETY: sigaction is plain data; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART;
        if number == libc::SIGCHLD {
            action.sa_flags |= libc::SA_NOCLDSTOP;
        }
        libc::sigemptyset(&raw mut action.sa_mask);
        let mut before: libc::sigaction = std::mem::zeroed();
        sys::check(libc::sigaction(number, &raw const action, &raw mut before))?;
        Ok(Before {
            number,
            action: before,
        })
    }
}

/// Gives signals their default effect in a fresh child.
pub(crate) fn reset(signals: &[i32]) {
    for number in signals {
        // SAFETY: sets the default action.
        unsafe { libc::signal(*number, libc::SIG_DFL) };
    }
}
