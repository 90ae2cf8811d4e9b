//! `popen`, `pclose`: libc waits for the child inside, and only it knows which one that is. So what is begun in a coroutine
//! is begun here.

use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{FILE, c_char, c_int, pid_t};

use super::child;
use crate::errno;
use crate::fds;
use crate::policy::{Families, active_for};

unsafe extern "C" {
    static environ: *const *mut c_char;
}

/// Streams of ours by their addresses, and the children at their other ends.
static CHILDREN: Mutex<Vec<(usize, pid_t)>> = Mutex::new(Vec::new());
/// How many there are.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Nothing under the lock can panic half-way.
fn children() -> MutexGuard<'static, Vec<(usize, pid_t)>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) unsafe extern "C" fn popen(command: *const c_char, mode: *const c_char) -> *mut FILE {
    if !command.is_null()
        && !mode.is_null()
        && active_for(Families::PIPE).is_some()
        // SAFETY: not null, and a text as the caller promises to the original.
        && let Some(reads) = unsafe { reads(CStr::from_ptr(mode)) }
    {
        // SAFETY: as the caller promises to the original.
        return unsafe { start(command, reads) };
    }
    // SAFETY: the caller's own call.
    unsafe { libc::popen(command, mode) }
}

/// Whether the caller is to read; `None` for a mode that libc has to judge.
fn reads(mode: &CStr) -> Option<bool> {
    let mode = mode.to_bytes();
    let rest = mode.iter().all(|byte| b"rwe".contains(byte));
    match (mode.contains(&b'r'), mode.contains(&b'w')) {
        (true, false) if rest => Some(true),
        (false, true) if rest => Some(false),
        _ => None,
    }
}

/// # Safety
/// `command` is a text.
unsafe fn start(command: *const c_char, reads: bool) -> *mut FILE {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors. Both are closed on exec: other children must not hold this pipe open.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return ptr::null_mut();
    }
    let (own, other, target) = match reads {
        true => (ends[0], ends[1], libc::STDOUT_FILENO),
        false => (ends[1], ends[0], libc::STDIN_FILENO),
    };
    // SAFETY: as this function's contract has it; the descriptors are open.
    let (error, pid) = unsafe { spawn(command, other, target) };
    // SAFETY: closed once.
    unsafe { libc::close(other) };
    let mode = if reads { c"r" } else { c"w" };
    let stream = match error {
        // SAFETY: an open descriptor and a constant mode.
        0 => unsafe { libc::fdopen(own, mode.as_ptr()) },
        _ => ptr::null_mut(),
    };
    if stream.is_null() {
        let error = if error == 0 { errno::get() } else { error };
        // SAFETY: closed once.
        unsafe { libc::close(own) };
        if pid > 0 {
            // SAFETY: a child of ours; without its pipe it ends.
            unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
        }
        errno::set(error);
        return ptr::null_mut();
    }
    fds::made_pipe(own, 0);
    children().push((stream as usize, pid));
    COUNT.fetch_add(1, Ordering::Release);
    stream
}

/// Runs the shell with `fd` as its `target`: an error or 0, and its process.
///
/// # Safety
/// `command` is a text.
unsafe fn spawn(command: *const c_char, fd: c_int, target: c_int) -> (c_int, pid_t) {
    let mut pid = 0;
    // SAFETY: plain data that the first call sets up, and the last one frees; texts and descriptors are valid, the
    // environment is libc's own.
    let error = unsafe {
        let mut actions: libc::posix_spawn_file_actions_t = std::mem::zeroed();
        let mut error = libc::posix_spawn_file_actions_init(&raw mut actions);
        if error == 0 {
            error = libc::posix_spawn_file_actions_adddup2(&raw mut actions, fd, target);
            if error == 0 {
                let arguments = [
                    c"sh".as_ptr().cast_mut(),
                    c"-c".as_ptr().cast_mut(),
                    command.cast_mut(),
                    ptr::null_mut(),
                ];
                error = libc::posix_spawn(
                    &raw mut pid,
                    c"/bin/sh".as_ptr(),
                    &raw const actions,
                    ptr::null(),
                    arguments.as_ptr(),
                    environ,
                );
            }
            libc::posix_spawn_file_actions_destroy(&raw mut actions);
        }
        error
    };
    (error, if error == 0 { pid } else { 0 })
}

/// The child of a stream of ours that is about to be closed: it is forgotten.
fn take(stream: *mut FILE) -> Option<pid_t> {
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    let mut all = children();
    let at = all
        .iter()
        .position(|(known, _)| *known == stream as usize)?;
    COUNT.fetch_sub(1, Ordering::Release);
    Some(all.swap_remove(at).1)
}

/// Closes a stream: `pclose`, and `fclose` of what `popen` has given. `None` where it is none of ours.
///
/// # Safety
/// A stream that the caller may close.
pub(super) unsafe fn close(stream: *mut FILE) -> Option<c_int> {
    let pid = take(stream)?;
    // SAFETY: by this function's contract.
    unsafe { libc::fclose(stream) };
    let mut status = 0;
    loop {
        // SAFETY: writes to a variable of this frame.
        let ended = unsafe { child::waitpid(pid, &raw mut status, 0) };
        if ended == pid {
            return Some(status);
        }
        if errno::get() != libc::EINTR {
            return Some(-1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_libc() {
        for (mode, wanted) in [
            (c"r", Some(true)),
            (c"w", Some(false)),
            (c"re", Some(true)),
            (c"ew", Some(false)),
            (c"rw", None),
            (c"", None),
            (c"rb", None),
        ] {
            assert_eq!(reads(mode), wanted, "{mode:?}");
        }
    }
}
