//! Calls that make descriptors: a new one is told to the table, so that nothing that was
//! known of an earlier one with its number is taken for it. None of them waits.

use libc::{c_char, c_int, mode_t};

use crate::fds;
use crate::vfork;

pub(crate) unsafe extern "C" fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    // SAFETY: the caller's own call.
    let fd = unsafe { libc::socket(domain, kind, protocol) };
    if fd >= 0 && !vfork::in_child() {
        fds::made_socket(fd, domain, kind);
    }
    fd
}

pub(crate) unsafe extern "C" fn socketpair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
    pair: *mut c_int,
) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::socketpair(domain, kind, protocol, pair) };
    if result == 0 && !vfork::in_child() {
        // SAFETY: the kernel has just written two descriptors there.
        for fd in unsafe { *pair.cast::<[c_int; 2]>() } {
            fds::made_socket(fd, domain, kind);
        }
    }
    result
}

pub(crate) unsafe extern "C" fn pipe(pair: *mut c_int) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::pipe(pair) };
    made_pipe(result, pair, 0);
    result
}

pub(crate) unsafe extern "C" fn pipe2(pair: *mut c_int, flags: c_int) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::pipe2(pair, flags) };
    made_pipe(result, pair, flags);
    result
}

fn made_pipe(result: c_int, pair: *const c_int, flags: c_int) {
    if result == 0 && !vfork::in_child() {
        // SAFETY: the kernel has just written two descriptors there.
        for fd in unsafe { *pair.cast::<[c_int; 2]>() } {
            fds::made_pipe(fd, flags);
        }
    }
}

/// Variadic in C; without `O_CREAT` the mode is whatever the register holds, and unused.
pub(crate) unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's own call, with its mode as it came.
    opened(unsafe { libc::open(path, flags, mode) })
}

/// Variadic in C; see [`open`].
pub(crate) unsafe extern "C" fn openat(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    // SAFETY: the caller's own call, with its mode as it came.
    opened(unsafe { libc::openat(folder, path, flags, mode) })
}

fn opened(fd: c_int) -> c_int {
    if fd >= 0 && !vfork::in_child() {
        fds::forget(fd);
    }
    fd
}
