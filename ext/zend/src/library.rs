//! PHP code that the extension brings: classes that appear when they are first asked for, and functions that
//! forward to it. Nothing of it is compiled before.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use crate::function::Function;
use crate::raw::{Zif, zend_execute_data};
use crate::registry::Registry;
use crate::value::Value;

/// A file of PHP code, `<?php` and `declare(strict_types=1)` first.
///
/// Functions stand in the namespace `Highper\Library`, followed by their own one: what is called
/// `Swoole\Coroutine\Http\get` is `Highper\Library\Swoole\Coroutine\Http\get` in the file. They have their own
/// names in messages and traces.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What PHP reports as its name.
    pub file: &'static CStr,
    /// The code.
    pub text: &'static str,
    /// The classes and traits that running it declares, then aliases.
    pub classes: &'static [&'static str],
    /// The functions: signature, as [`crate::Function::new`] has it, and documentation.
    pub functions: &'static [(&'static str, &'static str)],
}

/// `hz_source` of the shim.
#[repr(C)]
struct RawSource {
    file: *const c_char,
    text: *const u8,
    len: usize,
    first: *const u8,
    first_len: usize,
}

/// A source, and its first class in lower case.
type Entry = (&'static Source, Box<[u8]>);

type Find = extern "C" fn(name: *const u8, len: usize, source: *mut RawSource) -> c_int;

unsafe extern "C" {
    fn hz_library_install(
        find_class: Find,
        find_function: Find,
        class_at: extern "C" fn(number: u32, name: *mut *const u8, len: *mut usize) -> c_int,
    );
    fn hz_library_call(frame: *mut zend_execute_data, ret: *mut Value);
}

#[derive(Default)]
struct Index {
    entries: Vec<Entry>,
    /// By their names in lower case: numbers of `entries`.
    classes: HashMap<Box<[u8]>, usize>,
    functions: HashMap<&'static [u8], usize>,
    names: Vec<Box<[u8]>>,
}

/// Of as many faces as there are.
static INDEX: [OnceLock<Index>; 2] = [const { OnceLock::new() }; 2];

fn installed() -> impl Iterator<Item = &'static Index> {
    INDEX.iter().filter_map(OnceLock::get)
}

/// What handles the call of a function of a library.
const FORWARD: Zif = hz_library_call;

/// Declares the functions, and makes the classes available. Call at MINIT, once for each face.
pub fn install(registry: &mut Registry, sources: impl IntoIterator<Item = &'static Source>) {
    let mut index = Index::default();
    for source in sources {
        let number = index.entries.len();
        let lower = |name: &str| Box::<[u8]>::from(name.to_ascii_lowercase().into_bytes());
        let first = source.classes.first().map(|name| lower(name));
        index.entries.push((source, first.unwrap_or_default()));
        for name in source.classes {
            index.names.push(lower(name));
            index.classes.insert(lower(name), number);
        }
        for &(signature, doc) in source.functions {
            let name = signature
                .trim_start_matches("function ")
                .split('(')
                .next()
                .unwrap_or_default();
            index.functions.insert(name.as_bytes(), number);
            registry.function(Function {
                signature,
                doc,
                handler: FORWARD,
            });
        }
    }
    let is_first = INDEX[0].get().is_none();
    let place = INDEX.iter().find(|place| place.get().is_none());
    let is_kept = place.is_some_and(|place| place.set(index).is_ok());
    if is_first && is_kept {
        // SAFETY: called at MINIT, once, with functions that live as long as the library.
        unsafe { hz_library_install(find_class, find_function, class_at) };
    }
}

/// What is installed.
pub(crate) fn sources() -> impl Iterator<Item = &'static Source> {
    let entries = installed().flat_map(|index| &index.entries);
    entries.map(|(source, _)| *source)
}

/// # Safety
/// `out` may be written.
unsafe fn answer(find: impl Fn(&Index) -> Option<&usize>, out: *mut RawSource) -> c_int {
    let found =
        installed().find_map(|index| find(index).and_then(|number| index.entries.get(*number)));
    let Some((source, first)) = found else {
        return 0;
    };
    // SAFETY: the caller's promise.
    unsafe {
        out.write(RawSource {
            file: source.file.as_ptr(),
            text: source.text.as_ptr(),
            len: source.text.len(),
            first: first.as_ptr(),
            first_len: first.len(),
        });
    }
    1
}

extern "C" fn find_class(name: *const u8, len: usize, out: *mut RawSource) -> c_int {
    // SAFETY: the shim passes the bytes of a string and a record of its own.
    unsafe {
        let name = std::slice::from_raw_parts(name, len);
        answer(|index| index.classes.get(name), out)
    }
}

extern "C" fn find_function(name: *const u8, len: usize, out: *mut RawSource) -> c_int {
    // SAFETY: the shim passes the bytes of a string and a record of its own.
    unsafe {
        let name = std::slice::from_raw_parts(name, len);
        answer(|index| index.functions.get(name), out)
    }
}

extern "C" fn class_at(number: u32, name: *mut *const u8, len: *mut usize) -> c_int {
    let mut names = installed().flat_map(|index| &index.names);
    let Some(lower) = names.nth(number as usize) else {
        return 0;
    };
    // SAFETY: two variables of the shim; the name lives as long as the library.
    unsafe {
        name.write(lower.as_ptr());
        len.write(lower.len());
    }
    1
}
