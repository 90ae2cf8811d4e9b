//! What went wrong.

use highper_engine::Wake;
use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no connection, or it ended.
    Connection,
    /// The server refused.
    Server,
    /// The deadline passed first.
    Timeout,
    /// The coroutine was cancelled.
    Cancelled,
    /// The pool has none to give.
    Exhausted,
    /// It was used wrongly.
    Usage,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of thing.
    pub kind: Kind,
    /// What was wrong.
    pub message: String,
    /// Nothing had been sent: it may be tried again on another connection.
    pub is_unsent: bool,
}

impl Error {
    /// Of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            is_unsent: false,
        }
    }

    /// The caller did something that can't be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn connection(message: impl Into<String>) -> Self {
        Self::new(Kind::Connection, message)
    }

    pub(crate) fn of_wake(wake: Wake) -> Self {
        match wake {
            Wake::Timeout => Self::new(Kind::Timeout, "it took longer than it may (timeout)"),
            _ => Self::new(Kind::Cancelled, "the wait was cancelled"),
        }
    }

    pub(crate) fn of_net(error: highper_net::Error) -> Self {
        use highper_net::Error as Net;
        match error {
            Net::TimedOut | Net::ResolveTimedOut => Self::of_wake(Wake::Timeout),
            Net::Cancelled => Self::of_wake(Wake::Cancelled),
            Net::ResolveFailed | Net::BadHost => Self::connection("its host's name has no address"),
            other => Self::connection(other.to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
