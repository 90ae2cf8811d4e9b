//! Tokens against requests that another site has forged.
//!
//! A page carries the token masked anew each time, so that the length of a compressed page tells nothing of it (BREACH).

use crate::{base64, random};
use std::io;

/// Bytes of a token.
pub const LENGTH: usize = 32;

/// A token.
pub type Token = [u8; LENGTH];

/// A new one.
///
/// # Errors
/// The system has no random bytes.
pub fn new() -> io::Result<Token> {
    random()
}

/// The token as a page carries it.
///
/// # Errors
/// The system has no random bytes.
pub fn masked(token: &Token) -> io::Result<String> {
    let mask: Token = random()?;
    let mut bytes = [0; 2 * LENGTH];
    for (at, byte) in mask.iter().enumerate() {
        bytes[at] = *byte;
        bytes[LENGTH + at] = byte ^ token[at];
    }
    Ok(base64::encode(&bytes))
}

/// Does a text that came with a request carry the token? Takes as long whether it does or not.
#[must_use]
pub fn is_carried(token: &Token, text: &[u8]) -> bool {
    let Some(bytes) = base64::decode(text) else {
        return false;
    };
    let Ok(bytes) = <[u8; 2 * LENGTH]>::try_from(bytes) else {
        return false;
    };
    let (mask, rest) = bytes.split_at(LENGTH);
    let difference = (0..LENGTH).fold(0, |seen, at| seen | (mask[at] ^ rest[at] ^ token[at]));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carried() {
        let token = new().unwrap();
        let text = masked(&token).unwrap();
        assert!(is_carried(&token, text.as_bytes()));
        assert_ne!(text, masked(&token).unwrap());
        assert!(!is_carried(&new().unwrap(), text.as_bytes()));
        for other in ["", "x", &text[4..], &text.replace(&text[..1], "_-")] {
            assert!(!is_carried(&token, other.as_bytes()));
        }
    }
}
