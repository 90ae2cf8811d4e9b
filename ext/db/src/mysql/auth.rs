//! Proofs of a password that do not show it.

use crate::Error;
use crate::error::Kind;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// What a plugin of the server wants to see.
///
/// # Errors
/// A plugin that is not known.
pub(super) fn proof(
    plugin: &[u8],
    password: &[u8],
    scramble: &[u8],
    is_private: bool,
) -> Result<Vec<u8>, Error> {
    // Twenty bytes, and a zero.
    let scramble = &scramble[..scramble.len().min(20)];
    match plugin {
        b"mysql_native_password" | b"caching_sha2_password" if password.is_empty() => {
            Ok(Vec::new())
        }
        b"mysql_native_password" => {
            let hash = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
            let first = hash(password);
            let second = hash(first.as_ref());
            let mixed = hash(&[scramble, second.as_ref()].concat());
            Ok(xor(first.as_ref(), mixed.as_ref()))
        }
        b"caching_sha2_password" => {
            let hash = |bytes: &[u8]| digest(&SHA256, bytes);
            let first = hash(password);
            let second = hash(first.as_ref());
            let mixed = hash(&[second.as_ref(), scramble].concat());
            Ok(xor(first.as_ref(), mixed.as_ref()))
        }
        b"mysql_clear_password" if is_private => Ok([password, b"\0"].concat()),
        b"mysql_clear_password" => Err(refused(
            "the server wants the password as it is, which is sent over TLS or a local socket only: set ssl to 'require'",
        )),
        b"unix_socket" | b"auth_socket" => Ok(Vec::new()),
        other => Err(refused(&format!(
            "the server wants the log-in plugin {}, and mysql_native_password and caching_sha2_password are known; alter the user",
            String::from_utf8_lossy(other)
        ))),
    }
}

/// The password, mixed with what only this log-in has: what is encrypted for `caching_sha2_password`.
pub(super) fn hidden(password: &[u8], scramble: &[u8]) -> Vec<u8> {
    let scramble = &scramble[..scramble.len().min(20)];
    let text = password.iter().chain(b"\0");
    text.zip(scramble.iter().cycle())
        .map(|(byte, by)| byte ^ by)
        .collect()
}

pub(super) fn refused(message: &str) -> Error {
    Error::new(Kind::Connection, "28000", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn proofs_of_known_passwords() {
        // Computed by the definitions with Python's hashlib.
        let scramble: Vec<u8> = (1..=20).collect();
        let native = proof(b"mysql_native_password", b"secret", &scramble, false).unwrap();
        assert_eq!(hex(&native), NATIVE);
        let sha2 = proof(b"caching_sha2_password", b"secret", &scramble, false).unwrap();
        assert_eq!(hex(&sha2), SHA2);
        assert!(
            proof(b"caching_sha2_password", b"", &scramble, false)
                .unwrap()
                .is_empty()
        );
        assert!(proof(b"mysql_clear_password", b"x", &scramble, false).is_err());
        assert!(proof(b"dialog", b"x", &scramble, true).is_err());
    }

    const NATIVE: &str = "b32bb3a583e1340c0a1108d58b1be49781ad8c2f";
    const SHA2: &str = "746ebe205d56a0707acb3e796e834e0dd7b1d61743b26bd5202c7a623230c7c9";
}
