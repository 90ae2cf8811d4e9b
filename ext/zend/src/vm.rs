//! The Zend engine's state at a switch of coroutines, as a table of C functions.
//!
//! The coroutine engine takes this table (`highper_engine::vm::Ops` has the same
//! layout of functions) and knows nothing else of PHP.

use std::cell::Cell;
use std::ffi::{c_int, c_void};

use crate::error::SuspendedFrame;
use crate::throw::Throw;
use crate::value::Value;

unsafe extern "C" {
    /// Bytes of one state.
    pub fn hp_vm_size() -> usize;
    /// Bytes of the first VM stack page.
    pub fn hp_vm_page_bytes() -> usize;
    /// Prepares the state of the thread's own stack.
    pub fn hp_vm_init_main(vm: *mut c_void);
    /// Prepares the state of a new coroutine.
    pub fn hp_vm_init(
        vm: *mut c_void,
        page: *mut c_void,
        bytes: usize,
        limit: *mut c_void,
        base: *mut c_void,
    );
    /// Makes the state of a coroutine that ended in order that of a new one on the same stack.
    pub fn hp_vm_renew(vm: *mut c_void);
    /// Saves the running state to the first, loads the second.
    pub fn hp_vm_switch(from: *mut c_void, to: *mut c_void, dead: c_int);
    /// Runs on the coroutine's stack at its end: drops what it left open.
    pub fn hp_vm_finish(vm: *mut c_void);
    /// Frees what a state holds after its coroutine's end.
    pub fn hp_vm_destroy(vm: *mut c_void);
    /// Bytes in use on a suspended coroutine's VM stack, or on the running one's (null).
    pub fn hp_vm_usage(vm: *mut c_void) -> usize;
    fn hp_vm_frame(vm: *mut c_void) -> *mut c_void;
    fn hp_end_process();
    fn hp_vm_describe();
    fn hp_exit_install(
        module: c_int,
        asks: extern "C" fn() -> c_int,
        caught: unsafe extern "C" fn(status: *mut c_void) -> c_int,
    );
    fn hp_exit_frame_leave() -> *mut c_void;
    fn hp_exit_frame_enter(own: *mut c_void);
    fn hp_report_uncaught(exception: *mut c_void) -> c_int;
    /// Runs a body under `zend_try`; 1 when a fatal error ended it.
    pub fn hp_vm_guard(body: unsafe extern "C" fn(*mut c_void), arg: *mut c_void) -> c_int;
}

/// The frame at which a suspended coroutine stopped.
///
/// # Safety
/// `state` was given to [`hp_vm_init`] and not yet destroyed, and does not run while the
/// result is used.
pub unsafe fn suspended_frame(state: *mut c_void) -> SuspendedFrame {
    // SAFETY: the caller's promise.
    unsafe { SuspendedFrame::new(hp_vm_frame(state)) }
}

type Catch = fn(status: Option<&Value>) -> Throw;

thread_local! {
    static ASKS: Cell<fn() -> bool> = const { Cell::new(|| false) };
    static CATCH: Cell<Option<Catch>> = const { Cell::new(None) };
}

extern "C" fn exit_asks() -> c_int {
    c_int::from(CATCH.get().is_some() && (ASKS.get())())
}

unsafe extern "C" fn exit_caught(status: *mut c_void) -> c_int {
    let Some(catch) = CATCH.get() else { return 0 };
    // SAFETY: the shim hands in an argument of the running call, or null.
    let status = unsafe { status.cast::<Value>().as_ref() };
    // SAFETY: the frame is left and entered again on the same stack; making the exception is guarded.
    let thrown = unsafe {
        let own = hp_exit_frame_leave();
        let thrown = catch(status);
        hp_exit_frame_enter(own);
        thrown
    };
    c_int::from(thrown.raise())
}

/// Replaces `exit`: where `asks` says so it throws what `catch` makes. Call at MINIT.
pub fn install_exit(asks: fn() -> bool, catch: Catch) {
    ASKS.set(asks);
    CATCH.set(Some(catch));
    // SAFETY: called at MINIT, with functions that live as long as the library.
    unsafe { hp_exit_install(0, exit_asks, exit_caught) };
}

/// Reports an exception that nobody caught as PHP does at a script's end (the user's
/// exception handler first), and goes on. False when a fatal error happened meanwhile.
pub fn report_uncaught(exception: &Value) -> bool {
    // SAFETY: guarded in the shim; the exception is borrowed.
    unsafe { hp_report_uncaught(exception.as_ptr().cast()) == 0 }
}

/// Writes where the running PHP code stands to standard error: for the handler of a crash.
pub extern "C" fn describe_running() {
    // SAFETY: reads the engine's frames on its own thread.
    unsafe { hp_vm_describe() };
}

/// Ends the process as the end of a script does: shutdown functions, destructors, output, and nothing below this call.
pub fn end_process() {
    // SAFETY: guarded; it does not come back.
    unsafe { hp_end_process() };
}
