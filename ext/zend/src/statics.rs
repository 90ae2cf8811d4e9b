//! Static properties of the program's classes.

use crate::value::Value;
use std::ffi::{c_char, c_void};

#[repr(C)]
struct Raw {
    class: *const c_char,
    class_len: usize,
    name: *const c_char,
    name_len: usize,
    file: *const c_char,
    file_len: usize,
    value: *const Value,
    first: *const Value,
}

unsafe extern "C" {
    fn hz_statics(call: extern "C" fn(*mut c_void, *const Raw), with: *mut c_void);
    fn hz_print(value: *const Value) -> u64;
}

/// One of them, as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Static<'a> {
    /// The class that declares it.
    pub class: &'a str,
    /// Its name, without `$`.
    pub name: &'a str,
    /// The file of the class.
    pub file: &'a str,
    /// Tells its value from others; an object from another one, but not from itself with other properties.
    pub print: u64,
    /// The same for what it was declared with.
    pub first: u64,
    /// Its value.
    pub value: &'a Value,
    /// What it was declared with.
    pub declared: &'a Value,
}

struct Visit<'v>(&'v mut dyn FnMut(Static<'_>));

extern "C" fn visit(with: *mut c_void, raw: *const Raw) {
    // SAFETY: `with` is the visitor that `each` lends for the call; names and values live as long as their class, which
    // nothing can end before this returns.
    unsafe {
        let (Some(visit), Some(raw)) = (with.cast::<Visit>().as_mut(), raw.as_ref()) else {
            return;
        };
        let text = |at: *const c_char, len| {
            std::str::from_utf8(std::slice::from_raw_parts(at.cast(), len))
        };
        let (Ok(class), Ok(name), Ok(file)) = (
            text(raw.class, raw.class_len),
            text(raw.name, raw.name_len),
            text(raw.file, raw.file_len),
        ) else {
            return;
        };
        (visit.0)(Static {
            class,
            name,
            file,
            print: hz_print(raw.value),
            first: hz_print(raw.first),
            value: &*raw.value,
            declared: &*raw.first,
        });
    }
}

/// Looks at all that the program's classes declare themselves, of classes that are in use. The callback must not run PHP.
pub fn each(mut look: impl FnMut(Static<'_>)) {
    let mut visitor = Visit(&mut look);
    // SAFETY: reads PHP's tables; the visitor outlives the call.
    unsafe { hz_statics(visit, (&raw mut visitor).cast()) };
}
