//! `wait`, `wait3`, `wait4`, `waitpid`.

use std::ptr;

use libc::{c_int, pid_t, rusage};

use crate::errno;
use crate::policy::{Families, WaitOutcome, active_for};
use crate::wait::{self, error_of};

pub(crate) unsafe extern "C" fn wait(status: *mut c_int) -> pid_t {
    // SAFETY: as the caller promises to the original.
    unsafe { wait4(-1, status, 0, ptr::null_mut()) }
}

pub(crate) unsafe extern "C" fn waitpid(pid: pid_t, status: *mut c_int, options: c_int) -> pid_t {
    // SAFETY: as the caller promises to the original.
    unsafe { wait4(pid, status, options, ptr::null_mut()) }
}

pub(crate) unsafe extern "C" fn wait3(
    status: *mut c_int,
    options: c_int,
    usage: *mut rusage,
) -> pid_t {
    // SAFETY: as the caller promises to the original.
    unsafe { wait4(-1, status, options, usage) }
}

pub(crate) unsafe extern "C" fn wait4(
    pid: pid_t,
    status: *mut c_int,
    options: c_int,
    usage: *mut rusage,
) -> pid_t {
    // SAFETY: the caller's own call.
    let call = |options| unsafe { libc::wait4(pid, status, options, usage) };
    if options & libc::WNOHANG != 0 {
        return call(options);
    }
    let Some(policy) = active_for(Families::PIPE) else {
        return call(options);
    };
    let before = errno::get();
    let (mut result, mut error) = (0, before);
    let mut look = || {
        result = call(options | libc::WNOHANG);
        error = errno::get();
        result != 0
    };
    // That nothing but an end is asked for lets it be waited for by its descriptor.
    let ends = options & (libc::WUNTRACED | libc::WCONTINUED) == 0;
    match wait::child(policy, if ends { pid } else { -1 }, &mut look) {
        WaitOutcome::Ready => {
            errno::set(if result > 0 { before } else { error });
            result
        }
        WaitOutcome::Refused => {
            errno::set(before);
            call(options)
        }
        ended => errno::fail(error_of(ended)) as pid_t,
    }
}
