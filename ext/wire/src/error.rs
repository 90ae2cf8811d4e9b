//! What can go wrong.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// There is no connection, or it ended.
    Connection,
    /// It took longer than it may.
    Timeout,
    /// The coroutine was cancelled.
    Cancelled,
    /// What came is no packet, or one that is too large.
    Packet,
    /// The pool has no connection to give.
    Exhausted,
    /// It was used wrongly.
    Usage,
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

    pub(crate) fn of_net(error: &highper_net::Error, place: &str) -> Self {
        use highper_net::Error as Net;
        match error {
            Net::TimedOut | Net::ResolveTimedOut => Self::new(
                Kind::Timeout,
                format!("{place}: no answer in time (timeout)"),
            ),
            Net::Cancelled => Self::new(Kind::Cancelled, "the wait was cancelled"),
            Net::CannotWait => Self::new(
                Kind::Usage,
                "there is no waiting here: PHP is inside code that must not be interrupted",
            ),
            Net::ResolveFailed | Net::BadHost => Self::new(
                Kind::Connection,
                format!("{place}: its name has no address"),
            ),
            Net::Bound { doing, by, .. } => Self::new(
                Kind::Usage,
                format!(
                    "{place}: coroutine {by} is {doing} already: a connection serves one in each direction"
                ),
            ),
            Net::Malformed(why) => Self::new(
                Kind::Packet,
                format!(
                    "{place}: what came is no packet of this framing, or larger than max_packet ({why:?})"
                ),
            ),
            Net::Closed | Net::Closing => Self::new(
                Kind::Connection,
                format!("{place}: the connection is closed"),
            ),
            other => Self::new(Kind::Connection, format!("{place}: {other}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
