//! The key that a call's result is kept under.

use super::invocation::{self, Point};
use highper_app::template::{self, Piece};
use highper_zend::{Throw, Value, call_function};

/// A key of a template, or of all arguments.
pub(crate) struct Key(Option<Vec<Piece>>);

impl Key {
    /// `None` stands for the method and all its arguments.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(crate) fn new(template: Option<&str>) -> Result<Self, String> {
        let pieces = template.map(template::parse).transpose();
        pieces.map(Self).map_err(|error| error.to_string())
    }

    /// The key of a call.
    ///
    /// # Errors
    /// A place of the template that the method has no parameter for, or an argument that is no text.
    pub(crate) fn of(&self, point: &Point<'_>) -> Result<Vec<u8>, Throw> {
        match &self.0 {
            Some(pieces) => filled(pieces, point),
            None => all(point),
        }
    }
}

fn filled(pieces: &[Piece], point: &Point<'_>) -> Result<Vec<u8>, Throw> {
    let mut key = Vec::new();
    let arguments = invocation::arguments(point.of)?;
    for piece in pieces {
        let (first, below) = match piece {
            Piece::Text(text) => {
                key.extend_from_slice(text.as_bytes());
                continue;
            }
            Piece::Place(first, below) => (first, below),
        };
        let mut name = format!("{{{first}}}");
        let mut value = match arguments.get_symbol(&**first) {
            Some(value) => value.clone(),
            None => {
                return Err(Throw::error(format!(
                    "the key of {}() has the place {name}, and the method no argument of that name",
                    point.name()?
                )));
            }
        };
        for next in below {
            name = format!("{}.{next}}}", &name[..name.len() - 1]);
            let found = match (value.as_array(), value.as_object()) {
                (Some(array), _) => array.get_symbol(&**next).cloned(),
                (_, Some(object)) => Some(object.get(next)?),
                _ => None,
            };
            value = found.ok_or_else(|| {
                Throw::error(format!(
                    "the key of a call has the place {name}, and there is nothing of that name in its argument"
                ))
            })?;
        }
        match (value.as_object(), value.is_array()) {
            (Some(object), _) if !object.has_method("__toString") => {
                // Backed enums are their values.
                let backed = object
                    .get("value")
                    .ok()
                    .filter(|_| highper_zend::reflect::Class::from(object.class()).is_enum());
                match backed {
                    Some(backed) => key.extend_from_slice(&backed.to_str()?),
                    None => return Err(no_text(&name, &value, point)?),
                }
            }
            (_, true) => return Err(no_text(&name, &value, point)?),
            _ => key.extend_from_slice(&value.to_str()?),
        }
    }
    Ok(key)
}

fn no_text(name: &str, value: &Value, point: &Point<'_>) -> Result<Throw, Throw> {
    Ok(Throw::error(format!(
        "the place {name} of the key of {}() is no text: {}; name one of its properties, as in {{user.id}}",
        point.name()?,
        value.describe()
    )))
}

/// Class, method, and what all arguments come to; of signs that every cache takes.
fn all(point: &Point<'_>) -> Result<Vec<u8>, Throw> {
    let mut key = point
        .name()?
        .replace("::", ".")
        .replace('\\', ".")
        .into_bytes();
    let arguments = invocation::arguments(point.of)?;
    if arguments.is_empty() {
        return Ok(key);
    }
    let text = match call_function("serialize", &[arguments.into()]).into_result() {
        Ok(text) => text,
        Err(Throw::Object(thrown)) => {
            let why = thrown
                .as_object()
                .map(|o| o.exception_message().to_string_lossy().into_owned());
            return Err(Throw::error(format!(
                "the arguments of {}() make no key: {}; give the attribute a key: of those that matter",
                point.name()?,
                why.unwrap_or_default()
            )));
        }
        Err(other) => return Err(other),
    };
    let hash = call_function("hash", &[Value::string("xxh128"), text]).into_result()?;
    key.push(b'.');
    key.extend_from_slice(hash.as_bytes().unwrap_or_default());
    Ok(key)
}
