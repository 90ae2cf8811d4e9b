//! Why an operation failed.

use crate::framing::Malformed;
use rustix::io::Errno;
use std::fmt;

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// The system's error number.
    System(i32),
    /// The same, with what was tried.
    During(String, i32),
    /// The time for the operation is over.
    TimedOut,
    /// The wait was cancelled, or ended because the socket is being closed.
    Cancelled,
    /// The socket is closed.
    Closed,
    /// The socket was closed while others waited for it.
    Closing,
    /// Another coroutine waits in this direction.
    Bound {
        /// The socket.
        fd: i32,
        /// `reading`, `writing`.
        doing: &'static str,
        /// The coroutine that waits.
        by: u64,
    },
    /// It would have to wait, but nothing can wait here.
    CannotWait,
    /// No address, and not to be looked up.
    BadHost,
    /// Not from 0 to 65535.
    BadPort,
    /// A path that is too long for a local socket.
    NameTooLong,
    /// The name has no address.
    ResolveFailed,
    /// The answer to the question for the name did not come in time.
    ResolveTimedOut,
    /// The stream can't be cut into packets.
    Malformed(Malformed),
    /// A file ended before as much was sent as asked for.
    EndOfFile,
    /// Not for this kind of socket, or not now.
    WrongOperation,
    /// Not possible with this kind of socket.
    NotSupported(&'static str),
    /// There can't be a TLS session with these settings.
    TlsSettings(String),
    /// The handshake as the side that begins it.
    Handshake(String),
    /// The handshake as the side that answers.
    BadClient(String),
    /// The peer's certificate is not trusted.
    NotTrusted(String),
    /// The session ended with an error.
    TlsBroken(String),
    /// The SOCKS5 proxy refused, or is none.
    Socks(String),
    /// The HTTP proxy refused, or is none.
    HttpProxy(String),
}

impl Error {
    /// Would it have waited?
    pub(crate) fn is_would_block(&self) -> bool {
        *self == Self::System(Errno::AGAIN.raw_os_error())
    }

    /// Has the system no memory for it at present?
    pub(crate) fn is_no_buffers(&self) -> bool {
        *self == Self::System(Errno::NOBUFS.raw_os_error())
    }
}

impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        Self::System(error.raw_os_error())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::System(error.raw_os_error().unwrap_or(Errno::IO.raw_os_error()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(number) => write!(f, "{}", std::io::Error::from_raw_os_error(*number)),
            Self::During(what, number) => {
                write!(f, "{what}: {}", std::io::Error::from_raw_os_error(*number))
            }
            Self::TlsSettings(text)
            | Self::Handshake(text)
            | Self::BadClient(text)
            | Self::NotTrusted(text)
            | Self::TlsBroken(text)
            | Self::Socks(text)
            | Self::HttpProxy(text) => f.write_str(text),
            Self::NotSupported(text) => f.write_str(text),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Error {}
