//! System V semaphores and message queues: `semop`, `msgrcv`, `msgsnd`.
//!
//! The kernel has nothing to wait for on them, so they are tried again and again, as `flock` is.

use libc::{IPC_NOWAIT, c_int, c_long, c_short, c_void, sembuf, size_t, ssize_t};

use super::lock::{LONGEST, SHORTEST};
use crate::errno;
use crate::policy::{Families, Policy, SleepOutcome, active_for};
use crate::wait;

/// Operations of one call at most; with more it is the original one.
const OPERATIONS: usize = 8;

pub(crate) unsafe extern "C" fn semop(
    semid: c_int,
    operations: *mut sembuf,
    count: size_t,
) -> c_int {
    // SAFETY: the caller's own call.
    let original = || unsafe { libc::semop(semid, operations, count) };
    let Some(policy) =
        active_for(Families::FILE).filter(|_| count <= OPERATIONS && !operations.is_null())
    else {
        return original();
    };
    let mut tried = [sembuf {
        sem_num: 0,
        sem_op: 0,
        sem_flg: 0,
    }; OPERATIONS];
    for (at, copy) in tried.iter_mut().enumerate().take(count) {
        // SAFETY: the caller says that there are as many.
        *copy = unsafe { operations.add(at).read() };
        if c_int::from(copy.sem_flg) & IPC_NOWAIT != 0 {
            return original();
        }
        copy.sem_flg |= IPC_NOWAIT as c_short;
    }
    // SAFETY: a copy of the caller's operations, as many as it has.
    let attempt = || unsafe { libc::semop(semid, tried.as_mut_ptr(), count) } as ssize_t;
    again(policy, libc::EAGAIN, attempt, || original() as ssize_t) as c_int
}

pub(crate) unsafe extern "C" fn msgrcv(
    queue: c_int,
    message: *mut c_void,
    size: size_t,
    kind: c_long,
    flags: c_int,
) -> ssize_t {
    // SAFETY: the caller's own call.
    let call = |flags| unsafe { libc::msgrcv(queue, message, size, kind, flags) };
    match active_for(Families::FILE).filter(|_| flags & IPC_NOWAIT == 0) {
        Some(policy) => again(
            policy,
            libc::ENOMSG,
            || call(flags | IPC_NOWAIT),
            || call(flags),
        ),
        None => call(flags),
    }
}

pub(crate) unsafe extern "C" fn msgsnd(
    queue: c_int,
    message: *const c_void,
    size: size_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's own call.
    let call = |flags| unsafe { libc::msgsnd(queue, message, size, flags) } as ssize_t;
    match active_for(Families::FILE).filter(|_| flags & IPC_NOWAIT == 0) {
        Some(policy) => again(
            policy,
            libc::EAGAIN,
            || call(flags | IPC_NOWAIT),
            || call(flags),
        ) as c_int,
        None => call(flags) as c_int,
    }
}

/// Tries until it gives something other than `busy`, with pauses that grow.
fn again(
    policy: &'static Policy,
    busy: c_int,
    mut attempt: impl FnMut() -> ssize_t,
    original: impl FnOnce() -> ssize_t,
) -> ssize_t {
    let before = errno::get();
    let mut pause = SHORTEST;
    loop {
        let result = attempt();
        if result >= 0 {
            errno::set(before);
            return result;
        }
        if errno::get() != busy {
            return result;
        }
        match wait::sleep(policy, pause) {
            SleepOutcome::Done | SleepOutcome::Interrupted(_) => {}
            SleepOutcome::Cancelled(_) => return errno::fail(libc::ECANCELED) as ssize_t,
            SleepOutcome::Refused => return original(),
        }
        pause = (pause * 2).min(LONGEST);
    }
}
