//! Parameters of a match: ranges of the request path, decoded when read.

use std::borrow::Cow;
use std::fmt;

/// The most parameters that one pattern can have.
pub const MAX_PARAMS: usize = 16;

/// Ranges into the path, in the order of the route's names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranges {
    at: [(u16, u16); MAX_PARAMS],
    len: u8,
}

impl Ranges {
    pub(super) const fn new() -> Self {
        Self {
            at: [(0, 0); MAX_PARAMS],
            len: 0,
        }
    }

    pub(super) fn push(&mut self, from: usize, to: usize) {
        // A pattern has at most MAX_PARAMS, checked where it is parsed; a path is under 64 KiB,
        // checked where a match begins.
        if let Some(slot) = self.at.get_mut(usize::from(self.len)) {
            *slot = (from as u16, to as u16);
            self.len += 1;
        }
    }

    pub(super) fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }
}

/// The parameters of a found route.
#[derive(Clone, Copy, Debug)]
pub struct Params<'r, 'p> {
    pub(super) names: &'r [Box<str>],
    pub(super) path: &'p [u8],
    pub(super) ranges: Ranges,
}

impl<'r, 'p> Params<'r, 'p> {
    /// How many the path had; optional ones that are absent do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.ranges.len)
    }

    /// True when the path had none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.len == 0
    }

    /// Name and value as sent (percent-encoded), in the pattern's order.
    pub fn raw(&self) -> impl Iterator<Item = (&'r str, &'p [u8])> + '_ {
        let ranges = &self.ranges.at[..self.len()];
        let path = self.path;
        self.names
            .iter()
            .zip(ranges)
            .map(move |(name, &(from, to))| (&**name, &path[usize::from(from)..usize::from(to)]))
    }

    /// The value of the n-th parameter as sent (percent-encoded).
    #[must_use]
    #[inline]
    pub fn nth(&self, n: usize) -> Option<&'p [u8]> {
        let &(from, to) = self.ranges.at[..self.len()].get(n)?;
        Some(&self.path[usize::from(from)..usize::from(to)])
    }

    /// Name and decoded value, in the pattern's order. No allocation where nothing was encoded.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, Cow<'p, str>)> + '_ {
        // A match is only found when all its values decode; were one not to, it would be shown as sent.
        self.raw()
            .map(|(n, v)| (n, decode(v).unwrap_or_else(|_| String::from_utf8_lossy(v))))
    }

    /// The decoded value of one parameter; `None` when the path has no such parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'p, str>> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

/// Why a percent-encoded text cannot be decoded (it is the client's fault: 400).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// `%` without two hexadecimal digits after it.
    Escape,
    /// The bytes are not UTF-8.
    Utf8,
    /// An encoded zero byte.
    Nul,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Escape => "has a '%' without two hexadecimal digits after it",
            Self::Utf8 => "is not UTF-8 after decoding",
            Self::Nul => "has a zero byte",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Percent-decodes (RFC 3986, 2.1) to UTF-8; `+` stays `+`. Borrows where nothing is encoded.
///
/// # Errors
/// A broken escape, bytes that are not UTF-8, a zero byte.
pub fn decode(raw: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    if memchr::memchr2(b'%', 0, raw).is_none() {
        return std::str::from_utf8(raw)
            .map(Cow::Borrowed)
            .map_err(|_| DecodeError::Utf8);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let (byte, width) = step(raw, at).ok_or(DecodeError::Escape)?;
        if byte == 0 {
            return Err(DecodeError::Nul);
        }
        out.push(byte);
        at += width;
    }
    String::from_utf8(out)
        .map(Cow::Owned)
        .map_err(|_| DecodeError::Utf8)
}

/// Decodes into `buffer` without allocating; `None` inside when it does not fit.
pub(super) fn decode_into<'b>(
    raw: &[u8],
    buffer: &'b mut [u8],
) -> Result<Option<&'b str>, DecodeError> {
    let (mut at, mut len) = (0, 0);
    while at < raw.len() {
        let (byte, width) = step(raw, at).ok_or(DecodeError::Escape)?;
        if byte == 0 {
            return Err(DecodeError::Nul);
        }
        let Some(slot) = buffer.get_mut(len) else {
            return Ok(None);
        };
        *slot = byte;
        len += 1;
        at += width;
    }
    std::str::from_utf8(&buffer[..len])
        .map(Some)
        .map_err(|_| DecodeError::Utf8)
}

/// The byte at `at` and how much of the path it takes (1, or 3 where escaped).
pub(super) fn step(path: &[u8], at: usize) -> Option<(u8, usize)> {
    let hex = |b: &u8| char::from(*b).to_digit(16).map(|d| d as u8);
    match path.get(at)? {
        b'%' => Some((hex(path.get(at + 1)?)? << 4 | hex(path.get(at + 2)?)?, 3)),
        b => Some((*b, 1)),
    }
}

/// Whether a value decodes, without building it where it is short.
pub(super) fn check(raw: &[u8]) -> Result<(), DecodeError> {
    if memchr::memchr2(b'%', 0, raw).is_none() {
        return std::str::from_utf8(raw)
            .map(drop)
            .map_err(|_| DecodeError::Utf8);
    }
    let mut buffer = [0; 512];
    match decode_into(raw, &mut buffer)? {
        Some(_) => Ok(()),
        None => decode(raw).map(drop),
    }
}
