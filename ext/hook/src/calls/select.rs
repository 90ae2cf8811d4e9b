//! `select`, `pselect`.

use std::ptr;
use std::time::Duration;

use libc::{c_int, fd_set, pollfd, sigset_t, timespec, timeval};

use crate::errno;
use crate::fds;
use crate::policy::{self, Families, Policy, WaitOutcome};
use crate::wait::{Deadline, error_of, pause, wait_many};

/// `FD_SETSIZE`: larger sets, which some programs allocate themselves, pass through.
const MOST: usize = 1024;
const WORD: usize = u64::BITS as usize;

/// The bits of one of the caller's sets, as far as the highest descriptor asks for.
#[derive(Clone, Copy)]
struct Bits([u64; MOST / WORD]);

impl Bits {
    /// # Safety
    /// `set` must be null or hold at least `most` bits, rounded up to whole words.
    unsafe fn load(set: *const fd_set, most: usize) -> Self {
        let mut bits = Self([0; MOST / WORD]);
        if !set.is_null() {
            // SAFETY: by the function's contract; `most` is at most MOST.
            unsafe {
                ptr::copy_nonoverlapping(set.cast(), bits.0.as_mut_ptr(), most.div_ceil(WORD))
            };
        }
        bits
    }

    /// # Safety
    /// As for [`Bits::load`], and writable.
    unsafe fn store(&self, set: *mut fd_set, most: usize) {
        if !set.is_null() {
            // SAFETY: by the function's contract; `most` is at most MOST.
            unsafe { ptr::copy_nonoverlapping(self.0.as_ptr(), set.cast(), most.div_ceil(WORD)) };
        }
    }

    fn has(&self, fd: usize) -> bool {
        self.0
            .get(fd / WORD)
            .is_some_and(|word| word >> (fd % WORD) & 1 != 0)
    }
}

/// The three sets of one call.
struct Sets {
    most: usize,
    targets: [*mut fd_set; 3],
    wanted: [Bits; 3],
}

impl Sets {
    /// # Safety
    /// The sets must be those of a valid call of select with `most` as its first argument.
    unsafe fn load(most: usize, targets: [*mut fd_set; 3]) -> Self {
        // SAFETY: by the function's contract.
        let wanted = targets.map(|set| unsafe { Bits::load(set, most) });
        Self {
            most,
            targets,
            wanted,
        }
    }

    /// Puts back what the caller asked for.
    fn restore(&self) {
        for (bits, target) in self.wanted.iter().zip(self.targets) {
            // SAFETY: the sets that `load` has read; select writes them too.
            unsafe { bits.store(target, self.most) };
        }
    }

    /// What is ready now. The caller's sets are then as select leaves them.
    fn look(&self) -> c_int {
        let mut none = timeval {
            tv_sec: 0,
            tv_usec: 0,
        };
        let [read, write, except] = self.targets;
        // SAFETY: the caller's sets, no waiting.
        unsafe { libc::select(self.most as c_int, read, write, except, &raw mut none) }
    }

    fn events(&self, fd: usize) -> i16 {
        let kinds = [libc::POLLIN, libc::POLLOUT, libc::POLLPRI];
        let wanted = self
            .wanted
            .iter()
            .zip(kinds)
            .filter(|(bits, _)| bits.has(fd));
        wanted.fold(0, |events, (_, kind)| events | kind)
    }
}

pub(crate) unsafe extern "C" fn select(
    most: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::select(most, read, write, except, timeout) };
    let limit = if timeout.is_null() {
        None
    } else {
        // SAFETY: not null, and readable as the caller promises to the original.
        let time = unsafe { *timeout };
        let seconds = u64::try_from(time.tv_sec).ok();
        let micros = u64::try_from(time.tv_usec).ok().map(Duration::from_micros);
        match seconds.map(Duration::from_secs).zip(micros) {
            Some((seconds, micros)) => Some(seconds.saturating_add(micros)),
            None => return original(),
        }
    };
    // SAFETY: the caller's sets.
    let Some((result, left)) = (unsafe { watch(most, [read, write, except], limit) }) else {
        return original();
    };
    if let Some(left) = left.filter(|_| !timeout.is_null()) {
        // SAFETY: not null; Linux's select writes what is left of the time there.
        unsafe {
            (*timeout).tv_sec = left.as_secs() as _;
            (*timeout).tv_usec = left.subsec_micros() as _;
        }
    }
    result
}

pub(crate) unsafe extern "C" fn pselect(
    most: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::pselect(most, read, write, except, timeout, mask) };
    // A signal mask for the time of the wait can't be emulated: other coroutines run then.
    if !mask.is_null() {
        return original();
    }
    let limit = if timeout.is_null() {
        None
    } else {
        // SAFETY: not null, and readable as the caller promises to the original.
        match super::sleep::duration(unsafe { *timeout }) {
            None => return original(),
            time => time,
        }
    };
    // SAFETY: the caller's sets.
    unsafe { watch(most, [read, write, except], limit) }.map_or_else(original, |(result, _)| result)
}

/// The result and what is left of the time, or `None`, with the sets as they were, where
/// the original call is to be made.
///
/// # Safety
/// As for select.
unsafe fn watch(
    most: c_int,
    targets: [*mut fd_set; 3],
    limit: Option<Duration>,
) -> Option<(c_int, Option<Duration>)> {
    let policy = policy::active()?;
    if limit == Some(Duration::ZERO) || !(policy.flags)().has(Families::POLL) {
        return None;
    }
    let most = usize::try_from(most).ok().filter(|&most| most <= MOST)?;
    let before = errno::get();
    let deadline = Deadline::after(limit);
    // SAFETY: by this function's contract.
    let sets = unsafe { Sets::load(most, targets) };
    let found = sets.look();
    if found != 0 {
        return Some((found, deadline.left()));
    }
    let mut entries = [pollfd {
        fd: -1,
        events: 0,
        revents: 0,
    }; MOST];
    let mut count = 0;
    for fd in 0..most {
        let events = sets.events(fd);
        if events != 0 {
            entries[count] = pollfd {
                fd: fd as c_int,
                events,
                revents: 0,
            };
            count += 1;
        }
    }
    let entries = &mut entries[..count];
    if !families_are_on(policy, entries) {
        sets.restore();
        return None;
    }
    let mut alarms = 0;
    loop {
        let outcome = match pause(policy, alarms, deadline) {
            Some(ended) => ended,
            None => wait_many(policy, entries, deadline.left()),
        };
        alarms += 1;
        sets.restore();
        match outcome {
            // A closed one's number may already belong to another file.
            WaitOutcome::Cancelled | WaitOutcome::Closed | WaitOutcome::Taken => {
                return Some((errno::fail(error_of(outcome)) as c_int, deadline.left()));
            }
            WaitOutcome::Refused => {
                errno::set(before);
                return None;
            }
            WaitOutcome::Ready | WaitOutcome::TimedOut => {}
        }
        let found = sets.look();
        if found < 0 {
            return Some((found, deadline.left()));
        }
        if found > 0 || outcome == WaitOutcome::TimedOut || deadline.has_passed() {
            errno::set(before);
            return Some((found, deadline.left()));
        }
    }
}

fn families_are_on(policy: &Policy, entries: &[pollfd]) -> bool {
    let flags = (policy.flags)();
    entries.iter().filter(|entry| entry.fd > 2).all(|entry| {
        let family = fds::lookup(entry.fd).kind().family();
        family == Families::NONE || flags.has(family)
    })
}
