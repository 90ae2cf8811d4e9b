//! Signals that an application watches: as bytes in a pipe that a loop reads.
//!
//! Apart from a server's own signals ([`crate::SignalPipe`]): any number, watched and let go one by one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::sys;

/// Signal numbers end before this.
pub const LIMIT: i64 = 128;

static WRITE_END: AtomicI32 = AtomicI32::new(-1);
static OWNER: AtomicI32 = AtomicI32::new(0);

struct Pipe {
    read: OwnedFd,
    _write: OwnedFd,
    /// What each signal did before.
    before: BTreeMap<i32, libc::sigaction>,
}

thread_local! {
    static PIPE: RefCell<Option<Pipe>> = const { RefCell::new(None) };
}

/// Runs in signal context: only atomics and async-signal-safe calls.
extern "C" fn on_signal(number: libc::c_int) {
    // SAFETY: errno is the thread's own; getpid, write, signal and raise may be called here.
    unsafe {
        let errno = *libc::__errno_location();
        if libc::getpid() == OWNER.load(Ordering::Relaxed) {
            let byte = number as u8;
            libc::write(
                WRITE_END.load(Ordering::Relaxed),
                (&raw const byte).cast(),
                1,
            );
        } else {
            // A fork that nobody told us of: the signal does what it would do without us.
            libc::signal(number, libc::SIG_DFL);
            libc::raise(number);
        }
        *libc::__errno_location() = errno;
    }
}

fn set_action(number: i32, handler: usize, flags: i32) -> io::Result<libc::sigaction> {
    // SAFETY: sigaction is plain data; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART | flags;
        libc::sigemptyset(&raw mut action.sa_mask);
        let mut before: libc::sigaction = std::mem::zeroed();
        sys::check(libc::sigaction(number, &raw const action, &raw mut before))?;
        Ok(before)
    }
}

/// Watches a signal from now on.
///
/// # Errors
/// `EINVAL` for those that can't be watched (SIGKILL, SIGSTOP).
pub fn watch(number: i32) -> io::Result<()> {
    watch_with(number, 0)
}

/// The same for one that comes; the next does what the system does with it.
///
/// # Errors
/// As [`watch`].
pub fn watch_once(number: i32) -> io::Result<()> {
    watch_with(number, libc::SA_RESETHAND)
}

fn watch_with(number: i32, flags: i32) -> io::Result<()> {
    PIPE.with_borrow_mut(|slot| {
        if slot.is_none() {
            let (read, write) = sys::pipe(true)?;
            WRITE_END.store(write.as_raw_fd(), Ordering::Release);
            OWNER.store(sys::getpid(), Ordering::Release);
            *slot = Some(Pipe {
                read,
                _write: write,
                before: BTreeMap::new(),
            });
        }
        let before = set_action(number, on_signal as *const () as usize, flags)?;
        if let Some(pipe) = slot {
            pipe.before.entry(number).or_insert(before);
        }
        Ok(())
    })
}

/// Ignores a signal.
///
/// # Errors
/// As [`watch`].
pub fn ignore(number: i32) -> io::Result<()> {
    set_action(number, libc::SIG_IGN, 0).map(drop)
}

/// Watches it no more: it does what it did before.
pub fn unwatch(number: i32) {
    PIPE.with_borrow_mut(|slot| {
        if let Some(before) = slot.as_mut().and_then(|pipe| pipe.before.remove(&number)) {
            // SAFETY: gives back an action that the kernel gave us.
            unsafe { libc::sigaction(number, &raw const before, std::ptr::null_mut()) };
        }
    });
}

/// Watches none any more, and closes the pipe.
pub fn forget() {
    let pipe = PIPE.take();
    if let Some(pipe) = &pipe {
        for (number, before) in &pipe.before {
            // SAFETY: gives back an action that the kernel gave us.
            unsafe { libc::sigaction(*number, std::ptr::from_ref(before), std::ptr::null_mut()) };
        }
        WRITE_END.store(-1, Ordering::Release);
    }
}

/// The descriptor that becomes readable when a watched signal came; `None` while none is watched.
#[must_use]
pub fn fd() -> Option<RawFd> {
    PIPE.with_borrow(|slot| slot.as_ref().map(|pipe| pipe.read.as_raw_fd()))
}

/// The number of the next signal that came; `None` when there is no other.
#[must_use]
pub fn next() -> Option<i32> {
    PIPE.with_borrow(|slot| {
        let mut byte = [0u8];
        match sys::read(slot.as_ref()?.read.as_fd(), &mut byte) {
            Ok(1) => Some(i32::from(byte[0])),
            _ => None,
        }
    })
}
