//! The head of a response.

use crate::Error;
use std::ops::Range;

/// As many fields of a response are looked for at first.
const FEW: usize = 16;
/// Fields that one parse has room for; a head with more is parsed again with more room.
const FIELDS: usize = 64;

/// A field's place in the head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

/// A response's status line and fields.
#[derive(Default, Debug)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Is it of HTTP/1.0?
    pub is_old: bool,
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Head {
    /// Names and values in the order that they came in, values without blanks around them.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| {
            (
                &self.bytes[field.name.clone()],
                &self.bytes[field.value.clone()],
            )
        })
    }

    /// The values of a field, its name in any case.
    pub fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Is a token among the members of a list field, in any case?
    pub fn lists(&self, name: &[u8], token: &[u8]) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|member| member.trim_ascii().eq_ignore_ascii_case(token))
    }

    /// Parses a whole head, with its empty line.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let mut few = [httparse::EMPTY_HEADER; FEW];
        let mut many = Vec::new();
        let mut room = FEW;
        loop {
            let headers = match room {
                FEW => &mut few[..],
                _ => {
                    many.resize(room, httparse::EMPTY_HEADER);
                    &mut many[..]
                }
            };
            let mut response = httparse::Response::new(headers);
            let mut config = httparse::ParserConfig::default();
            config.allow_obsolete_multiline_headers_in_responses(true);
            match config.parse_response(&mut response, &bytes) {
                Ok(httparse::Status::Complete(_)) => {
                    let status = response.code.unwrap_or(0);
                    let is_old = response.version == Some(0);
                    let fields = places(&bytes, response.headers);
                    if status < 100 {
                        return Err(Error::Head);
                    }
                    return Ok(Self::of(status, is_old, bytes, fields));
                }
                Err(httparse::Error::TooManyHeaders) => room *= 4,
                _ => return Err(Error::Head),
            }
        }
    }

    fn of(status: u16, is_old: bool, bytes: Vec<u8>, fields: Vec<Field>) -> Self {
        let mut this = Self {
            status,
            is_old,
            bytes,
            fields,
        };
        this.unfold();
        this
    }

    /// Values that go on in the next line (RFC 9112, section 5.2) become one line.
    fn unfold(&mut self) {
        for field in &self.fields {
            for byte in &mut self.bytes[field.value.clone()] {
                if matches!(byte, b'\r' | b'\n') {
                    *byte = b' ';
                }
            }
        }
    }

    /// Parses lines of fields that end with an empty one.
    pub(crate) fn parse_fields(bytes: Vec<u8>) -> Result<Self, Error> {
        let mut room = FIELDS;
        loop {
            let mut headers = vec![httparse::EMPTY_HEADER; room];
            match httparse::parse_headers(&bytes, &mut headers) {
                Ok(httparse::Status::Complete((_, parsed))) => {
                    let fields = places(&bytes, parsed);
                    return Ok(Self::of(0, false, bytes, fields));
                }
                Err(httparse::Error::TooManyHeaders) => room *= 4,
                _ => return Err(Error::Head),
            }
        }
    }

    /// How the body ends, by the fields.
    pub(crate) fn framing(&self) -> Result<Framing, Error> {
        let mut length = None;
        for value in self.values(b"content-length") {
            for member in value.split(|byte| *byte == b',') {
                let number = number(member.trim_ascii()).ok_or(Error::Length)?;
                if length.is_some_and(|length| length != number) {
                    return Err(Error::Length);
                }
                length = Some(number);
            }
        }
        let mut codings = self
            .values(b"transfer-encoding")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|coding| !coding.is_empty())
            .peekable();
        if codings.peek().is_none() {
            return Ok(length.map_or(Framing::UntilEnd, Framing::Length));
        }
        if length.is_some() {
            return Err(Error::Coding);
        }
        let mut chunked = false;
        for coding in codings {
            if chunked {
                // Something over the chunks: nobody knows where it ends.
                return Err(Error::Coding);
            }
            chunked = coding.eq_ignore_ascii_case(b"chunked");
        }
        Ok(if chunked {
            Framing::Chunked
        } else {
            Framing::UntilEnd
        })
    }

    /// Does the server keep the connection?
    pub(crate) fn keeps_alive(&self) -> bool {
        !self.lists(b"connection", b"close")
            && (!self.is_old || self.lists(b"connection", b"keep-alive"))
    }
}

/// How a body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilEnd,
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Where the parsed fields are in the bytes that they were parsed from.
fn places(bytes: &[u8], parsed: &[httparse::Header]) -> Vec<Field> {
    let start = bytes.as_ptr().addr();
    let place = |part: &[u8]| {
        if part.is_empty() {
            return 0..0;
        }
        let at = part.as_ptr().addr() - start;
        at..at + part.len()
    };
    parsed
        .iter()
        .map(|header| Field {
            name: place(header.name.as_bytes()),
            value: place(header.value),
        })
        .collect()
}
