//! Values of PHP as arguments of commands.

use super::exception::misused;
use highper_redis::Command;
use highper_zend::{Array, Key, Throw, Value, find_class};

/// Adds the arguments of a call. Arrays are spread out, with their keys where these are names or no list;
/// named arguments come last, as options: `ex: 60` is `EX 60`, `nx: true` is `NX`.
pub(super) fn add(command: &mut Command, given: &Array) -> Result<(), Throw> {
    let mut options = Vec::new();
    for (key, value) in given {
        match key {
            Key::Index(_) => value_of(command, value)?,
            Key::Name(name) => options.push((name, value)),
        }
    }
    for (name, value) in options {
        match value.as_bool() {
            Some(false) => continue,
            _ if value.is_null() => continue,
            Some(true) => {
                command.push(name.to_ascii_uppercase());
            }
            None => {
                command.push(name.to_ascii_uppercase());
                value_of(command, value)?;
            }
        }
    }
    Ok(())
}

/// Adds the arguments that a variadic method got.
pub(super) fn add_all(command: &mut Command, values: &[Value]) -> Result<(), Throw> {
    values
        .iter()
        .try_for_each(|value| value_of(command, value.deref()))
}

fn value_of(command: &mut Command, value: &Value) -> Result<(), Throw> {
    let Some(array) = value.deref().as_array() else {
        return scalar(command, value);
    };
    let is_map = !array.is_list() && array.iter().all(|(key, _)| matches!(key, Key::Index(_)));
    for (key, value) in array {
        match key {
            Key::Name(name) => {
                command.push(name);
            }
            Key::Index(number) if is_map => {
                command.push_int(number);
            }
            Key::Index(_) => {}
        }
        scalar(command, value)?;
    }
    Ok(())
}

fn scalar(command: &mut Command, value: &Value) -> Result<(), Throw> {
    let value = value.deref();
    if let Some(bytes) = value.as_bytes() {
        command.push(bytes);
    } else if let Some(number) = value.as_long() {
        command.push_int(number);
    } else if let Some(truth) = value.as_bool() {
        command.push(if truth { "1" } else { "0" });
    } else if value.as_double().is_some() {
        command.push(&*value.to_str()?);
    } else {
        return other(command, value);
    }
    Ok(())
}

#[cold]
fn other(command: &mut Command, value: &Value) -> Result<(), Throw> {
    let name = String::from_utf8_lossy(command.name()).into_owned();
    let number = command.len();
    let Some(object) = value.as_object() else {
        return Err(misused(format!(
            "argument {number} of {name} is {}, and Redis knows texts and numbers only{}",
            value.type_name(),
            match value.is_array() {
                true => ": encode it, for example as JSON",
                false => "",
            }
        )));
    };
    if let Some(class) = find_class("BackedEnum")?
        && object.is_instance_of(class)
    {
        return scalar(command, &object.get("value")?);
    }
    if object.has_method("__toString") {
        command.push(&*value.to_str()?);
        return Ok(());
    }
    Err(misused(format!(
        "argument {number} of {name} is an object of {}, and Redis knows texts and numbers only: encode it, for example as JSON",
        object.class_name()
    )))
}

/// Texts of an array or of one value: keys, channels.
pub(super) fn texts(value: &Value) -> Result<Vec<Vec<u8>>, Throw> {
    let mut command = Command::default();
    value_of(&mut command, value)?;
    Ok(command.args().map(<[u8]>::to_vec).collect())
}

/// Texts of several values.
pub(super) fn all_texts(values: &[Value]) -> Result<Vec<Vec<u8>>, Throw> {
    let mut command = Command::default();
    add_all(&mut command, values)?;
    Ok(command.args().map(<[u8]>::to_vec).collect())
}
