//! `flock`.

use std::mem::MaybeUninit;
use std::time::Duration;

use libc::{c_int, dev_t, ino_t};

use crate::errno;
use crate::policy::{Families, SleepOutcome, active_for};
use crate::wait;

/// The kernel tells nobody when a lock is free: how long to sleep between two looks, at first and at most.
pub(super) const SHORTEST: Duration = Duration::from_micros(200);
pub(super) const LONGEST: Duration = Duration::from_millis(10);

pub(crate) unsafe extern "C" fn flock(fd: c_int, operation: c_int) -> c_int {
    // SAFETY: touches no memory.
    let call = |operation| unsafe { libc::flock(fd, operation) };
    let waits = operation == libc::LOCK_EX || operation == libc::LOCK_SH;
    let Some(policy) = active_for(Families::FILE).filter(|_| waits) else {
        return call(operation);
    };
    let before = errno::get();
    let file = identity(fd);
    let mut pause = SHORTEST;
    loop {
        let result = call(operation | libc::LOCK_NB);
        if result == 0 {
            errno::set(before);
            return result;
        }
        if errno::get() != libc::EWOULDBLOCK {
            return result;
        }
        match wait::sleep(policy, pause) {
            SleepOutcome::Done | SleepOutcome::Interrupted(_) => {}
            SleepOutcome::Cancelled(_) => return errno::fail(libc::ECANCELED) as c_int,
            SleepOutcome::Refused => return call(operation),
        }
        // Closed meanwhile, and the number may be another file's by now.
        if identity(fd) != file {
            return errno::fail(libc::EBADF) as c_int;
        }
        pause = (pause * 2).min(LONGEST);
    }
}

/// Which file it is; `None` when it is not open.
pub(super) fn identity(fd: c_int) -> Option<(dev_t, ino_t)> {
    let mut about = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: writes a whole structure when it succeeds.
    unsafe {
        (libc::fstat(fd, about.as_mut_ptr()) == 0).then(|| {
            let about = about.assume_init();
            (about.st_dev, about.st_ino)
        })
    }
}
