//! The quickest path: a head as most clients send it.
//!
//! It takes a head of plain lines (`Name: value`, one space, no tabs) and leaves everything else,
//! without a word, to [`crate::parse::head`], whose result it must equal.

use crate::head::{Field, Head, Span, Version};
use crate::parse::{self, Seen};
use crate::scan;
use crate::window::{BYTES, Window};
use crate::{Error, Limits, Method, target};

/// Bytes of the longest method taken here.
const METHOD_MAX: usize = 8;

#[inline(always)]
fn window(buf: &[u8], at: usize) -> Option<(&[u8; BYTES], Window)> {
    let chunk = buf.get(at..)?.first_chunk::<BYTES>()?;
    Some((chunk, Window::new(chunk, 0)))
}

/// Parses the head that begins at `buf[skip]` and ends before `cap`; bytes from `cap` on are looked
/// at, never used. None leaves it to the thorough path.
#[inline(never)]
pub(crate) fn head(
    buf: &[u8],
    skip: usize,
    cap: usize,
    head: &mut Head,
    limits: &Limits,
) -> Option<Result<usize, Error>> {
    let (first, line) = window(buf, skip)?;
    let get = u32::from_le_bytes([first[0], first[1], first[2], first[3]])
        == u32::from_le_bytes(*b"GET ");
    let space = match get {
        true => 3,
        false => line.equal(b' ').trailing_zeros() as usize,
    };
    let is_name = || line.no_name().trailing_zeros() as usize == space;
    if !get && (space == 0 || space > METHOD_MAX || !is_name()) {
        return None;
    }
    let start = skip + space + 1;
    let found = scan::target_within(buf, start)?;
    let mut at = found.end + 11;
    let version = buf.get(found.end..)?.first_chunk::<11>()?;
    let [name @ .., minor, b'\r', b'\n'] = version else {
        return None;
    };
    let plain = u64::from_le_bytes(*name) == u64::from_le_bytes(*b" HTTP/1.");
    if !plain
        || !(b'0'..=b'1').contains(minor)
        || !found.ascii
        || found.end == start
        || found.end - start > limits.target_bytes
    {
        return None;
    }
    head.version = match minor {
        b'1' => Version::Http11,
        _ => Version::Http10,
    };
    head.method = match get {
        true => Method::Get,
        false => Method::of(&first[..space]),
    };
    head.method_name = Span {
        start: skip as u16,
        end: (start - 1) as u16,
    };
    head.target = Span {
        start: start as u16,
        end: found.end as u16,
    };
    head.forget_fields();
    let mut rule = match get && buf[start] == b'/' {
        true => target::origin(head, &found),
        false => target::split(buf, head, &found, limits),
    };
    let mut seen = Seen::default();
    let most = limits.field_cap();
    loop {
        let (chunk, line) = window(buf, at)?;
        if chunk[0] == b'\r' {
            if chunk[1] != b'\n' {
                return None;
            }
            at += 2;
            break;
        }
        let colon = match line.no_name() {
            0 => at + BYTES + long_name(buf, at + BYTES)?,
            other => at + other.trailing_zeros() as usize,
        };
        let value = colon + 2;
        let [b':', b' ', visible] = *buf.get(colon..)?.first_chunk::<3>()? else {
            return None;
        };
        if visible <= b' ' || colon == at {
            return None;
        }
        let end = scan::control_within(buf, value)?;
        let [last, b'\r', b'\n'] = *buf.get(end - 1..)?.first_chunk::<3>()? else {
            return None;
        };
        let index = head.fields.len();
        if last == b' ' || end + 2 > cap || index >= most {
            return None;
        }
        let field = Field {
            name: Span {
                start: at as u16,
                end: colon as u16,
            },
            value: Span {
                start: value as u16,
                end: end as u16,
            },
        };
        head.fields.push(field);
        if parse::may_matter(colon - at, chunk[0]) && rule.is_ok() {
            rule = note(head, &mut seen, index as u16, buf, field);
        }
        at = end + 2;
    }
    if at > cap {
        return None;
    }
    head.len = at as u16;
    // Not before now: a malformed line goes before anything that lines say.
    Some(
        rule.and_then(|()| parse::decide(head, &seen, limits))
            .map(|()| at),
    )
}

