//! PHP values on their way between processes: by igbinary where that is loaded, else by PHP's own `serialize()`.

use crate::endpoint::throw_text;
use highper_zend::{Callable, Str, Throw, Value, call_function};

const PHP: &str = "php";
const IGBINARY: &str = "igbinary";

/// The bytes of a value, and how they were made.
///
/// # Errors
/// What the value throws: closures, connections and the like can't leave their process.
pub(super) fn pack(value: &Value) -> Result<(&'static str, Str), Throw> {
    let name = match Callable::new(&Value::string("igbinary_serialize")) {
        Ok(_) => IGBINARY,
        Err(_) => PHP,
    };
    let function = match name {
        IGBINARY => "igbinary_serialize",
        _ => "serialize",
    };
    let packed = call_function(function, std::slice::from_ref(value)).into_result()?;
    Ok((name, packed.to_str()?))
}

/// The value again.
///
/// # Errors
/// What it throws, or that the bytes are of no value.
pub(super) fn unpack(packed: &str, bytes: &[u8]) -> Result<Value, Throw> {
    let function = match packed {
        IGBINARY => "igbinary_unserialize",
        _ => "unserialize",
    };
    let value = call_function(function, &[Value::string(bytes)]).into_result()?;
    if value.as_bool() == Some(false) && bytes != b"b:0;" && packed == PHP {
        return Err(Throw::error(format!(
            "{} bytes could not be unserialized",
            bytes.len()
        )));
    }
    Ok(value)
}

/// With the words for who packed it.
pub(super) fn refused(what: &str, throw: Throw) -> Throw {
    match throw {
        throw @ (Throw::Exit | Throw::Bailout) => throw,
        throw => Throw::error(format!(
            "{what} can't go to another process: {}; keep ids and plain values in it, and take services as parameters of handle()",
            throw_text(throw)
        )),
    }
}
