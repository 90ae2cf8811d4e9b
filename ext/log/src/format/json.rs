//! JSON lines (RFC 8259). Invalid UTF-8 becomes U+FFFD.

use super::{DEEPEST, cut, float, int, placeholder, special};
use crate::clock::Clock;
use crate::{Record, Value};

pub(super) fn record(out: &mut Vec<u8>, clock: &mut Clock, record: &Record<'_>) {
    out.extend_from_slice(b"{\"time\":\"");
    clock.iso(out, record.time);
    out.extend_from_slice(b"\",\"level\":\"");
    out.extend_from_slice(record.level.name().as_bytes());
    out.extend_from_slice(b"\",\"channel\":");
    string(out, record.channel.as_bytes());
    out.extend_from_slice(b",\"message\":\"");
    placeholder::each(record.message, record.context, &mut |piece| {
        escaped(out, piece)
    });
    out.push(b'"');
    if let Some(id) = record.request_id {
        out.extend_from_slice(b",\"request_id\":");
        string(out, id.as_bytes());
    }
    if let Some(n) = record.worker {
        out.extend_from_slice(b",\"worker\":");
        int(out, n);
    }
    if let Some(n) = record.coroutine {
        out.extend_from_slice(b",\"coroutine\":");
        int(out, n);
    }
    if !record.context.is_empty() {
        out.extend_from_slice(b",\"context\":");
        value(out, &Value::Map(record.context), 0);
    }
    out.extend_from_slice(b"}\n");
}

pub(super) fn value(out: &mut Vec<u8>, v: &Value<'_>, depth: usize) {
    match v {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(n) => int(out, *n),
        Value::Uint(n) => int(out, *n),
        Value::Float(n) if n.is_finite() => float(out, *n),
        Value::Float(n) => string(out, special(*n)),
        Value::Str(s) => string(out, s),
        Value::List(_) | Value::Map(_) if depth == DEEPEST => {
            out.extend_from_slice("\"…\"".as_bytes())
        }
        Value::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                value(out, item, depth + 1);
            }
            out.push(b']');
        }
        Value::Map(pairs) => {
            out.push(b'{');
            for (i, (name, item)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(out, name);
                out.push(b':');
                value(out, item, depth + 1);
            }
            out.push(b'}');
        }
    }
}

/// A quoted string.
pub(crate) fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    escaped(out, bytes);
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let (bytes, is_cut) = cut(bytes);
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid().as_bytes();
        let mut done = 0;
        for (at, byte) in text.iter().enumerate() {
            let short = match byte {
                b'"' => b'"',
                b'\\' => b'\\',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                // DEL is allowed, but a terminal may act on it.
                0..=31 | 127 => 0,
                _ => continue,
            };
            out.extend_from_slice(&text[done..at]);
            done = at + 1;
            if short == 0 {
                let hex = b"0123456789abcdef";
                let (high, low) = (hex[usize::from(byte >> 4)], hex[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            } else {
                out.extend_from_slice(&[b'\\', short]);
            }
        }
        out.extend_from_slice(&text[done..]);
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
    use serde_json::json;

    fn line(record: &Record<'_>) -> serde_json::Value {
        let mut out = vec![];
        super::record(&mut out, &mut Clock::default(), record);
        assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
        assert_eq!(out.last(), Some(&b'\n'));
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn whole() {
        let inner = [
            Value::Int(i64::MIN),
            Value::Uint(u64::MAX),
            Value::Null,
            Value::Bool(true),
        ];
        let map: [(&[u8], Value<'_>); 1] = [(b"k\"", Value::from("v"))];
        let got = line(&Record {
            time: std::time::UNIX_EPOCH,
            message: b"a {id} {list} {f} {no} {id {",
            context: &[
                (b"id", Value::from("\"x\"")),
                (b"list", Value::List(&inner)),
                (b"map", Value::Map(&map)),
                (b"f", Value::Float(0.1)),
                (b"big", Value::Float(1e300)),
                (b"nan", Value::Float(f64::NAN)),
                (b"inf", Value::Float(f64::NEG_INFINITY)),
            ],
            request_id: Some("r"),
            worker: Some(3),
            coroutine: Some(u64::MAX),
            ..Record::new(Level::Error, "app")
        });
        let want = json!({
            "time": "1970-01-01T00:00:00.000000Z", "level": "error", "channel": "app",
            "message": "a \"x\" [-9223372036854775808,18446744073709551615,null,true] 0.1 {no} {id {",
            "request_id": "r", "worker": 3, "coroutine": u64::MAX,
            "context": {"id": "\"x\"", "list": [i64::MIN, u64::MAX, null, true], "map": {"k\"": "v"},
                "f": 0.1, "big": 1e300, "nan": "NaN", "inf": "-INF"},
        });
        assert_eq!(got, want);
    }

    #[test]
    fn any_bytes_are_valid_json() {
        let all: Vec<u8> = (0..=255).collect();
        let got = line(&Record {
            message: &all,
            ..Record::new(Level::Info, "é\u{2028}")
        });
        let text = got["message"].as_str().unwrap();
        assert_eq!(&text[..128], String::from_utf8_lossy(&all[..128]));
        assert_eq!(text.chars().filter(|c| *c == '\u{fffd}').count(), 128);
        let long = "é".repeat(LONG);
        let got = line(&Record {
            message: long.as_bytes(),
            ..Record::new(Level::Info, "c")
        });
        let text = got["message"].as_str().unwrap();
        assert!(
            text.ends_with("é…") && text.len() < LONG + 8,
            "{}",
            text.len()
        );
    }

    const LONG: usize = super::super::LONGEST;

    #[test]
    fn deep_values_are_cut() {
        fn nest(depth: usize, then: &mut dyn FnMut(Value<'_>), inner: Value<'_>) {
            match depth {
                0 => then(inner),
                _ => nest(depth - 1, then, Value::List(&[inner])),
            }
        }
        let mut seen = String::new();
        nest(
            100,
            &mut |v| {
                let mut out = vec![];
                value(&mut out, &v, 0);
                seen = String::from_utf8(out).unwrap();
            },
            Value::Null,
        );
        assert_eq!(
            seen,
            format!("{}\"…\"{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST))
        );
    }
}
