//! Autoloading in coroutines: who asks for a class that another one is loading waits for it.

use std::ffi::c_void;
use std::sync::OnceLock;

/// What autoloading needs to know of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Coroutines {
    /// The running coroutine's number; 0 outside one, and where it can't be suspended.
    pub current: fn() -> u64,
    /// Suspends the running coroutine until `wake` is called with this key.
    pub wait: fn(key: usize),
    /// Lets all go on that wait for this key.
    pub wake: fn(key: usize),
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_autoload_install(
        coroutine: extern "C" fn() -> u64,
        wait: extern "C" fn(*const c_void),
        wake: extern "C" fn(*const c_void),
    );
    fn hp_autoload_forget();
}

extern "C" fn current() -> u64 {
    COROUTINES.get().map_or(0, |with| (with.current)())
}

extern "C" fn wait(key: *const c_void) {
    if let Some(with) = COROUTINES.get() {
        (with.wait)(key as usize);
    }
}

extern "C" fn wake(key: *const c_void) {
    if let Some(with) = COROUTINES.get() {
        (with.wake)(key as usize);
    }
}

/// Puts itself before PHP's autoloading. Call at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: called at MINIT, once, with functions that live as long as the library.
        unsafe { hp_autoload_install(current, wait, wake) };
    }
}

/// Forgets loads that coroutines never finished. Call at RSHUTDOWN.
pub fn forget() {
    // SAFETY: no coroutine runs any more.
    unsafe { hp_autoload_forget() };
}
