//! Strings and numbers as JSON has them.

/// PHP is to say what is wrong with it.
pub(super) struct Unsuitable;

/// Room that is made for a number.
const NUMBER: usize = 20;

/// An integer.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let mut rest = number.unsigned_abs();
    let digits = rest.checked_ilog10().unwrap_or(0) as usize + 1;
    out.reserve(NUMBER);
    // SAFETY: a number of 64 bits has 20 digits at most, and these are reserved; all are written.
    unsafe {
        let start = out.as_mut_ptr().add(out.len());
        for at in (0..digits).rev() {
            start.add(at).write(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        out.set_len(out.len() + digits);
    }
}

/// Are the eight bytes of a word such as a string holds as they are: ASCII but controls, the quote
/// and the backslash?
fn is_plain(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A byte below n borrows from its high bit; what lies above it does not matter any more.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word;
    let quote = below(word ^ (ONES * b'"' as u64), 1);
    let backslash = below(word ^ (ONES * b'\\' as u64), 1);
    (word | below(word, b' ' as u64) | quote | backslash) & HIGH == 0
}

/// A string with its quotes; what is not UTF-8 is unsuitable.
#[inline]
pub(super) fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Unsuitable> {
    out.reserve(bytes.len() + 2);
    // SAFETY: the quotes and the string have room; they count once they are written.
    unsafe {
        let start = out.as_mut_ptr().add(out.len());
        if !quoted(start, bytes) {
            return escaped(out, bytes);
        }
        out.set_len(out.len() + bytes.len() + 2);
    }
    Ok(())
}

/// A key with what stands before it, and the colon.
#[inline]
pub(super) fn key(out: &mut Vec<u8>, before: u8, bytes: &[u8]) -> Result<(), Unsuitable> {
    let len = bytes.len();
    out.reserve(len + 4 + NUMBER);
    // SAFETY: as above, with a byte more at each end.
    unsafe {
        let start = out.as_mut_ptr().add(out.len());
        start.write(before);
        if quoted(start.add(1), bytes) {
            start.add(len + 3).write(b':');
            out.set_len(out.len() + len + 4);
            return Ok(());
        }
    }
    out.push(before);
    escaped(out, bytes)?;
    out.push(b':');
    Ok(())
}

/// Writes a string that holds nothing to be escaped, with its quotes. False where it does.
///
/// # Safety
/// There is room for `bytes.len() + 2` bytes.
#[inline(always)]
unsafe fn quoted(start: *mut u8, bytes: &[u8]) -> bool {
    let len = bytes.len();
    // SAFETY: all is written between the two quotes, where `bytes` has as many.
    unsafe {
        start.write(b'"');
        let (from, to) = (bytes.as_ptr(), start.add(1));
        if len >= 8 {
            let mut at = 0;
            loop {
                let word = from.add(at).cast::<u64>().read_unaligned();
                if !is_plain(word) {
                    return false;
                }
                to.add(at).cast::<u64>().write_unaligned(word);
                if at + 8 == len {
                    break;
                }
                // The last word overlaps the one before it.
                at = (at + 8).min(len - 8);
            }
        } else if len >= 4 {
            let first = from.cast::<u32>().read_unaligned();
            let last = from.add(len - 4).cast::<u32>().read_unaligned();
            if !is_plain(u64::from(first) | u64::from(last) << 32) {
                return false;
            }
            to.cast::<u32>().write_unaligned(first);
            to.add(len - 4).cast::<u32>().write_unaligned(last);
        } else if len > 0 {
            let (first, middle, last) = (*from, *from.add(len / 2), *from.add(len - 1));
            let word = u64::from_le_bytes([first, middle, last, b' ', b' ', b' ', b' ', b' ']);
            if !is_plain(word) {
                return false;
            }
            to.write(first);
            to.add(len / 2).write(middle);
            to.add(len - 1).write(last);
        }
        to.add(len).write(b'"');
    }
    true
}

#[inline(never)]
fn escaped(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Unsuitable> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Unsuitable);
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
pub(super) fn float(out: &mut Vec<u8>, number: f64) -> Result<(), Unsuitable> {
    if !number.is_finite() {
        return Err(Unsuitable);
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

    #[test]
    fn integers_have_all_their_digits() {
        for n in [
            0,
            1,
            9,
            10,
            99,
            100,
            1234,
            999_999,
            -1,
            -10,
            i64::MAX,
            i64::MIN,
        ] {
            let mut out = vec![];
            number(&mut out, n);
            assert_eq!(out, n.to_string().into_bytes());
        }
    }

    #[test]
    fn keys_have_their_surroundings() {
        for name in ["", "a", "id", "title", "a longer one", "\"", "z\u{fc}g\n"] {
            let (mut fast, mut slow) = (vec![], vec![]);
            assert!(key(&mut fast, b',', name.as_bytes()).is_ok());
            assert!(escaped(&mut slow, name.as_bytes()).is_ok());
            assert_eq!(fast, [b",", &slow[..], b":"].concat());
        }
    }

    #[test]
    fn every_byte_is_escaped_wherever_it_stands() {
        for byte in 0..=127_u8 {
            for len in (1..20).chain([31, 32, 33]) {
                for at in 0..len {
                    let mut text = vec![b'a'; len];
                    text[at] = byte;
                    let (mut fast, mut slow) = (b"x".to_vec(), b"x".to_vec());
                    assert!(string(&mut fast, &text).is_ok());
                    assert!(escaped(&mut slow, &text).is_ok());
                    assert_eq!(fast, slow, "{byte} at {at} of {len}");
                }
            }
        }
    }
}
