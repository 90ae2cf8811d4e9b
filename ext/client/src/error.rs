//! What can be wrong with a message.

use std::fmt;

/// Why a response can't be read, or a request not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The status line or a field is no HTTP/1.1.
    Head,
    /// The head is longer than the limit, or the trailers are.
    TooLarge,
    /// Lengths that contradict each other, or a length that is no number.
    Length,
    /// A length beside a transfer coding, or a coding that is not known to end.
    Coding,
    /// A chunk's size is no number, or its end is missing.
    Chunk,
    /// The connection ended before the response did.
    Truncated,
    /// The body's content coding is damaged.
    Damaged,
    /// A method, target, name or value with characters that would end it early.
    Forged,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "the response is not HTTP/1.1",
            Self::TooLarge => "the response's head or trailers are too large",
            Self::Length => "the response's Content-Length contradicts itself or is no number",
            Self::Coding => "the response's Transfer-Encoding is unknown, or beside a Content-Length",
            Self::Chunk => "the response's chunks are damaged",
            Self::Truncated => "the connection was closed in the middle of the response",
            Self::Damaged => "the response's content coding is damaged",
            Self::Forged => "a method, path or header with characters that would end it early: line ends, NUL, or blanks in a name",
        })
    }
}

impl std::error::Error for Error {}
