//! A streaming `multipart/form-data` parser (RFC 7578, RFC 2046 5.1) without input or output.
//!
//! It is fed the body in pieces of any size and calls a [`Sink`] with the head of each part and
//! slices of its content. Content is never copied: slices point into the fed piece, or, where a
//! delimiter began at the end of a piece and turned out to be content, into the delimiter.
//!
//! What is taken: text before the first and after the last delimiter is ignored; spaces and tabs
//! may follow a delimiter; lines end with CR LF; a boundary must be the whole line. Everything
//! else is an error, because parsers that guess differently can be played against each other:
//! bare line feeds in headers, folded headers, two `Content-Disposition` headers, two `name`
//! parameters, a part that has no `name`, a body without its last delimiter.

use std::fmt;

use memchr::{memchr, memmem, memrchr};

use crate::form::{Boundary, Parameters};

/// Limits of the structure of a body. Limits of contents are the sink's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most parts; default 1020 (PHP's 1000 fields and 20 files).
    pub parts: usize,
    /// The most bytes of one part's headers; default 8 KiB.
    pub header_bytes: usize,
    /// The most headers of one part; default 16.
    pub headers: usize,
    /// The most bytes of the whole body; default: no limit (the driver has one already).
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parts: 1020,
            header_bytes: 8 * 1024,
            headers: 16,
            total_bytes: u64::MAX,
        }
    }
}

/// The head of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The `name` parameter, unescaped.
    pub name: Vec<u8>,
    /// The `filename` parameter, unescaped, with whatever path the client sent. Its presence,
    /// even empty, makes the part a file. `filename*` is ignored (RFC 7578, 4.2).
    pub filename: Option<Vec<u8>>,
    /// The `Content-Type` of the part; empty if it has none.
    pub content_type: Vec<u8>,
}

/// Takes the parts.
pub trait Sink {
    /// What can go wrong on the side of the sink.
    type Error;

    /// A part begins.
    ///
    /// # Errors
    /// An error ends the parse.
    fn part(&mut self, part: Part) -> Result<(), Self::Error>;

    /// The next slice of its content; never empty.
    ///
    /// # Errors
    /// An error ends the parse.
    fn data(&mut self, data: &[u8]) -> Result<(), Self::Error>;

    /// The part is complete.
    ///
    /// # Errors
    /// An error ends the parse.
    fn end(&mut self) -> Result<(), Self::Error>;
}

/// Why a body cannot be parsed. [`MultipartError::status`] is the answer to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipartError {
    /// The delimiter is followed by something else than a line end or two hyphens.
    BadDelimiter,
    /// A line of a part's head is no header, is folded, or does not end with CR LF.
    BadHeader,
    /// `Content-Disposition: form-data; name=…` is missing, doubled or another disposition.
    BadDisposition,
    /// More parts than [`Limits::parts`].
    TooManyParts(usize),
    /// More headers or header bytes in a part than allowed.
    HeadersTooLarge(usize),
    /// More bytes than [`Limits::total_bytes`].
    TooLarge(u64),
    /// The body ended before its last delimiter.
    Incomplete,
}

impl MultipartError {
    /// The HTTP status: 400, 413 or 431.
    pub fn status(&self) -> u16 {
        match self {
            MultipartError::TooManyParts(_) | MultipartError::TooLarge(_) => 413,
            MultipartError::HeadersTooLarge(_) => 431,
            _ => 400,
        }
    }
}

impl fmt::Display for MultipartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadDelimiter => f.write_str("a multipart delimiter is followed by neither a line end nor two hyphens; choose a boundary that does not occur in the parts"),
            Self::BadHeader => f.write_str("a part of the multipart body has a malformed header; each must be `Name: value` in one line that ends with CR LF"),
            Self::BadDisposition => f.write_str("a part of the multipart body needs exactly one `Content-Disposition: form-data` header with one name"),
            Self::TooManyParts(limit) => write!(f, "the multipart body has more than {limit} parts"),
            Self::HeadersTooLarge(limit) => write!(f, "the headers of a part of the multipart body exceed the limit of {limit}"),
            Self::TooLarge(limit) => write!(f, "the multipart body has more than {limit} bytes"),
            Self::Incomplete => f.write_str("the multipart body ends before its last delimiter"),
        }
    }
}

impl std::error::Error for MultipartError {}

/// An error of the parser or of its sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedError<E> {
    /// The body is malformed or over a limit.
    Body(MultipartError),
    /// The sink refused.
    Sink(E),
}

