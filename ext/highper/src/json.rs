//! `json_encode` for plain values, straight from PHP's memory to the output.
//!
//! The result is what PHP gives with [`FLAGS`]. Objects are left to PHP's own
//! `json_encode`, and so is a value that can't be encoded: its exception says why.

use highper_zend::{Array, Key, Kind, Outcome, Throw, Value, call_function};

/// `JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR`
pub(crate) const FLAGS: i64 = 64 | 256 | 1024 | 4_194_304;
/// `json_encode`'s own default.
const DEPTH: usize = 512;

/// Why the fast way ends.
enum Stop {
    /// PHP is to say what is wrong.
    Unsuitable,
    /// PHP code has thrown.
    Throw(Throw),
}

/// Encodes a value.
///
/// # Errors
/// `JsonException`, or what a `jsonSerialize` throws.
pub(crate) fn encode(value: &Value) -> Result<Vec<u8>, Throw> {
    let mut out = Vec::with_capacity(128);
    match write(&mut out, value, 0) {
        Ok(()) => Ok(out),
        Err(Stop::Throw(throw)) => Err(throw),
        Err(Stop::Unsuitable) => {
            out.clear();
            by_php(&mut out, value)?;
            Ok(out)
        }
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

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), Stop> {
    let value = value.deref();
    match value.kind() {
        Kind::Undef | Kind::Null => out.extend_from_slice(b"null"),
        Kind::Bool => out.extend_from_slice(if value.to_bool() { b"true" } else { b"false" }),
        Kind::Long => {
            let mut buffer = itoa::Buffer::new();
            out.extend_from_slice(buffer.format(value.to_long()).as_bytes());
        }
        Kind::Double => float(out, value.to_double())?,
        Kind::Str => string(out, value.as_bytes().unwrap_or_default())?,
        Kind::Array => match value.as_array() {
            Some(array) => self::array(out, array, depth + 1)?,
            None => return Err(Stop::Unsuitable),
        },
        Kind::Object => by_php(out, value).map_err(Stop::Throw)?,
        _ => return Err(Stop::Unsuitable),
    }
    Ok(())
}

fn array(out: &mut Vec<u8>, array: &Array, depth: usize) -> Result<(), Stop> {
    if depth > DEPTH {
        return Err(Stop::Unsuitable);
    }
    if array.is_list() {
        out.push(b'[');
        for (at, item) in array.values().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write(out, item, depth)?;
        }
        out.push(b']');
        return Ok(());
    }
    out.push(b'{');
    for (at, (key, item)) in array.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match key {
            Key::Index(index) => {
                let mut buffer = itoa::Buffer::new();
                out.push(b'"');
                out.extend_from_slice(buffer.format(index).as_bytes());
                out.push(b'"');
            }
            Key::Name(name) => string(out, name)?,
        }
        out.push(b':');
        write(out, item, depth)?;
    }
    out.push(b'}');
    Ok(())
}

/// A string with its quotes; what is not UTF-8 is unsuitable.
fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Stop> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Stop::Unsuitable);
    }
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' && byte != 0xe2 {
            continue;
        }
        let short: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            8 => b"\\b",
            12 => b"\\f",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            // Line terminators of JavaScript stay escaped among unescaped Unicode.
            0xe2 => match bytes.get(at + 1..at + 3) {
                Some([0x80, 0xa8]) => b"\\u2028",
                Some([0x80, 0xa9]) => b"\\u2029",
                _ => continue,
            },
            _ => b"",
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(short);
        if short.is_empty() {
            let hex = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        }
        from = at + if byte == 0xe2 { 3 } else { 1 };
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
    Ok(())
}

/// The shortest digits that read back as the same number, laid out as PHP does
/// with `serialize_precision = -1`.
fn float(out: &mut Vec<u8>, number: f64) -> Result<(), Stop> {
    if !number.is_finite() {
        return Err(Stop::Unsuitable);
    }
    let mut text = format!("{number:e}");
    if text.len() > 15 {
        // Between two equally near texts PHP takes the even one (`zend_dtoa`).
        let digits = text
            .bytes()
            .take_while(|b| *b != b'e')
            .filter(u8::is_ascii_digit)
            .count();
        let even = format!("{number:.*e}", digits - 1);
        if even.parse() == Ok(number) {
            text = even;
        }
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = match mantissa.strip_prefix('-') {
        Some(rest) => {
            out.push(b'-');
            rest
        }
        None => mantissa,
    };
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_digit).collect();
    // How many digits stand before the point.
    let point = exponent + 1;
    if !(-3..=17).contains(&point) {
        out.push(digits[0]);
        out.push(b'.');
        out.extend_from_slice(if digits.len() > 1 { &digits[1..] } else { b"0" });
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        out.extend_from_slice(exponent.unsigned_abs().to_string().as_bytes());
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', point.unsigned_abs() as usize));
        out.extend_from_slice(&digits);
    } else {
        let whole = point.unsigned_abs() as usize;
        out.extend_from_slice(&digits[..whole.min(digits.len())]);
        out.extend(std::iter::repeat_n(
            b'0',
            whole.saturating_sub(digits.len()),
        ));
        out.push(b'.');
        match digits.get(whole..) {
            Some(rest) if !rest.is_empty() => out.extend_from_slice(rest),
            _ => out.push(b'0'),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: f64) -> String {
        let mut out = vec![];
        assert!(float(&mut out, number).is_ok());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_laid_out_as_php_does() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "10000000000000000.0"),
            (1e17, "1.0e+17"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1.0e-5"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5.0e-324"),
            (1.0 / 3.0, "0.3333333333333333"),
            (103_807_164_748_418.13, "103807164748418.12"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(of(number), text);
        }
        assert!(float(&mut vec![], f64::NAN).is_err());
    }

    #[test]
    fn strings_are_escaped_as_php_does() {
        let mut out = vec![];
        let text = "a\"\\/é\u{2028}\u{2029}\u{20ac}\u{7f}\u{1}\n";
        assert!(string(&mut out, text.as_bytes()).is_ok());
        let wanted = "\"a\\\"\\\\/é\\u2028\\u2029\u{20ac}\u{7f}\\u0001\\n\"";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
        assert!(string(&mut vec![], b"\xff").is_err());
    }
}
