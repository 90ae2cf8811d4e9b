//! `sleep`, `usleep`, `nanosleep`, `clock_nanosleep`.

use std::time::Duration;

use libc::{c_int, c_uint, clockid_t, timespec, useconds_t};

use crate::errno;
use crate::policy::{Families, Policy, SleepOutcome, active_for};
use crate::wait;

pub(crate) unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    let Some(policy) = active_for(Families::SLEEP) else {
        // SAFETY: the caller's own call.
        return unsafe { libc::sleep(seconds) };
    };
    let before = errno::get();
    match wait::sleep(policy, Duration::from_secs(seconds.into())) {
        SleepOutcome::Done => {
            errno::set(before);
            0
        }
        SleepOutcome::Interrupted(left) | SleepOutcome::Cancelled(left) => {
            c_uint::try_from(left.as_secs()).unwrap_or(seconds)
        }
        // SAFETY: the caller's own call.
        SleepOutcome::Refused => unsafe { libc::sleep(seconds) },
    }
}

pub(crate) unsafe extern "C" fn usleep(micros: useconds_t) -> c_int {
    let Some(policy) = active_for(Families::SLEEP) else {
        // SAFETY: the caller's own call.
        return unsafe { libc::usleep(micros) };
    };
    match relative(policy, Duration::from_micros(micros.into())) {
        // SAFETY: the caller's own call.
        None => unsafe { libc::usleep(micros) },
        Some(Ok(())) => 0,
        Some(Err((error, _))) => errno::fail(error) as c_int,
    }
}

pub(crate) unsafe extern "C" fn nanosleep(request: *const timespec, left: *mut timespec) -> c_int {
    // SAFETY: as the caller promises to the original.
    let time = unsafe { read(request) };
    let Some((time, policy)) = time.zip(active_for(Families::SLEEP)) else {
        // SAFETY: the caller's own call.
        return unsafe { libc::nanosleep(request, left) };
    };
    match relative(policy, time) {
        // SAFETY: the caller's own call.
        None => unsafe { libc::nanosleep(request, left) },
        Some(Ok(())) => 0,
        Some(Err((error, rest))) => {
            // SAFETY: as the caller promises to the original.
            unsafe { write(left, rest) };
            errno::fail(error) as c_int
        }
    }
}

/// Returns the error instead of setting errno, as POSIX has it.
pub(crate) unsafe extern "C" fn clock_nanosleep(
    clock: clockid_t,
    flags: c_int,
    request: *const timespec,
    left: *mut timespec,
) -> c_int {
    // SAFETY: the caller's own call.
    let blocking = || unsafe { libc::clock_nanosleep(clock, flags, request, left) };
    let known = matches!(
        clock,
        libc::CLOCK_REALTIME | libc::CLOCK_MONOTONIC | libc::CLOCK_BOOTTIME
    );
    if !known || flags & !libc::TIMER_ABSTIME != 0 {
        return blocking();
    }
    // SAFETY: as the caller promises to the original.
    let time = unsafe { read(request) };
    let Some((time, policy)) = time.zip(active_for(Families::SLEEP)) else {
        return blocking();
    };
    if flags == libc::TIMER_ABSTIME {
        // The clock may be set while we sleep, so it is asked again afterwards.
        while let Some(rest) = until(clock, time) {
            match relative(policy, rest) {
                None => return blocking(),
                Some(Ok(())) => {}
                Some(Err((error, _))) => return error,
            }
        }
        return 0;
    }
    match relative(policy, time) {
        None => blocking(),
        Some(Ok(())) => 0,
        Some(Err((error, rest))) => {
            // SAFETY: as the caller promises to the original.
            unsafe { write(left, rest) };
            error
        }
    }
}

/// Sleeps; `None` when refused, else the error and what was left. Preserves errno.
fn relative(policy: &Policy, time: Duration) -> Option<Result<(), (c_int, Duration)>> {
    match errno::preserve(|| wait::sleep(policy, time)) {
        SleepOutcome::Done => Some(Ok(())),
        SleepOutcome::Interrupted(left) => Some(Err((libc::EINTR, left))),
        SleepOutcome::Cancelled(left) => Some(Err((libc::ECANCELED, left))),
        SleepOutcome::Refused => None,
    }
}

/// The time until the clock shows `time`; `None` when it does.
fn until(clock: clockid_t, time: Duration) -> Option<Duration> {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` has room for the answer; the clock is one of those that always exist.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    let now = duration(now)?;
    time.checked_sub(now).filter(|rest| !rest.is_zero())
}

/// A valid time; `None` lets the original call report what is wrong with it.
///
/// # Safety
/// `time` must be null or readable.
unsafe fn read(time: *const timespec) -> Option<Duration> {
    if time.is_null() {
        return None;
    }
    // SAFETY: not null, and readable by this function's contract.
    duration(unsafe { *time })
}

pub(super) fn duration(time: timespec) -> Option<Duration> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanos = u32::try_from(time.tv_nsec)
        .ok()
        .filter(|&nanos| nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

/// # Safety
/// `target` must be null or writable.
unsafe fn write(target: *mut timespec, time: Duration) {
    if !target.is_null() {
        // SAFETY: not null, and writable by this function's contract.
        unsafe {
            (*target).tv_sec = time.as_secs() as _;
            (*target).tv_nsec = time.subsec_nanos() as _;
        }
    }
}
