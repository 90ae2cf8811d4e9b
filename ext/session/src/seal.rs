//! Values that clients keep for us: encrypted and authenticated by ChaCha20-Poly1305 (RFC 8439).

use crate::{base64, random};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use std::io;

/// Bytes that a secret has at least.
pub const SECRET_MIN: usize = 16;

/// Keys: the first seals, all of them open, so that keys can change while their values live.
#[derive(Debug)]
pub struct Sealer {
    keys: Vec<LessSafeKey>,
}

impl Sealer {
    /// Of secrets, for one purpose: a value that was sealed for another can't be opened. A secret that begins with
    /// `base64:` is decoded.
    ///
    /// # Errors
    /// None is given, or one is too short: a sentence.
    pub fn new(secrets: &[&str], purpose: &str) -> Result<Self, String> {
        let keys: Result<Vec<LessSafeKey>, String> =
            secrets.iter().map(|secret| key(secret, purpose)).collect();
        match keys? {
            keys if keys.is_empty() => Err("there is no key".into()),
            keys => Ok(Self { keys }),
        }
    }

    /// The value as a client keeps it. `name` is what it is kept as: it can't be put in another's place.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn seal(&self, name: &str, value: &[u8]) -> io::Result<String> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = value.to_vec();
        let Some(key) = self.keys.first() else {
            return Err(io::Error::other("there is no key"));
        };
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut sealed,
        )
        .map_err(|_| io::Error::other("the value is too long to be sealed"))?;
        Ok(base64::encode(&[&nonce[..], &sealed].concat()))
    }

    /// The value; nothing where it was not sealed by us, under this name.
    #[must_use]
    pub fn open(&self, name: &str, kept: &[u8]) -> Option<Vec<u8>> {
        let bytes = base64::decode(kept)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        self.keys.iter().find_map(|key| {
            let mut value = sealed.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut value);
            let length = opened.ok()?.len();
            value.truncate(length);
            Some(value)
        })
    }
}

fn key(secret: &str, purpose: &str) -> Result<LessSafeKey, String> {
    let decoded;
    let bytes = match secret.strip_prefix("base64:") {
        None => secret.as_bytes(),
        Some(text) => {
            decoded =
                base64::decode(text.as_bytes()).ok_or("the key after 'base64:' is no base64")?;
            &decoded
        }
    };
    if bytes.len() < SECRET_MIN {
        return Err(format!(
            "the key must have {SECRET_MIN} bytes or more, it has {}",
            bytes.len()
        ));
    }
    let wrong = |_| "the key can't be used".to_owned();
    let secret = Salt::new(HKDF_SHA256, b"highper").extract(bytes);
    let purpose = [purpose.as_bytes()];
    let made = secret.expand(&purpose, &CHACHA20_POLY1305).map_err(wrong)?;
    Ok(LessSafeKey::new(UnboundKey::from(made)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    #[test]
    fn only_what_was_sealed_opens() {
        let sealer = Sealer::new(&[SECRET], "session").unwrap();
        let kept = sealer.seal("a", b"value").unwrap();
        assert_eq!(sealer.open("a", kept.as_bytes()).unwrap(), b"value");
        assert_eq!(sealer.open("b", kept.as_bytes()), None);
        assert_ne!(kept, sealer.seal("a", b"value").unwrap());
        for at in 0..kept.len() {
            let mut other = kept.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(sealer.open("a", &other), None);
        }
        for other in ["", "x", "AAAA", &kept[1..]] {
            assert_eq!(sealer.open("a", other.as_bytes()), None);
        }
        let elsewhere = Sealer::new(&[SECRET], "another").unwrap();
        assert_eq!(elsewhere.open("a", kept.as_bytes()), None);
    }

    #[test]
    fn keys_change() {
        let old = Sealer::new(&[SECRET], "s").unwrap();
        let kept = old.seal("a", b"v").unwrap();
        let new = Sealer::new(&["base64:YWJjZGVmZ2hpamtsbW5vcA==", SECRET], "s").unwrap();
        assert_eq!(new.open("a", kept.as_bytes()).unwrap(), b"v");
        let kept = new.seal("a", b"v").unwrap();
        assert_eq!(old.open("a", kept.as_bytes()), None);
    }

    #[test]
    fn bad_keys_are_told() {
        assert!(Sealer::new(&[], "s").is_err());
        assert!(
            Sealer::new(&["short"], "s")
                .unwrap_err()
                .contains("it has 5")
        );
        assert!(Sealer::new(&["base64:!"], "s").is_err());
    }
}
