//! The system calls of epoll.

use super::BATCH;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

/// `epoll_wait(2)`: how many events came; negative for an error.
///
/// The C library's function is a point where threads can be cancelled, which costs more than the call around it in a process with
/// several of them; nobody cancels this one.
#[inline]
pub(super) fn wait(
    epoll: RawFd,
    events: &mut [MaybeUninit<libc::epoll_event>; BATCH],
    timeout: i32,
) -> i32 {
    let no_mask = std::ptr::null::<libc::sigset_t>();
    // SAFETY: the buffer holds BATCH events; without a mask of signals its size is not looked at.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait,
            epoll,
            events.as_mut_ptr(),
            BATCH as i32,
            timeout,
            no_mask,
            0_usize,
        )
    };
    count as i32
}

/// `epoll_ctl(2)`.
pub(super) fn control(
    epoll: RawFd,
    operation: i32,
    fd: RawFd,
    events: u32,
    data: u64,
) -> std::io::Result<()> {
    let mut event = libc::epoll_event { events, u64: data };
    // SAFETY: a valid epoll descriptor and a local structure.
    if unsafe { libc::epoll_ctl(epoll, operation, fd, &raw mut event) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}
