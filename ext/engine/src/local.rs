//! The pointer to a thread's scheduler, read without a call.
//!
//! A library that is loaded at run time reaches its thread-locals through `__tls_get_addr`, 15
//! instructions each time, some twenty times a request. One word of static TLS (the "initial exec"
//! model, for which glibc keeps a reserve) takes two. Where that is not known to work, a plain
//! thread-local does the same.

use crate::scheduler::Scheduler;

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
mod word {
    std::arch::global_asm!(
        ".pushsection .tbss.highper_scheduler,\"awT\",@nobits",
        ".p2align 3",
        ".globl highper_scheduler_word",
        ".hidden highper_scheduler_word",
        ".type highper_scheduler_word,@object",
        ".size highper_scheduler_word,8",
        "highper_scheduler_word:",
        ".zero 8",
        ".popsection",
    );

    #[inline(always)]
    pub(super) fn get() -> usize {
        let word: usize;
        // SAFETY: reads a word of this thread's static TLS, defined above.
        unsafe {
            std::arch::asm!(
                "mov {word}, qword ptr [rip + highper_scheduler_word@GOTTPOFF]",
                "mov {word}, qword ptr fs:[{word}]",
                word = out(reg) word,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        word
    }

    pub(super) fn set(word: usize) {
        // SAFETY: writes that word; nothing else lives there.
        unsafe {
            std::arch::asm!(
                "mov {at}, qword ptr [rip + highper_scheduler_word@GOTTPOFF]",
                "mov qword ptr fs:[{at}], {word}",
                at = out(reg) _,
                word = in(reg) word,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
mod word {
    use std::cell::Cell;

    thread_local! {
        static WORD: Cell<usize> = const { Cell::new(0) };
    }

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
