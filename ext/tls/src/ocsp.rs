//! What a certificate's authority says of it, to be sent along with it: RFC 6960, RFC 6066 section 8.

use crate::Error;
use std::path::Path;

/// Bytes of such a response at most: a list of certificates may be in it.
const LONGEST: u64 = 64 * 1024;

/// The response in a file, as authorities give them (DER). What it says is for clients to judge.
///
/// # Errors
/// It can't be read, or is no response that says anything.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let wrong = |why: String| Error::File(path.to_owned(), why);
    let about = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if about.len() > LONGEST {
        return Err(wrong(format!(
            "{} bytes are too many for an OCSP response",
            about.len()
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    match status(&bytes) {
        Some(0) => Ok(bytes),
        Some(status) => Err(wrong(format!(
            "the OCSP response says that there is none (status {status})"
        ))),
        None => Err(wrong(
            "no OCSP response in it; it has to be DER, as openssl ocsp -respout writes it"
                .to_owned(),
        )),
    }
}

/// `OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, … }`, all of the bytes.
fn status(bytes: &[u8]) -> Option<u8> {
    let (0x30, rest) = bytes.split_first().map(|(tag, rest)| (*tag, rest))? else {
        return None;
    };
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (
            usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?)),
            &rest[2..],
        ),
        _ => return None,
    };
    match rest {
        [0x0a, 1, status, ..] if rest.len() == length => Some(*status),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_begin_with_a_status() {
        assert_eq!(status(&[0x30, 3, 0x0a, 1, 6]), Some(6));
        assert_eq!(status(&[0x30, 5, 0x0a, 1, 0, 0xa0, 0]), Some(0));
        let long = [&[0x30, 0x82, 1, 0, 0x0a, 1, 0][..], &[0; 253]].concat();
        assert_eq!(status(&long), Some(0));
        for bad in [
            &b""[..],
            b"-----BEGIN",
            &[0x30],
            &[0x30, 4, 0x0a, 1, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0, 0, 0, 3, 0x0a, 1, 0],
        ] {
            assert_eq!(status(bad), None, "{bad:?}");
        }
    }
}
