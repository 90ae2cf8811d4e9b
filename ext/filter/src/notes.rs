//! What filters have found out about one request.

use crate::identity::Trace;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};

/// What is known of a request.
#[derive(Debug, Default)]
pub struct Known {
    /// The client's address, where a trusted proxy has said it.
    pub client: Option<IpAddr>,
    /// Does the client speak TLS, where a trusted proxy has said it?
    pub secure: Option<bool>,
    /// The host that the client asked for, where a trusted proxy has said it.
    pub host: Option<Box<str>>,
    /// The request's id.
    pub id: Option<Box<str>>,
    /// The trace it belongs to.
    pub trace: Option<Trace>,
    /// What inline scripts and styles of this answer carry.
    pub nonce: Option<Box<str>>,
    /// Who has signed in.
    pub user: Option<Box<str>>,
    /// What the client's token says.
    pub claims: Option<Map<String, Value>>,
}

/// What is known of a request, and the fields that its answer gets. Filters that only refuse or allow know nothing, and
/// cost no memory for it.
#[derive(Debug, Default)]
pub struct Notes {
    known: Option<Box<Known>>,
    /// Is the answer to have an entity tag, and a weak one?
    pub(crate) tag: Option<bool>,
    /// What an answer is kept under; empty where it is not.
    pub(crate) key: Vec<u8>,
    /// How often its tags had been ended when it was asked for.
    pub(crate) sum: u64,
    /// How many bytes of lines there were then.
    pub(crate) mark: usize,
    /// Is there an `X-Content-Type-Options` among the fields?
    pub(crate) forbids_sniffing: bool,
    lines: Vec<u8>,
}

static UNKNOWN: Known = Known {
    client: None,
    secure: None,
    host: None,
    id: None,
    trace: None,
    nonce: None,
    user: None,
    claims: None,
};

/// Of a request that went through no filter.
pub static NOTHING: Notes = Notes {
    known: None,
    tag: None,
    key: Vec::new(),
    sum: 0,
    mark: 0,
    forbids_sniffing: false,
    lines: Vec::new(),
};

impl Deref for Notes {
    type Target = Known;

    fn deref(&self) -> &Known {
        self.known.as_deref().unwrap_or(&UNKNOWN)
    }
}

impl DerefMut for Notes {
    fn deref_mut(&mut self) -> &mut Known {
        self.known.get_or_insert_default()
    }
}

impl Notes {
    /// As good as new; keeps its memory.
    #[inline]
    pub fn clear(&mut self) {
        if self.known.is_some() {
            self.known = None;
        }
        self.tag = None;
        self.forbids_sniffing = false;
        self.key.clear();
        self.lines.clear();
    }

    /// The fields as they go on the wire: `Name: value\r\n`.
    #[inline]
    #[must_use]
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Names and values, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = self.lines.split(|b| *b == b'\n');
        lines.filter_map(|line| {
            let line = line.strip_suffix(b"\r")?;
            let at = line.iter().position(|b| *b == b':')?;
            Some((&line[..at], line.get(at + 2..)?))
        })
    }

    /// Is there an `X-Content-Type-Options` among the fields?
    #[inline]
    #[must_use]
    pub fn forbids_sniffing(&self) -> bool {
        self.forbids_sniffing
    }

    /// One more field. Name and value were checked: tokens and visible text, no line's end.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        self.add_parts(name, &[value]);
    }

    /// One more field, whose value comes in parts.
    pub fn add_parts(&mut self, name: &str, parts: &[&[u8]]) {
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
        for part in parts {
            debug_assert!(!part.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
            self.lines.extend_from_slice(part);
        }
        self.lines.extend_from_slice(b"\r\n");
    }

    /// Fields as they go on the wire; the last value may follow.
    #[inline]
    pub fn add_lines(&mut self, lines: &[u8]) {
        self.lines.extend_from_slice(lines);
    }

    /// A number as the last value of a field, and the line's end.
    #[inline]
    pub fn end_number(&mut self, mut value: u64) {
        // Counts and seconds are small mostly.
        if value < 100 {
            let (tens, ones) = (value as u8 / 10, value as u8 % 10);
            let both = [b'0' + tens, b'0' + ones, b'\r', b'\n'];
            self.lines.extend_from_slice(match tens {
                0 => &both[1..],
                _ => &both,
            });
            return;
        }
        let mut digits = *b"00000000000000000000\r\n";
        let mut at = 20;
        loop {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.lines.extend_from_slice(&digits[at..]);
    }

    /// One more field, a number.
    pub fn add_number(&mut self, name: &str, value: u64) {
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
        self.end_number(value);
    }
}

/// Fields of which an answer may have several: both the handler's and a filter's hold.
#[must_use]
pub fn is_list(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"vary") || name.eq_ignore_ascii_case(b"set-cookie")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_lines() {
        let mut notes = Notes::default();
        notes.add("A", b"x");
        notes.add_parts("B-C", &[b"y", b"", b"z"]);
        notes.add_number("N", 0);
        notes.add_number("M", u64::MAX);
        assert_eq!(
            notes.lines(),
            b"A: x\r\nB-C: yz\r\nN: 0\r\nM: 18446744073709551615\r\n"
        );
        let fields: Vec<_> = notes.fields().collect();
        assert_eq!(fields[1], (&b"B-C"[..], &b"yz"[..]));
        notes.id = Some("x".into());
        notes.clear();
        assert!(notes.lines().is_empty() && notes.fields().count() == 0 && notes.id.is_none());
    }
}
