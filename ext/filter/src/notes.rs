//! What filters have found out about one request.

use crate::identity::Trace;
use serde_json::{Map, Value};
use std::net::IpAddr;

/// Where a field lies among the lines: its start, the end of its name, the start of the next.
#[derive(Clone, Copy, Debug)]
struct Mark {
    start: usize,
    name_end: usize,
    end: usize,
}

/// What is known of a request, and the fields that its answer gets.
#[derive(Debug, Default)]
pub struct Notes {
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
    /// Is the answer to have an entity tag, and a weak one?
    pub(crate) tag: Option<bool>,
    /// What an answer is kept under; empty where it is not.
    pub(crate) key: Vec<u8>,
    /// How often its tags had been ended when it was asked for.
    pub(crate) sum: u64,
    /// How many lines there were then.
    pub(crate) mark: usize,
    lines: Vec<u8>,
    marks: Vec<Mark>,
}

/// Of a request that went through no filter.
pub static NOTHING: Notes = Notes {
    client: None,
    secure: None,
    host: None,
    id: None,
    trace: None,
    nonce: None,
    user: None,
    claims: None,
    tag: None,
    key: Vec::new(),
    sum: 0,
    mark: 0,
    lines: Vec::new(),
    marks: Vec::new(),
};

impl Notes {
    /// As good as new; keeps its memory.
    pub fn clear(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        let mut marks = std::mem::take(&mut self.marks);
        let mut key = std::mem::take(&mut self.key);
        lines.clear();
        marks.clear();
        key.clear();
        *self = Self {
            lines,
            marks,
            key,
            ..Self::default()
        };
    }

    /// The fields as they go on the wire: `Name: value\r\n`.
    #[must_use]
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Names and values, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.marks.iter().map(|mark| {
            (
                &self.lines[mark.start..mark.name_end],
                &self.lines[mark.name_end + 2..mark.end - 2],
            )
        })
    }

    /// Is there a field of this name, written as it is here?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields().any(|(have, _)| have == name.as_bytes())
    }

    /// One more field. Name and value were checked: tokens and visible text, no line's end.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        self.add_parts(name, &[value]);
    }

    /// One more field, whose value comes in parts.
    pub fn add_parts(&mut self, name: &str, parts: &[&[u8]]) {
        let start = self.lines.len();
        self.lines.extend_from_slice(name.as_bytes());
        let name_end = self.lines.len();
        self.lines.extend_from_slice(b": ");
        for part in parts {
            debug_assert!(!part.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
            self.lines.extend_from_slice(part);
        }
        self.lines.extend_from_slice(b"\r\n");
        self.marks.push(Mark {
            start,
            name_end,
            end: self.lines.len(),
        });
    }

    /// One more field, a number.
    pub fn add_number(&mut self, name: &str, mut value: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.add(name, &digits[at..]);
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
