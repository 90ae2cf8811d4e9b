//! Children of this process that have ended: looking at them, and collecting them one by one.

use std::io;

use crate::fork::Ended;
use crate::sys;

/// The signal that tells that a child has ended.
pub const SIGNAL: i32 = libc::SIGCHLD;

/// A child that has ended and was not collected yet; it stays so. `None` while all are alive.
///
/// # Errors
/// `ECHILD` when there is no child at all.
pub fn peek() -> io::Result<Option<i32>> {
    loop {
        // SAFETY: plain data; all zeros are a valid value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: writes to the structure on the stack.
        match sys::check(unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, options) }) {
            // SAFETY: the call filled the structure in, or left it zero when none has ended.
            Ok(_) => return Ok(Some(unsafe { info.si_pid() }).filter(|pid| *pid > 0)),
            Err(e) if e.raw_os_error() == Some(libc::EINTR) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Collects a child if it has ended.
///
/// # Errors
/// `ECHILD` when it is no child of ours, or was collected before.
pub fn collect(pid: i32) -> io::Result<Option<Ended>> {
    let ended = sys::wait_no_hang(pid)?;
    Ok(ended.map(|(pid, status)| Ended {
        pid,
        code: status.code().unwrap_or(0),
        signal: status.signal().unwrap_or(0),
    }))
}
