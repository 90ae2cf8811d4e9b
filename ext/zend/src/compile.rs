//! While PHP compiles, nothing waits.

use std::ffi::c_int;
use std::sync::OnceLock;

static HOLD: OnceLock<fn(bool)> = OnceLock::new();

unsafe extern "C" {
    fn hp_compile_install(hold: extern "C" fn(c_int));
}

extern "C" fn on(on: c_int) {
    if let Some(hold) = HOLD.get() {
        hold(on != 0);
    }
}

/// Puts itself before PHP's compiler: `hold` forbids the running code to wait, or takes that back. Call at MINIT.
pub fn install(hold: fn(bool)) {
    if HOLD.set(hold).is_ok() {
        // SAFETY: called at MINIT, once, with a function that lives as long as the library.
        unsafe { hp_compile_install(on) };
    }
}