impl<E> From<MultipartError> for FeedError<E> {
    fn from(error: MultipartError) -> Self {
        FeedError::Body(error)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Preamble,
    /// After a delimiter, before what tells its kind.
    Delimiter,
    /// After a delimiter and its padding.
    Padding,
    /// After one hyphen behind a delimiter.
    Hyphen,
    /// After the CR behind a delimiter.
    LineFeed,
    Head,
    Content,
    Epilogue,
    Failed(MultipartError),
}

/// The parser. See the module's documentation.
///
/// ```
/// use highper_http::form::Boundary;
/// use highper_http::multipart::{Limits, Parser, Part, Sink};
///
/// #[derive(Default)]
/// struct Names(Vec<Vec<u8>>);
/// impl Sink for Names {
///     type Error = std::convert::Infallible;
///     fn part(&mut self, part: Part) -> Result<(), Self::Error> {
///         self.0.push(part.name);
///         Ok(())
///     }
///     fn data(&mut self, _: &[u8]) -> Result<(), Self::Error> { Ok(()) }
///     fn end(&mut self) -> Result<(), Self::Error> { Ok(()) }
/// }
///
/// let mut names = Names::default();
/// let mut parser = Parser::new(&Boundary::new(b"x").unwrap(), Limits::default());
/// parser.feed(b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--", &mut names).unwrap();
/// parser.finish().unwrap();
/// assert_eq!(names.0, [b"a"]);
/// ```
#[derive(Debug)]
pub struct Parser {
    finder: memmem::Finder<'static>,
    limits: Limits,
    state: State,
    /// How many bytes of the delimiter the pieces so far end with.
    matched: usize,
    head: Vec<u8>,
    parts: usize,
    total: u64,
}

impl Parser {
    /// A parser for one body.
    pub fn new(boundary: &Boundary, limits: Limits) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Self {
            finder: memmem::Finder::new(&delimiter).into_owned(),
            limits,
            state: State::Preamble,
            // The first delimiter needs no line end before it.
            matched: 2,
            head: Vec::new(),
            parts: 0,
            total: 0,
        }
    }

    /// Reads the next piece of the body.
    ///
    /// # Errors
    /// [`FeedError`]; each later call gives the same error of the body again.
    pub fn feed<S: Sink>(&mut self, piece: &[u8], sink: &mut S) -> Result<(), FeedError<S::Error>> {
        let result = self.advance(piece, sink);
        if let Err(FeedError::Body(error)) = &result {
            self.state = State::Failed(*error);
        }
        result
    }

    /// The body is over.
    ///
    /// # Errors
    /// [`MultipartError::Incomplete`] if its last delimiter did not come, or the error from before.
    pub fn finish(&self) -> Result<(), MultipartError> {
        match self.state {
            State::Epilogue => Ok(()),
            State::Failed(error) => Err(error),
            _ => Err(MultipartError::Incomplete),
        }
    }

    fn advance<S: Sink>(
        &mut self,
        mut piece: &[u8],
        sink: &mut S,
    ) -> Result<(), FeedError<S::Error>> {
        self.total = self.total.saturating_add(piece.len() as u64);
        if self.total > self.limits.total_bytes && !matches!(self.state, State::Failed(_)) {
            return Err(MultipartError::TooLarge(self.limits.total_bytes).into());
        }
        while let Some(&byte) = piece.first() {
            match self.state {
                State::Preamble => piece = self.search(piece, &mut |_| Ok(()))?,
                State::Content => {
                    piece =
                        self.search(piece, &mut |data| sink.data(data).map_err(FeedError::Sink))?;
                    if self.state == State::Delimiter {
                        sink.end().map_err(FeedError::Sink)?;
                    }
                }
                State::Head => piece = self.read_head(piece, sink)?,
                State::Epilogue => return Ok(()),
                State::Failed(error) => return Err(error.into()),
                State::Delimiter | State::Padding | State::Hyphen | State::LineFeed => {
                    self.state = match (self.state, byte) {
                        (State::Delimiter, b'-') => State::Hyphen,
                        (State::Hyphen, b'-') => State::Epilogue,
                        (State::Delimiter | State::Padding, b' ' | b'\t') => State::Padding,
                        (State::Delimiter | State::Padding, b'\r') => State::LineFeed,
                        (State::LineFeed, b'\n') => State::Head,
                        _ => return Err(MultipartError::BadDelimiter.into()),
                    };
                    piece = &piece[1..];
                }
            }
        }
        Ok(())
    }

