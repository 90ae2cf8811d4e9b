//! `read`, `write`, `readv`, `writev` on sockets and pipes; `read` of files.

use libc::{c_int, c_void, iovec, msghdr, size_t, ssize_t};

use super::receive::receive;
use super::send::transmit;
use super::{regular, transfer, transfer_out};
use crate::errno;
use crate::fds::{self, Kind, State};
use crate::iovec as segments;
use crate::offload::{FileWork, OffloadOutcome};
use crate::policy::{self, Interest, Policy, WaitOutcome};
use crate::wait::{Deadline, Wait, error_of, is_taken, until_done, would_block};

/// How much of a file is fetched at least where it is not in memory, in bytes.
const AHEAD: usize = 256 * 1024;

/// Up to this size a write to a pipe that polls writable doesn't block (and is atomic).
const ATOMIC: usize = libc::PIPE_BUF;

/// As `gated!` makes them; and no frame is made, either, for what is known to pass through.
pub(crate) unsafe extern "C" fn read(fd: c_int, buffer: *mut c_void, len: size_t) -> ssize_t {
    if policy::is_outside() || fds::never_waits(fd) {
        // SAFETY: the caller's own call.
        return unsafe { libc::read(fd, buffer, len) };
    }
    // SAFETY: as above.
    unsafe { read_inside(fd, buffer, len) }
}

#[inline(never)]
unsafe fn read_inside(fd: c_int, buffer: *mut c_void, len: size_t) -> ssize_t {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::read(fd, buffer, len) };
    let Some((policy, state)) = suspends(transfer, fd, len) else {
        return match regular(fd) {
            // SAFETY: the caller's buffer.
            Some(policy) if len > 0 => unsafe { read_file(policy, fd, buffer, len) },
            _ => original(),
        };
    };
    if state.kind().is_socket() {
        // SAFETY: recv without flags is read, for a length above zero.
        let call = |flags| unsafe { libc::recv(fd, buffer, len, flags) };
        return receive(policy, state, fd, 0, || len, call, |_, flags| call(flags));
    }
    let segment = iovec {
        iov_base: buffer,
        iov_len: len,
    };
    // SAFETY: one segment, the caller's buffer.
    unsafe { read_pipe(policy, state, fd, &raw const segment, 1, original) }
}

gated!(readv => readv_inside(fd: c_int, list: *const iovec, count: c_int) -> ssize_t);

#[inline(never)]
unsafe fn readv_inside(fd: c_int, list: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::readv(fd, list, count) };
    let Some((policy, state)) = suspends(transfer, fd, count as usize) else {
        return original();
    };
    if state.kind().is_socket() {
        let call = |flags| {
            let mut header = header(list, count);
            // SAFETY: the header describes the caller's segments.
            unsafe { libc::recvmsg(fd, &raw mut header, flags) }
        };
        return receive(policy, state, fd, 0, || 0, call, |_, flags| call(flags));
    }
    // SAFETY: the caller's segments.
    unsafe { read_pipe(policy, state, fd, list, count, original) }
}

gated!(write => write_inside(fd: c_int, buffer: *const c_void, len: size_t) -> ssize_t);

#[inline(never)]
unsafe fn write_inside(fd: c_int, buffer: *const c_void, len: size_t) -> ssize_t {
    let Some((policy, state)) = suspends(transfer_out, fd, len) else {
        // SAFETY: the caller's own call.
        return unsafe { libc::write(fd, buffer, len) };
    };
    if state.kind().is_socket() {
        // SAFETY: send without flags is write.
        let call = |flags| unsafe { libc::send(fd, buffer, len, flags) };
        // SAFETY: the part of the caller's buffer that follows the first `done` bytes.
        let rest = |done: usize, flags| unsafe {
            libc::send(fd, buffer.wrapping_byte_add(done), len - done, flags)
        };
        return transmit(policy, state, fd, || len, call, rest);
    }
    let segment = iovec {
        iov_base: buffer.cast_mut(),
        iov_len: len,
    };
    // SAFETY: one segment, the caller's buffer.
    unsafe { write_pipe(policy, state, fd, &raw const segment, 1, false) }
}

gated!(writev => writev_inside(fd: c_int, list: *const iovec, count: c_int) -> ssize_t);

