//! The functions of PHP's extension sockets, for sockets of ours.

use std::ffi::c_char;

unsafe extern "C" {
    fn hp_sockets_install(class: *const c_char, length: usize);
}

/// From now on `socket_NAME()` of an object of this class, by its name in lower case, is `swoole_socket_NAME()`, where there are
/// both. Call it before a script is compiled; doing so again changes nothing.
pub fn install(class: &str) {
    // SAFETY: looks a class and functions up; what it changes are handlers of functions that stay as long as the process.
    unsafe { hp_sockets_install(class.as_ptr().cast(), class.len()) };
}
