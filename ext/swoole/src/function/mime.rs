//! `swoole_mime_type_*`: which type a file's extension means.

use highper_http::mime;
use highper_zend::{Array, Call, Done, Function, Registry, Throw};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// What was set or deleted, above the known ones.
    static OWN: RefCell<HashMap<String, Option<String>>> = RefCell::default();
}

/// Declares them.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_mime_type_add(string $suffix, string $mime_type): bool",
            "Adds a type; false when the suffix has one.",
            |call| {
                let suffix = suffix(call)?;
                let free = lookup(&suffix).is_none();
                if free {
                    set(suffix, Some(call.text(1)?.to_owned()));
                }
                call.ret_bool(free)
            },
        ))
        .function(Function::new(
            "function swoole_mime_type_set(string $suffix, string $mime_type): void",
            "Adds or replaces a type.",
            |call| {
                set(suffix(call)?, Some(call.text(1)?.to_owned()));
                Ok(())
            },
        ))
        .function(Function::new(
            "function swoole_mime_type_delete(string $suffix): bool",
            "Removes a type; false when the suffix has none.",
            |call| {
                let suffix = suffix(call)?;
                let known = lookup(&suffix).is_some();
                if known {
                    set(suffix, None);
                }
                call.ret_bool(known)
            },
        ))
        .function(Function::new(
            "function swoole_mime_type_get(string $filename): string",
            "The type of a file name.",
            get,
        ))
        .function(Function::new(
            "function swoole_get_mime_type(string $filename): string",
            "The same as swoole_mime_type_get().",
            get,
        ))
        .function(Function::new(
            "function swoole_mime_type_exists(string $filename): bool",
            "Is the type of a file name known?",
            |call| {
                let name = call.text(0)?;
                call.ret_bool(lookup(extension(name)).is_some())
            },
        ))
        .function(Function::new(
            "function swoole_mime_type_list(): array",
            "All types that are known.",
            |call| {
                let mut all = Array::new();
                for (suffix, kind) in mime::all() {
                    if !OWN.with_borrow(|own| own.contains_key(*suffix)) {
                        all.push(mime::essence(kind.as_bytes()));
                    }
                }
                OWN.with_borrow(|own| {
                    for kind in own.values().flatten() {
                        all.push(kind.as_str());
                    }
                });
                call.ret(all)
            },
        ))
        .on_request_shutdown(|| OWN.with_borrow_mut(HashMap::clear));
}

fn suffix(call: &Call) -> Result<String, Throw> {
    Ok(call.text(0)?.to_ascii_lowercase())
}

fn set(suffix: String, kind: Option<String>) {
    OWN.with_borrow_mut(|own| own.insert(suffix, kind));
}

/// As Swoole: what follows the last dot, or all of it.
fn extension(name: &str) -> &str {
    name.rsplit_once('.')
        .map_or(name, |(_, extension)| extension)
}

fn lookup(suffix: &str) -> Option<String> {
    let lower = suffix.to_ascii_lowercase();
    match OWN.with_borrow(|own| own.get(&lower).cloned()) {
        Some(own) => own,
        None => mime::of_extension(lower.as_bytes())
            .map(|kind| String::from_utf8_lossy(mime::essence(kind.as_bytes())).into_owned()),
    }
}

/// The type of a static file.
pub(crate) fn of_file(path: &[u8]) -> Cow<'static, str> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let kind = lookup(extension(&String::from_utf8_lossy(name)));
    kind.map_or(mime::UNKNOWN.into(), Cow::Owned)
}

fn get(call: &mut Call) -> Done {
    let name = call.text(0)?;
    let kind = lookup(extension(name));
    call.ret_str(kind.as_deref().unwrap_or(mime::UNKNOWN))
}
