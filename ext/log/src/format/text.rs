//! Lines for people. What could move a terminal's cursor is escaped; further lines of a message
//! are indented, so that none can pass for a record.

use super::{cut, inline, int, placeholder};
use crate::clock::Clock;
use crate::{Record, Value};

pub(super) fn record(out: &mut Vec<u8>, clock: &mut Clock, record: &Record<'_>, colour: bool) {
    let paint = |out: &mut Vec<u8>, code: &str| {
        if colour {
            out.extend_from_slice(b"\x1b[");
            out.extend_from_slice(code.as_bytes());
            out.push(b'm');
        }
    };
    paint(out, "2");
    clock.text(out, record.time);
    paint(out, "0");
    out.push(b' ');
    paint(out, record.level.colour());
    out.extend_from_slice(record.level.column().as_bytes());
    paint(out, "0");
    out.extend_from_slice(b" [");
    safe(out, record.channel.as_bytes(), b"\\n");
    out.extend_from_slice(b"] ");
    placeholder::each(record.message, record.context, &mut |piece| {
        safe(out, piece, b"\n    ")
    });
    paint(out, "2");
    let mut scratch = vec![];
    for (name, value) in record.context {
        out.push(b' ');
        safe(out, name, b"\\n");
        out.push(b'=');
        match value {
            Value::Str(s) if is_plain(s) => safe(out, s, b"\\n"),
            Value::Str(s) => super::json_string(out, s),
            other => {
                scratch.clear();
                inline(other, &mut scratch);
                safe(out, &scratch, b"\\n");
            }
        }
    }
    if let Some(id) = record.request_id {
        out.extend_from_slice(b" request=");
        safe(out, id.as_bytes(), b"\\n");
    }
    if let Some(n) = record.worker {
        out.extend_from_slice(b" worker=");
        int(out, n);
    }
    if let Some(n) = record.coroutine {
        out.extend_from_slice(b" coroutine=");
        int(out, n);
    }
    paint(out, "0");
    out.push(b'\n');
}

/// Needs no quotes.
fn is_plain(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|b| b.is_ascii_graphic() && !b"\"=".contains(b))
}

/// Text without control characters; `line` stands for a line feed.
pub(crate) fn safe(out: &mut Vec<u8>, bytes: &[u8], line: &[u8]) {
    let (bytes, is_cut) = cut(bytes);
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        let mut done = 0;
        for (at, c) in text
            .char_indices()
            .filter(|(_, c)| c.is_control() && *c != '\t')
        {
            out.extend_from_slice(&text.as_bytes()[done..at]);
            done = at + c.len_utf8();
            match c {
                '\n' => out.extend_from_slice(line),
                '\r' => out.extend_from_slice(b"\\r"),
                c => {
                    // Control characters end at U+009F.
                    let hex = b"0123456789abcdef";
                    let n = c as usize;
                    out.extend_from_slice(&[b'\\', b'x', hex[n >> 4 & 15], hex[n & 15]]);
                }
            }
        }
        out.extend_from_slice(&text.as_bytes()[done..]);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    if is_cut {
        out.extend_from_slice("…".as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn line(r: &Record<'_>, colour: bool) -> String {
        let mut out = vec![];
        record(&mut out, &mut Clock::default(), r, colour);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whole() {
        let r = Record {
            time: std::time::UNIX_EPOCH,
            message: b"saved {id}\nERROR \x1b[31m\r\x9b\xc2\x9b",
            context: &[
                (b"id", Value::Int(-5)),
                (b"a b", Value::from("x y")),
                (b"s", Value::from("plain")),
            ],
            request_id: Some("r-1"),
            worker: Some(2),
            coroutine: Some(9),
            ..Record::new(Level::Warning, "app")
        };
        assert_eq!(
            line(&r, false),
            "1970-01-01 00:00:00.000 WARNING [app] saved -5\n    ERROR \\x1b[31m\\r\u{fffd}\\x9b id=-5 a b=\"x y\" s=plain request=r-1 worker=2 coroutine=9\n"
        );
        let r = Record {
            time: std::time::UNIX_EPOCH,
            message: b"m",
            ..Record::new(Level::Error, "a")
        };
        assert_eq!(
            line(&r, true),
            "\x1b[2m1970-01-01 00:00:00.000\x1b[0m \x1b[31mERROR  \x1b[0m [a] m\x1b[2m\x1b[0m\n"
        );
    }
}
