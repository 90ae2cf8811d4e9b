//! Request bodies: Content-Length and chunked (RFC 9112 sections 6 and 7).

use crate::conn::{Event, Step};
use crate::{Error, Framing, Limits, class, lines};
use memchr::memchr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Length,
    SizeStart,
    Size,
    BeforeExtension,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
}

/// Finds the body's bytes in the input; hands out slices, keeps none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    /// Bytes left of the body (Content-Length) or of the chunk.
    left: u64,
    /// Sizes of the chunks so far.
    total: u64,
    /// Bytes of chunk extensions and of padding so far.
    extension: u16,
    /// Bytes of complete trailer lines so far.
    trailer: u16,
    /// Bytes of the incomplete trailer line already searched for LF.
    seen: u16,
    fields: u8,
    state: State,
}

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::None => Self::default(),
            Framing::Length(left) => Self {
                left,
                ..Self::default()
            },
            Framing::Chunked => Self {
                state: State::SizeStart,
                ..Self::default()
            },
        }
    }

    /// Bytes still to come, if that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        (self.state == State::Length).then_some(self.left)
    }

    pub(crate) fn feed<'a>(&mut self, buf: &'a [u8], limits: &Limits) -> Result<Step<'a>, Error> {
        let mut at = 0;
        loop {
            match self.state {
                State::Length => {
                    if self.left == 0 {
                        return Ok(Step {
                            used: at,
                            event: Event::End,
                        });
                    }
                    return Ok(self.slice(buf, at));
                }
                State::Data => {
                    if self.left > 0 {
                        return Ok(self.slice(buf, at));
                    }
                    self.state = State::DataCr;
                }
                State::Trailer => return self.trailer(buf, at, limits),
                _ => {
                    let Some(&byte) = buf.get(at) else {
                        return Ok(Step {
                            used: at,
                            event: Event::NeedMore,
                        });
                    };
                    self.framing_byte(byte, limits)?;
                    at += 1;
                }
            }
        }
    }

    fn slice<'a>(&mut self, buf: &'a [u8], at: usize) -> Step<'a> {
        let rest = &buf[at..];
        if rest.is_empty() {
            return Step {
                used: at,
                event: Event::NeedMore,
            };
        }
        let take = usize::try_from(self.left).map_or(rest.len(), |left| left.min(rest.len()));
        self.left -= take as u64;
        Step {
            used: at + take,
            event: Event::Body(&rest[..take]),
        }
    }

    /// One byte of a chunk's frame.
    fn framing_byte(&mut self, byte: u8, limits: &Limits) -> Result<(), Error> {
        let digit = match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            b'A'..=b'F' => Some(byte - b'A' + 10),
            _ => None,
        };
        self.state = match (self.state, byte) {
            (State::SizeStart, _) => {
                self.left = u64::from(digit.ok_or(Error::ChunkSize)?);
                State::Size
            }
            (State::Size, _) if digit.is_some() => {
                if self.left >> 60 != 0 {
                    return Err(Error::ChunkSize);
                }
                if self.left == 0 {
                    self.pad(limits, Error::ChunkSize)?;
                }
                self.left = self.left << 4 | u64::from(digit.unwrap_or_default());
                State::Size
            }
            (State::Size | State::BeforeExtension, b';') => State::Extension,
            (State::Size | State::Extension, b'\r') => State::SizeLf,
            (State::Size | State::Extension, b'\n') => return Err(Error::BareLf),
            (State::Size | State::BeforeExtension, b' ' | b'\t') => {
                self.pad(limits, Error::ChunkExtension)?;
                State::BeforeExtension
            }
            (State::Size | State::BeforeExtension, _) => return Err(Error::ChunkSize),
            (State::Extension, _) => {
                if class::is_control(byte) {
                    return Err(Error::ChunkExtension);
                }
                self.pad(limits, Error::ChunkExtension)?;
                State::Extension
            }
            (State::SizeLf, b'\n') if self.left == 0 => State::Trailer,
            (State::SizeLf, b'\n') => {
                self.total = self
                    .total
                    .checked_add(self.left)
                    .ok_or(Error::BodyTooLarge)?;
                if self.total > limits.body_bytes {
                    return Err(Error::BodyTooLarge);
                }
                State::Data
            }
            (State::SizeLf, _) => return Err(Error::BareCr),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::SizeStart,
            _ => return Err(Error::ChunkEnd),
        };
        Ok(())
    }

    fn pad(&mut self, limits: &Limits, error: Error) -> Result<(), Error> {
        if self.extension >= limits.chunk_extension_bytes {
            return Err(error);
        }
        self.extension += 1;
        Ok(())
    }

    fn trailer<'a>(
        &mut self,
        buf: &'a [u8],
        mut at: usize,
        limits: &Limits,
    ) -> Result<Step<'a>, Error> {
        let cap = limits.trailer_cap();
        loop {
            let room = cap - (self.trailer as usize).min(cap);
            let rest = &buf[at..];
            let text = &rest[..rest.len().min(room)];
            let Some(found) = memchr(b'\n', &text[(self.seen as usize).min(text.len())..]) else {
                if text.len() >= room {
                    return Err(Error::TrailerTooLarge);
                }
                self.seen = text.len() as u16;
                return Ok(Step {
                    used: at,
                    event: Event::NeedMore,
                });
            };
            let end = self.seen as usize + found;
            let line = &rest[..end];
            self.seen = 0;
            self.trailer += (end + 1) as u16;
            at += end + 1;
            if line == b"\r" {
                // What the framing says is over: behave like a read length.
                self.state = State::Length;
                self.left = 0;
                return Ok(Step {
                    used: at,
                    event: Event::End,
                });
            }
            if self.fields as usize >= limits.field_cap() {
                return Err(Error::TooManyFields);
            }
            let (name, value) = lines::field_line(line, self.fields == 0)?;
            self.fields += 1;
            if is_trailer(name) {
                return Ok(Step {
                    used: at,
                    event: Event::Trailer { name, value },
                });
            }
        }
    }
}

