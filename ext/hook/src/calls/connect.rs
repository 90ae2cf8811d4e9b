//! `connect`.

use libc::{c_int, sockaddr, socklen_t};

use super::transfer;
use crate::errno;
use crate::fds::{self, Kind};
use crate::policy::{Interest, WaitOutcome};
use crate::wait::{Deadline, Wait, error_of};

pub(crate) unsafe extern "C" fn connect(
    fd: c_int,
    address: *const sockaddr,
    len: socklen_t,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::connect(fd, address, len) };
    // Only streams wait for their peer.
    let Some((policy, state)) = transfer(fd).filter(|(_, state)| state.kind().is_stream()) else {
        return original();
    };
    let before = errno::get();
    let mut waits = None;
    let mut wait = || {
        let waits = waits.get_or_insert_with(|| {
            let limit = Deadline::of_socket(fd, libc::SO_SNDTIMEO);
            Wait::new(policy, fd, Interest::WRITE, limit)
        });
        waits.again()
    };
    loop {
        let Some(result) = without_blocking(fd, original) else {
            return original();
        };
        match errno::get() {
            _ if result == 0 => {
                errno::set(before);
                return 0;
            }
            libc::EINPROGRESS => break,
            // A local listener with a full queue: nothing tells when there is room, so
            // the pauses of `Wait` between false alarms do the waiting.
            libc::EAGAIN if state.kind() == Kind::UnixStream => {
                fds::forget_wait(fd);
                match wait() {
                    WaitOutcome::Ready => {}
                    WaitOutcome::Refused => return original(),
                    ended => return errno::fail(error_of(ended)) as c_int,
                }
            }
            _ => return result,
        }
    }
    loop {
        match wait() {
            WaitOutcome::Ready => {}
            WaitOutcome::Refused => return finish_blocking(fd, before),
            // As the kernel has it when SO_SNDTIMEO ends a connect.
            WaitOutcome::TimedOut => return errno::fail(libc::EINPROGRESS) as c_int,
            ended => return errno::fail(error_of(ended)) as c_int,
        }
        if is_decided(fd, 0) {
            return result_of(fd, before);
        }
    }
}

/// Calls it in non-blocking mode, which is switched off again before anybody waits.
/// `None` if the mode can't be switched on.
fn without_blocking(fd: c_int, call: impl Fn() -> c_int) -> Option<c_int> {
    // SAFETY: F_GETFL takes no argument and changes nothing.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    // SAFETY: F_SETFL takes an int.
    if flags < 0 || unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) } != 0 {
        fds::forget(fd);
        return None;
    }
    let result = call();
    // SAFETY: as above. It can't fail for a descriptor for which it has just succeeded.
    errno::preserve(|| unsafe { libc::fcntl(fd, libc::F_SETFL, flags) });
    Some(result)
}

/// Whether the attempt has ended, one way or the other, within `timeout` milliseconds.
fn is_decided(fd: c_int, timeout: c_int) -> bool {
    let mut entry = libc::pollfd {
        fd,
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: one valid entry.
    unsafe { libc::poll(&raw mut entry, 1, timeout) > 0 }
}

fn result_of(fd: c_int, before: i32) -> c_int {
    match fds::socket_option(fd, libc::SO_ERROR) {
        Some(0) => {
            errno::set(before);
            0
        }
        Some(error) => errno::fail(error) as c_int,
        None => -1,
    }
}

/// The wait was refused after the attempt had begun: waits in the kernel for its end.
fn finish_blocking(fd: c_int, before: i32) -> c_int {
    let limit = Deadline::of_socket(fd, libc::SO_SNDTIMEO).left();
    let timeout = limit.map_or(-1, |left| {
        c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX)
    });
    if is_decided(fd, timeout) {
        result_of(fd, before)
    } else {
        errno::fail(libc::EINPROGRESS) as c_int
    }
}
