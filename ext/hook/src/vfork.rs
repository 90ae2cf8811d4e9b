//! Telling a vfork child from its parent.
//!
//! A vfork child runs in its parent's memory until it execs. What it closes and dups are
//! its own descriptors, so it must not change what the parent knows of them and must not
//! wake the parent's waiters. The hooked `vfork` notes who called it and jumps on; the
//! first hooked call of the parent afterwards wipes the note.

use std::sync::atomic::{AtomicU64, Ordering};

/// Process id (high half) and thread id of the caller of the last vfork, or 0.
static CALLER: AtomicU64 = AtomicU64::new(0);

fn ids() -> (u32, u32) {
    // SAFETY: both calls take nothing and can't fail. The system call is made directly
    // because an old glibc has no gettid().
    unsafe {
        (
            libc::getpid() as u32,
            libc::syscall(libc::SYS_gettid) as u32,
        )
    }
}

/// Whether the caller is a vfork child that has not exec'ed yet.
#[inline]
pub(crate) fn in_child() -> bool {
    let caller = CALLER.load(Ordering::Relaxed);
    caller != 0 && is_child_of(caller)
}

#[cold]
fn is_child_of(caller: u64) -> bool {
    let (process, thread) = ids();
    if process != (caller >> 32) as u32 {
        return true;
    }
    if thread == caller as u32 {
        CALLER.store(0, Ordering::Relaxed);
    }
    false
}

/// In the child of a fork: no vfork of the parent concerns it.
pub(crate) fn reset() {
    CALLER.store(0, Ordering::Relaxed);
}

extern "C" fn note_caller() {
    let (process, thread) = ids();
    CALLER.store(
        u64::from(process) << 32 | u64::from(thread),
        Ordering::Relaxed,
    );
}

/// `vfork`: notes the caller, then jumps to the original, which returns twice into the
/// caller's frame. Hence no frame of ours may lie between.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn vfork() -> libc::pid_t {
    core::arch::naked_asm!(
        "sub rsp, 8",
        "call {note}",
        "add rsp, 8",
        "jmp qword ptr [rip + vfork@GOTPCREL]",
        note = sym note_caller,
    )
}

/// `vfork`: notes the caller, then jumps to the original, which returns twice into the
/// caller's frame. Hence no frame of ours may lie between.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn vfork() -> libc::pid_t {
    core::arch::naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "bl {note}",
        "ldp x29, x30, [sp], #16",
        "adrp x16, :got:vfork",
        "ldr x16, [x16, :got_lo12:vfork]",
        "br x16",
        note = sym note_caller,
    )
}
