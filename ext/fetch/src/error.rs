//! What can go wrong.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The request can't be made: a wrong address, a wrong header, something the settings forbid.
    Usage,
    /// There is no connection: no such name, nobody listens, no trust in the certificate, a proxy that refuses.
    Connect,
    /// The connection ended before the answer did.
    Lost,
    /// It took longer than it may.
    Timeout,
    /// The coroutine was cancelled.
    Cancelled,
    /// The answer is no HTTP, or breaks its rules.
    Protocol,
    /// The answer is larger than it may be.
    TooLarge,
    /// The pool has no connection to give.
    Exhausted,
    /// One redirect too many, or one that can't be followed.
    Redirect,
    /// What gives the request's body has failed.
    Source,
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What kind of thing.
    pub kind: Kind,
    /// What was wrong, and what to do.
    pub message: String,
    /// The server has certainly done nothing for the request.
    pub is_unsent: bool,
    /// Something of the answer had come.
    pub is_begun: bool,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            is_unsent: false,
            is_begun: false,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn unsent(mut self) -> Self {
        self.is_unsent = true;
        self
    }

    /// Something was sent before.
    pub(crate) fn sent(mut self) -> Self {
        self.is_unsent = false;
        self
    }

    pub(crate) fn begun(mut self) -> Self {
        self.is_begun = true;
        self
    }

    /// Of an open connection.
    pub(crate) fn of_net(error: highper_net::Error) -> Self {
        use highper_net::Error as Net;
        match error {
            Net::TimedOut | Net::ResolveTimedOut => Self::timeout(),
            Net::Cancelled => Self::new(Kind::Cancelled, "the wait was cancelled"),
            Net::CannotWait => Self::usage(
                "there is no waiting here: PHP is inside code that must not be interrupted",
            ),
            Net::Closed | Net::Closing => Self::new(Kind::Lost, "the connection was closed"),
            other => Self::new(Kind::Lost, format!("the connection broke: {other}")),
        }
    }

    pub(crate) fn timeout() -> Self {
        Self::new(Kind::Timeout, "no answer in time")
    }

    pub(crate) fn closed() -> Self {
        Self::new(
            Kind::Lost,
            "the server closed the connection before it answered",
        )
    }

    pub(crate) fn too_large(limit: u64) -> Self {
        Self::new(
            Kind::TooLarge,
            format!("the answer's body has more than {limit} bytes (max_body): raise the limit, or use stream or sink for large ones"),
        )
        .begun()
    }

    pub(crate) fn of_codec(error: highper_client::Error) -> Self {
        use highper_client::Error as Codec;
        let kind = match error {
            Codec::TooLarge => Kind::TooLarge,
            Codec::Truncated => Kind::Lost,
            Codec::Forged => Kind::Usage,
            _ => Kind::Protocol,
        };
        Self::new(kind, error.to_string()).begun()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
