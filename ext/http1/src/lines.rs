//! Line-by-line checks of a head that has not arrived whole.
//!
//! The quick path parses a whole head at once. Where that can't be (the rest
//! is missing, or something is wrong), each line is checked here once, when
//! its LF arrives, so that a client that sends a byte at a time costs one
//! short look per byte, and a bad line is refused before the head's end. The
//! verdict must not depend on how the bytes were split; so this is the
//! authority on syntax, and the quick path may only agree with it.

use crate::{Error, Limits, class};
use memchr::memchr;

pub(crate) const METHOD_MAX: usize = 32;

/// How far an incomplete head was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Start of the first line without an end.
    line: u16,
    /// Bytes already searched for LF.
    seen: u16,
    /// Complete header lines.
    fields: u16,
}

impl Progress {
    /// Whether nothing was looked at yet.
    #[inline]
    pub(crate) fn is_fresh(self) -> bool {
        self.seen == 0
    }

    /// Whether the request line is still incomplete.
    pub(crate) fn in_request_line(self) -> bool {
        self.line == 0
    }

    /// Checks the lines of `buf` that became complete. `buf` starts with the
    /// request line and is no longer than the head may be. True: the empty
    /// line that ends the head is there.
    pub(crate) fn advance(&mut self, buf: &[u8], limits: &Limits) -> Result<bool, Error> {
        loop {
            let start = self.line as usize;
            let Some(found) = memchr(b'\n', &buf[self.seen as usize..]) else {
                self.seen = buf.len() as u16;
                if start == 0 {
                    partial_request_line(buf, limits)?;
                }
                return Ok(false);
            };
            let end = self.seen as usize + found;
            let line = &buf[start..end];
            if start == 0 {
                request_line(line, limits)?;
            } else if line == b"\r" {
                return Ok(true);
            } else {
                if self.fields as usize >= limits.field_cap() {
                    return Err(Error::TooManyFields);
                }
                field_line(line, self.fields == 0)?;
                self.fields += 1;
            }
            self.line = (end + 1) as u16;
            self.seen = self.line;
        }
    }
}

/// Checks a header or trailer line without its LF; returns name and value.
pub(crate) fn field_line(line: &[u8], first: bool) -> Result<(&[u8], &[u8]), Error> {
    let [line @ .., b'\r'] = line else {
        return Err(Error::BareLf);
    };
    if let Some(b' ' | b'\t') = line.first() {
        return Err(if first {
            Error::LeadingSpace
        } else {
            Error::Fold
        });
    }
    let colon = memchr(b':', line).ok_or(Error::FieldName)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if !class::is_token(name) {
        return Err(Error::FieldName);
    }
    match value.iter().find(|&&b| class::is_control(b)) {
        None => Ok((name, class::trim(value))),
        Some(b'\r') => Err(Error::BareCr),
        Some(_) => Err(Error::FieldValue),
    }
}

fn method_end(line: &[u8]) -> Result<Option<usize>, Error> {
    for (i, &b) in line.iter().enumerate().take(METHOD_MAX + 1) {
        if b == b' ' && i > 0 {
            return Ok(Some(i));
        }
        if i == METHOD_MAX || !class::is_tchar(b) {
            return Err(Error::Method);
        }
    }
    Ok(None)
}

fn partial_request_line(line: &[u8], limits: &Limits) -> Result<(), Error> {
    let Some(space) = method_end(line)? else {
        return Ok(());
    };
    let rest = &line[space + 1..];
    if rest.len() > limits.target_bytes && memchr(b' ', &rest[..=limits.target_bytes]).is_none() {
        return Err(Error::TargetTooLong);
    }
    Ok(())
}

fn request_line(line: &[u8], limits: &Limits) -> Result<(), Error> {
    if line.is_empty() {
        return Err(Error::BareLf);
    }
    let space = method_end(line)?.ok_or(Error::Method)?;
    let rest = &line[space + 1..];
    let end = memchr(b' ', rest).unwrap_or(rest.len());
    if end > limits.target_bytes {
        return Err(Error::TargetTooLong);
    }
    let [line @ .., b'\r'] = line else {
        return Err(Error::BareLf);
    };
    if memchr(b'\r', line).is_some() {
        return Err(Error::BareCr);
    }
    let target = &rest[..end];
    if end == rest.len() {
        return Err(Error::Version);
    }
    if target.is_empty()
        || target.iter().any(|&b| b < 0x21 || b == 0x7f)
        || std::str::from_utf8(target).is_err()
    {
        return Err(Error::Target);
    }
    match &line[space + 1 + end + 1..] {
        b"HTTP/1.1" | b"HTTP/1.0" => Ok(()),
        b"HTTP/2.0" if &line[..space] == b"PRI" && target == b"*" => Err(Error::Http2Preface),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Error::UnsupportedVersion)
        }
        _ => Err(Error::Version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_searched_once() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
        let mut progress = Progress::default();
        for n in 1..head.len() {
            assert_eq!(
                progress.advance(&head[..n], &Limits::default()),
                Ok(false),
                "{n}"
            );
            let last_lf = head[..n]
                .iter()
                .rposition(|&b| b == b'\n')
                .map_or(0, |i| i + 1);
            assert_eq!(progress.seen as usize, n);
            assert_eq!(progress.line as usize, last_lf);
        }
        assert_eq!(progress.advance(head, &Limits::default()), Ok(true));
        assert_eq!(progress.fields, 2);
    }

    #[test]
    fn bad_line_is_refused_before_the_end_of_the_head() {
        let mut progress = Progress::default();
        let got = progress.advance(b"GET / HTTP/1.1\r\nHost : a\r\n", &Limits::default());
        assert_eq!(got, Err(Error::FieldName));
        let got = Progress::default().advance(b"\x16\x03\x01", &Limits::default());
        assert_eq!(got, Err(Error::Method), "a TLS hello has no line end");
    }

    #[test]
    fn long_target_is_refused_before_its_end() {
        let limits = Limits {
            target_bytes: 10,
            ..Limits::default()
        };
        let mut progress = Progress::default();
        assert_eq!(progress.advance(b"GET /123456789", &limits), Ok(false));
        assert_eq!(
            progress.advance(b"GET /1234567890", &limits),
            Err(Error::TargetTooLong)
        );
    }
}
