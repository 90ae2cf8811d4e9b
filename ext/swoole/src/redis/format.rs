//! Replies in Redis' protocol, from PHP's values.

use super::server::{ERROR, INT, MAP, NIL, SET, STATUS, STRING};
use crate::error_code;
use highper_zend::{Array, Throw, Value};
use std::io::Write;

/// Bytes of a string at most, as in Redis: 512 MiB.
const LONGEST: usize = 512 << 20;
/// Arrays inside arrays at most: one that holds itself has no end.
const DEEPEST: usize = 128;

fn invalid(text: impl Into<String>) -> Throw {
    crate::exception(text, error_code::INVALID_PARAMS.into())
}

/// Writes a reply of a kind (`Swoole\Redis\Server::STATUS` and so on).
///
/// # Errors
/// A `Swoole\Exception` where the value does not fit the kind.
pub(super) fn reply(out: &mut Vec<u8>, kind: i64, value: Option<&Value>) -> Result<(), Throw> {
    write(out, kind, value.map(Value::deref), 0)
}

fn write(out: &mut Vec<u8>, kind: i64, value: Option<&Value>, depth: usize) -> Result<(), Throw> {
    match kind {
        NIL => out.extend_from_slice(b"$-1\r\n"),
        ERROR | STATUS => {
            let (sign, default): (u8, &[u8]) = match kind {
                ERROR => (b'-', b"ERR"),
                _ => (b'+', b"OK"),
            };
            out.push(sign);
            match value {
                Some(value) => line(out, value.to_str()?.as_bytes()),
                None => out.extend_from_slice(default),
            }
            out.extend_from_slice(b"\r\n");
        }
        INT => {
            let _ = write!(out, ":{}\r\n", given(value)?.to_long());
        }
        STRING => text(out, given(value)?.to_str()?.as_bytes())?,
        SET => {
            let all = array(value)?;
            let _ = write!(out, "*{}\r\n", all.len());
            for item in all.values() {
                element(out, item.deref(), depth)?;
            }
        }
        MAP => {
            let all = array(value)?;
            let _ = write!(out, "*{}\r\n", 2 * all.len());
            for (key, item) in all.iter() {
                text(out, &key.to_bytes())?;
                element(out, item.deref(), depth)?;
            }
        }
        other => return Err(invalid(format!("Unknown type[{other}]"))),
    }
    Ok(())
}

/// A line of its own: what would end it becomes a space, or a value of a client's could begin a reply.
fn line(out: &mut Vec<u8>, text: &[u8]) {
    out.extend(text.iter().map(|byte| match byte {
        b'\r' | b'\n' => b' ',
        byte => *byte,
    }));
}

fn given(value: Option<&Value>) -> Result<&Value, Throw> {
    value.ok_or_else(|| invalid("require more parameters"))
}

fn array(value: Option<&Value>) -> Result<&Array, Throw> {
    given(value)?
        .as_array()
        .ok_or_else(|| invalid("the second parameter should be an array"))
}

fn text(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Throw> {
    if text.len() > LONGEST {
        return Err(invalid(
            "the length of given string exceeds the maximum allowed value",
        ));
    }
    let _ = write!(out, "${}\r\n", text.len());
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

fn element(out: &mut Vec<u8>, item: &Value, depth: usize) -> Result<(), Throw> {
    if depth == DEEPEST {
        return Err(invalid(format!(
            "the array given is more than {DEEPEST} arrays deep"
        )));
    }
    let kind = match item.as_array() {
        Some(all) if all.is_list() => SET,
        Some(_) => MAP,
        None if item.is_null() => NIL,
        None if item.as_long().is_some() || item.as_bool().is_some() => INT,
        None => STRING,
    };
    write(out, kind, Some(item), depth + 1)
}
