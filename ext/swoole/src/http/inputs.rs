//! From parsed queries, forms and cookies to PHP arrays.

use highper_http::query::{Input, Key, List, Options, Parsed};
use highper_runtime::coroutine;
use highper_zend::{Array, Value, error, ini};
use std::cell::Cell;

thread_local! {
    static LIMITS: Cell<Option<Options>> = const { Cell::new(None) };
    /// Was something left out of what was read last?
    static IS_CUT: Cell<bool> = const { Cell::new(false) };
}

/// How much of an input is read: `max_input_vars` and `max_input_nesting_level`, which no script can change.
pub(crate) fn limits() -> Options {
    LIMITS.get().unwrap_or_else(|| {
        let number = |name: &str, default| match usize::try_from(ini::long(name)) {
            Ok(number @ 1..) => number,
            _ => default,
        };
        let own = Options::default();
        let limits = Options {
            max_vars: number("max_input_vars", own.max_vars),
            max_depth: number("max_input_nesting_level", own.max_depth),
            ..own
        };
        LIMITS.set(Some(limits));
        limits
    })
}

/// What was read; [`warned`] is for when nothing of the request is borrowed any more.
pub(crate) fn parsed_or_null(parsed: &Parsed<'_>) -> Value {
    if parsed.exceeded {
        IS_CUT.set(true);
    }
    array_or_null(&parsed.list)
}

/// The same value, after PHP's warning where that is not all that came.
pub(crate) fn warned(value: Value) -> Value {
    if IS_CUT.replace(false) {
        warn();
    }
    value
}

#[cold]
fn warn() {
    let most = limits().max_vars;
    let text = format!(
        "Input variables exceeded {most}. To increase the limit change max_input_vars in php.ini."
    );
    // A property is being read: what a handler throws can't go further.
    if let Err(throw) = error::raise_plain(error::Level::Warning, text) {
        coroutine::report(throw);
    }
}

/// The list as an array; keys are normalised already.
pub(crate) fn array(list: &List<'_>) -> Array {
    let mut array = Array::with_capacity(list.len());
    for (key, input) in list.iter() {
        let value = match input {
            Input::Text(text) => Value::string(text),
            Input::Int(number) => Value::from(*number),
            Input::List(inner) => array_value(inner),
        };
        match key {
            Key::Int(index) => array.set_index(*index, value),
            Key::Str(name) => array.set(name, value),
        };
    }
    array
}

fn array_value(list: &List<'_>) -> Value {
    Value::from(array(list))
}

/// As Swoole has it: null where there is nothing.
pub(crate) fn array_or_null(list: &List<'_>) -> Value {
    if list.is_empty() {
        Value::default()
    } else {
        array_value(list)
    }
}

/// What Swoole says of an uploaded file, in its order.
const FILE: [&str; 5] = ["type", "tmp_name", "size", "name", "error"];

/// Uploaded files as Swoole has them: one array for each file, also below `name[]`.
pub(crate) fn files_or_null(list: &List<'_>) -> Value {
    if list.is_empty() {
        return Value::default();
    }
    let mut files = Array::with_capacity(list.len());
    for (key, input) in list.iter() {
        if let Input::List(entry) = input {
            set(
                &mut files,
                key,
                file(FILE.map(|part| entry.get(part.as_bytes()))),
            );
        }
    }
    Value::from(files)
}

/// One file, or several where its name was given with brackets: their parts lie in parallel trees.
fn file(parts: [Option<&Input<'_>>; 5]) -> Value {
    let mut out = Array::new();
    if let Some(Input::List(names)) = parts[3] {
        for (key, _) in names.iter() {
            let below = parts.map(|part| match part {
                Some(Input::List(list)) => list.iter().find(|(k, _)| k == key).map(|(_, v)| v),
                _ => None,
            });
            set(&mut out, key, file(below));
        }
        return Value::from(out);
    }
    for (name, part) in FILE.iter().zip(parts) {
        let value = match part {
            Some(Input::Text(text)) => Value::string(text),
            Some(Input::Int(number)) => Value::from(*number),
            _ => continue,
        };
        out.set(name, value);
    }
    Value::from(out)
}

fn set(array: &mut Array, key: &Key<'_>, value: Value) {
    match key {
        Key::Int(index) => array.set_index(*index, value),
        Key::Str(name) => array.set(name, value),
    };
}
