//! Values of PHP for the places of a statement.

use super::exception::misused;
use highper_db::{Dialect, Param, Places, Statement};
use highper_zend::{Array, Key, Object, Throw, Value, find_class};

/// The values of a statement, in the order of its places.
///
/// # Errors
/// Too many, too few, or one that is no value for a database.
pub(super) fn collect(
    statement: &Statement,
    dialect: Dialect,
    given: Option<&Array>,
) -> Result<Vec<Value>, Throw> {
    let wrong = |what: String| Err(misused(format!("{what}, in: {}", statement.shape())));
    let count = given.map_or(0, Array::len);
    match statement.places() {
        Places::Ordered(places) if *places != count => wrong(format!(
            "the statement has {places} ? and {count} values were given"
        )),
        Places::Ordered(_) => {
            let mut all = Vec::with_capacity(count);
            for (key, value) in given.into_iter().flatten() {
                if let Key::Name(name) = key {
                    return wrong(format!(
                        "a value has the name '{}', and the statement has ? and no names",
                        String::from_utf8_lossy(name)
                    ));
                }
                let number = all.len() + 1;
                all.push(convert(value, dialect, || format!("value {number}"))?);
            }
            Ok(all)
        }
        Places::Named(names) => {
            let mut all = Vec::with_capacity(names.len());
            for name in names {
                let found = given
                    .and_then(|given| given.get(&**name).or_else(|| given.get(format!(":{name}"))));
                let Some(value) = found else {
                    return wrong(format!("no value was given for :{name}"));
                };
                all.push(convert(value, dialect, || format!("the value of :{name}"))?);
            }
            for (key, _) in given.into_iter().flatten() {
                let key = key.to_bytes();
                let name = key.strip_prefix(b":").unwrap_or(&key);
                if !names.iter().any(|known| known.as_bytes() == name) {
                    return wrong(format!(
                        "a value was given for '{}', and the statement has no such place",
                        String::from_utf8_lossy(name)
                    ));
                }
            }
            Ok(all)
        }
    }
}

/// The same for a database.
pub(super) fn params(values: &[Value]) -> Vec<Param<'_>> {
    values
        .iter()
        .map(|value| {
            if let Some(bytes) = value.as_bytes() {
                Param::Text(bytes)
            } else if let Some(number) = value.as_long() {
                Param::Int(number)
            } else if let Some(number) = value.as_double() {
                Param::Float(number)
            } else if let Some(truth) = value.as_bool() {
                Param::Bool(truth)
            } else {
                Param::Null
            }
        })
        .collect()
}

/// A value that a database can take.
pub(super) fn convert(
    value: &Value,
    dialect: Dialect,
    name: impl Fn() -> String,
) -> Result<Value, Throw> {
    let value = value.deref();
    if value.is_array() {
        return Err(misused(format!(
            "{} is an array, and a place takes one value: encode it as JSON, or write a ? for each",
            name()
        )));
    }
    let Some(object) = value.as_object() else {
        return Ok(value.clone());
    };
    if is_a(object, "DateTimeInterface")? {
        // MySQL and SQLite know no offsets: the date as its zone shows it.
        let format = match dialect {
            Dialect::Postgres => "Y-m-d H:i:s.uP",
            _ => "Y-m-d H:i:s.u",
        };
        return object
            .call("format", &[Value::string(format)])
            .into_result();
    }
    if is_a(object, "BackedEnum")? {
        return object.get("value");
    }
    if object.has_method("__toString") {
        return Ok(value.to_str()?.into());
    }
    Err(misused(format!(
        "{} is an object of {}, which is no value for a database: scalars, null, dates, backed enums and objects with \
         __toString() are",
        name(),
        object.class_name()
    )))
}

pub(super) fn is_a(object: &Object, class: &str) -> Result<bool, Throw> {
    Ok(find_class(class)?.is_some_and(|class| object.is_instance_of(class)))
}
