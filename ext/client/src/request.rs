//! Writes the head of a request.

use crate::Error;

/// A request's head in the making.
#[derive(Debug)]
pub struct RequestHead {
    bytes: Vec<u8>,
}

/// Bytes that would end a line, or cut a text in C.
fn is_forged(text: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, text).is_some()
}

impl RequestHead {
    /// Begins with the request line. The target is sent as it is.
    ///
    /// # Errors
    /// [`Error::Forged`]: an empty method or one that is no token, a target with line ends or NUL.
    pub fn new(method: &[u8], target: &[u8]) -> Result<Self, Error> {
        let is_token =
            |byte: &u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(byte);
        if method.is_empty() || !method.iter().all(is_token) || is_forged(target) {
            return Err(Error::Forged);
        }
        let mut bytes = Vec::with_capacity(256 + target.len());
        bytes.extend_from_slice(method);
        bytes.push(b' ');
        bytes.extend_from_slice(target);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        Ok(Self { bytes })
    }

    /// Adds a field.
    ///
    /// # Errors
    /// [`Error::Forged`]: an empty name, one with blanks, a colon or control characters, a value with line ends or NUL.
    pub fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        let bad = |byte: &u8| byte.is_ascii_control() || matches!(byte, b' ' | b':');
        if name.is_empty() || name.iter().any(bad) || is_forged(value) {
            return Err(Error::Forged);
        }
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Ends the head.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_early() {
        for method in [&b""[..], b"GET /x", b"G\r\n", b"G:T", b"GE\xc3\xa9"] {
            assert_eq!(RequestHead::new(method, b"/").err(), Some(Error::Forged));
        }
        assert!(RequestHead::new(b"PROP-FIND", b"*").is_ok());
        for target in [&b"/\r\nX: y"[..], b"/\n", b"/\0"] {
            assert_eq!(RequestHead::new(b"GET", target).err(), Some(Error::Forged));
        }
        let mut head = RequestHead::new(b"GET", b"/a b").unwrap();
        for (name, value) in [
            (&b"A"[..], &b"b\r\nC: d"[..]),
            (b"A", b"b\nc"),
            (b"A", b"\0"),
            (b"A: b\r\nC", b"d"),
            (b"A ", b"b"),
            (b"", b"b"),
        ] {
            assert_eq!(head.header(name, value), Err(Error::Forged));
        }
        assert_eq!(head.finish(), b"GET /a b HTTP/1.1\r\n\r\n");
    }
}
