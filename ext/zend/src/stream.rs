//! PHP's streams.

use crate::raw;
use crate::value::Value;

/// The number of the descriptor under an open stream; the stream keeps it. `None` for anything else.
#[must_use]
pub fn descriptor(value: &Value) -> Option<i32> {
    // SAFETY: guarded; reads the value, and the stream that it names.
    let fd = unsafe { raw::hz_descriptor_of(value.deref().as_ptr()) };
    (fd >= 0).then_some(fd)
}
