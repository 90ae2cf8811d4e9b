//! Running files of PHP code.
use std::ffi::c_int;

use crate::throw::Throw;
use crate::value::Value;

unsafe extern "C" {
    fn hz_require_once(path: *const u8, len: usize, found: *mut c_int) -> c_int;
    fn hz_compile_only(path: *const u8, len: usize, found: *mut c_int) -> c_int;
    fn hz_run_file(path: *const u8, len: usize, found: *mut c_int, ret: *mut Value) -> c_int;
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

/// `require`: runs a file, each time, and gives what it returns. None when there is no such file.
///
/// # Errors
/// What the file throws, also a `ParseError`.
pub fn run(path: &str) -> Result<Option<Value>, Throw> {
    let (mut found, mut value) = (0, Value::undef());
    // SAFETY: guarded; the path is copied, and the value written when the file returns.
    Throw::check(unsafe {
        hz_run_file(path.as_ptr(), path.len(), &raw mut found, &raw mut value)
    })?;
    Ok((found != 0).then(|| match value.is_undef() {
        true => Value::null(),
        false => value,
    }))
}

/// Compiles a file without running it, as `php -l` does, and past OPcache. False when there is no such file. Only in a
/// child that ends afterwards: what the file declares stays, and the code is never freed.
///
/// # Errors
/// A `ParseError`, or [`Throw::Bailout`] for what the compiler refuses; then `error_get_last()` knows why.
pub fn compile_only(path: &str) -> Result<bool, Throw> {
    let mut found = 0;
    // SAFETY: guarded; the path is copied.
    Throw::check(unsafe { hz_compile_only(path.as_ptr(), path.len(), &raw mut found) })?;
    Ok(found != 0)
}
