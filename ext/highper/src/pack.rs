//! MessagePack of PHP's values (the specification of 2013, without extension types).

use crate::decode;
use crate::incoming::Incoming;
use highper_app::accept::negotiate;
use highper_zend::{Array, Key, Kind, Throw, Value, json};

/// Its media type (RFC 9694 has no other).
pub(crate) const TYPE: &str = "application/msgpack";
/// Other names that it goes by.
const NAMES: [&str; 4] = [
    "application/json",
    TYPE,
    "application/x-msgpack",
    "application/vnd.msgpack",
];
/// As deep as JSON may be.
const DEEPEST: usize = 512;

/// Does the client like it better than JSON?
pub(crate) fn is_wanted(incoming: &Incoming) -> bool {
    let request = incoming.exchange().request();
    let bytes = request.bytes();
    let accept = request.head().get(&bytes, b"accept");
    accept.is_some() && negotiate(accept, &NAMES).is_some_and(|at| at > 0)
}

/// Encodes a value. Objects are taken as `json_encode()` has them.
///
/// # Errors
/// What a `jsonSerialize` throws; values that have no form: resources, and what is nested too deep.
pub(crate) fn encode(value: &Value) -> Result<Vec<u8>, Throw> {
    let mut out = Vec::with_capacity(128);
    write(&mut out, value, 0)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), Throw> {
    let value = value.deref();
    match value.kind() {
        Kind::Undef | Kind::Null => out.push(0xc0),
        Kind::Bool => out.push(0xc2 + u8::from(value.to_bool())),
        Kind::Long => integer(out, value.to_long()),
        Kind::Double => {
            out.push(0xcb);
            out.extend_from_slice(&value.to_double().to_be_bytes());
        }
        Kind::Str => text(out, value.as_bytes().unwrap_or_default())?,
        Kind::Array if depth >= DEEPEST => {
            return Err(Throw::value_error(format!(
                "MessagePack: the value is nested deeper than {DEEPEST}"
            )));
        }
        Kind::Array => {
            if let Some(all) = value.as_array() {
                array(out, all, depth + 1)?;
            }
        }
        Kind::Object => {
            let text = json::encode(value)?;
            let plain = decode::decode(&text).ok_or_else(|| {
                Throw::value_error(format!(
                    "MessagePack: an object of class {} is nested too deep",
                    value.type_name()
                ))
            })?;
            write(out, &plain, depth)?;
        }
        _ => {
            return Err(Throw::value_error(format!(
                "MessagePack: a value of type {} has no form",
                value.type_name()
            )));
        }
    }
    Ok(())
}

fn array(out: &mut Vec<u8>, array: &Array, depth: usize) -> Result<(), Throw> {
    let count = array.len();
    if array.is_list() {
        length(out, count, Some((0x90, 16)), &[(0xdc, 2), (0xdd, 4)])?;
        for value in array.values() {
            write(out, value, depth)?;
        }
        return Ok(());
    }
    length(out, count, Some((0x80, 16)), &[(0xde, 2), (0xdf, 4)])?;
    for (key, value) in array {
        match key {
            Key::Index(index) => integer(out, index),
            Key::Name(name) => text(out, name)?,
        }
        write(out, value, depth)?;
    }
    Ok(())
}

/// The shortest form of an integer.
fn integer(out: &mut Vec<u8>, number: i64) {
    match number {
        0..=0x7f => out.push(number as u8),
        -32..=-1 => out.push(number as i8 as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, number as u8]),
        0x100..=0xffff => {
            out.push(0xcd);
            out.extend_from_slice(&(number as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xce);
            out.extend_from_slice(&(number as u32).to_be_bytes());
        }
        0x1_0000_0000.. => {
            out.push(0xcf);
            out.extend_from_slice(&(number as u64).to_be_bytes());
        }
        -0x80..=-33 => out.extend_from_slice(&[0xd0, number as i8 as u8]),
        -0x8000..=-0x81 => {
            out.push(0xd1);
            out.extend_from_slice(&(number as i16).to_be_bytes());
        }
        -0x8000_0000..=-0x8001 => {
            out.push(0xd2);
            out.extend_from_slice(&(number as i32).to_be_bytes());
        }
        _ => {
            out.push(0xd3);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

/// UTF-8 as a text, else as bytes.
fn text(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Throw> {
    match std::str::from_utf8(bytes) {
        Ok(_) => length(
            out,
            bytes.len(),
            Some((0xa0, 32)),
            &[(0xd9, 1), (0xda, 2), (0xdb, 4)],
        )?,
        Err(_) => length(out, bytes.len(), None, &[(0xc4, 1), (0xc5, 2), (0xc6, 4)])?,
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// A length in its shortest form: within the first byte below a bound, else behind one of the bytes, in so many bytes.
fn length(
    out: &mut Vec<u8>,
    count: usize,
    fixed: Option<(u8, usize)>,
    forms: &[(u8, usize)],
) -> Result<(), Throw> {
    if let Some((first, bound)) = fixed
        && count < bound
    {
        out.push(first | count as u8);
        return Ok(());
    }
    for (first, width) in forms {
        if (count as u64) >> (8 * width) == 0 {
            out.push(*first);
            out.extend_from_slice(&(count as u64).to_be_bytes()[8 - width..]);
            return Ok(());
        }
    }
    Err(Throw::value_error(format!(
        "MessagePack: {count} are too many for one value"
    )))
}
