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

/// A stream of a copy of a socket's descriptor, which it closes. `None` where the number is none, or there is no memory.
#[must_use]
pub fn of_socket(fd: i32) -> Option<Value> {
    let mut out = Value::undef();
    // SAFETY: guarded; writes the value where it says so, and what it does not give to the stream it closes.
    let made = unsafe { raw::hz_stream_of_socket(fd, &raw mut out) } != 0;
    made.then_some(out)
}
