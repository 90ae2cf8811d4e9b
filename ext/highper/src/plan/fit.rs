//! Values as JSON or a form has them, and the builtin types that they fit.

use super::scalar::Scalar;
use highper_zend::Value;
use highper_zend::reflect::{Builtin, Type};

/// A value of one of the builtin types, as strictly as JSON tells them apart.
///
/// # Errors
/// What it must be: `must be an integer, string given`.
pub(crate) fn fit(kind: &Type, value: &Value, is_form: bool) -> Result<Value, String> {
    let has = |builtin| kind.has(builtin);
    let fits = value.is_string() && has(Builtin::String)
        || value.as_long().is_some() && has(Builtin::Int)
        // 1e999 is no number that anybody could do something with.
        || value.as_double().is_some_and(f64::is_finite) && has(Builtin::Float)
        || value.as_bool() == Some(true) && has(Builtin::True)
        || value.as_bool() == Some(false) && has(Builtin::False)
        || value.is_array() && has(Builtin::Array);
    if fits {
        return Ok(value.clone());
    }
    if let (Some(number), true) = (value.as_long(), has(Builtin::Float)) {
        return Ok(Value::double(number as f64));
    }
    if let (Some(text), true) = (value.as_str(), is_form)
        && let Ok(scalar) = Scalar::of(Some(kind), None)
        && let Ok(value) = scalar.value("", text)
    {
        return Ok(value);
    }
    let given = match value.as_bool() {
        Some(_) => "bool",
        None if value.as_double().is_some_and(f64::is_infinite) => "one that is too large",
        None => value.type_name(),
    };
    Err(format!("must be {}, {given} given", wanted(kind)))
}

/// What a value of these types must be.
pub(crate) fn wanted(kind: &Type) -> String {
    let names = [
        (Builtin::String, "a text"),
        (Builtin::Int, "an integer"),
        (Builtin::Float, "a number"),
        (Builtin::True, "true or false"),
        (Builtin::Array, "a list or an object"),
    ];
    let all: Vec<&str> = names
        .iter()
        .filter(|(b, _)| kind.has(*b))
        .map(|(_, n)| *n)
        .collect();
    if all.is_empty() {
        kind.text.clone()
    } else {
        all.join(" or ")
    }
}