#[inline(never)]
unsafe fn writev_inside(fd: c_int, list: *const iovec, count: c_int) -> ssize_t {
    let Some((policy, state)) = suspends(transfer_out, fd, count as usize) else {
        // SAFETY: the caller's own call.
        return unsafe { libc::writev(fd, list, count) };
    };
    if state.kind().is_socket() {
        // SAFETY: called after the kernel has read the list.
        let all = || unsafe { segments::slice(list, count as usize) };
        let whole = header(list, count);
        // SAFETY: the header describes the caller's segments.
        let call = |flags| unsafe { libc::sendmsg(fd, &raw const whole, flags) };
        let rest = |done: usize, flags| {
            let mut window = segments::empty();
            let used = segments::rest(all(), done, &mut window);
            let header = header(window.as_ptr(), used as c_int);
            // SAFETY: the header describes parts of the caller's segments.
            unsafe { libc::sendmsg(fd, &raw const header, flags) }
        };
        return transmit(policy, state, fd, || segments::total(all()), call, rest);
    }
    // SAFETY: the caller's segments.
    unsafe { write_pipe(policy, state, fd, list, count, true) }
}

/// As for sockets; a transfer of nothing, or with a negative count, is left to the kernel.
#[inline]
fn suspends(
    transfer: impl Fn(c_int) -> Option<(&'static Policy, State)>,
    fd: c_int,
    amount: usize,
) -> Option<(&'static Policy, State)> {
    if amount == 0 || amount > isize::MAX as usize {
        None
    } else {
        transfer(fd)
    }
}

fn header(list: *const iovec, count: c_int) -> msghdr {
    // SAFETY: all-zero is a valid header without address and control data.
    let mut header: msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = list.cast_mut();
    header.msg_iovlen = count as _;
    header
}

/// One transfer without blocking whatever the descriptor's mode; `None` if this kernel
/// can't do that for this descriptor.
///
/// # Safety
/// As for readv and writev; `number` is one of `SYS_preadv2`, `SYS_pwritev2`.
unsafe fn now(
    number: libc::c_long,
    fd: c_int,
    list: *const iovec,
    count: c_int,
) -> Option<ssize_t> {
    let here: libc::c_long = -1;
    // SAFETY: by the function's contract; an offset of -1 means the present position.
    let result = unsafe {
        libc::syscall(
            number,
            fd,
            list,
            count,
            here,
            here,
            libc::c_long::from(RWF_NOWAIT),
        )
    };
    if result < 0 && matches!(errno::get(), libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL) {
        return None;
    }
    Some(result as ssize_t)
}

/// `RWF_NOWAIT` of `<linux/fs.h>`.
const RWF_NOWAIT: c_int = 8;

/// Takes what is in memory at once. What is not is fetched by another thread first, and then read here: so
/// nothing is lost, and no foreign thread writes to the caller's buffer, when the coroutine is cancelled.
///
/// # Safety
/// As for read.
unsafe fn read_file(policy: &Policy, fd: c_int, buffer: *mut c_void, len: size_t) -> ssize_t {
    let before = errno::get();
    let mut done = 0;
    loop {
        let rest = iovec {
            iov_base: buffer.wrapping_byte_add(done),
            iov_len: len - done,
        };
        // SAFETY: one segment, the part of the caller's buffer that is free.
        match unsafe { now(libc::SYS_preadv2, fd, &raw const rest, 1) } {
            Some(count) if count > 0 => {
                done += count as usize;
                if done < len {
                    // Either the file ends here, or what follows is not in memory.
                    continue;
                }
            }
            Some(count) if count < 0 && would_block() => {
                match fetch(policy, fd, len - done) {
                    OffloadOutcome::Done(..) | OffloadOutcome::Refused => {}
                    OffloadOutcome::Cancelled if done == 0 => return errno::fail(libc::ECANCELED),
                    OffloadOutcome::Cancelled => break,
                }
                // SAFETY: as above; it may still wait, where memory is short.
                let count = unsafe { libc::read(fd, rest.iov_base, rest.iov_len) };
                if count < 0 && done == 0 {
                    return count;
                }
                done += usize::try_from(count).unwrap_or(0);
            }
            None if done == 0 => {
                errno::set(before);
                fds::set_plain_file(fd);
                // SAFETY: the caller's own call.
                return unsafe { libc::read(fd, buffer, len) };
            }
            Some(count) if count < 0 && done == 0 => return count,
            _ => {}
        }
        break;
    }
    errno::set(before);
    done as ssize_t
}

/// Has what follows the file's position brought into memory, and more with it where reading goes on.
fn fetch(policy: &Policy, fd: c_int, length: usize) -> OffloadOutcome {
    // SAFETY: asks for the position.
    let offset = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    if offset < 0 {
        return OffloadOutcome::Refused;
    }
    let length = length.max(AHEAD);
    errno::preserve(|| (policy.offload)(FileWork::Fetch { fd, offset, length }))
}

/// # Safety
/// As for readv.
unsafe fn read_pipe(
    policy: &Policy,
    state: State,
    fd: c_int,
    list: *const iovec,
    count: c_int,
    original: impl Fn() -> ssize_t,
) -> ssize_t {
    let never = || Deadline::after(None);
    let before = errno::get();
    if is_taken(policy, fd, state, Interest::READ) {
        // PHP's streams take any other error for their end.
        return errno::fail(libc::EAGAIN);
    }
    if state.kind() == Kind::Pipe {
        let mut plain = false;
        // SAFETY: by this function's contract.
        let attempt = || match unsafe { now(libc::SYS_preadv2, fd, list, count) } {
            Some(result) => result,
            None => {
                plain = true;
                errno::fail(libc::EOPNOTSUPP)
            }
        };
        let result = until_done(policy, fd, Interest::READ, never, attempt, &original);
        if !plain {
            return result;
        }
        fds::set_plain_pipe(fd);
        errno::set(before);
    }
    // What polls readable is read without blocking, unless another reader is faster.
    let attempt = || {
        if polls(fd, libc::POLLIN) {
            original()
        } else {
            errno::fail(libc::EAGAIN)
        }
    };
    until_done(policy, fd, Interest::READ, never, attempt, &original)
}

/// Whether the kernel takes the list of segments, else its error: what they point at it does not read for /dev/null.
///
/// # Safety
/// As for writev.
unsafe fn can_be_read(list: *const iovec, count: c_int) -> bool {
    // SAFETY: a constant path.
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) };
    if null < 0 {
        return true;
    }
    // SAFETY: by this function's contract; the descriptor is ours.
    let result = unsafe { libc::writev(null, list, count) };
    // SAFETY: closed once.
    errno::preserve(|| unsafe { libc::close(null) });
    result >= 0
}

