//! `accept`, `accept4`.

use libc::{c_int, sockaddr, socklen_t};

use super::transfer;
use crate::errno;
use crate::fds;
use crate::policy::Interest;
use crate::wait::{Deadline, until_done};

pub(crate) unsafe extern "C" fn accept(
    fd: c_int,
    address: *mut sockaddr,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's own call.
    take(fd, 0, || unsafe { libc::accept(fd, address, len) })
}

pub(crate) unsafe extern "C" fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    len: *mut socklen_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's own call.
    take(fd, flags, || unsafe {
        libc::accept4(fd, address, len, flags)
    })
}

fn take(fd: c_int, flags: c_int, call: impl Fn() -> c_int) -> c_int {
    let accepted = match transfer(fd) {
        None => call(),
        Some((policy, _)) => {
            // There is no flag for one accept without blocking, and O_NONBLOCK would be
            // shared with other processes: a connection must be there before we take it.
            let attempt = || {
                let mut entry = libc::pollfd {
                    fd,
                    events: libc::POLLIN,
                    revents: 0,
                };
                // SAFETY: one valid entry, no waiting.
                let found = errno::preserve(|| unsafe { libc::poll(&raw mut entry, 1, 0) });
                if found == 0 {
                    errno::fail(libc::EAGAIN)
                } else {
                    call() as isize
                }
            };
            let deadline = || Deadline::of_socket(fd, libc::SO_RCVTIMEO);
            until_done(policy, fd, Interest::READ, deadline, attempt, || {
                call() as isize
            }) as c_int
        }
    };
    if accepted >= 0 && !crate::vfork::in_child() {
        fds::accepted(accepted, fd, flags);
    }
    accepted
}
