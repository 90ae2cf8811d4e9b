//! `stream_select()` in coroutines.

use std::ffi::c_int;
use std::sync::OnceLock;

/// What it needs to know of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Coroutines {
    /// Is it to let others run first, and to count a stream once that is in several arrays, here and now?
    pub replaced: fn() -> bool,
    /// Lets others run; false when that wait was cancelled.
    pub give_way: fn() -> bool,
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_select_install(replaced: extern "C" fn() -> c_int, give_way: extern "C" fn() -> c_int);
}

extern "C" fn replaced() -> c_int {
    c_int::from(COROUTINES.get().is_some_and(|with| (with.replaced)()))
}

extern "C" fn give_way() -> c_int {
    c_int::from(COROUTINES.get().is_none_or(|with| (with.give_way)()))
}

/// Puts itself before `stream_select()`. Call at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: called at MINIT, once, with functions that live as long as the library.
        unsafe { hp_select_install(replaced, give_way) };
    }
}