/// Out of line: few fields matter, and what is at hand for going through them stays there.
#[inline(never)]
fn note(
    head: &mut Head,
    seen: &mut Seen,
    index: u16,
    buf: &[u8],
    field: Field,
) -> Result<(), Error> {
    parse::note(head, seen, index, buf, field)
}

/// How far a name goes on behind its first window.
#[cold]
fn long_name(buf: &[u8], at: usize) -> Option<usize> {
    let (_, line) = window(buf, at)?;
    match line.no_name() {
        0 => None,
        other => Some(other.trailing_zeros() as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) {
        let limits = Limits::default();
        let mut padded = text.as_bytes().to_vec();
        padded.extend_from_slice(b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n");
        let (mut a, mut b) = (Head::new(), Head::new());
        let quick = head(&padded, 0, text.len(), &mut a, &limits);
        let slow = parse::head(&padded, 0, text.len(), &mut b, &limits);
        match (quick, slow) {
            (None, _) => {}
            (Some(Ok(used)), Ok(want)) => {
                assert_eq!(used, want, "{text:?}");
                assert_eq!(format!("{a:?}"), format!("{b:?}"), "{text:?}");
            }
            (Some(Err(error)), Err(parse::Failure::Rule(want))) => {
                assert_eq!(error, want, "{text:?}");
            }
            (quick, slow) => panic!("{text:?}: {quick:?}, {slow:?}"),
        }
    }

    #[test]
    fn equals_the_thorough_path() {
        let lines = [
            "GET / HTTP/1.1\r\n",
            "GET /a?b=c#d HTTP/1.1\r\n",
            "POST /x HTTP/1.0\r\n",
            "OPTIONS * HTTP/1.1\r\n",
            "GET http://h/p?q HTTP/1.1\r\n",
            "PROPFIND /\u{e4} HTTP/1.1\r\n",
            "GET  / HTTP/1.1\r\n",
            "GET / HTTP/1.2\r\n",
            "GET /0123456789abcdef0123456789?x HTTP/1.1\r\n",
            "\u{e4}X / HTTP/1.1\r\n",
            "CONNECT h:1 HTTP/1.1\r\n",
        ];
        let fields = [
            "",
            "Host: a\r\n",
            "host:b\r\n",
            "Host: a b\r\n",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Connection: close, Upgrade\r\n",
            "X: \r\n",
            "Y:  z \r\n",
            "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
            "A-name-of-thirty-and-more-letters-here: x\r\n",
            "Cookie: a=b; c=d\r\n",
            " folded: x\r\n",
            "bad name: x\r\n",
            "Expect: 100-continue\r\n",
            "T: a\tb\r\n",
            "N: a\nb\r\n",
            "C: a\rb\r\n",
            "D: a\x7fb\r\n",
            "Accept-Encoding: gzip\r\n",
            "no colon\r\n",
            ": x\r\n",
        ];
        for line in lines {
            for one in fields {
                for two in fields {
                    let text = format!("{line}{one}{two}\r\n");
                    both(&text);
                    both(&text[..text.floor_char_boundary(text.len() - 2)]);
                    both(&text[..text.floor_char_boundary(text.len() / 2)]);
                }
            }
        }
    }

    #[test]
    fn takes_what_clients_send() {
        let text = "GET /notes?page=2 HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
            Upgrade-Insecure-Requests: 1\r\nCookie: a=b\r\n\r\n";
        let mut padded = text.as_bytes().to_vec();
        padded.extend_from_slice(&[0; BYTES]);
        let mut parsed = Head::new();
        let used = head(&padded, 0, text.len(), &mut parsed, &Limits::default());
        assert_eq!(used, Some(Ok(text.len())));
        assert_eq!(parsed.field_count(), 4);
    }
}
