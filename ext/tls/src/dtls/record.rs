//! Records: their head, what guards them, and which were seen (RFC 6347, section 4.1).

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use rustls::CipherSuite;

pub(super) const CHANGE_CIPHER: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const DATA: u8 = 23;

/// DTLS 1.2 on the wire.
pub(super) const VERSION: u16 = 0xfefd;
/// DTLS 1.0: what the first records of a handshake may say.
pub(super) const OLD_VERSION: u16 = 0xfeff;
/// Bytes of a record's head.
pub(super) const HEAD: usize = 13;
/// Bytes in a record at most.
pub(super) const MOST: usize = 16 * 1024;
/// What a guard adds at most: an explicit nonce and the tag.
pub(super) const OVERHEAD: usize = 24;
/// Sequence numbers have 48 bits, the epoch is above them.
const NUMBERS: u64 = (1 << 48) - 1;

/// One record as it came.
pub(super) struct Record<'a> {
    pub(super) kind: u8,
    version: u16,
    pub(super) epoch: u16,
    pub(super) number: u64,
    pub(super) body: &'a [u8],
}

/// The next record of a datagram; `None` at its end, and for what is none.
pub(super) fn next<'a>(datagram: &mut &'a [u8]) -> Option<Record<'a>> {
    let (head, rest) = datagram.split_first_chunk::<HEAD>()?;
    let version = u16::from_be_bytes([head[1], head[2]]);
    let length = usize::from(u16::from_be_bytes([head[11], head[12]]));
    let (body, rest) = rest.split_at_checked(length)?;
    let number = head[5..11]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    *datagram = rest;
    (version >> 8 == 0xfe && length <= MOST + OVERHEAD).then_some(Record {
        kind: head[0],
        version,
        epoch: u16::from_be_bytes([head[3], head[4]]),
        number,
        body,
    })
}

/// Appends the head of a record; `number` has the epoch above its 48 bits.
pub(super) fn put_head(out: &mut Vec<u8>, kind: u8, version: u16, number: u64, length: usize) {
    out.push(kind);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&(length as u16).to_be_bytes());
}

/// The number with its epoch.
pub(super) fn whole(epoch: u16, number: u64) -> u64 {
    u64::from(epoch) << 48 | number & NUMBERS
}

/// What enciphers the records of one direction (RFC 5288, RFC 7905).
pub(super) struct Guard {
    key: LessSafeKey,
    iv: [u8; 12],
    /// Do records carry a part of their nonce?
    explicit: bool,
}

/// How long key and fixed nonce of a suite are.
pub(super) fn shape(suite: CipherSuite) -> Option<(&'static Algorithm, usize)> {
    match suite {
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => Some((&AES_128_GCM, 4)),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => Some((&AES_256_GCM, 4)),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => {
            Some((&CHACHA20_POLY1305, 12))
        }
        _ => None,
    }
}

