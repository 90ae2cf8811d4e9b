//! Why what came is not WebSocket.

use crate::close;

/// Why what came is not WebSocket, or not what was agreed on. The connection is to be failed: RFC 6455, section 7.1.7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A reserved bit is set that no extension gives a meaning to: the first byte.
    ReservedBits(u8),
    /// A reserved opcode.
    Opcode(u8),
    /// A control frame in parts.
    ControlFragmented,
    /// A control frame of more than 125 bytes: the length, as far as its first byte tells.
    ControlTooLong(u8),
    /// A frame of a client that is not masked.
    Unmasked,
    /// A frame of a server that is masked.
    Masked,
    /// A length of 63 bits is the most: the length.
    Length(u64),
    /// A continuation where no message is under way.
    Continuation,
    /// A new message where one is under way.
    Interrupted,
    /// A message of more bytes than the limit: the limit.
    TooBig(usize),
    /// A text, or the reason of a close, that is not UTF-8.
    Utf8,
    /// A close frame with a single byte.
    CloseLength,
    /// A close code that must not be sent.
    CloseCode(u16),
    /// A compressed message that can't be unpacked.
    Deflate,
}

impl Error {
    /// The code of the close frame that tells the peer: RFC 6455, section 7.4.1.
    #[must_use]
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::TooBig(_) => close::TOO_BIG,
            Self::Utf8 | Self::Deflate => close::INVALID_DATA,
            _ => close::PROTOCOL_ERROR,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReservedBits(byte) => {
                write!(
                    f,
                    "the frame begins with {byte:#04x}: a reserved bit is set that was not agreed on"
                )
            }
            Self::Opcode(number) => write!(f, "the opcode {number} is reserved"),
            Self::ControlFragmented => f.write_str("a control frame came in parts"),
            Self::ControlTooLong(_) => f.write_str("a control frame is longer than 125 bytes"),
            Self::Unmasked => f.write_str("a frame from a client is not masked"),
            Self::Masked => f.write_str("a frame from a server is masked"),
            Self::Length(length) => write!(f, "the length {length:#x} has more than 63 bits"),
            Self::Continuation => {
                f.write_str("a continuation frame came where no message was under way")
            }
            Self::Interrupted => {
                f.write_str("a new message began before the end of the one under way")
            }
            Self::TooBig(limit) => write!(f, "the message is longer than {limit} bytes"),
            Self::Utf8 => f.write_str("the text is not valid UTF-8"),
            Self::CloseLength => f.write_str("a close frame has half a code"),
            Self::CloseCode(code) => write!(f, "the close code {code} must not be sent"),
            Self::Deflate => f.write_str("the compressed message can't be unpacked"),
        }
    }
}

impl std::error::Error for Error {}
