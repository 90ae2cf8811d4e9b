//! Records as lines: JSON, or text for people.

mod json;
mod placeholder;
mod text;

pub(crate) use json::string as json_string;
pub(crate) use text::safe as safe_text;

use crate::clock::Clock;
use crate::{Record, Value};
use std::io::IsTerminal;
use std::os::fd::AsFd;

/// Strings longer than this are cut, in bytes.
const LONGEST: usize = 32 * 1024;
/// Deeper values are shown as `…`.
const DEEPEST: usize = 12;

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// For people.
    Text {
        /// With ANSI colours.
        colour: bool,
    },
}

impl Format {
    /// Text on a terminal, coloured unless `NO_COLOR` is set and not empty (no-color.org) or
    /// `TERM` is `dumb`; else JSON.
    #[must_use]
    pub fn for_target(fd: impl AsFd) -> Self {
        let set = |name: &str, test: fn(&std::ffi::OsStr) -> bool| {
            std::env::var_os(name).is_some_and(|v| test(&v))
        };
        if fd.as_fd().is_terminal() {
            let colour = !set("NO_COLOR", |v| !v.is_empty()) && !set("TERM", |v| v == "dumb");
            Self::Text { colour }
        } else {
            Self::Json
        }
    }

    /// Appends the line.
    pub(crate) fn record(self, out: &mut Vec<u8>, clock: &mut Clock, record: &Record<'_>) {
        match self {
            Self::Json => json::record(out, clock, record),
            Self::Text { colour } => text::record(out, clock, record, colour),
        }
    }
}

/// The bytes to show of a string, and whether it was cut; never inside a UTF-8 character.
fn cut(bytes: &[u8]) -> (&[u8], bool) {
    if bytes.len() <= LONGEST {
        return (bytes, false);
    }
    let mut end = LONGEST;
    while end > LONGEST - 4 && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    (&bytes[..end], true)
}

fn int(out: &mut Vec<u8>, n: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// A finite float, the shortest text that reads back as the same number; valid JSON.
fn float(out: &mut Vec<u8>, n: f64) {
    use std::io::Write as _;
    // Writing to a Vec does not fail.
    let _ = write!(out, "{n:?}");
}

fn special(n: f64) -> &'static [u8] {
    if n.is_nan() {
        b"NaN"
    } else if n > 0.0 {
        b"INF"
    } else {
        b"-INF"
    }
}

/// A value inside a message: strings bare, the rest as JSON.
fn inline(value: &Value<'_>, scratch: &mut Vec<u8>) {
    match value {
        Value::Str(s) => scratch.extend_from_slice(s),
        Value::Float(n) if !n.is_finite() => scratch.extend_from_slice(special(*n)),
        other => json::value(scratch, other, 0),
    }
}
