//! Why a connection ends.

use std::fmt;

/// A code of RFC 9113, section 7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code(pub u32);

impl Code {
    /// All is well.
    pub const NO_ERROR: Self = Self(0);
    /// The rules were broken.
    pub const PROTOCOL_ERROR: Self = Self(1);
    /// Something went wrong here.
    pub const INTERNAL_ERROR: Self = Self(2);
    /// More was sent than was allowed.
    pub const FLOW_CONTROL_ERROR: Self = Self(3);
    /// A frame for a stream that has ended.
    pub const STREAM_CLOSED: Self = Self(5);
    /// A frame of a length that it can't have.
    pub const FRAME_SIZE_ERROR: Self = Self(6);
    /// Nothing was done for the stream.
    pub const REFUSED_STREAM: Self = Self(7);
    /// The stream is not wanted any more.
    pub const CANCEL: Self = Self(8);
    /// The header compression is damaged.
    pub const COMPRESSION_ERROR: Self = Self(9);
    /// Too much of something.
    pub const ENHANCE_YOUR_CALM: Self = Self(11);
}

/// What the server did wrong; the connection is to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// What it is told, by GOAWAY.
    pub code: Code,
    /// The same in words.
    pub why: &'static str,
}

impl Error {
    pub(crate) const fn new(code: Code, why: &'static str) -> Self {
        Self { code, why }
    }

    pub(crate) const fn protocol(why: &'static str) -> Self {
        Self::new(Code::PROTOCOL_ERROR, why)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl std::error::Error for Error {}
