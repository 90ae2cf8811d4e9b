//! What the process was started with. `std::env` shows an extension another environment than PHP's where PHP is no
//! position-independent executable, and on musl no arguments.
use std::ffi::{CStr, c_char, c_int};

use crate::array::Array;
use crate::value::Value;

unsafe extern "C" {
    fn hz_environment(out: *mut Value);
    fn hz_arguments(count: *mut c_int) -> *const *const c_char;
}

/// The environment with what `putenv()` has changed; names are keys.
pub fn environment() -> Array {
    let mut all = Value::null();
    // SAFETY: writes an array over the null; a memory error leaves by longjmp, with nothing owned here.
    unsafe { hz_environment(&raw mut all) };
    all.into_array().unwrap_or_default()
}

/// The path of the script and its arguments; none that is no UTF-8.
pub fn arguments() -> Vec<String> {
    let mut count = 0;
    // SAFETY: PHP keeps the list and its strings for the length of the process.
    unsafe {
        let list = hz_arguments(&raw mut count);
        (0..usize::try_from(count).unwrap_or(0))
            .map(|at| CStr::from_ptr(*list.add(at)))
            .filter_map(|text| Some(text.to_str().ok()?.to_owned()))
            .collect()
    }
}
