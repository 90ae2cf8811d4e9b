//! What went wrong.

use highper_engine::Wake;
use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no connection, or it ended.
    Connection,
    /// The server refused the command.
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
    /// The first word of a server's error: `WRONGTYPE`; `ERR` where there is none.
    pub code: Box<str>,
    /// What was wrong.
    pub message: String,
    /// Nothing of the command had been sent: it may be tried again on another connection.
    pub is_unsent: bool,
}

impl Error {
    /// Of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: "ERR".into(),
            message: message.into(),
            is_unsent: false,
        }
    }

    /// The connection can't be made, or was lost.
    pub fn connection(message: impl Into<String>) -> Self {
        Self::new(Kind::Connection, message)
    }

    /// The caller did something that can't be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// What a server says: `WRONGTYPE Operation against …`.
    #[must_use]
    pub fn of_server(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let word = text.split(' ').next().unwrap_or_default();
        let is_code = !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        Self {
            code: if is_code { word } else { "ERR" }.into(),
            ..Self::new(Kind::Server, text.clone())
        }
    }

    /// A wait that ended without what was waited for.
    #[must_use]
    pub fn of_wake(wake: Wake) -> Self {
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
            Net::TlsSettings(text) | Net::Handshake(text) | Net::NotTrusted(text) => {
                Self::connection(format!("TLS: {text}"))
            }
            other => Self::connection(other.to_string()),
        }
    }

    /// The same error before anything was sent.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.is_unsent = true;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
