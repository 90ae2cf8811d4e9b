//! Values as they are stored, with flags that say what they were: those of PHP's own extension, memcached.

use super::exception::misused;
use highper_memcached::Value as Stored;
use highper_zend::{Throw, Value, call_function};

const TEXT: u32 = 0;
const INT: u32 = 1;
const FLOAT: u32 = 2;
const BOOL: u32 = 3;
const SERIALIZED: u32 = 4;
/// The flags that name the kind.
const KIND: u32 = 0xF;
/// The flags that say that it is compressed.
const COMPRESSED: u32 = 0x10 | 0x20 | 0x40 | 0x80;

/// Flags and bytes of a value.
///
/// # Errors
/// It can't be serialized.
pub(super) fn pack(value: &Value) -> Result<(u32, Vec<u8>), Throw> {
    let value = value.deref();
    if let Some(bytes) = value.as_bytes() {
        return Ok((TEXT, bytes.to_vec()));
    }
    if let Some(number) = value.as_long() {
        return Ok((INT, number.to_string().into_bytes()));
    }
    if value.as_double().is_some() {
        return Ok((FLOAT, value.to_str()?.to_vec()));
    }
    if let Some(truth) = value.as_bool() {
        return Ok((BOOL, if truth { b"1".to_vec() } else { Vec::new() }));
    }
    let text = call_function("serialize", std::slice::from_ref(value)).into_result()?;
    Ok((SERIALIZED, text.to_str()?.to_vec()))
}

/// The value again.
///
/// # Errors
/// It was stored by somebody else, in a way that is not known.
pub(super) fn unpack(stored: &Stored) -> Result<Value, Throw> {
    let text = || Value::string(&stored.data);
    if stored.flags & COMPRESSED != 0 {
        return Err(misused(format!(
            "the value of {} is compressed, and this client reads plain ones: switch compression off where it is stored",
            String::from_utf8_lossy(&stored.key)
        )));
    }
    Ok(match stored.flags & KIND {
        TEXT => text(),
        INT => Value::long(text().to_long()),
        FLOAT => Value::double(text().to_double()),
        BOOL => Value::bool(!matches!(&*stored.data, b"" | b"0")),
        SERIALIZED => call_function("unserialize", &[text()]).into_result()?,
        other => {
            return Err(misused(format!(
                "the value of {} is of a kind ({other}) that this client does not know: igbinary, JSON or msgpack of another client",
                String::from_utf8_lossy(&stored.key)
            )));
        }
    })
}
