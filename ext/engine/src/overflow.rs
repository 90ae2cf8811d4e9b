//! A coroutine that runs into the guard below its stack: says which one and where, then
//! lets the process end as it would have.

use crate::scheduler;
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes where the running code of a virtual machine stands, to standard error, without allocating.
pub type Describe = extern "C" fn();

static DESCRIBE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSTALLED: Cell<bool> = const { Cell::new(false) };
}

const ALTERNATE_BYTES: usize = 64 * 1024;

/// Sets what tells the place in the virtual machine's code.
pub fn describe_by(describe: Describe) {
    DESCRIBE.store(describe as usize, Ordering::Release);
}

/// Installs the handler on this thread, on a stack of its own. Once per thread; a fork inherits it.
pub(crate) fn install() {
    if INSTALLED.replace(true) {
        return;
    }
    // SAFETY: a fresh mapping that is never unmapped becomes the alternate stack; the handler is ours.
    unsafe {
        let stack = libc::mmap(
            std::ptr::null_mut(),
            ALTERNATE_BYTES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if stack == libc::MAP_FAILED {
            return;
        }
        let alternate = libc::stack_t {
            ss_sp: stack,
            ss_flags: 0,
            ss_size: ALTERNATE_BYTES,
        };
        libc::sigaltstack(&raw const alternate, std::ptr::null_mut());
        let mut old: libc::sigaction = std::mem::zeroed();
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            libc::sigaction(signal, std::ptr::null(), &raw mut old);
            // Somebody else's handler (a profiler, a sanitizer) knows better.
            if old.sa_sigaction != libc::SIG_DFL {
                continue;
            }
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

extern "C" fn on_fault(_signal: i32, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel hands in the signal's own record.
    let address = unsafe { (*info).si_addr() } as usize;
    match scheduler::overflowed(address) {
        Some(id) => {
            write(b"highper: stack overflow in coroutine ");
            write_number(id);
            write(b": raise c_stack_size, or nest fewer calls of internal functions and smaller structures\n");
        }
        None => match scheduler::current() {
            Some(id) => {
                write(b"highper: invalid memory access in coroutine ");
                write_number(id);
                write(b"\n");
            }
            None => write(b"highper: invalid memory access\n"),
        },
    }
    let describe = DESCRIBE.load(Ordering::Acquire);
    if describe != 0 {
        // SAFETY: only `describe_by` stores there, and it stores a function of this type.
        let describe: Describe = unsafe { std::mem::transmute(describe) };
        describe();
    }
    // The handler was reset: returning repeats the fault, and the process ends by the signal.
}

fn write(bytes: &[u8]) {
    // SAFETY: a plain write of a live buffer; nothing can be done if it fails.
    unsafe { libc::write(2, bytes.as_ptr().cast(), bytes.len()) };
}

fn write_number(mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    write(&digits[at..]);
}