/// Whether a field may stand in a trailer section: none that frames, routes,
/// authenticates, negotiates or describes the content (RFC 9110 section 6.5.1).
pub(crate) fn is_trailer(name: &[u8]) -> bool {
    const FORBIDDEN: [&str; 28] = [
        "age",
        "authorization",
        "cache-control",
        "connection",
        "cookie",
        "date",
        "expect",
        "expires",
        "forwarded",
        "host",
        "keep-alive",
        "location",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "retry-after",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "warning",
        "www-authenticate",
        "x-real-ip",
    ];
    const PREFIXES: [&str; 4] = ["accept", "content-", "if-", "x-forwarded-"];
    // Sums of what was sent can be known at its end only: RFC 9530 section 2, RFC 1864.
    const SUMS: [&str; 2] = ["content-digest", "content-md5"];
    if SUMS
        .iter()
        .any(|sum| name.eq_ignore_ascii_case(sum.as_bytes()))
    {
        return true;
    }
    !FORBIDDEN
        .iter()
        .any(|f| name.eq_ignore_ascii_case(f.as_bytes()))
        && !PREFIXES.iter().any(|p| {
            name.get(..p.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(p.as_bytes()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(input: &[u8], limits: &Limits) -> Result<(Vec<u8>, Vec<String>, usize), Error> {
        let mut decoder = Decoder::new(Framing::Chunked);
        let (mut body, mut trailers, mut at) = (Vec::new(), Vec::new(), 0);
        loop {
            let step = decoder.feed(&input[at..], limits)?;
            at += step.used;
            match step.event {
                Event::Body(part) => body.extend_from_slice(part),
                Event::Trailer { name, value } => trailers.push(format!(
                    "{}={}",
                    String::from_utf8_lossy(name),
                    String::from_utf8_lossy(value)
                )),
                Event::End => return Ok((body, trailers, at)),
                other => panic!("{other:?} at {at}"),
            }
        }
    }

    #[test]
    fn chunks_and_trailers() {
        let input = b"4;a=b;c=\"d\"\r\nWiki\r\n05 ;x\r\npedia\r\n00\r\nX-Sum: 9 \r\nContent-Length: 5\r\n\r\nGET";
        let (body, trailers, used) = decode(input, &Limits::default()).unwrap();
        assert_eq!(body, b"Wikipedia");
        assert_eq!(trailers, ["X-Sum=9"], "Content-Length is dropped");
        assert_eq!(&input[used..], b"GET");
    }

    #[test]
    fn refused() {
        let limits = Limits {
            body_bytes: 100,
            chunk_extension_bytes: 8,
            trailer_bytes: 20,
            ..Limits::default()
        };
        for (input, error) in [
            ("\r\n", Error::ChunkSize),
            ("x\r\n", Error::ChunkSize),
            ("-1\r\n", Error::ChunkSize),
            ("0x5\r\n", Error::ChunkSize),
            (" 5\r\n", Error::ChunkSize),
            ("5 \r\n", Error::ChunkSize),
            ("10000000000000000\r\n", Error::ChunkSize),
            ("0000000000000\r\n", Error::ChunkSize),
            ("ffffffffffffffff\r\n", Error::BodyTooLarge),
            ("65\r\n", Error::BodyTooLarge),
            ("5\n", Error::BareLf),
            ("5;a\n", Error::BareLf),
            ("5\rx", Error::BareCr),
            ("5;a\0\r\n", Error::ChunkExtension),
            ("5;aaaaaaaaa\r\n", Error::ChunkExtension),
            ("1\r\nab\r\n", Error::ChunkEnd),
            ("1\r\na\n", Error::ChunkEnd),
            ("1\r\na\rb", Error::ChunkEnd),
            ("0\r\nA: b\n", Error::BareLf),
            ("0\r\nA b\r\n", Error::FieldName),
            (
                "0\r\nA: 0123456789012345678\r\n\r\n",
                Error::TrailerTooLarge,
            ),
            ("0\r\nA: b\r\n c\r\n\r\n", Error::Fold),
        ] {
            assert_eq!(decode(input.as_bytes(), &limits), Err(error), "{input:?}");
        }
    }
}
