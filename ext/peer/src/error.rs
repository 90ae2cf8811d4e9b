//! What can go wrong.

use highper_engine::Wake;
use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It was used wrongly, or a setting is wrong.
    Usage,
    /// There is no connection: nobody listens, no trust in the certificate, a proxy that refuses.
    Connect,
    /// The server answered the handshake with this status.
    Refused(u16),
    /// The connection is over: lost, or closed here.
    Lost,
    /// It took longer than it may.
    Timeout,
    /// The coroutine was cancelled.
    Cancelled,
    /// What the server says is no WebSocket, or more than is taken.
    Protocol,
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What kind of thing.
    pub kind: Kind,
    /// What was wrong, and what to do.
    pub message: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn lost(message: impl Into<String>) -> Self {
        Self::new(Kind::Lost, message)
    }

    pub(crate) fn of_wake(wake: Wake) -> Self {
        match wake {
            Wake::Timeout => Self::new(Kind::Timeout, "it took longer than it may (timeout)"),
            _ => Self::new(Kind::Cancelled, "the wait was cancelled"),
        }
    }

    /// Of an open connection.
    pub(crate) fn of_net(error: highper_net::Error) -> Self {
        use highper_net::Error as Net;
        match error {
            Net::TimedOut | Net::ResolveTimedOut => Self::of_wake(Wake::Timeout),
            Net::Cancelled => Self::of_wake(Wake::Cancelled),
            Net::CannotWait => Self::new(
                Kind::Usage,
                "there is no waiting here: PHP is inside code that must not be interrupted",
            ),
            Net::Closed | Net::Closing => Self::lost("the connection is closed"),
            other => Self::lost(format!("the connection broke: {other}")),
        }
    }

    pub(crate) fn of_fetch(error: highper_fetch::Error) -> Self {
        use highper_fetch::Kind as Web;
        let kind = match error.kind {
            Web::Usage | Web::Source => Kind::Usage,
            Web::Timeout => Kind::Timeout,
            Web::Cancelled => Kind::Cancelled,
            Web::Protocol | Web::TooLarge | Web::Redirect => Kind::Protocol,
            Web::Connect | Web::Lost | Web::Exhausted => Kind::Connect,
        };
        Self::new(kind, error.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
