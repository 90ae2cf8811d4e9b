//! Which process this is, without a system call each time.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// 0 until it is asked for, and again in the child of a fork.
static ID: AtomicU32 = AtomicU32::new(0);
static FORKS: Once = Once::new();

extern "C" fn forked() {
    ID.store(0, Ordering::Relaxed);
}

/// The number of this process, as [`std::process::id`]: for what has to notice that it is used in the child of a fork.
#[inline]
#[must_use]
pub fn id() -> u32 {
    match ID.load(Ordering::Relaxed) {
        0 => ask(),
        id => id,
    }
}

#[cold]
fn ask() -> u32 {
    FORKS.call_once(|| {
        // SAFETY: the handler stores one atomic and nothing else.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        assert_eq!(failed, 0, "no memory for a handler of forks");
    });
    let id = std::process::id();
    ID.store(id, Ordering::Relaxed);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_of_a_fork_has_a_number_of_its_own() {
        let own = id();
        assert_eq!(own, std::process::id());
        // SAFETY: the child calls nothing but what is safe after a fork.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let is_right = id() == std::process::id() && id() != own;
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!is_right)) };
        }
        let mut status = 0;
        // SAFETY: waits for the child that was just made.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(id(), own);
    }
}
