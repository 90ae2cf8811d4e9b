//! From parsed queries, forms and cookies to PHP arrays.

use highper_http::query::{Input, Key, List};
use highper_zend::{Array, Value};

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
