//! Public keys in PEM: as much of DER as they need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A public key as `ring` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// `RSAPublicKey` of PKCS #1.
    Rsa(Vec<u8>),
    /// A point of P-256, not compressed.
    P256(Vec<u8>),
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;
const BITS: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// Takes one element off the front: its content.
fn element<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&found, rest) = input.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let (digits, after) = rest.split_at(count);
        length = digits.iter().fold(0, |n, d| n << 8 | usize::from(*d));
        rest = after;
    }
    if found != tag || rest.len() < length {
        return None;
    }
    let (content, after) = rest.split_at(length);
    *input = after;
    Some(content)
}

/// The key of a PEM text: `PUBLIC KEY` or `RSA PUBLIC KEY`.
pub(crate) fn public_key(pem: &str) -> Option<PublicKey> {
    let begin = pem.find("-----BEGIN ")?;
    let (kind, rest) = pem[begin + 11..].split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    match kind {
        "PUBLIC KEY" => subject(&der),
        "RSA PUBLIC KEY" => rsa(&der),
        _ => None,
    }
}

fn rsa(der: &[u8]) -> Option<PublicKey> {
    let mut rest = der;
    let mut inner = element(&mut rest, SEQUENCE)?;
    element(&mut inner, INTEGER)?;
    element(&mut inner, INTEGER)?;
    (rest.is_empty() && inner.is_empty()).then(|| PublicKey::Rsa(der.to_vec()))
}

fn subject(der: &[u8]) -> Option<PublicKey> {
    let mut rest = der;
    let mut whole = element(&mut rest, SEQUENCE)?;
    let mut algorithm = element(&mut whole, SEQUENCE)?;
    let kind = element(&mut algorithm, OBJECT)?;
    let (&unused, key) = element(&mut whole, BITS)?.split_first()?;
    if unused != 0 || !rest.is_empty() {
        return None;
    }
    match kind {
        RSA => rsa(key),
        EC if element(&mut algorithm, OBJECT)? == P256 && key.len() == 65 && key[0] == 4 => {
            Some(PublicKey::P256(key.to_vec()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key() {
        for wrong in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert_eq!(public_key(wrong), None);
        }
        for wrong in [
            &[0x30, 0x80][..],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 1],
            &[],
        ] {
            assert_eq!(subject(wrong), None);
            assert_eq!(rsa(wrong), None);
        }
    }
}
