//! `sigwaitinfo`, `sigtimedwait`: nobody tells the loop of signals that are blocked, so they are looked for again and again.

use std::time::Duration;

use libc::{c_int, siginfo_t, sigset_t, timespec};

use super::sleep;
use crate::errno;
use crate::policy::{Families, SleepOutcome, active_for};
use crate::wait::{self, Deadline};

/// How long to sleep between two looks, at first and at most.
const SHORTEST: Duration = Duration::from_micros(200);
const LONGEST: Duration = Duration::from_millis(10);

pub(crate) unsafe extern "C" fn sigwaitinfo(set: *const sigset_t, info: *mut siginfo_t) -> c_int {
    // SAFETY: as the caller promises to the original.
    unsafe { sigtimedwait(set, info, std::ptr::null()) }
}

pub(crate) unsafe extern "C" fn sigtimedwait(
    set: *const sigset_t,
    info: *mut siginfo_t,
    timeout: *const timespec,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::sigtimedwait(set, info, timeout) };
    let Some(policy) = active_for(Families::SLEEP) else {
        return original();
    };
    let limit = match timeout.is_null() {
        true => None,
        // SAFETY: not null, and readable as the caller promises to the original.
        false => match sleep::duration(unsafe { *timeout }) {
            Some(Duration::ZERO) | None => return original(),
            time => time,
        },
    };
    let deadline = Deadline::after(limit);
    let now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut pause = SHORTEST;
    loop {
        // SAFETY: the caller's own call, without waiting.
        let found = unsafe { libc::sigtimedwait(set, info, &raw const now) };
        if found > 0 || errno::get() != libc::EAGAIN || deadline.has_passed() {
            return found;
        }
        let time = deadline.left().map_or(pause, |left| left.min(pause));
        match wait::sleep(policy, time) {
            SleepOutcome::Done | SleepOutcome::Interrupted(_) => {}
            SleepOutcome::Cancelled(_) => return errno::fail(libc::ECANCELED) as c_int,
            SleepOutcome::Refused => return original(),
        }
        pause = (pause * 2).min(LONGEST);
    }
}
