//! Locks on ranges of files: `fcntl(F_SETLKW)` and `lockf`.
//!
//! The kernel's are a process's: coroutines of one process would not exclude each other, and closing any descriptor of the
//! file would drop the locks of all. So a descriptor on which a coroutine first waits for one has its locks as an open file
//! description (`F_OFD_SETLK`) from then on, as `flock` has: each `open` excludes the others, in this process and outside.
//! A descriptor on which something else came first, a mere try, keeps the process's, because its library counts on them
//! (SQLite does, and keeps its own account of who has what in the process).

use libc::{c_int, off_t};

use super::lock::{LONGEST, SHORTEST, identity};
use crate::errno;
use crate::fds::{self, Locks};
use crate::policy::{Families, Policy, SleepOutcome, active_for};
use crate::vfork;
use crate::wait;

/// Is it a command that this file is about?
#[inline]
pub(crate) fn is_command(command: c_int) -> bool {
    matches!(command, libc::F_SETLK | libc::F_SETLKW | libc::F_GETLK)
        || command == libc::F_OFD_SETLKW
}

/// The same command for the locks of an open file description.
fn of_description(command: c_int) -> c_int {
    match command {
        libc::F_SETLK => libc::F_OFD_SETLK,
        libc::F_SETLKW => libc::F_OFD_SETLKW,
        libc::F_GETLK => libc::F_OFD_GETLK,
        other => other,
    }
}

/// `fcntl` with one of these commands.
///
/// # Safety
/// As for fcntl: `range` is the caller's argument.
pub(crate) unsafe fn control(fd: c_int, command: c_int, range: *mut libc::flock) -> c_int {
    // SAFETY: the caller's own call.
    let original = |command| unsafe { libc::fcntl(fd, command, range) };
    if range.is_null() || vfork::in_child() {
        return original(command);
    }
    // SAFETY: the caller's argument, which the kernel would read now.
    let is_release = c_int::from(unsafe { (*range).l_type }) == libc::F_UNLCK;
    let waits = matches!(command, libc::F_SETLKW | libc::F_OFD_SETLKW) && !is_release;
    let policy = active_for(Families::FILE).filter(|_| waits);
    if command == libc::F_OFD_SETLKW {
        return match policy {
            Some(policy) => until_free(
                policy,
                fd,
                || original(libc::F_OFD_SETLK),
                || original(command),
            ),
            None => original(command),
        };
    }
    let locks = match fds::locks(fd) {
        Locks::Unused if is_release || command == libc::F_GETLK => return original(command),
        Locks::Unused if policy.is_some() => fds::set_locks(fd, Locks::OfDescription),
        Locks::Unused => fds::set_locks(fd, Locks::OfProcess),
        known => known,
    };
    let call = |command| match locks {
        Locks::OfDescription => {
            // SAFETY: the caller's argument; the kernel wants no process in it.
            unsafe { (*range).l_pid = 0 };
            let result = original(of_description(command));
            if result < 0 && errno::get() == libc::EINVAL {
                // A file system without them.
                original(command)
            } else {
                result
            }
        }
        _ => original(command),
    };
    match policy {
        Some(policy) => until_free(policy, fd, || call(libc::F_SETLK), || call(command)),
        None => call(command),
    }
}

/// Tries again and again, with pauses: the kernel tells nobody when a range is free.
fn until_free(
    policy: &Policy,
    fd: c_int,
    attempt: impl Fn() -> c_int,
    original: impl Fn() -> c_int,
) -> c_int {
    let before = errno::get();
    let file = identity(fd);
    let mut pause = SHORTEST;
    loop {
        let result = attempt();
        if result >= 0 {
            errno::set(before);
            return result;
        }
        if !matches!(errno::get(), libc::EAGAIN | libc::EACCES) {
            return result;
        }
        match wait::sleep(policy, pause) {
            SleepOutcome::Done | SleepOutcome::Interrupted(_) => {}
            SleepOutcome::Cancelled(_) => return errno::fail(libc::ECANCELED) as c_int,
            SleepOutcome::Refused => return original(),
        }
        // Closed meanwhile, and the number may be another file's by now.
        if identity(fd) != file {
            return errno::fail(libc::EBADF) as c_int;
        }
        pause = (pause * 2).min(LONGEST);
    }
}

/// In libc it calls fcntl, where no hook sees that.
pub(crate) unsafe extern "C" fn lockf(fd: c_int, command: c_int, length: off_t) -> c_int {
    // SAFETY: touches no memory.
    let original = || unsafe { libc::lockf(fd, command, length) };
    let (control_by, kind) = match command {
        libc::F_LOCK => (libc::F_SETLKW, libc::F_WRLCK),
        libc::F_TLOCK => (libc::F_SETLK, libc::F_WRLCK),
        libc::F_ULOCK => (libc::F_SETLK, libc::F_UNLCK),
        libc::F_TEST if fds::locks(fd) == Locks::OfDescription => (libc::F_GETLK, libc::F_RDLCK),
        _ => return original(),
    };
    let mut range = libc::flock {
        l_type: kind as _,
        l_whence: libc::SEEK_CUR as _,
        l_start: 0,
        l_len: length,
        l_pid: 0,
    };
    // SAFETY: the range lives during the call.
    let result = unsafe { control(fd, control_by, &raw mut range) };
    if command == libc::F_TEST && result == 0 && c_int::from(range.l_type) != libc::F_UNLCK {
        return errno::fail(libc::EACCES) as c_int;
    }
    result
}
