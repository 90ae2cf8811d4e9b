//! `recv`, `recvfrom`, `recvmsg`.

use libc::{c_int, c_void, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::transfer;
use crate::errno;
use crate::fds::{self, Kind, State};
use crate::iovec;
use crate::policy::{self, Interest, Policy};
use crate::wait::{Deadline, Whole, is_taken, pause, until_done, would_block};

/// With one of these the call does not block anyway.
const NEVER_BLOCKS: c_int = libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE | libc::MSG_OOB;

/// The policy if this call is to suspend rather than block.
#[inline]
fn suspends(fd: c_int, flags: c_int) -> Option<(&'static Policy, State)> {
    if flags & NEVER_BLOCKS != 0 {
        None
    } else {
        transfer(fd)
    }
}

gated!(recv => recv_inside(fd: c_int, buffer: *mut c_void, len: size_t, flags: c_int) -> ssize_t);

#[inline(never)]
unsafe fn recv_inside(fd: c_int, buffer: *mut c_void, len: size_t, flags: c_int) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |more: c_int| unsafe { libc::recv(fd, buffer, len, flags | more) };
    let Some((policy, state)) = suspends(fd, flags) else {
        if is_awaited_by_another(fd, flags) {
            // PHP's streams take any other error for their end.
            return errno::fail(libc::EAGAIN);
        }
        return call(0);
    };
    // SAFETY: the part of the caller's buffer that follows the first `done` bytes.
    let rest = |done: usize, more| unsafe {
        libc::recv(fd, buffer.wrapping_byte_add(done), len - done, flags | more)
    };
    let result = receive(policy, state, fd, flags, || len, call, rest);
    note(policy, state, fd, flags, result, len);
    result
}

/// Would this call, which does not block, take what another coroutine waits for? PHP's streams call so after a wait of theirs has
/// failed. In non-blocking mode nobody is asked: a library that looks whether there is something harms nobody who waits.
#[inline]
fn is_awaited_by_another(fd: c_int, flags: c_int) -> bool {
    if flags & (libc::MSG_DONTWAIT | libc::MSG_PEEK) != libc::MSG_DONTWAIT {
        return false;
    }
    let state = fds::known(fd);
    state.is_awaited(Interest::READ)
        && policy::active().is_some_and(|policy| is_taken(policy, fd, state, Interest::READ))
}

gated!(recvfrom => recvfrom_inside(fd: c_int, buffer: *mut c_void, len: size_t, flags: c_int, address: *mut sockaddr, address_len: *mut socklen_t) -> ssize_t);

#[inline(never)]
unsafe fn recvfrom_inside(
    fd: c_int,
    buffer: *mut c_void,
    len: size_t,
    flags: c_int,
    address: *mut sockaddr,
    address_len: *mut socklen_t,
) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |more: c_int| unsafe {
        libc::recvfrom(fd, buffer, len, flags | more, address, address_len)
    };
    let Some((policy, state)) = suspends(fd, flags) else {
        return call(0);
    };
    // SAFETY: the part of the caller's buffer that follows the first `done` bytes.
    let rest = |done: usize, more| unsafe {
        libc::recv(fd, buffer.wrapping_byte_add(done), len - done, flags | more)
    };
    let result = receive(policy, state, fd, flags, || len, call, rest);
    note(policy, state, fd, flags, result, len);
    result
}

gated!(recvmsg => recvmsg_inside(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t);

#[inline(never)]
unsafe fn recvmsg_inside(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |more: c_int| unsafe { libc::recvmsg(fd, message, flags | more) };
    let Some((policy, state)) = suspends(fd, flags) else {
        return call(0);
    };
    // SAFETY: called after the kernel has read this header.
    let segments = || unsafe { iovec::of_message(message) };
    let rest = |done: usize, more: c_int| {
        let mut window = iovec::empty();
        let count = iovec::rest(segments(), done, &mut window);
        // SAFETY: all-zero is a valid header without address and control data.
        let mut header: msghdr = unsafe { std::mem::zeroed() };
        header.msg_iov = window.as_mut_ptr();
        header.msg_iovlen = count as _;
        // SAFETY: the header describes parts of the caller's buffers.
        unsafe { libc::recvmsg(fd, &raw mut header, flags | more) }
    };
    receive(
        policy,
        state,
        fd,
        flags,
        || iovec::total(segments()),
        call,
        rest,
    )
}

/// Less than was asked for is all that there was.
#[inline]
fn note(policy: &Policy, state: State, fd: c_int, flags: c_int, result: ssize_t, len: size_t) {
    if result > 0 && (result as size_t) < len && flags == 0 && state.kind() == Kind::Tcp {
        (policy.drained)(fd);
    }
}

/// `call(more)` is the call as given with more flags; `rest(done, more)` receives what
/// follows the first `done` bytes, for `MSG_WAITALL`.
pub(super) fn receive(
    policy: &Policy,
    state: State,
    fd: c_int,
    flags: c_int,
    total: impl FnOnce() -> usize,
    call: impl Fn(c_int) -> ssize_t,
    rest: impl Fn(usize, c_int) -> ssize_t,
) -> ssize_t {
    if flags & libc::MSG_PEEK == 0 && is_taken(policy, fd, state, Interest::READ) {
        return errno::fail(libc::EBUSY);
    }
    let deadline = || Deadline::of_socket(fd, libc::SO_RCVTIMEO);
    let whole = flags & libc::MSG_WAITALL != 0 && state.kind().is_stream();
    if whole && flags & libc::MSG_PEEK == 0 {
        let job = Whole {
            policy,
            fd,
            interest: Interest::READ,
            renew: false,
        };
        let attempt = |done| {
            if done == 0 {
                call(libc::MSG_DONTWAIT)
            } else {
                rest(done, libc::MSG_DONTWAIT)
            }
        };
        let blocking = |done| if done == 0 { call(0) } else { rest(done, 0) };
        return job.run(total, deadline, attempt, blocking);
    }
    if whole && state.kind() == Kind::Tcp {
        return peek_all(policy, fd, total, deadline(), call);
    }
    let attempt = || call(libc::MSG_DONTWAIT);
    until_done(policy, fd, Interest::READ, deadline, attempt, || call(0))
}

/// `MSG_PEEK | MSG_WAITALL`: readiness can't tell when enough is there, so it looks again
/// every few milliseconds until it is, the stream ends, or the time-out passes.
fn peek_all(
    policy: &Policy,
    fd: c_int,
    total: impl FnOnce() -> usize,
    deadline: Deadline,
    call: impl Fn(c_int) -> ssize_t,
) -> ssize_t {
    let before = errno::get();
    let mut result = call(libc::MSG_DONTWAIT);
    if result < 0 && !would_block() {
        return result;
    }
    let len = total();
    let mut rounds = 2;
    loop {
        let blocked = result < 0 && would_block();
        if !blocked && (result <= 0 || result as usize >= len) {
            return result;
        }
        let mut entry = libc::pollfd {
            fd,
            events: libc::POLLRDHUP,
            revents: 0,
        };
        // SAFETY: one valid entry, no waiting.
        let ended = unsafe { libc::poll(&raw mut entry, 1, 0) } > 0;
        if !blocked && (ended || deadline.has_passed()) {
            errno::set(before);
            return result;
        }
        if blocked && deadline.has_passed() {
            return errno::fail(libc::EAGAIN);
        }
        match pause(policy, rounds, deadline) {
            None => rounds += 1,
            Some(crate::WaitOutcome::Refused) => return call(0),
            Some(_) => return errno::fail(libc::ECANCELED),
        }
        result = call(libc::MSG_DONTWAIT);
    }
}
