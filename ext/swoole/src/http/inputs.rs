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
