//! Base64 for URLs and cookies (RFC 4648, section 5), without padding.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bytes as text.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |n: usize| u32::from(group.get(n).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..=group.len() {
            let index = (word >> (18 - 6 * digit)) & 63;
            text.push(char::from(DIGITS[index as usize]));
        }
    }
    text
}

/// The bytes of a text; nothing where it is none of [`encode`]'s. The standard digits `+` and `/` and padding are taken
/// too, for keys that other programs have made.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    let end = text.iter().position(|b| *b == b'=').unwrap_or(text.len());
    let (text, padding) = text.split_at(end);
    if text.len() % 4 == 1 || padding.len() > 2 || padding.iter().any(|b| *b != b'=') {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        let mut word = 0_u32;
        for (at, digit) in group.iter().enumerate() {
            let value = match digit {
                b'+' => 62,
                b'/' => 63,
                _ => DIGITS.iter().position(|known| known == digit)?,
            };
            word |= (value as u32) << (18 - 6 * at);
        }
        let count = group.len() - 1;
        bytes.extend_from_slice(&word.to_be_bytes()[1..=count]);
        // Bits that belong to no byte make another text of the same bytes.
        if count < 3 && word << (8 + 8 * count) != 0 {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (b"\xff\xfe\xfd", "__79"),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes);
        }
        assert_eq!(decode(b"Zm8=").unwrap(), b"fo");
        assert_eq!(decode(b"//79").unwrap(), b"\xff\xfe\xfd");
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["Z", "Zg!", "Zh", "Zm9", "Zg===", "Z=g", "Zm9vY\u{e4}"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
