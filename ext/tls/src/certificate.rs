//! Certificates: from files, as text, and who signed them.

use crate::Error;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::path::Path;
use std::sync::{Arc, OnceLock};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// All certificates of a PEM file.
pub(crate) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = |error: pem::Error| Error::File(path.to_owned(), text(&error));
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect();
    let all = all.map_err(unreadable)?;
    if all.is_empty() {
        return Err(Error::File(
            path.to_owned(),
            "no certificate in it".to_owned(),
        ));
    }
    Ok(all)
}

fn text(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// The trusted certificates of a file and a folder; those of the system when neither is given.
pub(crate) fn roots(
    file: Option<&Path>,
    folder: Option<&Path>,
) -> Result<Arc<RootCertStore>, Error> {
    if file.is_none() && folder.is_none() {
        return Ok(system_roots());
    }
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        roots.add_parsable_certificates(chain(file)?);
    }
    if let Some(folder) = folder {
        let unreadable = |error: std::io::Error| Error::File(folder.to_owned(), error.to_string());
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            // A folder of trusted certificates also holds other things: hashes, keys.
            if path.is_file()
                && let Ok(found) = chain(&path)
            {
                roots.add_parsable_certificates(found);
            }
        }
    }
    Ok(Arc::new(roots))
}

fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    Arc::clone(ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    }))
}

/// The text form of a certificate (RFC 7468).
pub(crate) fn to_pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        text.push_str(&base64(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Base64 with padding (RFC 4648, section 4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for at in 0..4 {
            if at <= group.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// From when and until when the first certificate of a PEM text is valid (RFC 5280, section 4.1.2.5), in seconds since 1970.
#[must_use]
pub fn validity(text: &[u8]) -> Option<(i64, i64)> {
    let certificate = CertificateDer::from_pem_slice(text).ok()?;
    let (_, whole, _) = element(&certificate)?;
    let (_, mut rest, _) = element(whole)?;
    if rest.first() == Some(&0xa0) {
        rest = element(rest)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest)?;
    let (kind, from, rest) = element(validity)?;
    let from = moment(kind, from)?;
    let (kind, until, _) = element(rest)?;
    Some((from, moment(kind, until)?))
}

/// A time of DER: `YYMMDDHHMMSSZ` (UTCTime), or with four digits of the year (GeneralizedTime).
fn moment(kind: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_i64, |n, digit| n * 10 + i64::from(digit - b'0'))
    };
    let (year, rest) = match (kind, digits.len()) {
        (0x17, 12) => {
            let short = number(&digits[..2]);
            (short + if short < 50 { 2000 } else { 1900 }, &digits[2..])
        }
        (0x18, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let part = |at: usize| number(&rest[at..at + 2]);
    let (month, day) = (part(0), part(2));
    // Days since 1970 of a year that begins in March.
    let year = year - i64::from(month <= 2);
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * ((month + 9) % 12) + 2) / 5
        + day
        - 719_469;
    Some(((days * 24 + part(4)) * 60 + part(6)) * 60 + part(8))
}

/// Is a certificate its own issuer (RFC 5280, section 4.1.2)?
pub(crate) fn signs_itself(der: &[u8]) -> bool {
    fn names(der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (_, certificate, _) = element(der)?;
        let (_, mut rest, _) = element(certificate)?;
        if rest.first() == Some(&0xa0) {
            rest = element(rest)?.2;
        }
        let (_, _, rest) = element(rest)?;
        let (_, _, rest) = element(rest)?;
        let (_, issuer, rest) = element(rest)?;
        let (_, _, rest) = element(rest)?;
        let (_, subject, _) = element(rest)?;
        Some((issuer, subject))
    }
    names(der).is_some_and(|(issuer, subject)| issuer == subject)
}

/// Tag, content and what follows of the first DER element.
pub(crate) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = der.split_first_chunk::<2>()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let count = usize::from(first & 0x7f);
        if count > 4 {
            return None;
        }
        let (digits, after) = rest.split_at_checked(count)?;
        length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_lines_of_64_and_padding() {
        let text = to_pem(&[0xff; 50]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines[2], "//8=");
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn times_count_from_1970() {
        for (kind, text, seconds) in [
            (0x17, "700101000000Z", 0),
            (0x17, "261121120000Z", 1_795_262_400),
            (0x17, "500101000000Z", -631_152_000),
            (0x18, "20240229235959Z", 1_709_251_199),
            (0x18, "21000301000000Z", 4_107_542_400),
        ] {
            assert_eq!(moment(kind, text.as_bytes()), Some(seconds), "{text}");
        }
        for text in ["", "Z", "7001010000Z", "700101000000", "70010100000aZ"] {
            assert_eq!(moment(0x17, text.as_bytes()), None, "{text}");
        }
        assert_eq!(validity(b"nonsense"), None);
    }

    #[test]
    fn broken_elements_are_nothing() {
        for der in [
            &b""[..],
            b"\x30",
            b"\x30\x05ab",
            b"\x30\x85\0\0\0\0\0",
            b"\x30\x82\x01",
        ] {
            assert!(element(der).is_none());
            assert!(!signs_itself(der));
        }
    }
}
