//! Running files of PHP code.
use std::ffi::c_int;

use crate::throw::Throw;

unsafe extern "C" {
    fn hz_require_once(path: *const u8, len: usize, found: *mut c_int) -> c_int;
}

/// `require_once`, for autoloaders. False when there is no such file.
///
/// # Errors
/// What the file throws, also a `ParseError`.
pub fn require_once(path: &str) -> Result<bool, Throw> {
    let mut found = 0;
    // SAFETY: guarded; the path is copied.
    Throw::check(unsafe { hz_require_once(path.as_ptr(), path.len(), &raw mut found) })?;
    Ok(found != 0)
}
