//! Certificates of version 1 (X.509 of 1988), which have no extensions: what `openssl x509 -req` makes when it is told of
//! none. They are good between parties that know each other: signed by one that the settings name, and valid now.

use crate::certificate::element;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::UnixTime;

/// The parts of a certificate that count here.
pub(crate) struct Old<'a> {
    /// What is signed.
    signed: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    /// Seconds since 1970.
    valid: (u64, u64),
    /// The whole of the key's element.
    pub(crate) key: &'a [u8],
    has_version: bool,
}

/// Content of the next element, and what follows; `whole` has its head too.
struct Next<'a> {
    whole: &'a [u8],
    content: &'a [u8],
    rest: &'a [u8],
    tag: u8,
}

fn next(der: &[u8]) -> Option<Next<'_>> {
    let (tag, content, rest) = element(der)?;
    let whole = &der[..der.len() - rest.len()];
    Some(Next {
        whole,
        content,
        rest,
        tag,
    })
}

/// Bits that are whole bytes.
fn bits(content: &[u8]) -> Option<&[u8]> {
    content
        .split_first()
        .filter(|(unused, _)| **unused == 0)
        .map(|(_, bytes)| bytes)
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`: RFC 5280, section 4.1.2.5.
fn time(tag: u8, text: &[u8]) -> Option<u64> {
    let digits = text.strip_suffix(b"Z")?;
    let number = |from: usize, count: usize| -> Option<i64> {
        std::str::from_utf8(digits.get(from..from + count)?)
            .ok()?
            .parse()
            .ok()
    };
    let (year, at) = match tag {
        0x17 => match number(0, 2)? {
            year @ 0..50 => (2000 + year, 2),
            year => (1900 + year, 2),
        },
        0x18 => (number(0, 4)?, 4),
        _ => return None,
    };
    let (month, day) = (number(at, 2)?, number(at + 2, 2)?);
    let (hour, minute, second) = (number(at + 4, 2)?, number(at + 6, 2)?, number(at + 8, 2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || at + 10 != digits.len() {
        return None;
    }
    // Days since 1970 of a date of the Gregorian calendar, with years that begin in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok()
}

impl<'a> Old<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let certificate = next(der)?;
        let signed = next(certificate.content)?;
        let algorithm = next(signed.rest)?;
        let signature = next(algorithm.rest)?;
        let mut rest = signed.content;
        let has_version = rest.first() == Some(&0xa0);
        if has_version {
            rest = next(rest)?.rest;
        }
        let serial = next(rest)?;
        let inner = next(serial.rest)?;
        let issuer = next(inner.rest)?;
        let validity = next(issuer.rest)?;
        let subject = next(validity.rest)?;
        let key = next(subject.rest)?;
        let from = next(validity.content)?;
        let to = next(from.rest)?;
        Some(Self {
            signed: signed.whole,
            algorithm: algorithm.content,
            signature: bits(signature.content)?,
            issuer: issuer.content,
            subject: subject.content,
            valid: (time(from.tag, from.content)?, time(to.tag, to.content)?),
            key: key.whole,
            has_version,
        })
    }

    /// Is it of version 1?
    pub(crate) fn is_first(&self) -> bool {
        !self.has_version
    }

    pub(crate) fn is_valid(&self, now: UnixTime) -> bool {
        (self.valid.0..=self.valid.1).contains(&now.as_secs())
    }

    /// The kind of its key, and the key's bits.
    fn key_parts(&self) -> Option<(&'a [u8], &'a [u8])> {
        let key = next(self.key)?;
        let algorithm = next(key.content)?;
        let bytes = bits(next(algorithm.rest)?.content)?;
        Some((algorithm.content, bytes))
    }

    /// Did `by` sign it?
    pub(crate) fn is_signed(&self, by: &Old<'_>, known: &WebPkiSupportedAlgorithms) -> bool {
        let Some((kind, key)) = by.key_parts() else {
            return false;
        };
        self.issuer == by.subject
            && known.all.iter().any(|algorithm| {
                algorithm.signature_alg_id().as_ref() == self.algorithm
                    && algorithm.public_key_alg_id().as_ref() == kind
                    && algorithm
                        .verify_signature(key, self.signed, self.signature)
                        .is_ok()
            })
    }
}

/// The kind of a certificate's key, of any version, and the key's bits.
pub(crate) fn key_of(der: &[u8]) -> Option<(&[u8], &[u8])> {
    Old::parse(der)?.key_parts()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::provider;
    use std::process::Command;

    fn openssl(folder: &std::path::Path, arguments: &str) {
        let done = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder)
            .stderr(std::process::Stdio::null())
            .status();
        assert!(done.unwrap().success(), "{arguments}");
    }

    #[test]
    fn times_are_read() {
        assert_eq!(time(0x17, b"700101000000Z"), Some(0));
        assert_eq!(time(0x18, b"20260228235959Z"), Some(1_772_323_199));
        assert_eq!(time(0x18, b"20000229120000Z"), Some(951_825_600));
        for wrong in [&b"700101000000"[..], b"7001010000Z", b"701301000000Z", b"Z"] {
            assert_eq!(time(0x17, wrong), None);
        }
    }

    #[test]
    fn what_openssl_signs_without_extensions() {
        let folder = std::env::temp_dir().join(format!("highper-old-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl(
            &folder,
            &format!("req {ec} -keyout ca.key -out ca.csr -subj /CN=ca"),
        );
        openssl(
            &folder,
            "x509 -req -in ca.csr -signkey ca.key -out ca.crt -outform DER -days 2",
        );
        openssl(&folder, "x509 -in ca.crt -inform DER -out ca.pem");
        openssl(
            &folder,
            "req -newkey rsa:2048 -nodes -keyout one.key -out one.csr -subj /CN=one",
        );
        openssl(
            &folder,
            "x509 -req -in one.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out one.crt -outform DER -days 2",
        );
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let (ca, one) = (read("ca.crt"), read("one.crt"));
        std::fs::remove_dir_all(&folder).unwrap();
        let (ca, mut one) = (Old::parse(&ca).unwrap(), Old::parse(&one).unwrap());
        let known = provider().signature_verification_algorithms;
        assert!(one.is_first() && one.is_valid(UnixTime::now()));
        assert!(one.is_signed(&ca, &known) && ca.is_signed(&ca, &known));
        assert!(!ca.is_signed(&one, &known));
        let later = std::time::Duration::from_secs(UnixTime::now().as_secs() + 3 * 86_400);
        assert!(!one.is_valid(UnixTime::since_unix_epoch(later)));
        let broken: Vec<u8> = one.signature.iter().map(|byte| byte ^ 1).collect();
        one.signature = &broken;
        assert!(!one.is_signed(&ca, &known));
    }

    #[test]
    fn broken_ones_are_nothing() {
        for der in [&b""[..], b"\x30\x03\x30\x01\x00", b"\x30\x80"] {
            assert!(Old::parse(der).is_none());
        }
    }
}