    /// Gives content to `out` up to a delimiter; returns what follows it, or nothing.
    ///
    /// CR is only the first byte of a delimiter, so a failed match can only start again at the
    /// byte that failed.
    fn search<'p, E>(
        &mut self,
        piece: &'p [u8],
        out: &mut impl FnMut(&[u8]) -> Result<(), FeedError<E>>,
    ) -> Result<&'p [u8], FeedError<E>> {
        let delimiter = self.finder.needle();
        let mut piece = piece;
        if self.matched > 0 {
            let wanted = &delimiter[self.matched..];
            let same = wanted
                .iter()
                .zip(piece)
                .take_while(|(want, have)| want == have)
                .count();
            if same == wanted.len() {
                self.matched = 0;
                self.state = State::Delimiter;
                return Ok(&piece[same..]);
            }
            if same == piece.len() {
                self.matched += same;
                return Ok(&[]);
            }
            let held = self.matched + same;
            self.matched = 0;
            piece = &piece[same..];
            out(&delimiter[..held])?;
        }
        if let Some(at) = self.finder.find(piece) {
            if at > 0 {
                out(&piece[..at])?;
            }
            self.state = State::Delimiter;
            return Ok(&piece[at + delimiter.len()..]);
        }
        let mut end = piece.len();
        let tail = piece.len().saturating_sub(delimiter.len() - 1);
        if let Some(at) = memrchr(b'\r', &piece[tail..])
            && delimiter.starts_with(&piece[tail + at..])
        {
            end = tail + at;
            self.matched = piece.len() - end;
        }
        if end > 0 {
            out(&piece[..end])?;
        }
        Ok(&[])
    }

    fn read_head<'p, S: Sink>(
        &mut self,
        piece: &'p [u8],
        sink: &mut S,
    ) -> Result<&'p [u8], FeedError<S::Error>> {
        let end = memchr(b'\n', piece).map_or(piece.len(), |at| at + 1);
        if self.head.len() + end > self.limits.header_bytes {
            return Err(MultipartError::HeadersTooLarge(self.limits.header_bytes).into());
        }
        self.head.extend_from_slice(&piece[..end]);
        let complete = self.head == b"\r\n" || self.head.ends_with(b"\r\n\r\n");
        if complete {
            if self.parts == self.limits.parts {
                return Err(MultipartError::TooManyParts(self.limits.parts).into());
            }
            self.parts += 1;
            let part = read_headers(&self.head, self.limits.headers)?;
            self.head.clear();
            self.state = State::Content;
            sink.part(part).map_err(FeedError::Sink)?;
        }
        Ok(&piece[end..])
    }
}

fn read_headers(head: &[u8], limit: usize) -> Result<Part, MultipartError> {
    let mut part = Part::default();
    let mut disposed = false;
    let mut typed = false;
    let mut rest = head;
    let mut count = 0;
    while let Some(end) = memchr(b'\n', rest) {
        let line = rest[..end]
            .strip_suffix(b"\r")
            .ok_or(MultipartError::BadHeader)?;
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > limit {
            return Err(MultipartError::HeadersTooLarge(limit));
        }
        let colon = memchr(b':', line).ok_or(MultipartError::BadHeader)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(is_token) {
            return Err(MultipartError::BadHeader);
        }
        // A bare CR or a NUL in a value is read differently by different parsers.
        if value.iter().any(|byte| matches!(byte, 0 | b'\r')) {
            return Err(MultipartError::BadHeader);
        }
        if name.eq_ignore_ascii_case(b"content-disposition") {
            if disposed {
                return Err(MultipartError::BadDisposition);
            }
            disposed = true;
            read_disposition(value, &mut part)?;
        } else if name.eq_ignore_ascii_case(b"content-type") {
            if typed {
                return Err(MultipartError::BadHeader);
            }
            typed = true;
            part.content_type = value.to_vec();
        }
    }
    if disposed {
        Ok(part)
    } else {
        Err(MultipartError::BadDisposition)
    }
}

fn read_disposition(value: &[u8], part: &mut Part) -> Result<(), MultipartError> {
    if !crate::mime::essence(value).eq_ignore_ascii_case(b"form-data") {
        return Err(MultipartError::BadDisposition);
    }
    let mut name = None;
    for (key, value) in Parameters::of(value) {
        let place = if key.eq_ignore_ascii_case(b"name") {
            &mut name
        } else if key.eq_ignore_ascii_case(b"filename") {
            &mut part.filename
        } else {
            continue;
        };
        if place.is_some() {
            return Err(MultipartError::BadDisposition);
        }
        *place = Some(value.into_owned());
    }
    part.name = name.ok_or(MultipartError::BadDisposition)?;
    Ok(())
}

fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

#[cfg(test)]
mod tests;
