//! The versions with a check of the buffer's size that glibc's headers put in the place of
//! a call when a program is compiled with `_FORTIFY_SOURCE`. A size that is too large for
//! its buffer ends the process, as in glibc.

use libc::{
    c_char, c_int, c_void, nfds_t, pollfd, sigset_t, size_t, sockaddr, socklen_t, ssize_t, timespec,
};

use super::{create, file, poll, receive};

/// Ends the process unless `wanted` fits.
#[inline]
fn check(wanted: size_t, room: size_t) {
    if wanted > room {
        overflow();
    }
}

#[cold]
fn overflow() -> ! {
    let message = b"*** buffer overflow detected ***: terminated\n";
    // SAFETY: writes a constant and ends the process.
    unsafe {
        libc::write(2, message.as_ptr().cast(), message.len());
        libc::abort()
    }
}

pub(crate) unsafe extern "C" fn read_chk(
    fd: c_int,
    buffer: *mut c_void,
    len: size_t,
    room: size_t,
) -> ssize_t {
    check(len, room);
    // SAFETY: the caller's own call.
    unsafe { file::read(fd, buffer, len) }
}

pub(crate) unsafe extern "C" fn recv_chk(
    fd: c_int,
    buffer: *mut c_void,
    len: size_t,
    room: size_t,
    flags: c_int,
) -> ssize_t {
    check(len, room);
    // SAFETY: the caller's own call.
    unsafe { receive::recv(fd, buffer, len, flags) }
}

pub(crate) unsafe extern "C" fn recvfrom_chk(
    fd: c_int,
    buffer: *mut c_void,
    len: size_t,
    room: size_t,
    flags: c_int,
    address: *mut sockaddr,
    address_len: *mut socklen_t,
) -> ssize_t {
    check(len, room);
    // SAFETY: the caller's own call.
    unsafe { receive::recvfrom(fd, buffer, len, flags, address, address_len) }
}

pub(crate) unsafe extern "C" fn poll_chk(
    list: *mut pollfd,
    count: nfds_t,
    timeout: c_int,
    room: size_t,
) -> c_int {
    check(count as size_t, room / size_of::<pollfd>());
    // SAFETY: the caller's own call.
    unsafe { poll::poll(list, count, timeout) }
}

pub(crate) unsafe extern "C" fn ppoll_chk(
    list: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
    room: size_t,
) -> c_int {
    check(count as size_t, room / size_of::<pollfd>());
    // SAFETY: the caller's own call.
    unsafe { poll::ppoll(list, count, timeout, mask) }
}

/// `open` without a mode; glibc's check is that the flags need none.
pub(crate) unsafe extern "C" fn open_2(path: *const c_char, flags: c_int) -> c_int {
    check(
        usize::from(flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE),
        0,
    );
    // SAFETY: the caller's own call.
    unsafe { create::open(path, flags, 0) }
}

/// `openat` without a mode; see [`open_2`].
pub(crate) unsafe extern "C" fn openat_2(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
) -> c_int {
    check(
        usize::from(flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE),
        0,
    );
    // SAFETY: the caller's own call.
    unsafe { create::openat(folder, path, flags, 0) }
}
