//! The opening handshake: RFC 6455, section 4.

pub mod extension;

use aws_lc_rs::digest;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The version of the protocol.
pub const VERSION: &str = "13";

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What `Sec-WebSocket-Accept` says to a key, which may be any text: section 4.2.2, item 5.4.
#[must_use]
pub fn accept(key: &[u8]) -> [u8; 28] {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(key);
    context.update(GUID);
    base64(context.finish().as_ref())
}

/// A new key for `Sec-WebSocket-Key`: section 4.1, item 7.
///
/// # Errors
/// The system has no random numbers.
pub fn new_key() -> Result<[u8; 24], aws_lc_rs::error::Unspecified> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random)?;
    Ok(base64(&random))
}

/// Is this a key: base64 of 16 bytes?
#[must_use]
pub fn is_key(key: &[u8]) -> bool {
    key.len() == 24
        && key.ends_with(b"==")
        && key[..22].iter().all(|letter| LETTERS.contains(letter))
}

/// Is a token in a field that lists them, such as `Connection: keep-alive, Upgrade`? Letters are compared without their case.
#[must_use]
pub fn has_token(field: &[u8], token: &[u8]) -> bool {
    field
        .split(|byte| *byte == b',')
        .any(|part| part.trim_ascii().eq_ignore_ascii_case(token))
}

/// The first of the client's protocols (`Sec-WebSocket-Protocol`, which may come several times) that is among ours.
pub fn protocol<'a>(
    offered: impl IntoIterator<Item = &'a [u8]>,
    ours: &[&[u8]],
) -> Option<&'a [u8]> {
    offered
        .into_iter()
        .flat_map(|field| field.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .find(|name| ours.contains(name))
}

fn base64<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [b'='; N];
    for (group, letters) in bytes.chunks(3).zip(out.chunks_mut(4)) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (index, letter) in letters.iter_mut().enumerate().take(group.len() + 1) {
            *letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(
            &accept(b"dGhlIHNhbXBsZSBub25jZQ=="),
            b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        assert_eq!(
            &base64::<24>(b"the sample nonce"),
            b"dGhlIHNhbXBsZSBub25jZQ=="
        );
    }

    #[test]
    fn keys() {
        let key = new_key().unwrap();
        assert!(is_key(&key));
        assert_ne!(key, new_key().unwrap());
        for other in [
            "",
            "short",
            "dGhlIHNhbXBsZSBub25jZQ=a",
            "dGhlIHNhbXBsZSBub25j Q==",
            "dGhlIHNhbXBsZSBub25jZQAA",
        ] {
            assert!(!is_key(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn tokens_and_protocols() {
        assert!(has_token(b"keep-alive, Upgrade", b"upgrade"));
        assert!(!has_token(b"keep-alive, Upgraded", b"upgrade"));
        let offered = [&b"soap, chat"[..], b"superchat"];
        assert_eq!(
            protocol(offered, &[b"superchat", b"chat"]),
            Some(&b"chat"[..])
        );
        assert_eq!(protocol(offered, &[b"Chat"]), None);
    }
}
