//! Server-sent events (WHATWG HTML, 9.2): from an event to the lines that a browser's `EventSource` reads.

use std::fmt;

/// One event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'a> {
    /// What the page gets; each of its lines becomes one of the stream. Nothing sends none, and the page is told nothing.
    pub data: Option<&'a [u8]>,
    /// The name that the page listens for; `message` without.
    pub kind: Option<&'a [u8]>,
    /// What the browser sends as `Last-Event-ID` when it connects again.
    pub id: Option<&'a [u8]>,
    /// After how many milliseconds it connects again.
    pub retry: Option<u64>,
}

/// Why an event can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventError {
    /// The name has a line end.
    Kind,
    /// The id has a line end or a NUL, for which browsers pass it over.
    Id,
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "the type of an event must have no line ends",
            Self::Id => "the id of an event must have no line ends and no NUL",
        })
    }
}

impl std::error::Error for EventError {}

/// A comment that keeps proxies from closing a silent connection.
pub const KEEP_ALIVE: &[u8] = b":\n\n";

impl Event<'_> {
    /// Appends the event's lines and the empty one that ends it.
    ///
    /// # Errors
    /// [`EventError`]; nothing was written then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EventError> {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        if self.kind.is_some_and(|kind| kind.iter().any(is_end)) {
            return Err(EventError::Kind);
        }
        if self
            .id
            .is_some_and(|id| id.iter().any(|b| is_end(b) || *b == 0))
        {
            return Err(EventError::Id);
        }
        let mut field = |name: &[u8], value: &[u8]| {
            out.extend_from_slice(name);
            out.extend_from_slice(value);
            out.push(b'\n');
        };
        if let Some(kind) = self.kind {
            field(b"event: ", kind);
        }
        if let Some(id) = self.id {
            field(b"id: ", id);
        }
        if let Some(retry) = self.retry {
            field(b"retry: ", retry.to_string().as_bytes());
        }
        if let Some(mut rest) = self.data {
            while let Some(at) = rest.iter().position(is_end) {
                field(b"data: ", &rest[..at]);
                let width = 1 + usize::from(rest[at..].starts_with(b"\r\n"));
                rest = &rest[at + width..];
            }
            field(b"data: ", rest);
        }
        out.push(b'\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(event: Event<'_>) -> String {
        let mut out = Vec::new();
        event.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_of_all_kinds() {
        let event = Event {
            data: Some(b"a\nb\r\nc\rd\n"),
            ..Event::default()
        };
        assert_eq!(
            text(event),
            "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"
        );
        let event = Event {
            data: Some(b""),
            ..Event::default()
        };
        assert_eq!(text(event), "data: \n\n");
    }

    #[test]
    fn fields() {
        let event = Event {
            data: Some(b"{}"),
            kind: Some(b"note"),
            id: Some(b"7"),
            retry: Some(1500),
        };
        assert_eq!(text(event), "event: note\nid: 7\nretry: 1500\ndata: {}\n\n");
        let event = Event {
            retry: Some(10),
            ..Event::default()
        };
        assert_eq!(text(event), "retry: 10\n\n");
    }

    #[test]
    fn what_would_be_another_field_is_refused() {
        let mut out = Vec::new();
        let kind = Event {
            kind: Some(b"a\ndata: b"),
            ..Event::default()
        };
        assert_eq!(kind.write(&mut out), Err(EventError::Kind));
        for id in [&b"1\r2"[..], b"1\n", b"\0"] {
            let event = Event {
                id: Some(id),
                ..Event::default()
            };
            assert_eq!(event.write(&mut out), Err(EventError::Id));
        }
        assert!(out.is_empty());
    }
}
