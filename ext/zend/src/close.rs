//! Closing a stream that another coroutine is using.

use std::ffi::c_int;
use std::sync::OnceLock;

/// What closing needs to know of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Coroutines {
    /// Does anybody wait for a descriptor, and can the caller wait for them?
    pub anyone: fn() -> bool,
    /// Returns when nobody is inside a wait for this descriptor any more.
    pub settle: fn(fd: i32),
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_close_install(anyone: extern "C" fn() -> c_int, settle: extern "C" fn(c_int));
}

extern "C" fn anyone() -> c_int {
    c_int::from(COROUTINES.get().is_some_and(|with| (with.anyone)()))
}

extern "C" fn settle(fd: c_int) {
    if let Some(with) = COROUTINES.get() {
        (with.settle)(fd);
    }
}

/// Puts itself before `fclose()` and `pclose()`. Call at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: called at MINIT, once, with functions that live as long as the library.
        unsafe { hp_close_install(anyone, settle) };
    }
}
