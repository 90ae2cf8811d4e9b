//! Questions to the system that a face shows.

use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake};
use std::io;
use std::os::fd::RawFd;

/// What is known of the file system that holds a path; by PHP's names.
///
/// # Errors
/// The system's: no such path, no right to look.
pub fn file_system(path: &str) -> io::Result<[(&'static str, u64); 11]> {
    let stat = rustix::fs::statvfs(path)?;
    Ok([
        ("bsize", stat.f_bsize),
        ("frsize", stat.f_frsize),
        ("blocks", stat.f_blocks),
        ("bfree", stat.f_bfree),
        ("bavail", stat.f_bavail),
        ("files", stat.f_files),
        ("ffree", stat.f_ffree),
        ("favail", stat.f_favail),
        ("fsid", stat.f_fsid),
        ("flag", stat.f_flag.bits()),
        ("namemax", stat.f_namemax),
    ])
}

/// Has the calling thread, of the worker with this number, run on one processor only: of those that it may use but for the
/// ignored ones, a bit for each, one after the other for the workers. Nothing where none is left.
///
/// # Errors
/// The system's.
pub fn pin(worker: usize, ignored: u64) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let own = sched_getaffinity(None)?;
    let all: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|cpu| own.is_set(*cpu) && (*cpu >= 64 || ignored >> cpu & 1 == 0))
        .collect();
    let Some(count) = all.len().checked_sub(1) else {
        return Ok(());
    };
    let mut only = CpuSet::new();
    only.set(all[worker % (count + 1)]);
    Ok(sched_setaffinity(None, &only)?)
}

/// For what a descriptor is ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ready {
    /// To be read, or at its end.
    pub read: bool,
    /// To be written.
    pub write: bool,
}

/// Looks whether a descriptor is ready, without waiting.
///
/// # Errors
/// `EBADF` when it is not open.
pub fn readiness(fd: RawFd, wanted: Ready) -> io::Result<Ready> {
    let found = reactor::look(fd, wanted.read, wanted.write)?;
    Ok(Ready {
        read: wanted.read && found.read,
        write: wanted.write && found.write,
    })
}

/// Waits inside a coroutine until a descriptor is ready for one of these.
///
/// # Errors
/// The system's: `EBADF`.
pub fn wait_ready(
    fd: RawFd,
    wanted: Ready,
    deadline: Option<u64>,
) -> io::Result<Result<Ready, Wake>> {
    engine::scheduler::clear_cancelled();
    let mut set = Vec::with_capacity(2);
    if wanted.read {
        set.push((fd, Interest::Read));
    }
    if wanted.write {
        set.push((fd, Interest::Write));
    }
    match reactor::wait_any(&set, deadline)? {
        Wake::Ready => readiness(fd, wanted).map(Ok),
        reason => Ok(Err(reason)),
    }
}