/// `unseen` is a list that the kernel has not looked at, where it has no pwritev2 for pipes.
///
/// # Safety
/// As for writev.
unsafe fn write_pipe(
    policy: &Policy,
    state: State,
    fd: c_int,
    list: *const iovec,
    count: c_int,
    unseen: bool,
) -> ssize_t {
    let before = errno::get();
    if is_taken(policy, fd, state, Interest::WRITE) {
        return errno::fail(libc::EBUSY);
    }
    let mut plain = state.kind() == Kind::PlainPipe;
    let first = if plain {
        0
    } else {
        // SAFETY: by this function's contract.
        match unsafe { now(libc::SYS_pwritev2, fd, list, count) } {
            Some(result) => result,
            None => {
                plain = true;
                fds::set_plain_pipe(fd);
                0
            }
        }
    };
    if first < 0 && !would_block() {
        return first;
    }
    // SAFETY: by this function's contract.
    if plain && unseen && unsafe { !can_be_read(list, count) } {
        return -1;
    }
    // SAFETY: by this function's contract.
    let all = unsafe { segments::slice(list, count as usize) };
    let total = segments::total(all);
    let mut done = usize::try_from(first).unwrap_or(0);
    let mut wait = Wait::new(policy, fd, Interest::WRITE, Deadline::after(None));
    while done < total {
        let mut window = segments::empty();
        let used = segments::rest(all, done, &mut window) as c_int;
        let result = if !plain {
            // SAFETY: parts of the caller's segments.
            unsafe { now(libc::SYS_pwritev2, fd, window.as_ptr(), used) }
                .unwrap_or_else(|| errno::fail(libc::EAGAIN))
        } else if polls(fd, libc::POLLOUT) {
            // SAFETY: a part of the caller's first segment that is left.
            unsafe { libc::write(fd, window[0].iov_base, window[0].iov_len.min(ATOMIC)) }
        } else {
            errno::fail(libc::EAGAIN)
        };
        if result > 0 {
            done += result as usize;
            wait.progressed();
            continue;
        }
        if result < 0 && !would_block() {
            break;
        }
        match wait.again() {
            WaitOutcome::Ready => {}
            WaitOutcome::Refused => {
                // SAFETY: parts of the caller's segments; blocks.
                let rest = unsafe { libc::writev(fd, window.as_ptr(), used) };
                if rest < 0 {
                    break;
                }
                done += rest as usize;
            }
            ended => {
                errno::set(error_of(ended));
                break;
            }
        }
    }
    if done > 0 || total == 0 {
        errno::set(before);
        return done as ssize_t;
    }
    -1
}

/// Whether `fd` has one of the events now, or has failed (the call will then say how).
fn polls(fd: c_int, events: i16) -> bool {
    let mut entry = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: one valid entry, no waiting.
    errno::preserve(|| unsafe { libc::poll(&raw mut entry, 1, 0) }) > 0
}
