//! What went wrong, in the same words for all databases.

use highper_engine::Wake;
use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no connection, or it ended.
    Connection,
    /// The database refused the statement.
    Statement,
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
    /// The five characters of the SQL standard; `HY000` where the database says none.
    pub sqlstate: Box<str>,
    /// The database's own number; 0 where it has none.
    pub code: i64,
    /// What was wrong.
    pub message: String,
    /// Nothing of the statement had been sent: it may be tried again on another connection.
    pub is_unsent: bool,
}

impl Error {
    /// Of a kind, with SQLSTATE and message.
    pub fn new(kind: Kind, sqlstate: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            sqlstate: sqlstate.into(),
            code: 0,
            message: message.into(),
            is_unsent: false,
        }
    }

    /// The connection can't be made, or was lost.
    pub fn connection(message: impl Into<String>) -> Self {
        Self::new(Kind::Connection, "08006", message)
    }

    /// The caller did something that can't be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, "HY000", message)
    }

    /// The other side speaks another language.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(Kind::Connection, "08P01", message)
    }

    /// A wait that ended without what was waited for.
    #[must_use]
    pub fn of_wake(wake: Wake) -> Self {
        match wake {
            Wake::Timeout => Self::new(
                Kind::Timeout,
                "HYT00",
                "it took longer than it may (timeout)",
            ),
            _ => Self::new(Kind::Cancelled, "HY008", "the wait was cancelled"),
        }
    }

    /// The same error before anything was sent.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.is_unsent = true;
        self
    }

    /// Did the server refuse to write, because it is a replica?
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        &*self.sqlstate == "25006" || matches!(self.code, 1290 | 1836 | 3020)
    }

    /// Does a unique key, or a primary one, have this value already?
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        &*self.sqlstate == "23505" || matches!(self.code, 1062 | 1586 | 2067 | 1555)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for Error {}
