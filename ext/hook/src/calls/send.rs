//! `send`, `sendto`, `sendmsg`.

use libc::{c_int, c_void, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::transfer_out;
use crate::errno;
use crate::fds::{Kind, State};
use crate::iovec;
use crate::policy::{Interest, Policy};
use crate::wait::{Deadline, Whole, is_taken, until_done};

/// With one of these the call does not block, or blocks in a way that can't be divided.
const PASSES: c_int = libc::MSG_DONTWAIT | libc::MSG_FASTOPEN;

#[inline]
fn suspends(fd: c_int, flags: c_int) -> Option<(&'static Policy, State)> {
    if flags & PASSES != 0 {
        None
    } else {
        transfer_out(fd)
    }
}

gated!(send => send_inside(fd: c_int, buffer: *const c_void, len: size_t, flags: c_int) -> ssize_t);

#[inline(never)]
unsafe fn send_inside(fd: c_int, buffer: *const c_void, len: size_t, flags: c_int) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |more: c_int| unsafe { libc::send(fd, buffer, len, flags | more) };
    let Some((policy, state)) = suspends(fd, flags) else {
        return call(0);
    };
    // SAFETY: the part of the caller's buffer that follows the first `done` bytes.
    let rest = |done: usize, more| unsafe {
        libc::send(fd, buffer.wrapping_byte_add(done), len - done, flags | more)
    };
    transmit(policy, state, fd, || len, call, rest)
}

gated!(sendto => sendto_inside(fd: c_int, buffer: *const c_void, len: size_t, flags: c_int, address: *const sockaddr, address_len: socklen_t) -> ssize_t);

#[inline(never)]
unsafe fn sendto_inside(
    fd: c_int,
    buffer: *const c_void,
    len: size_t,
    flags: c_int,
    address: *const sockaddr,
    address_len: socklen_t,
) -> ssize_t {
    // SAFETY: the caller's own call.
    let call =
        |more: c_int| unsafe { libc::sendto(fd, buffer, len, flags | more, address, address_len) };
    let Some((policy, state)) = suspends(fd, flags) else {
        return call(0);
    };
    // SAFETY: the part of the caller's buffer that follows the first `done` bytes.
    let rest = |done: usize, more| unsafe {
        libc::send(fd, buffer.wrapping_byte_add(done), len - done, flags | more)
    };
    transmit(policy, state, fd, || len, call, rest)
}

gated!(sendmsg => sendmsg_inside(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t);

#[inline(never)]
unsafe fn sendmsg_inside(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |more: c_int| unsafe { libc::sendmsg(fd, message, flags | more) };
    let Some((policy, state)) = suspends(fd, flags) else {
        return call(0);
    };
    // SAFETY: called after the kernel has read this header.
    let segments = || unsafe { iovec::of_message(message) };
    let rest = |done: usize, more: c_int| {
        let mut window = iovec::empty();
        let count = iovec::rest(segments(), done, &mut window);
        // SAFETY: all-zero is a valid header without address and control data; control
        // data has gone with the first byte.
        let mut header: msghdr = unsafe { std::mem::zeroed() };
        header.msg_iov = window.as_mut_ptr();
        header.msg_iovlen = count as _;
        // SAFETY: the header describes parts of the caller's buffers.
        unsafe { libc::sendmsg(fd, &raw const header, flags | more) }
    };
    transmit(policy, state, fd, || iovec::total(segments()), call, rest)
}

/// `call(more)` is the call as given with more flags; `rest(done, more)` sends what
/// follows the first `done` bytes. `total` is asked once the kernel has
/// accepted the arguments.
pub(super) fn transmit(
    policy: &Policy,
    state: State,
    fd: c_int,
    total: impl FnOnce() -> usize,
    call: impl Fn(c_int) -> ssize_t,
    rest: impl Fn(usize, c_int) -> ssize_t,
) -> ssize_t {
    if is_taken(policy, fd, state, Interest::WRITE) {
        return errno::fail(libc::EBUSY);
    }
    let deadline = || Deadline::of_socket(fd, libc::SO_SNDTIMEO);
    if !state.kind().is_stream() {
        let attempt = || call(libc::MSG_DONTWAIT);
        return until_done(policy, fd, Interest::WRITE, deadline, attempt, || call(0));
    }
    // A failing continuation must not raise SIGPIPE: the part that was sent is the result.
    let quiet = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    let attempt = |done| {
        if done == 0 {
            call(libc::MSG_DONTWAIT)
        } else {
            rest(done, quiet)
        }
    };
    let blocking = |done| {
        if done == 0 {
            call(0)
        } else {
            rest(done, libc::MSG_NOSIGNAL)
        }
    };
    let renew = state.kind() == Kind::UnixStream;
    let job = Whole {
        policy,
        fd,
        interest: Interest::WRITE,
        renew,
    };
    job.run(total, deadline, attempt, blocking)
}
