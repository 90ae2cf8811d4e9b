//! Arbitrary responses: what the encoder takes, a client's parser reads back
//! as it was meant, and nothing else is on the wire.
#![no_main]

use highper_http1::{After, Conn, Event, Head, Limits, Stamp};
use libfuzzer_sys::fuzz_target;

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    fn part(&mut self) -> &'a [u8] {
        let n = (self.byte() as usize % 24).min(self.0.len());
        let (part, rest) = self.0.split_at(n);
        self.0 = rest;
        part
    }
}

const REQUESTS: [&str; 5] = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
];
const NAMES: [&str; 8] = [
    "Content-Length", "Transfer-Encoding", "Connection", "Date", "Server", "X-A", "content-type",
    "Trailer",
];

fuzz_target!(|data: &[u8]| {
    let mut data = Bytes(data);
    let stamp = Stamp::new((data.byte() & 1 == 0).then_some("highper")).unwrap();
    let request = REQUESTS[data.byte() as usize % REQUESTS.len()];
    let (mut conn, mut head, mut out) = (Conn::new(), Head::new(), Vec::new());
    let step = conn.feed(request.as_bytes(), &mut head, &Limits::default());
    assert_eq!(step.event, Event::Head);

    let status = 200 + u16::from(data.byte()) + u16::from(data.byte());
    let reason = data.part();
    let Ok(mut response) = conn.respond_with(&mut out, &stamp, status, reason) else {
        assert!(out.is_empty());
        return;
    };
    let mut sent: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut declared = None;
    for _ in 0..data.byte() % 6 {
        let name = match data.byte() {
            n @ 0..128 => NAMES[n as usize % NAMES.len()].as_bytes(),
            _ => data.part(),
        };
        let value = data.part();
        if response.header(name, value).is_ok() {
            match name.to_ascii_lowercase().as_slice() {
                b"content-length" => {
                    declared = Some(std::str::from_utf8(value).unwrap().trim().parse::<u64>().unwrap());
                }
                b"transfer-encoding" | b"connection" => {}
                _ => sent.push((name.to_vec(), value.trim_ascii().to_vec())),
            }
        }
    }
    let mut body = Vec::new();
    let after = if data.byte() & 1 == 0 {
        body.extend_from_slice(data.part());
        response.full(&body).unwrap()
    } else {
        response.stream().unwrap();
        for _ in 0..data.byte() % 5 {
            let part = data.part();
            if conn.write(&mut out, part).is_ok() {
                body.extend_from_slice(part);
            }
        }
        let trailers: [(&[u8], &[u8]); 1] = [(b"X-Sum", data.part())];
        match conn.finish(&mut out, &trailers) {
            Ok(after) => after,
            Err(_) => conn.finish(&mut out, &[]).unwrap(),
        }
    };

    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(end) = parsed.parse(&out).unwrap() else {
        panic!("incomplete head: {}", out.escape_ascii());
    };
    assert_eq!(parsed.code, Some(status));
    let get = |name: &str| {
        let mut found = parsed.headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
        let first = found.next().map(|h| h.value);
        assert!(found.next().is_none() || !matches!(name, "content-length" | "transfer-encoding" | "connection"));
        first
    };
    for (name, value) in &sent {
        assert!(
            parsed.headers.iter().any(|h| h.name.as_bytes() == name && h.value.trim_ascii() == value),
            "lost {}", name.escape_ascii()
        );
    }
    let close = get("connection") == Some(b"close");
    let length = get("content-length").map(|v| std::str::from_utf8(v).unwrap().parse::<u64>().unwrap());
    let chunked = get("transfer-encoding").is_some();
    assert!(!(length.is_some() && chunked));
    assert!(!close || after != After::KeepAlive);
    let rest = &out[end..];
    if request.starts_with("HEAD") || matches!(status, 204 | 304) {
        assert!(rest.is_empty());
        assert!(!(status == 204 && length.is_some()));
    } else if chunked {
        assert!(request.contains("HTTP/1.1"));
        assert_eq!(unchunk(rest), body);
    } else {
        assert_eq!(rest, body);
        match length {
            // A body cut short ends with the connection.
            Some(n) if n != body.len() as u64 => assert!(after == After::Close && declared == Some(n)),
            Some(_) => {}
            None => assert!(close),
        }
    }
});

/// The client's side: httparse reads the sizes, trailers must be well-formed.
fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((at, size)) = httparse::parse_chunk_size(rest).unwrap() else {
            panic!("incomplete chunk");
        };
        rest = &rest[at..];
        if size == 0 {
            let mut fields = [httparse::EMPTY_HEADER; 4];
            let parsed = httparse::parse_headers(rest, &mut fields).unwrap();
            assert!(matches!(parsed, httparse::Status::Complete((n, _)) if n == rest.len()));
            return body;
        }
        let (chunk, after) = rest.split_at(size as usize);
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").unwrap();
    }
}
