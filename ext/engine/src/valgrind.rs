//! What Valgrind is told of coroutine stacks: without it, each switch looks like a giant
//! allocation on one stack, and what lies there like uninitialised memory.
//!
//! A client request is a handful of instructions without effect outside Valgrind, sent once
//! for each stack that is made, so it needs no build of its own.

/// `VG_USERREQ__STACK_REGISTER` of `valgrind.h`.
const STACK_REGISTER: usize = 0x1501;

/// Names the range [low, high) as a stack.
pub(crate) fn register_stack(low: usize, high: usize) {
    request([STACK_REGISTER, low, high - 1, 0, 0, 0]);
}

#[cfg(target_arch = "x86_64")]
fn request(arguments: [usize; 6]) {
    // SAFETY: four rotations of rdi by 128 bits in sum and an exchange of rbx with itself change nothing;
    // Valgrind, which knows the sequence, reads the array that rax points to and writes rdx.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") 0usize => _,
            in("rdi") 0usize,
            options(nostack),
        );
    }
}

#[cfg(target_arch = "aarch64")]
fn request(arguments: [usize; 6]) {
    // SAFETY: four rotations of x12 by 128 bits in sum and an "or" of x10 with itself change nothing;
    // Valgrind, which knows the sequence, reads the array that x4 points to and writes x3.
    unsafe {
        std::arch::asm!(
            "ror x12, x12, #3", "ror x12, x12, #13", "ror x12, x12, #51", "ror x12, x12, #61", "orr x10, x10, x10",
            in("x4") arguments.as_ptr(),
            inout("x3") 0usize => _,
            options(nostack),
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn request(_: [usize; 6]) {}
