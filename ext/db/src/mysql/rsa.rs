//! RSA with OAEP (RFC 8017, 7.1.1), as `caching_sha2_password` wants a password by a connection that others may hear.
//!
//! Only with public keys: what is computed with is secret only as far as the message is.

use crate::Error;
use crate::mysql::auth::refused;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of SHA-1.
const HASH: usize = 20;
/// Keys are from 1024 to 8192 bits.
const SIZES: std::ops::RangeInclusive<usize> = 128..=1024;

/// A public key.
pub(super) struct PublicKey {
    /// Big-endian, without zeros in front.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// The next element of DER of a kind, and what follows.
fn element(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let count = usize::from(first & 0x7F);
        if count == 0 || count > 4 {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(count)?;
        length = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        rest = after;
    }
    (found == kind).then(|| rest.split_at_checked(length))?
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect()
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` (SubjectPublicKeyInfo, RFC 5280).
    pub(super) fn parse(pem: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(pem).ok()?;
        let (_, rest) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
        let (body, _) = rest.split_once("-----END PUBLIC KEY-----")?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).ok()?;
        let (info, _) = element(&der, 0x30)?;
        let (_algorithm, rest) = element(info, 0x30)?;
        let (bits, _) = element(rest, 0x03)?;
        let (&0, key) = bits.split_first()? else {
            return None;
        };
        let (key, _) = element(key, 0x30)?;
        let (modulus, rest) = element(key, 0x02)?;
        let (exponent, _) = element(rest, 0x02)?;
        let key = Self {
            modulus: without_zeros(modulus),
            exponent: without_zeros(exponent),
        };
        let is_odd = key.modulus.last().is_some_and(|last| last & 1 == 1);
        let is_good = SIZES.contains(&key.modulus.len()) && (1..=8).contains(&key.exponent.len());
        (is_odd && is_good).then_some(key)
    }

    /// Encrypts a message.
    ///
    /// # Errors
    /// It is too long, or there are no random numbers.
    pub(super) fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut seed = [0; HASH];
        SystemRandom::new().fill(&mut seed).map_err(|_| {
            refused("the system has no random numbers for the password's encryption")
        })?;
        self.encrypt_with(message, seed)
    }

    fn encrypt_with(&self, message: &[u8], seed: [u8; HASH]) -> Result<Vec<u8>, Error> {
        let size = self.modulus.len();
        let room = size - 2 * HASH - 2;
        if message.len() > room {
            return Err(refused(&format!(
                "the password is too long for the server's key: it has room for {room} bytes"
            )));
        }
        // hash of nothing, zeros, 1, the message
        let mut data = digest(&SHA1_FOR_LEGACY_USE_ONLY, b"").as_ref().to_vec();
        data.resize(size - HASH - 2 - message.len(), 0);
        data.push(1);
        data.extend_from_slice(message);
        let mut seed = seed.to_vec();
        mask(&mut data, &seed);
        mask(&mut seed, &data);
        let mut block = vec![0];
        block.append(&mut seed);
        block.append(&mut data);
        Ok(power(&block, &self.exponent, &self.modulus))
    }
}

/// MGF1 over bytes (RFC 8017, B.2.1).
fn mask(bytes: &mut [u8], seed: &[u8]) {
    for (counter, part) in (0_u32..).zip(bytes.chunks_mut(HASH)) {
        let hash = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            &[seed, &counter.to_be_bytes()].concat(),
        );
        for (byte, by) in part.iter_mut().zip(hash.as_ref()) {
            *byte ^= by;
        }
    }
}

/// Big-endian bytes as words, the least first.
fn words(bytes: &[u8], count: usize) -> Vec<u32> {
    let mut all = vec![0; count];
    for (at, byte) in bytes.iter().rev().enumerate() {
        all[at / 4] |= u32::from(*byte) << (8 * (at % 4));
    }
    all
}

fn is_less(a: &[u32], b: &[u32]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

fn subtract(a: &mut [u32], b: &[u32]) {
    let mut borrow = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let value = i64::from(*a) - i64::from(*b) - borrow;
        *a = value as u32;
        borrow = i64::from(value < 0);
    }
}

/// Arithmetic modulo an odd number (Montgomery's).
struct Field {
    modulus: Vec<u32>,
    /// -1 / modulus, modulo 2^32.
    inverse: u32,
}

impl Field {
    fn new(modulus: Vec<u32>) -> Self {
        let mut inverse = 1_u32;
        // Each step doubles the bits that are right.
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u32.wrapping_sub(modulus[0].wrapping_mul(inverse)));
        }
        Self {
            inverse: inverse.wrapping_neg(),
            modulus,
        }
    }

    /// `a * b / 2^(32 * words)`
    fn multiply(&self, a: &[u32], b: &[u32]) -> Vec<u32> {
        let count = self.modulus.len();
        let mut sum = vec![0_u32; count + 2];
        for word in a {
            let mut add = |by: u32, to: &[u32]| {
                let mut carry = 0_u64;
                for (at, value) in to.iter().enumerate() {
                    carry += u64::from(sum[at]) + u64::from(by) * u64::from(*value);
                    sum[at] = carry as u32;
                    carry >>= 32;
                }
                carry += u64::from(sum[count]);
                sum[count] = carry as u32;
                sum[count + 1] = sum[count + 1].wrapping_add((carry >> 32) as u32);
                sum[0]
            };
            let low = add(*word, b);
            add(low.wrapping_mul(self.inverse), &self.modulus);
            sum.remove(0);
            sum.push(0);
        }
        sum.truncate(count + 1);
        let mut modulus = self.modulus.clone();
        modulus.push(0);
        if !is_less(&sum, &modulus) {
            subtract(&mut sum, &modulus);
        }
        sum.truncate(count);
        sum
    }

    /// `2^(64 * words)`, which brings a number in.
    fn entrance(&self) -> Vec<u32> {
        let count = self.modulus.len();
        let mut value = vec![0_u32; count + 1];
        value[0] = 1;
        let mut modulus = self.modulus.clone();
        modulus.push(0);
        for _ in 0..64 * count {
            let mut carry = 0;
            for word in &mut value {
                let next = *word >> 31;
                *word = *word << 1 | carry;
                carry = next;
            }
            if !is_less(&value, &modulus) {
                subtract(&mut value, &modulus);
            }
        }
        value.truncate(count);
        value
    }
}

/// `base ^ exponent`, modulo an odd number; all big-endian, the result as long as the modulus.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let count = modulus.len().div_ceil(4);
    let field = Field::new(words(modulus, count));
    let entrance = field.entrance();
    let base = field.multiply(&words(base, count), &entrance);
    let mut one = vec![0; count];
    one[0] = 1;
    let mut result = field.multiply(&one, &entrance);
    for byte in exponent {
        for bit in (0..8).rev() {
            result = field.multiply(&result, &result);
            if byte >> bit & 1 == 1 {
                result = field.multiply(&result, &base);
            }
        }
    }
    let result = field.multiply(&result, &one);
    let bytes: Vec<u8> = result
        .iter()
        .rev()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    bytes[bytes.len() - modulus.len()..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        // Computed by Python's pow().
        for (base, exponent, modulus, wanted) in [
            (&[5][..], &[3][..], &[7][..], &[6][..]),
            (&[2], &[10], &[0x03, 0xE9], &[0, 23]),
            (
                &[0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11],
                &[1, 0, 1],
                &[0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10, 0x01],
                &POWER,
            ),
        ] {
            assert_eq!(power(base, exponent, modulus), wanted);
        }
    }

    const POWER: [u8; 9] = [0x5E, 0x61, 0xAF, 0x78, 0x19, 0x1C, 0x52, 0x63, 0xD8];

    #[test]
    fn a_password_for_a_key() {
        let key = PublicKey::parse(KEY.as_bytes()).unwrap();
        let sealed = key.encrypt_with(b"secret\0", [7; HASH]).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, SEALED);
        assert!(key.encrypt(&[0; 200]).is_err());
        assert_ne!(key.encrypt(b"x").unwrap(), key.encrypt(b"x").unwrap());
    }

    #[test]
    fn what_is_no_key() {
        for text in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----",
        ] {
            assert!(PublicKey::parse(text.as_bytes()).is_none(), "{text}");
        }
        let der = STANDARD.decode(KEY.lines().skip(1).take(4).collect::<String>());
        let der = der.unwrap();
        for at in 0..der.len() {
            let cut = STANDARD.encode(&der[..at]);
            let pem = format!("-----BEGIN PUBLIC KEY-----\n{cut}\n-----END PUBLIC KEY-----\n");
            assert!(PublicKey::parse(pem.as_bytes()).is_none(), "{at}");
        }
    }

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC3xLi+Tu4Ahjs9T5wAi335Ni36\n\
        m5cT8/Ak4qkbXPF87O3JW6Pkgh+nWcU3RN/HNX2P7m1bWw/ybAfBi2rkb+sq/YlJ\n\
        Ic3LWzroE8jbVeFXoCals5TjQXdb5+j0IcajjyNrPVKWT/fOU80sGOAUK7rX9cCL\n\
        0mGEd8nlG12sbuMmOwIDAQAB\n\
        -----END PUBLIC KEY-----\n";
    const SEALED: &str = "0f8b8e28cc130ab407429eb8a353cbff6854c0953af6461ab852ce409b5afa280f88212a97fde65b2736826acbcadc8b187bebadad01300249b82097cdada995\
        ebb564464a768f8ab187ea6c83f953bece21cd5f311f2df6c165d6050a960461d13362c590191f7d48c0b8627b17332a78d749edf1b6abcf543e9d517da12b83";
}
