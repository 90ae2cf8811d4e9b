//! `dlopen`, `dlclose`: newly loaded objects are patched, unloaded ones forgotten.
//!
//! libc takes the caller's search paths from the return address, so `dlopen` is left
//! alone in objects that have such paths; what they load is found at the next walk.

use libc::{c_char, c_int, c_void};

use crate::{errno, patch};

pub(crate) unsafe extern "C" fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: the caller's own call.
    let handle = unsafe { libc::dlopen(path, flags) };
    if !handle.is_null() {
        errno::preserve(patch::refresh);
    }
    handle
}

pub(crate) unsafe extern "C" fn dlclose(handle: *mut c_void) -> c_int {
    // SAFETY: the caller's own call.
    let result = unsafe { libc::dlclose(handle) };
    errno::preserve(patch::forget_unloaded);
    result
}
