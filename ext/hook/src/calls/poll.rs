//! `poll`, `ppoll`.

use std::time::Duration;

use libc::{c_int, nfds_t, pollfd, sigset_t, timespec};

use crate::errno;
use crate::fds;
use crate::policy::{self, Families, Interest, Policy, WaitOutcome};
use crate::wait::{self, Deadline, error_of, pause};

gated!(poll => poll_inside(list: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int);

#[inline(never)]
unsafe fn poll_inside(list: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::poll(list, count, timeout) };
    if timeout == 0 {
        return original();
    }
    let Some(policy) = policy::active() else {
        return original();
    };
    let limit = u64::try_from(timeout).ok().map(Duration::from_millis);
    // SAFETY: the caller's list.
    unsafe { watch(policy, list, count, limit, original) }
}

pub(crate) unsafe extern "C" fn ppoll(
    list: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::ppoll(list, count, timeout, mask) };
    let Some(policy) = policy::active() else {
        return original();
    };
    // A signal mask for the time of the wait can't be emulated: other coroutines run then.
    if !mask.is_null() {
        return original();
    }
    let limit = if timeout.is_null() {
        None
    } else {
        // SAFETY: not null, and readable as the caller promises to the original.
        match super::sleep::duration(unsafe { *timeout }) {
            Some(Duration::ZERO) | None => return original(),
            time => time,
        }
    };
    // SAFETY: the caller's list.
    unsafe { watch(policy, list, count, limit, original) }
}

/// # Safety
/// `list` and `count` as for poll.
unsafe fn watch(
    policy: &Policy,
    list: *mut pollfd,
    count: nfds_t,
    limit: Option<Duration>,
    original: impl Fn() -> c_int,
) -> c_int {
    let before = errno::get();
    // SAFETY: as the caller's own call, without waiting.
    let look = || unsafe { libc::poll(list, count, 0) };
    // SAFETY: one entry of the caller's list.
    if count != 1 || !unsafe { is_known_to_wait(policy, list) } {
        let found = look();
        if found != 0 {
            return found;
        }
    }
    let entries: &mut [pollfd] = if count == 0 || list.is_null() {
        &mut []
    } else {
        // SAFETY: the kernel has just read and written this list.
        unsafe { std::slice::from_raw_parts_mut(list, count as usize) }
    };
    if !may_suspend(policy, entries) {
        return original();
    }
    let deadline = Deadline::after(limit);
    let mut alarms = 0;
    loop {
        let outcome = match pause(policy, alarms, deadline) {
            Some(ended) => ended,
            None => wait_for(policy, entries, deadline.left()),
        };
        alarms += 1;
        match outcome {
            WaitOutcome::Ready | WaitOutcome::TimedOut => {}
            WaitOutcome::Cancelled | WaitOutcome::Taken => {
                return errno::fail(error_of(outcome)) as c_int;
            }
            WaitOutcome::Closed => {
                // Their numbers may already belong to other files.
                if let [entry] = entries {
                    entry.revents = libc::POLLNVAL;
                }
                let closed = entries
                    .iter()
                    .filter(|entry| entry.revents == libc::POLLNVAL);
                let closed = closed.count() as c_int;
                if closed != 0 {
                    errno::set(before);
                    return closed;
                }
            }
            WaitOutcome::Refused => {
                errno::set(before);
                return block(list, count, deadline);
            }
        }
        if outcome == WaitOutcome::Ready
            && let [entry] = entries
        {
            let events = told(policy, entry);
            if events != 0 {
                entry.revents = events;
                errno::set(before);
                return 1;
            }
        }
        // SAFETY: as the caller's own call, without waiting.
        let found = unsafe { libc::poll(list, count, 0) };
        if found < 0 {
            return found;
        }
        if found > 0 || outcome == WaitOutcome::TimedOut || deadline.has_passed() {
            errno::set(before);
            return found;
        }
    }
}

