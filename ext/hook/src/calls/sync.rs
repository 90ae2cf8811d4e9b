//! `fsync`, `fdatasync`: on another thread, since the disk takes its time.

use libc::c_int;

use crate::errno;
use crate::offload::{FileWork, OffloadOutcome};
use crate::policy::{Families, active_for};

pub(crate) unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: touches no memory.
    sync(FileWork::Sync(fd), || unsafe { libc::fsync(fd) })
}

pub(crate) unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: touches no memory.
    sync(FileWork::SyncData(fd), || unsafe { libc::fdatasync(fd) })
}

fn sync(work: FileWork, original: impl FnOnce() -> c_int) -> c_int {
    let Some(policy) = active_for(Families::FILE) else {
        return original();
    };
    match errno::preserve(|| (policy.offload)(work)) {
        OffloadOutcome::Done(result, error) if result < 0 => errno::fail(error) as c_int,
        OffloadOutcome::Done(..) => 0,
        OffloadOutcome::Cancelled => errno::fail(libc::ECANCELED) as c_int,
        OffloadOutcome::Refused => original(),
    }
}
