//! The pointer to a thread's scheduler, read without a call.
//!
//! A library that is loaded at run time reaches its thread-locals through `__tls_get_addr`, 15
//! instructions each time, some twenty times a request. The thread that made the first scheduler is
//! told by its thread pointer instead, one load, and finds it in a plain static; other threads take
//! the long way. (A word of static TLS would be shorter still, but then all thread-locals of the
//! library, its dependencies' too, have to fit into the few hundred bytes that glibc keeps for that.)

use crate::scheduler::Scheduler;
use std::cell::Cell;

thread_local! {
    static WORD: Cell<usize> = const { Cell::new(0) };
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod word {
    use super::WORD;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The thread pointer of the thread that `FIRST` belongs to; 0 for none.
    static OWNER: AtomicUsize = AtomicUsize::new(0);
    static FIRST: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static LEAVES: Leaves = const { Leaves };
    }

    /// The owner ends: its thread pointer may become another thread's.
    struct Leaves;

    impl Drop for Leaves {
        fn drop(&mut self) {
            OWNER.store(0, Ordering::Relaxed);
        }
    }

    #[inline(always)]
    fn thread_pointer() -> usize {
        let pointer: usize;
        // SAFETY: the first word of a thread's control block is its own address (x86-64 psABI, TLS).
        unsafe {
            std::arch::asm!(
                "mov {pointer}, qword ptr fs:[0]",
                pointer = out(reg) pointer,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        pointer
    }

    #[inline(always)]
    pub(super) fn get() -> usize {
        if thread_pointer() == OWNER.load(Ordering::Relaxed) {
            FIRST.load(Ordering::Relaxed)
        } else {
            other()
        }
    }

    /// Out of line: the address of a thread-local would be asked for before the branch.
    #[cold]
    #[inline(never)]
    fn other() -> usize {
        WORD.get()
    }

    pub(super) fn set(word: usize) {
        WORD.set(word);
        // Nobody but the owner ever finds itself in OWNER, so no other thread reads FIRST.
        let own = thread_pointer();
        let is_owner = OWNER.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
        if is_owner.is_ok() {
            FIRST.store(word, Ordering::Relaxed);
            LEAVES.with(|_| ());
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod word {
    use super::WORD;

    #[inline(always)]
    pub(super) fn get() -> usize {
        WORD.get()
    }

    pub(super) fn set(word: usize) {
        WORD.set(word);
    }
}

/// This thread's scheduler. It is made at the first use and never freed: stale tokens may look at it.
#[inline(always)]
pub(crate) fn scheduler() -> &'static Scheduler {
    let word = word::get();
    if word == 0 {
        return make();
    }
    // SAFETY: only `make` sets the word, to a scheduler that is never freed.
    unsafe { &*(word as *const Scheduler) }
}

#[cold]
#[inline(never)]
fn make() -> &'static Scheduler {
    let scheduler: &'static Scheduler = Box::leak(Box::new(Scheduler::new()));
    word::set(std::ptr::from_ref(scheduler) as usize);
    scheduler
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own() {
        let here = std::ptr::from_ref(scheduler()) as usize;
        assert_eq!(here, std::ptr::from_ref(scheduler()) as usize);
        let there = std::thread::spawn(|| std::ptr::from_ref(scheduler()) as usize);
        assert_ne!(here, there.join().unwrap());
        assert_eq!(here, std::ptr::from_ref(scheduler()) as usize);
    }
}
