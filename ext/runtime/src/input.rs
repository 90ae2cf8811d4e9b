//! Parsed queries, forms and uploads as PHP arrays.

use highper_http::query::{Input, Key, List};
use highper_zend::{Array, Value};

/// The whole tree.
#[must_use]
pub fn array(list: &List<'_>) -> Array {
    let mut array = Array::with_capacity(list.len());
    for (key, input) in list.iter() {
        let value = value(input);
        match key {
            Key::Int(index) => array.set_index(*index, value),
            Key::Str(name) => array.set(name, value),
        };
    }
    array
}

fn value(input: &Input<'_>) -> Value {
    match input {
        Input::Text(text) => Value::string(text),
        Input::Int(number) => Value::long(*number),
        Input::List(list) => array(list).into(),
    }
}
