//! What is logged.

use crate::Level;
use std::time::SystemTime;

/// A value of the context, borrowed. Bytes need not be UTF-8: PHP's strings are not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A float; NaN and the infinities become strings in JSON.
    Float(f64),
    /// Text.
    Str(&'a [u8]),
    /// Values.
    List(&'a [Value<'a>]),
    /// Names and values.
    Map(&'a [(&'a [u8], Value<'a>)]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text.as_bytes())
    }
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// When it happened.
    pub time: SystemTime,
    /// How serious it is.
    pub level: Level,
    /// Who speaks: `app`, `http`, `worker`.
    pub channel: &'a str,
    /// The message; `{name}` stands for the context's value of that name (PSR-3, 1.2).
    pub message: &'a [u8],
    /// Names and values.
    pub context: &'a [(&'a [u8], Value<'a>)],
    /// The request that it belongs to.
    pub request_id: Option<&'a str>,
    /// The worker; `None` in the manager.
    pub worker: Option<u32>,
    /// The coroutine; `None` outside of one.
    pub coroutine: Option<u64>,
}

impl<'a> Record<'a> {
    /// An empty record of this moment.
    #[must_use]
    pub fn new(level: Level, channel: &'a str) -> Self {
        Self {
            time: SystemTime::now(),
            level,
            channel,
            message: b"",
            context: &[],
            request_id: None,
            worker: None,
            coroutine: None,
        }
    }
}
