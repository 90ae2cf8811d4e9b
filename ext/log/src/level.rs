//! The eight levels of PSR-3.

use std::fmt;

/// How serious a record is, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// Detail for developers.
    Debug,
    /// What happens.
    Info,
    /// Normal, but worth a look.
    Notice,
    /// Not an error, but not right.
    Warning,
    /// An operation failed. From here on records are written before the call returns.
    Error,
    /// A part of the application is out of order.
    Critical,
    /// Somebody has to act now.
    Alert,
    /// The system is unusable.
    Emergency,
}

impl Level {
    /// All, ascending.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// PSR-3's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// The level of PSR-3's word, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|l| l.name().eq_ignore_ascii_case(name))
    }

    /// The word as text shows it, in seven columns where it is not longer.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG  ",
            Self::Info => "INFO   ",
            Self::Notice => "NOTICE ",
            Self::Warning => "WARNING",
            Self::Error => "ERROR  ",
            Self::Critical => "CRITICAL",
            Self::Alert => "ALERT  ",
            Self::Emergency => "EMERGENCY",
        }
    }

    /// The ANSI colour, as the digits of its escape.
    pub(crate) const fn colour(self) -> &'static str {
        match self {
            Self::Debug => "2",
            Self::Info => "32",
            Self::Notice => "36",
            Self::Warning => "33",
            Self::Error => "31",
            Self::Critical | Self::Alert | Self::Emergency => "1;31",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
