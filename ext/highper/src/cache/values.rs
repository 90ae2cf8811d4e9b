//! How PHP's values are bytes in the cache.

use highper_shm::cache::{Found, Kind};
use highper_zend::{Str, Throw, Value};

const TEXT: Kind = Kind(0);
const FLOAT: Kind = Kind(2);
const FALSE: Kind = Kind(3);
const TRUE: Kind = Kind(4);
const NULL: Kind = Kind(5);
const SERIALIZED: Kind = Kind(6);

/// A value on its way into the cache or out of it.
pub(super) enum Stored {
    Scalar(Value),
    Text(Str),
    Serialized(Str),
}

impl Stored {
    /// Arrays and objects are serialized, which may run PHP code.
    pub(super) fn of(value: &Value) -> Result<Self, Throw> {
        if let Some(text) = value.as_string() {
            return Ok(Self::Text(text));
        }
        if value.is_array() || value.is_object() {
            return Ok(Self::Serialized(super::serialize(value)?.to_str()?));
        }
        Ok(Self::Scalar(value.clone()))
    }

    /// The value; what was serialized is made anew, which may run PHP code.
    pub(super) fn into_value(self) -> Result<Value, Throw> {
        match self {
            Self::Scalar(value) => Ok(value),
            Self::Text(text) => Ok(text.into()),
            Self::Serialized(text) => super::unserialize(text.into()),
        }
    }

    /// Calls with its kind and its bytes. A resource, of which nothing can be kept, is null.
    pub(super) fn with_bytes<T>(&self, call: impl FnOnce(Kind, &[u8]) -> T) -> T {
        match self {
            Self::Text(text) => call(TEXT, text),
            Self::Serialized(text) => call(SERIALIZED, text),
            Self::Scalar(value) => {
                if let Some(number) = value.as_long() {
                    call(Kind::INT, &number.to_ne_bytes())
                } else if let Some(number) = value.as_double() {
                    call(FLOAT, &number.to_ne_bytes())
                } else {
                    let kind = match value.as_bool() {
                        Some(true) => TRUE,
                        Some(false) => FALSE,
                        None => NULL,
                    };
                    call(kind, &[])
                }
            }
        }
    }
}

fn word(found: &Found<'_>) -> [u8; 8] {
    let mut bytes = [0; 8];
    found.copy(&mut bytes);
    bytes
}

fn text(found: &Found<'_>) -> Str {
    match found.len() {
        0 => Str::new(""),
        len => Str::build(len, |bytes| found.copy(bytes)),
    }
}

/// Copies a value out of the cache. Runs no PHP code.
#[inline]
pub(super) fn load(found: &Found<'_>) -> Stored {
    match found.kind() {
        TEXT => Stored::Text(text(found)),
        SERIALIZED => Stored::Serialized(text(found)),
        Kind::INT => Stored::Scalar(Value::long(i64::from_ne_bytes(word(found)))),
        FLOAT => Stored::Scalar(Value::double(f64::from_ne_bytes(word(found)))),
        TRUE => Stored::Scalar(Value::bool(true)),
        FALSE => Stored::Scalar(Value::bool(false)),
        _ => Stored::Scalar(Value::null()),
    }
}