/// Was all read that the one descriptor had, so that there is nothing to look for?
///
/// # Safety
/// `list` has one entry.
unsafe fn is_known_to_wait(policy: &Policy, list: *mut pollfd) -> bool {
    const READ: i16 = libc::POLLIN | libc::POLLRDNORM | libc::POLLPRI;
    const ALWAYS: i16 = libc::POLLERR | libc::POLLHUP;
    // SAFETY: not null, and the caller's own list.
    let Some(entry) = (unsafe { list.as_mut() }) else {
        return false;
    };
    let is_plain = entry.events & READ != 0 && entry.events & !(READ | ALWAYS) == 0;
    let waits = is_plain
        && entry.fd > 2
        && (policy.is_drained)(entry.fd)
        && may_suspend(policy, std::slice::from_ref(entry));
    if waits {
        entry.revents = 0;
    }
    waits
}

/// Every descriptor's family has to be on; what belongs to none, and lists, need `POLL`.
fn may_suspend(policy: &Policy, entries: &[pollfd]) -> bool {
    let flags = (policy.flags)();
    let mut needs_poll = entries.len() != 1;
    for entry in entries.iter().filter(|entry| entry.fd >= 0) {
        let family = if entry.fd <= 2 {
            Families::NONE
        } else {
            fds::lookup(entry.fd).kind().family()
        };
        if family == Families::NONE {
            needs_poll = true;
        } else if !flags.has(family) {
            return false;
        }
    }
    !needs_poll || flags.has(Families::POLL)
}

/// What the wait found of the events that the caller asks for, and of those that nobody has to
/// ask for; 0 when the kernel has to be asked again.
fn told(policy: &Policy, entry: &pollfd) -> i16 {
    const TOLD: i16 = libc::POLLIN | libc::POLLPRI | libc::POLLOUT | libc::POLLRDHUP;
    const ALWAYS: i16 = libc::POLLERR | libc::POLLHUP;
    // The kernel tells these together with POLLIN and POLLOUT, or of what nobody uses.
    const WITH: i16 = libc::POLLRDNORM | libc::POLLRDBAND | libc::POLLWRNORM;
    if entry.fd < 0 || entry.events & !(TOLD | ALWAYS | WITH) != 0 {
        return 0;
    }
    let mut found = (policy.found)(entry.fd);
    if found & libc::POLLIN != 0 {
        found |= libc::POLLRDNORM;
    }
    if found & libc::POLLOUT != 0 {
        found |= libc::POLLWRNORM;
    }
    found & (entry.events | ALWAYS)
}

/// One descriptor and plain events are a wait on a descriptor; all else is a wait for many.
fn wait_for(policy: &Policy, entries: &mut [pollfd], left: Option<Duration>) -> WaitOutcome {
    const READ: i16 = libc::POLLIN | libc::POLLRDNORM | libc::POLLRDBAND | libc::POLLRDHUP;
    const WRITE: i16 = libc::POLLOUT | libc::POLLWRNORM;
    if let [entry] = entries
        && entry.fd >= 0
    {
        // POLLPRI comes with an event of the reader's side.
        let read = entry.events & READ != 0;
        let write = entry.events & WRITE != 0;
        let plain =
            entry.events & !(READ | WRITE | libc::POLLPRI | libc::POLLERR | libc::POLLHUP) == 0;
        let interest = match (read, write) {
            (true, false) => Some(Interest::READ),
            (false, true) => Some(Interest::WRITE),
            (true, true) => Some(Interest::BOTH),
            (false, false) => None,
        };
        if let Some(interest) = interest.filter(|_| plain) {
            return wait::wait_fd(policy, entry.fd, interest, left);
        }
    }
    wait::wait_many(policy, entries, left)
}

/// The refused wait: what is left of it, in the kernel.
fn block(list: *mut pollfd, count: nfds_t, deadline: Deadline) -> c_int {
    let timeout = deadline.left().map_or(-1, |left| {
        // Rounded up, so that it never ends early.
        c_int::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
    });
    // SAFETY: the caller's list, which the kernel has accepted before.
    unsafe { libc::poll(list, count, timeout) }
}
