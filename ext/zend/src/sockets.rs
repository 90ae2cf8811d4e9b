//! The functions of PHP's extension sockets, for sockets of ours.

use std::ffi::{c_char, c_int};
use std::sync::OnceLock;

use crate::object::Object;
use crate::throw::Throw;
use crate::value::Value;

/// What the border asks the class and the coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Border {
    /// Do functions that make a socket make one of the class, here and now?
    pub replaced: fn() -> bool,
    /// The number of an object's descriptor; `None` when it is closed.
    pub descriptor: fn(&Object) -> Option<i32>,
    /// Waits until an object may be read, or written: true. Otherwise it has told the object its error.
    pub wait: fn(&Object, write: bool) -> Result<bool, Throw>,
    /// Tells an object the number of an error; 0 for none.
    pub fail: fn(&Object, error: i32),
}

#[repr(C)]
struct RawBorder {
    replaced: extern "C" fn() -> c_int,
    descriptor: unsafe extern "C" fn(*const Value) -> c_int,
    wait: unsafe extern "C" fn(*const Value, c_int) -> c_int,
    fail: unsafe extern "C" fn(*const Value, c_int),
}

static BORDER: OnceLock<Border> = OnceLock::new();

unsafe extern "C" {
    fn hp_sockets_install(class: *const c_char, length: usize, border: *const RawBorder);
    fn hp_sockets_inherit(on: c_int);
}

extern "C" fn replaced() -> c_int {
    c_int::from(BORDER.get().is_some_and(|border| (border.replaced)()))
}

/// # Safety
/// A valid value.
unsafe fn object<'a>(value: *const Value) -> Option<(&'static Border, &'a Object)> {
    // SAFETY: the caller's promise.
    let object = unsafe { &*value }.deref().as_object()?;
    Some((BORDER.get()?, object))
}

/// # Safety
/// A valid value.
unsafe extern "C" fn descriptor(value: *const Value) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { object(value) };
    found
        .and_then(|(border, object)| (border.descriptor)(object))
        .unwrap_or(-1)
}

/// # Safety
/// A valid value, which stays where it is while the coroutine waits.
unsafe extern "C" fn wait(value: *const Value, write: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let Some((border, object)) = (unsafe { object(value) }) else {
        return 0;
    };
    match (border.wait)(object, write != 0) {
        Ok(is_ready) => c_int::from(is_ready),
        // A fatal error goes on where nothing is owned.
        Err(thrown) => -c_int::from(thrown.raise()),
    }
}

/// # Safety
/// A valid value.
unsafe extern "C" fn fail(value: *const Value, error: c_int) {
    // SAFETY: the caller's promise.
    if let Some((border, object)) = unsafe { object(value) } {
        (border.fail)(object, error);
    }
}

/// From now on `socket_NAME()` of an object of this class, by its name in lower case, is `swoole_socket_NAME()` where there are
/// both; the others work on its descriptor. Call it before a script is compiled; doing so again changes nothing.
pub fn install(class: &str, border: Border) {
    let raw = RawBorder {
        replaced,
        descriptor,
        wait,
        fail,
    };
    // The first one stays: there is one class.
    let _first = BORDER.set(border);
    // SAFETY: looks classes and functions up, and copies the record; what it changes are handlers of functions that stay as long
    // as the process.
    unsafe { hp_sockets_install(class.as_ptr().cast(), class.len(), &raw const raw) };
}

/// Whether objects of the class are instances of `Socket` too.
pub fn inherit(on: bool) {
    // SAFETY: the class entries live as long as the process; nothing else of them depends on it.
    unsafe { hp_sockets_inherit(c_int::from(on)) };
}
