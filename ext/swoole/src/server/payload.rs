//! PHP values as the bytes of messages.

use crate::function::logging;
use highper_zend::{Str, Throw, Value, call_function};

/// `SWOOLE_TASK_SERIALIZE`
pub(super) const SERIALIZED: u32 = 2;

/// A string as it is, anything else serialized: the bytes, and the flags that say which.
///
/// # Errors
/// What `serialize()` throws.
pub(super) fn pack(value: &Value) -> Result<(Str, u32), Throw> {
    let value = value.deref();
    if let Some(text) = value.as_string() {
        return Ok((text, 0));
    }
    let packed = call_function("serialize", std::slice::from_ref(value)).into_result()?;
    Ok((packed.to_str()?, SERIALIZED))
}

/// The value that was packed; `None`, with a line in the log, for what is none.
///
/// # Errors
/// What `unserialize()` throws.
pub(super) fn unpack(flags: u32, bytes: &[u8]) -> Result<Option<Value>, Throw> {
    let text = Value::string(bytes);
    if flags & SERIALIZED == 0 {
        return Ok(Some(text));
    }
    // What it returns for this text, and for none that is wrong.
    if bytes == b"b:0;" {
        return Ok(Some(Value::bool(false)));
    }
    let value = call_function("unserialize", &[text]).into_result()?;
    if value.as_bool() == Some(false) {
        logging::warning(&format!(
            "php_swoole_server_task_unpack(): unserialize() failed on {} bytes",
            bytes.len()
        ));
        return Ok(None);
    }
    Ok(Some(value))
}
