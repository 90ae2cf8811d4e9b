//! What PHP keeps of objects and resources: to look at, for tools.

use std::ffi::c_int;

use crate::array::Array;
use crate::throw::Throw;
use crate::value::Value;

unsafe extern "C" {
    fn hz_object_count() -> usize;
    fn hz_resource_count() -> usize;
    fn hz_object_by_handle(handle: usize, out: *mut Value) -> c_int;
    fn hz_objects(out: *mut Value) -> c_int;
}

/// How many objects there are.
#[must_use]
pub fn count() -> usize {
    // SAFETY: reads the store of objects.
    unsafe { hz_object_count() }
}

/// How many resources there are.
#[must_use]
pub fn resources() -> usize {
    // SAFETY: reads the list of resources.
    unsafe { hz_resource_count() }
}

/// The object with a handle (`spl_object_id()`).
#[must_use]
pub fn by_handle(handle: usize) -> Option<Value> {
    let mut out = Value::undef();
    // SAFETY: writes a counted object, or nothing.
    (unsafe { hz_object_by_handle(handle, &raw mut out) } != 0).then_some(out)
}

/// All objects, by their handles.
///
/// # Errors
/// Only a fatal error: no memory.
pub fn all() -> Result<Array, Throw> {
    let mut out = Value::undef();
    // SAFETY: guarded; writes an array on success.
    Throw::check(unsafe { hz_objects(&raw mut out) })?;
    Ok(out.into_array().unwrap_or_default())
}
