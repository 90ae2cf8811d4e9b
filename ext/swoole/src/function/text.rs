//! Functions over texts: hashes, and decoding a part of a text.

use super::php;
use highper_zend::{Array, Call, Done, Function, Registry, Value, error};

/// Declares them.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_hashcode(string $data, int $type = 0): int|false",
            "A hash that stays the same: 0 is PHP's own (DJBX33A), 1 is one-at-a-time.",
            |call| {
                let data = call.bytes(0)?;
                match call.opt_long(1, 0)? {
                    0 => call.ret_long(djbx33a(data) as i64),
                    1 => call.ret_long(one_at_a_time(data).into()),
                    _ => call.ret_bool(false),
                }
            },
        ))
        .function(Function::new(
            "function swoole_substr_unserialize(string $str, int $offset, int $length = 0, array $options = []): mixed",
            "unserialize() of a part.",
            substr_unserialize,
        ))
        .function(Function::new(
            "function swoole_substr_json_decode(string $str, int $offset, int $length = 0, bool $associative = false, int $depth = 512, int $flags = 0): mixed",
            "json_decode() of a part.",
            substr_json_decode,
        ));
}

/// `zend_hash_func`
fn djbx33a(data: &[u8]) -> u64 {
    let hash = data.iter().fold(5381_u64, |hash, byte| {
        hash.wrapping_mul(33).wrapping_add(u64::from(*byte))
    });
    hash | 0x8000_0000_0000_0000
}

fn one_at_a_time(data: &[u8]) -> u32 {
    let mut value = 0_u32;
    for byte in data {
        // Swoole reads signed characters.
        value = value.wrapping_add(i32::from(*byte as i8) as u32);
        value = value.wrapping_add(value << 10);
        value ^= value >> 6;
    }
    value = value.wrapping_add(value << 3);
    value ^= value >> 11;
    value.wrapping_add(value << 15)
}

/// The part that offset and length name; `None` when it lies outside. Negative offsets count from the end.
fn part(text: &[u8], offset: i64, length: i64) -> Option<&[u8]> {
    let size = text.len() as i64;
    let start = if offset < 0 { size + offset } else { offset };
    if start < 0 || start >= size {
        return None;
    }
    let rest = size - start;
    let length = if length <= 0 || length > rest {
        rest
    } else {
        length
    };
    text.get(start as usize..(start + length) as usize)
}

fn substr_unserialize(call: &mut Call) -> Done {
    let part = part(call.bytes(0)?, call.long(1)?, call.opt_long(2, 0)?);
    let Some(part) = part else {
        return call.ret_bool(false);
    };
    let options = call.opt_array(3)?.cloned().unwrap_or_else(Array::new);
    let value = php("unserialize", &[Value::string(part), options.into()])?;
    call.ret(value)
}

fn substr_json_decode(call: &mut Call) -> Done {
    let text = call.bytes(0)?;
    let offset = call.long(1)?;
    let complaint = if text.is_empty() {
        "Non-empty string required"
    } else if offset < 0 {
        "Offset must be not less than the negative length of the string"
    } else {
        "Offset must be less than the length of the string"
    };
    let Some(part) = part(text, offset, call.opt_long(2, 0)?) else {
        error::warning(complaint)?;
        return call.ret_null();
    };
    let associative = match call.opt_value(3) {
        Some(value) => Value::bool(value.to_bool()),
        None => Value::null(),
    };
    let args = [
        Value::string(part),
        associative,
        Value::long(call.opt_long(4, 512)?),
        Value::long(call.opt_long(5, 0)?),
    ];
    let value = php("json_decode", &args)?;
    call.ret(value)
}
