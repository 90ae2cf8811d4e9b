//! Errors that say what was wrong, with which value, and what to do.

use std::fmt;

/// A failure of the process layer: one line, fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    text: String,
    system: Option<i32>,
}

impl Error {
    /// An error with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            system: None,
        }
    }

    /// The same, with the system's error behind it.
    #[must_use]
    pub(crate) fn caused_by(mut self, error: &std::io::Error) -> Self {
        self.system = error.raw_os_error();
        self
    }

    /// The system's number of the error, where it is the system's.
    #[must_use]
    pub fn system(&self) -> Option<i32> {
        self.system
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// The system's own words for its last error, without Rust's "(os error N)".
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
