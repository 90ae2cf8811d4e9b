//! `json_encode` for plain values, straight from PHP's memory to the output.
//!
//! The result is what PHP gives with [`FLAGS`]. Objects are left to PHP's own
//! `json_encode`, and so is a value that can't be encoded: its exception says why.

mod text;

use crate::array::{Array, Key};
use crate::callable::{Outcome, call_function, find_class};
use crate::throw::Throw;
use crate::value::{DOUBLE, FALSE, LONG, NULL, OBJECT, STRING, TRUE, UNDEF, Value};
use text::{Unsuitable, float, key, number, string};

/// `JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR`
pub const FLAGS: i64 = 64 | 256 | 1024 | 4_194_304;
/// `json_encode`'s own default.
const DEPTH: usize = 512;

/// Why the fast way ends.
enum Stop {
    /// PHP is to say what is wrong.
    Unsuitable,
    /// It is nested too deep: PHP would go on to the end of it before it says so, on a stack that may be too small for that. Where
    /// the arrays are that are in each other.
    Deep(Vec<*const Array>),
    /// PHP code has thrown.
    Throw(Throw),
}

impl Stop {
    #[cold]
    fn inside(mut self, array: &Array) -> Self {
        if let Self::Deep(path) = &mut self {
            path.push(array);
        }
        self
    }
}

impl From<Unsuitable> for Stop {
    #[inline]
    fn from(_: Unsuitable) -> Self {
        Self::Unsuitable
    }
}

/// Encodes a value.
///
/// # Errors
/// `JsonException`, or what a `jsonSerialize` throws.
pub fn encode(value: &Value) -> Result<Vec<u8>, Throw> {
    let mut out = Vec::with_capacity(128);
    encode_into(&mut out, value)?;
    Ok(out)
}

/// Encodes a value into an empty buffer.
///
/// # Errors
/// As [`encode`].
#[inline]
pub fn encode_into(out: &mut Vec<u8>, value: &Value) -> Result<(), Throw> {
    match write(out, value, 0) {
        Ok(()) => Ok(()),
        Err(stop) => stopped(out, value, stop),
    }
}

/// It is for PHP, or for nobody.
#[cold]
#[inline(never)]
fn stopped(out: &mut Vec<u8>, value: &Value, stop: Stop) -> Result<(), Throw> {
    match stop {
        Stop::Throw(throw) => Err(throw),
        Stop::Unsuitable => {
            out.clear();
            by_php(out, value)
        }
        Stop::Deep(mut path) => {
            let count = path.len();
            path.sort_unstable();
            path.dedup();
            match path.len() == count {
                true => Err(too_deep()),
                // One is in itself: PHP stops there, and says it.
                false => {
                    out.clear();
                    by_php(out, value)
                }
            }
        }
    }
}

/// What `json_encode` throws.
#[cold]
fn too_deep() -> Throw {
    const CODE: i64 = 1;
    match find_class("JsonException") {
        Ok(Some(class)) => Throw::of(class, "Maximum stack depth exceeded", CODE),
        Ok(None) => Throw::error("Maximum stack depth exceeded"),
        Err(throw) => throw,
    }
}

#[cold]
fn by_php(out: &mut Vec<u8>, value: &Value) -> Result<(), Throw> {
    let args = [value.deref().clone(), Value::long(FLAGS)];
    match call_function("json_encode", &args) {
        Outcome::Value(text) => {
            out.extend_from_slice(text.as_bytes().unwrap_or_default());
            Ok(())
        }
        other => other.into_result().map(drop),
    }
}

/// Writes what is neither array nor object; false for these.
#[inline(always)]
fn scalar(out: &mut Vec<u8>, value: &Value) -> Result<bool, Unsuitable> {
    match value.kind_number() {
        // SAFETY: the tag says that the payload is a string.
        STRING => string(out, unsafe { crate::string::bytes(value.payload.string) })?,
        // SAFETY: the tag says that the payload is an integer.
        LONG => number(out, unsafe { value.payload.long }),
        TRUE => out.extend_from_slice(b"true"),
        FALSE => out.extend_from_slice(b"false"),
        UNDEF | NULL => out.extend_from_slice(b"null"),
        DOUBLE => float(out, value.to_double())?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), Stop> {
    let value = value.deref();
    if scalar(out, value)? {
        return Ok(());
    }
    match value.as_array() {
        Some(array) => self::array(out, array, depth + 1),
        None if value.kind_number() == OBJECT => by_php(out, value).map_err(Stop::Throw),
        None => Err(Stop::Unsuitable),
    }
}

fn array(out: &mut Vec<u8>, array: &Array, depth: usize) -> Result<(), Stop> {
    if depth > DEPTH {
        return Err(Stop::Deep(Vec::new()));
    }
    let is_list = array.is_list();
    let (open, close) = if is_list { (b'[', b']') } else { (b'{', b'}') };
    let mut before = open;
    for (name, item) in array {
        match name {
            _ if is_list => out.push(before),
            Key::Name(name) => key(out, before, name)?,
            Key::Index(index) => {
                out.extend_from_slice(&[before, b'"']);
                number(out, index);
                out.extend_from_slice(b"\":");
            }
        }
        before = b',';
        let item = item.deref();
        if !scalar(out, item)? {
            write(out, item, depth).map_err(|stop| stop.inside(array))?;
        }
    }
    if before == open {
        out.push(open);
    }
    out.push(close);
    Ok(())
}
