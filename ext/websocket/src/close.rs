//! Close codes and the payload of close frames: RFC 6455, sections 5.5.1 and 7.4.

use crate::error::Error;

/// All is done.
pub const NORMAL: u16 = 1000;
/// The endpoint goes away: a server ends, a page is left.
pub const GOING_AWAY: u16 = 1001;
/// What came is not WebSocket.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A kind of message that can't be taken.
pub const UNSUPPORTED: u16 = 1003;
/// There was no code. Never on the wire.
pub const NO_STATUS: u16 = 1005;
/// The connection was lost. Never on the wire.
pub const ABNORMAL: u16 = 1006;
/// A message that is not of its kind, such as text that is not UTF-8.
pub const INVALID_DATA: u16 = 1007;
/// A message that breaks a rule of the application.
pub const POLICY: u16 = 1008;
/// A message that is too big.
pub const TOO_BIG: u16 = 1009;
/// The server did not agree on an extension that the client needs.
pub const EXTENSION: u16 = 1010;
/// The server met something unexpected.
pub const SERVER_ERROR: u16 = 1011;

/// Bytes of a reason at most: what a control frame holds, less the code.
pub const REASON_LIMIT: usize = 123;

/// May a code be sent in a close frame? 1012 to 1014 are registered with IANA.
#[must_use]
pub const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Code and reason of a close frame's payload; none for an empty one. Nothing of it is checked but its length.
///
/// # Errors
/// [`Error::CloseLength`].
pub fn split(payload: &[u8]) -> Result<Option<(u16, &[u8])>, Error> {
    match payload {
        [] => Ok(None),
        [_] => Err(Error::CloseLength),
        [high, low, reason @ ..] => Ok(Some((u16::from_be_bytes([*high, *low]), reason))),
    }
}

/// As [`split`], with a code that may be sent and a reason in UTF-8.
///
/// # Errors
/// [`Error::CloseLength`], [`Error::CloseCode`], [`Error::Utf8`].
pub fn check(payload: &[u8]) -> Result<Option<(u16, &str)>, Error> {
    match split(payload)? {
        None => Ok(None),
        Some((code, _)) if !is_sendable(code) => Err(Error::CloseCode(code)),
        Some((code, reason)) => match std::str::from_utf8(reason) {
            Ok(reason) => Ok(Some((code, reason))),
            Err(_) => Err(Error::Utf8),
        },
    }
}
