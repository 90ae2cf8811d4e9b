//! What is said when a coroutine runs into the guard below its stack, before the process ends.

use crate::scheduler;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Room for the handler, which can't run on the stack that is used up.
const ROOM: usize = 64 * 1024;

static BEFORE: [OnceLock<libc::sigaction>; 2] = [OnceLock::new(), OnceLock::new()];
static DETAIL: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PREPARED: Cell<bool> = const { Cell::new(false) };
}

/// Sets what adds to the report: it runs in a signal handler and writes to descriptor 2.
pub fn on_overflow(detail: unsafe extern "C" fn()) {
    DETAIL.store(detail as *const () as usize, Ordering::Release);
}

/// Lets this thread report overflows. What the process had for these signals stays behind it.
#[inline]
pub(crate) fn prepare() {
    if !PREPARED.get() {
        install();
    }
}

#[cold]
fn install() {
    PREPARED.set(true);
    // SAFETY: plain system calls with structures of their own; the handler's stack is never freed.
    unsafe {
        let mut stack = MaybeUninit::<libc::stack_t>::zeroed().assume_init();
        libc::sigaltstack(std::ptr::null(), &raw mut stack);
        if stack.ss_flags & libc::SS_DISABLE != 0 {
            let room = Box::leak(vec![0_u8; ROOM].into_boxed_slice());
            stack.ss_sp = room.as_mut_ptr().cast();
            stack.ss_size = ROOM;
            stack.ss_flags = 0;
            libc::sigaltstack(&raw const stack, std::ptr::null_mut());
        }
        for (slot, signal) in BEFORE.iter().zip([libc::SIGSEGV, libc::SIGBUS]) {
            if slot.get().is_some() {
                continue;
            }
            let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            libc::sigaction(signal, std::ptr::null(), &raw mut before);
            let _set_once = slot.set(before);
            let mut own = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            own.sa_sigaction = handle as *const () as usize;
            own.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(signal, &raw const own, std::ptr::null_mut());
        }
    }
}

/// Reports, puts back what was there before and returns: the access faults again, and ends the process.
extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel hands in what belongs to the fault.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some(id) = scheduler::overflowed(address) {
        report(id);
    }
    let before = &BEFORE[usize::from(signal == libc::SIGBUS)];
    if let Some(before) = before.get() {
        // SAFETY: what the system itself gave out.
        unsafe { libc::sigaction(signal, before, std::ptr::null_mut()) };
    }
}

fn report(id: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = id;
    while at > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    say(b"\nFatal error: coroutine ");
    say(&digits[at..]);
    say(b" has used up its stack: calls are nested too deeply through PHP's own functions; raise c_stack_size, or nest less\n");
    let detail = DETAIL.load(Ordering::Acquire);
    if detail != 0 {
        // SAFETY: only `on_overflow` stores here, a function of this type.
        unsafe { std::mem::transmute::<usize, unsafe extern "C" fn()>(detail)() };
    }
}

fn say(text: &[u8]) {
    // SAFETY: the text is alive. Nothing can be done where it can't be written.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}
