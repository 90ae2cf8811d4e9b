//! Finding where a token, a target or a value ends, eight bytes at a time.

use crate::class::is_tchar;
use crate::head::{Field, Span};

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// Sets the high bit of bytes below `n`, which is at most 0x80. Bits above the
/// lowest set one may be wrong: a borrow runs upwards.
#[inline(always)]
const fn below(word: u64, n: u8) -> u64 {
    word.wrapping_sub(ONES * n as u64) & !word & HIGH
}

/// Sets the high bit of exactly the bytes that are neither letter nor `-`.
#[inline(always)]
const fn no_name(word: u64) -> u64 {
    let low = (word | (ONES * 0x20)) & !HIGH;
    let letter = (low + ONES * (0x80 - b'a' as u64)) & !(low + ONES * (0x7f - b'z' as u64));
    let no_dash = ((word ^ (ONES * b'-' as u64)) & !HIGH) + ONES * 0x7f;
    ((!letter & no_dash) | word) & HIGH
}

#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let chunk = text.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*chunk))
}

#[inline(always)]
fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

/// The first place from `at` on with a byte below `n` or DEL, or the end.
#[inline(always)]
fn find(text: &[u8], mut at: usize, n: u8) -> usize {
    // Most values end within two words; the long ones are worth a vector.
    for _ in 0..2 {
        let Some(word) = word(text, at) else { break };
        let hit = below(word, n) | below(word ^ (ONES * 0x7f), 1);
        if hit != 0 {
            return at + first(hit);
        }
        at += 8;
    }
    find_long(text, at, n)
}

fn find_long(text: &[u8], mut at: usize, n: u8) -> usize {
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
        // No early exit, so that it becomes vector code.
        let mut hit = false;
        for &b in chunk {
            hit |= b < n || b == 0x7f;
        }
        if hit {
            break;
        }
        at += 32;
    }
    while let Some(word) = word(text, at) {
        let hit = below(word, n) | below(word ^ (ONES * 0x7f), 1);
        if hit != 0 {
            return at + first(hit);
        }
        at += 8;
    }
    while at < text.len() && text[at] >= n && text[at] != 0x7f {
        at += 1;
    }
    at
}

/// The first place from `at` on that is no visible byte (VCHAR or obs-text).
#[inline(always)]
pub(crate) fn visible(text: &[u8], at: usize) -> usize {
    find(text, at, 0x21)
}

/// The first place from `at` on that is no token byte, if there is one.
#[inline(always)]
pub(crate) fn token(text: &[u8], mut at: usize) -> Option<usize> {
    while is_tchar(*text.get(at)?) {
        at += 1;
    }
    Some(at)
}

/// The same for a field name, which is mostly letters.
#[inline(always)]
fn name(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = word(text, at) {
        let other = no_name(word);
        if other != 0 {
            at += first(other);
            if text[at] == b':' {
                return Some(at);
            }
            break;
        }
        at += 8;
    }
    token(text, at)
}

/// The field line at `at`, and where the next one begins. None if the line is
/// incomplete or malformed.
#[inline(always)]
pub(crate) fn field(text: &[u8], at: usize) -> Option<(Field, usize)> {
    let colon = name(text, at)?;
    if text[colon] != b':' || colon == at {
        return None;
    }
    let mut start = colon + 1;
    while let b' ' | b'\t' = *text.get(start)? {
        start += 1;
    }
    let mut stop = find(text, start, 0x20);
    while text.get(stop) == Some(&b'\t') {
        stop = find(text, stop + 1, 0x20);
    }
    let [b'\r', b'\n'] = *text.get(stop..stop + 2)? else {
        return None;
    };
    let mut end = stop;
    while end > start && matches!(text[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    let name = Span {
        start: at as u16,
        end: colon as u16,
    };
    let value = Span {
        start: start as u16,
        end: end as u16,
    };
    Some((Field { name, value }, stop + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bytes_find_the_same() {
        // Each byte at each place of a word, with obs-text and each other
        // control byte around it.
        for byte in 0..=255u8 {
            for place in 0..20 {
                for rest in [b'a', 0x80, 0xa0, 0xff, b'~', b'!'] {
                    let mut text = [rest; 24];
                    text[place] = byte;
                    text[23] = b'\r';
                    for n in [0x20, 0x21] {
                        let want = text.iter().position(|&b| b < n || b == 0x7f).unwrap();
                        assert_eq!(find(&text, 0, n), want, "{byte:x} at {place} in {rest:x}");
                        assert_eq!(find(&text[..place], 0, n), place);
                    }
                }
            }
        }
    }

    #[test]
    fn names() {
        for byte in 0..=255u8 {
            for rest in [b'a', b'Z', b'-', 0x80, 0xff, b':'] {
                for place in 0..8 {
                    let mut bytes = [rest; 8];
                    bytes[place] = byte;
                    let is_name = |b: u8| b.is_ascii_alphabetic() || b == b'-';
                    let want: Vec<bool> = bytes.iter().map(|&b| !is_name(b)).collect();
                    let got = no_name(u64::from_le_bytes(bytes)).to_le_bytes();
                    assert_eq!(got.map(|b| b == 0x80).to_vec(), want, "{bytes:x?}");
                }
            }
        }
    }

    #[test]
    fn fields() {
        let line = b"Name:\t a b\tc \t\r\nNext";
        let (field, next) = field(line, 0).unwrap();
        assert_eq!(
            (field.name.of(line), field.value.of(line)),
            (&b"Name"[..], &b"a b\tc"[..])
        );
        assert_eq!(&line[next..], b"Next");
        for bad in [
            "",
            "A",
            "A:",
            "A: b",
            "A: b\r",
            "A: b\n",
            ": b\r\n",
            "A : b\r\n",
            "A: b\rc\r\n",
        ] {
            assert!(super::field(bad.as_bytes(), 0).is_none(), "{bad:?}");
        }
        let empty = b"A: \t \r\n";
        let (field, _) = super::field(empty, 0).unwrap();
        assert!(field.value.is_empty());
    }
}
