//! Which of several descriptors can be used now.

use crate::sys;
use std::io;
use std::time::Duration;

/// A descriptor, what it is asked for, and after [`select`] what of that is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The descriptor.
    pub fd: i32,
    /// Can it be read?
    pub read: bool,
    /// Can it be written?
    pub write: bool,
    /// Has the other side hung up?
    pub hung_up: bool,
}

/// Waits until one of them can be used as asked, at most for `time` (24 days); none stays asked for then.
/// An error of a descriptor counts as all that it was asked for.
///
/// # Errors
/// The system's; a signal does not end it.
pub fn select(all: &mut [Asked], time: Duration) -> io::Result<usize> {
    let mut list: Vec<libc::pollfd> = all
        .iter()
        .map(|asked| libc::pollfd {
            fd: asked.fd,
            events: if asked.read { libc::POLLIN } else { 0 }
                | if asked.write { libc::POLLOUT } else { 0 },
            revents: 0,
        })
        .collect();
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    loop {
        // SAFETY: the list lives through the call.
        let count =
            unsafe { libc::poll(list.as_mut_ptr(), list.len() as libc::nfds_t, milliseconds) };
        match sys::check(count) {
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
            Ok(_) => break,
        }
    }
    for (asked, found) in all.iter_mut().zip(&list) {
        let gone = found.revents & (libc::POLLERR | libc::POLLNVAL | libc::POLLHUP) != 0;
        asked.read &= found.revents & libc::POLLIN != 0 || gone;
        asked.write &= found.revents & libc::POLLOUT != 0 || gone;
        asked.hung_up &= gone;
    }
    Ok(list.iter().filter(|found| found.revents != 0).count())
}
