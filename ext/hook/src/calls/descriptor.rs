//! `close` and its relatives, `dup` and its relatives, and what changes a descriptor's
//! mode: `fcntl`, `ioctl`, `setsockopt`. None of them waits.

use libc::{FILE, c_int, c_uint, c_ulong, c_void, socklen_t};

use super::{popen, range};
use crate::fds;
use crate::policy::announce_close;
use crate::vfork;

pub(crate) unsafe extern "C" fn close(fd: c_int) -> c_int {
    if !vfork::in_child() {
        announce_close(fd);
    }
    // SAFETY: the caller's own call.
    unsafe { libc::close(fd) }
}

pub(crate) unsafe extern "C" fn fclose(stream: *mut FILE) -> c_int {
    announce_stream(stream);
    // SAFETY: the caller's own call.
    unsafe { popen::close(stream).unwrap_or_else(|| libc::fclose(stream)) }
}

pub(crate) unsafe extern "C" fn pclose(stream: *mut FILE) -> c_int {
    announce_stream(stream);
    // SAFETY: the caller's own call.
    unsafe { popen::close(stream).unwrap_or_else(|| libc::pclose(stream)) }
}

/// Programs ask this of a file that they have just opened: the table need not ask again.
pub(crate) unsafe extern "C" fn fstat(fd: c_int, about: *mut libc::stat) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::fstat(fd, about) };
    // SAFETY: the kernel has just filled it in.
    if result == 0 && unsafe { (*about).st_mode } & libc::S_IFMT == libc::S_IFREG {
        // SAFETY: as above.
        fds::described(fd, unsafe { &*about });
    }
    result
}

/// libc closes a stream's descriptor by itself, where no hook sees it.
fn announce_stream(stream: *mut FILE) {
    if !stream.is_null() && !vfork::in_child() {
        // SAFETY: the caller passes a valid stream; one without a descriptor gives -1.
        let fd = crate::errno::preserve(|| unsafe { libc::fileno(stream) });
        announce_close(fd);
    }
}

pub(crate) unsafe extern "C" fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
    // With any flag the descriptors stay open or the table is no longer shared: flag 4
    // only marks them close-on-exec.
    if flags & CLOSE_RANGE_CLOEXEC == 0 && !vfork::in_child() {
        fds::known_in(first, last).for_each(announce_close);
    }
    // SAFETY: no memory is passed. By number, because an old libc has no close_range().
    unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) as c_int }
}

/// `CLOSE_RANGE_CLOEXEC` of `<linux/close_range.h>`.
const CLOSE_RANGE_CLOEXEC: c_int = 4;

pub(crate) unsafe extern "C" fn dup(original: c_int) -> c_int {
    // SAFETY: the caller's own call.
    let copy = unsafe { libc::dup(original) };
    copied(original, copy);
    copy
}

pub(crate) unsafe extern "C" fn dup2(original: c_int, copy: c_int) -> c_int {
    replace(original, copy);
    // SAFETY: the caller's own call.
    let result = unsafe { libc::dup2(original, copy) };
    if original != copy {
        copied(original, result);
    }
    result
}

pub(crate) unsafe extern "C" fn dup3(original: c_int, copy: c_int, flags: c_int) -> c_int {
    replace(original, copy);
    // SAFETY: the caller's own call.
    let result = unsafe { libc::dup3(original, copy, flags) };
    copied(original, result);
    result
}

/// `copy` is about to be closed by the kernel, provided that `original` exists.
fn replace(original: c_int, copy: c_int) {
    if original == copy || vfork::in_child() {
        return;
    }
    // SAFETY: F_GETFD takes no argument and changes nothing.
    if crate::errno::preserve(|| unsafe { libc::fcntl(original, libc::F_GETFD) }) >= 0 {
        announce_close(copy);
    }
}

fn copied(original: c_int, copy: c_int) {
    if copy >= 0 && !vfork::in_child() {
        fds::duplicated(original, copy);
    }
}

/// Variadic in C; an argument of any type arrives in the register of the third.
pub(crate) unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
    if range::is_command(command) {
        // SAFETY: with these commands the argument is a pointer to a range.
        return unsafe { range::control(fd, command, argument as *mut libc::flock) };
    }
    // SAFETY: the caller's own call.
    unsafe { fcntl_without_locks(fd, command, argument) }
}

/// For those whose locks are left alone: who holds one must not be suspended.
pub(crate) unsafe extern "C" fn fcntl_without_locks(
    fd: c_int,
    command: c_int,
    argument: c_ulong,
) -> c_int {
    // SAFETY: the caller's own call, with its argument as it came.
    let result = unsafe { libc::fcntl(fd, command, argument) };
    if result < 0 {
        return result;
    }
    match command {
        libc::F_SETFL if !vfork::in_child() => {
            fds::set_non_blocking(fd, argument as c_int & libc::O_NONBLOCK != 0);
        }
        libc::F_DUPFD | libc::F_DUPFD_CLOEXEC => copied(fd, result),
        _ => {}
    }
    result
}

/// Variadic in C; see [`fcntl`].
pub(crate) unsafe extern "C" fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    // SAFETY: the caller's own call, with its argument as it came.
    let result = unsafe { libc::ioctl(fd, request as _, argument) };
    if result == 0 && request == libc::FIONBIO as c_ulong && !vfork::in_child() {
        // SAFETY: the kernel has just read an int there.
        fds::set_non_blocking(fd, unsafe { *argument.cast::<c_int>() } != 0);
    }
    result
}

pub(crate) unsafe extern "C" fn setsockopt(
    fd: c_int,
    level: c_int,
    option: c_int,
    value: *const c_void,
    len: socklen_t,
) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::setsockopt(fd, level, option, value, len) };
    if level == libc::SOL_SOCKET && matches!(option, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO) {
        fds::timeouts_changed(fd);
    }
    result
}
