//! The access log's line, written without an allocation.

use crate::clock::Clock;
use crate::format::{Format, json_string, safe_text};
use std::time::{Duration, SystemTime};

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// When it came.
    pub time: SystemTime,
    /// The client's address.
    pub peer: &'a str,
    /// `GET`
    pub method: &'a [u8],
    /// Path and query as sent.
    pub target: &'a [u8],
    /// `HTTP/1.1`
    pub protocol: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// From the first byte read to the last written.
    pub duration: Duration,
    /// The `Referer` header.
    pub referer: Option<&'a [u8]>,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a [u8]>,
    /// The request's id.
    pub request_id: Option<&'a str>,
    /// The worker.
    pub worker: Option<u32>,
}

impl Access<'_> {
    /// Appends the line. Text: Apache's combined format, then milliseconds and the request id.
    pub(crate) fn line(&self, out: &mut Vec<u8>, clock: &mut Clock, format: Format) {
        match format {
            Format::Json => self.json(out, clock),
            Format::Text { colour } => self.text(out, clock, colour),
        }
    }

    fn text(&self, out: &mut Vec<u8>, clock: &mut Clock, colour: bool) {
        safe_text(out, self.peer.as_bytes(), b"\\n");
        out.extend_from_slice(b" - - ");
        clock.common(out, self.time);
        out.extend_from_slice(b" \"");
        quoted(out, self.method);
        out.push(b' ');
        quoted(out, self.target);
        out.push(b' ');
        quoted(out, self.protocol.as_bytes());
        out.extend_from_slice(b"\" ");
        if colour {
            out.extend_from_slice(match self.status {
                500.. => b"\x1b[31m",
                400..=499 => b"\x1b[33m",
                300..=399 => b"\x1b[36m",
                _ => b"\x1b[32m",
            });
        }
        number(out, u64::from(self.status));
        if colour {
            out.extend_from_slice(b"\x1b[0m");
        }
        out.push(b' ');
        number(out, self.bytes);
        for header in [self.referer, self.user_agent] {
            out.extend_from_slice(b" \"");
            quoted(out, header.unwrap_or(b"-"));
            out.push(b'"');
        }
        out.push(b' ');
        millis(out, self.duration);
        out.extend_from_slice(b"ms");
        if let Some(id) = self.request_id {
            out.push(b' ');
            safe_text(out, id.as_bytes(), b"\\n");
        }
        out.push(b'\n');
    }

    fn json(&self, out: &mut Vec<u8>, clock: &mut Clock) {
        out.extend_from_slice(b"{\"time\":\"");
        clock.iso(out, self.time);
        out.extend_from_slice(b"\",\"level\":\"info\",\"channel\":\"access\",\"peer\":");
        json_string(out, self.peer.as_bytes());
        out.extend_from_slice(b",\"method\":");
        json_string(out, self.method);
        out.extend_from_slice(b",\"target\":");
        json_string(out, self.target);
        out.extend_from_slice(b",\"protocol\":");
        json_string(out, self.protocol.as_bytes());
        out.extend_from_slice(b",\"status\":");
        number(out, u64::from(self.status));
        out.extend_from_slice(b",\"bytes\":");
        number(out, self.bytes);
        out.extend_from_slice(b",\"duration_ms\":");
        millis(out, self.duration);
        let id = self.request_id.map(str::as_bytes);
        for (name, value) in [
            ("referer", self.referer),
            ("user_agent", self.user_agent),
            ("request_id", id),
        ] {
            if let Some(value) = value {
                out.extend_from_slice(b",\"");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\":");
                json_string(out, value);
            }
        }
        if let Some(n) = self.worker {
            out.extend_from_slice(b",\"worker\":");
            number(out, u64::from(n));
        }
        out.extend_from_slice(b"}\n");
    }
}

fn number(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Milliseconds with three digits after the point.
fn millis(out: &mut Vec<u8>, duration: Duration) {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    number(out, micros / 1_000);
    let rest = micros % 1_000;
    let digit = |n: u64| b'0' + (n % 10) as u8;
    out.extend_from_slice(&[b'.', digit(rest / 100), digit(rest / 10), digit(rest)]);
}

/// Text between quotes, with quotes and backslashes escaped as Apache does.
fn quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    for part in bytes.split_inclusive(|b| matches!(b, b'"' | b'\\')) {
        match part.split_last() {
            Some((special @ (b'"' | b'\\'), text)) => {
                safe_text(out, text, b"\\n");
                out.extend_from_slice(&[b'\\', *special]);
            }
            _ => safe_text(out, part, b"\\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACCESS: Access<'_> = Access {
        time: SystemTime::UNIX_EPOCH,
        peer: "127.0.0.1",
        method: b"GET",
        target: b"/a\"b\\\n?x=\xff",
        protocol: "HTTP/1.1",
        status: 404,
        bytes: 12,
        duration: Duration::from_micros(1_034),
        referer: None,
        user_agent: Some(b"curl/8"),
        request_id: Some("r1"),
        worker: Some(0),
    };

    #[test]
    fn lines() {
        let line = |format| {
            let mut out = vec![];
            ACCESS.line(&mut out, &mut Clock::default(), format);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            line(Format::Text { colour: false }),
            "127.0.0.1 - - [01/Jan/1970:00:00:00 +0000] \"GET /a\\\"b\\\\\\n?x=\u{fffd} HTTP/1.1\" 404 12 \"-\" \"curl/8\" 1.034ms r1\n"
        );
        assert!(line(Format::Text { colour: true }).contains(" \x1b[33m404\x1b[0m "));
        let got: serde_json::Value = serde_json::from_str(&line(Format::Json)).unwrap();
        assert_eq!(
            got,
            json!({"time": "1970-01-01T00:00:00.000000Z", "level": "info", "channel": "access", "peer": "127.0.0.1",
                "method": "GET", "target": "/a\"b\\\n?x=\u{fffd}", "protocol": "HTTP/1.1", "status": 404, "bytes": 12,
                "duration_ms": 1.034, "user_agent": "curl/8", "request_id": "r1", "worker": 0})
        );
    }

    #[test]
    fn steady_state_needs_no_room() {
        let mut out = Vec::with_capacity(1024);
        let (at, capacity) = (out.as_ptr(), out.capacity());
        let mut clock = Clock::default();
        for format in [Format::Json, Format::Text { colour: true }] {
            out.clear();
            ACCESS.line(&mut out, &mut clock, format);
        }
        assert_eq!((out.as_ptr(), out.capacity()), (at, capacity));
    }
}