impl Guard {
    /// Of a key and a fixed nonce of the lengths that [`shape`] says.
    pub(super) fn new(algorithm: &'static Algorithm, key: &[u8], iv: &[u8]) -> Option<Self> {
        let mut whole = [0; 12];
        whole.get_mut(..iv.len())?.copy_from_slice(iv);
        Some(Self {
            key: LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?),
            iv: whole,
            explicit: iv.len() == 4,
        })
    }

    /// The number stands in the nonce of a record, or is mixed into it: one number never serves two records.
    fn nonce(&self, explicit: [u8; 8]) -> Nonce {
        let mut nonce = self.iv;
        for (byte, own) in nonce[4..].iter_mut().zip(explicit) {
            *byte ^= own;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn additional(kind: u8, version: u16, number: u64, length: usize) -> Aad<[u8; HEAD]> {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[8] = kind;
        bytes[9..11].copy_from_slice(&version.to_be_bytes());
        bytes[11..].copy_from_slice(&(length as u16).to_be_bytes());
        Aad::from(bytes)
    }

    /// Appends a whole record.
    pub(super) fn seal(
        &self,
        kind: u8,
        number: u64,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let explicit = if self.explicit { 8 } else { 0 };
        let length = explicit + plain.len() + self.key.algorithm().tag_len();
        put_head(out, kind, VERSION, number, length);
        out.extend_from_slice(&number.to_be_bytes()[..explicit]);
        let from = out.len();
        out.extend_from_slice(plain);
        let additional = Self::additional(kind, VERSION, number, plain.len());
        let nonce = self.nonce(number.to_be_bytes());
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, additional, &mut out[from..])
            .ok()?;
        out.extend_from_slice(tag.as_ref());
        Some(())
    }

    /// What is in a record; `None` for one that the peer has not made.
    pub(super) fn open(&self, record: &Record<'_>) -> Option<Vec<u8>> {
        let number = whole(record.epoch, record.number);
        let (explicit, body) = match self.explicit {
            true => {
                let (explicit, body) = record.body.split_first_chunk::<8>()?;
                (*explicit, body)
            }
            false => (number.to_be_bytes(), record.body),
        };
        let length = body.len().checked_sub(self.key.algorithm().tag_len())?;
        let additional = Self::additional(record.kind, record.version, number, length);
        let mut plain = body.to_vec();
        self.key
            .open_in_place(self.nonce(explicit), additional, &mut plain)
            .ok()?;
        plain.truncate(length);
        (length <= MOST).then_some(plain)
    }
}

/// Which records have come, as far as the last 64 (RFC 6347, section 4.1.2.6).
#[derive(Default)]
pub(super) struct Window {
    /// One more than the highest number.
    next: u64,
    seen: u64,
}

impl Window {
    /// Has it not come yet? What is too old counts as come.
    pub(super) fn is_new(&self, number: u64) -> bool {
        match self.next.checked_sub(number + 1) {
            None => true,
            Some(back) => back < 64 && self.seen & 1 << back == 0,
        }
    }

    /// It has come, and was the peer's.
    pub(super) fn note(&mut self, number: u64) {
        match self.next.checked_sub(number + 1) {
            Some(back) => self.seen |= 1u64.checked_shl(back as u32).unwrap_or(0),
            None => {
                let ahead = number + 1 - self.next;
                self.seen = u32::try_from(ahead)
                    .ok()
                    .and_then(|ahead| self.seen.checked_shl(ahead))
                    .unwrap_or(0)
                    | 1;
                self.next = number + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_new_once() {
        let mut window = Window::default();
        for number in [0, 3, 2, 100, 90, 36 + 1] {
            assert!(window.is_new(number), "{number}");
            window.note(number);
            assert!(!window.is_new(number), "{number}");
        }
        // Too old, and not come.
        assert!(!window.is_new(36));
        assert!(window.is_new(38));
        window.note(1 << 40);
        assert!(!window.is_new(100));
        assert!(window.is_new((1 << 40) - 1));
    }

    #[test]
    fn what_is_sealed_opens_where_nothing_was_changed() {
        for (algorithm, key, iv) in [
            (&AES_128_GCM, 16, 4),
            (&AES_256_GCM, 32, 4),
            (&CHACHA20_POLY1305, 32, 12),
        ] {
            let guard = Guard::new(algorithm, &vec![7; key], &vec![9; iv]).unwrap();
            let mut datagram = Vec::new();
            guard
                .seal(DATA, whole(1, 5), b"hello", &mut datagram)
                .unwrap();
            let record = next(&mut &datagram[..]).unwrap();
            assert_eq!((record.kind, record.epoch, record.number), (DATA, 1, 5));
            assert_eq!(guard.open(&record).unwrap(), b"hello");
            for at in 0..datagram.len() {
                let mut changed = datagram.clone();
                changed[at] ^= 1;
                let opened = next(&mut &changed[..]).and_then(|record| guard.open(&record));
                assert!(opened.is_none(), "{at}");
            }
            // What is shorter than its tag.
            let short = Record {
                body: &record.body[..12],
                ..record
            };
            assert!(guard.open(&short).is_none());
        }
    }
}
