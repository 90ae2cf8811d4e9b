use super::*;
use crate::seed::Seed;
use std::convert::Infallible;
use std::time::{Duration, Instant};

#[derive(Debug, Default, PartialEq, Eq)]
struct Collected {
    parts: Vec<(Part, Vec<u8>)>,
    open: bool,
}

impl Sink for Collected {
    type Error = Infallible;

    fn part(&mut self, part: Part) -> Result<(), Infallible> {
        assert!(!self.open);
        self.open = true;
        self.parts.push((part, Vec::new()));
        Ok(())
    }

    fn data(&mut self, data: &[u8]) -> Result<(), Infallible> {
        assert!(self.open && !data.is_empty());
        self.parts.last_mut().unwrap().1.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Infallible> {
        assert!(self.open);
        self.open = false;
        Ok(())
    }
}

fn run<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: Limits,
) -> Result<Collected, MultipartError> {
    let mut sink = Collected::default();
    let mut parser = Parser::new(&Boundary::new(b"-x-y").unwrap(), limits);
    for piece in pieces {
        parser.feed(piece, &mut sink).map_err(|error| match error {
            FeedError::Body(error) => error,
            FeedError::Sink(never) => match never {},
        })?;
    }
    parser.finish()?;
    assert!(!sink.open);
    Ok(sink)
}

fn whole(body: &[u8]) -> Result<Collected, MultipartError> {
    run([body], Limits::default())
}

fn part(head: &str, content: &str) -> String {
    format!("---x-y\r\n{head}\r\n\r\n{content}\r\n")
}

const FIELD: &str = "Content-Disposition: form-data; name=\"a\"";

fn sample() -> Vec<u8> {
    let mut body = String::from("preamble\r\n---x\r\n--\r\n");
    body += &part(FIELD, "plain");
    body += &part(
        "content-disposition: form-data; name=f[]; filename=\"C:\\\\d\\x \\\"1\\\".txt\"; filename*=UTF-8''y\r\nContent-Type: text/plain; x=y\r\nX-Other: z",
        "\r\r\n\r\n-\r\n--\r\n---x-\r\n---x-Y\r\r\n\r",
    );
    body += &part(FIELD, "");
    body += &part(
        "Content-Disposition:form-data;name=\"\"; filename=\"\"",
        "\r\n",
    );
    body += "---x-y--\r\nepilogue\r\n---x-y\r\n";
    body.into_bytes()
}

#[test]
fn reads_parts() {
    let found = whole(&sample()).unwrap();
    let parts = found.parts;
    assert_eq!(parts.len(), 4);
    assert_eq!(parts[0].0.name, b"a");
    assert_eq!(parts[0].0.filename, None);
    assert_eq!(parts[0].1, b"plain");
    assert_eq!(parts[1].0.name, b"f[]");
    assert_eq!(
        parts[1].0.filename.as_deref(),
        Some(&b"C:\\d\\x \"1\".txt"[..])
    );
    assert_eq!(parts[1].0.content_type, b"text/plain; x=y");
    assert_eq!(parts[1].1, b"\r\r\n\r\n-\r\n--\r\n---x-\r\n---x-Y\r\r\n\r");
    assert_eq!(parts[2].1, b"");
    assert_eq!(parts[3].0.filename.as_deref(), Some(&b""[..]));
    assert_eq!(parts[3].1, b"\r\n");
}

#[test]
fn every_split_gives_the_same() {
    let body = sample();
    let expected = whole(&body).unwrap();
    for first in 0..=body.len() {
        for second in (first..=body.len()).step_by(1 + first % 3) {
            let pieces = [&body[..first], &body[first..second], &body[second..]];
            assert_eq!(
                run(pieces, Limits::default()).unwrap(),
                expected,
                "{first} {second}"
            );
        }
    }
    for size in 1..40 {
        assert_eq!(
            run(body.chunks(size), Limits::default()).unwrap(),
            expected,
            "{size}"
        );
    }
}

#[test]
fn random_bodies_with_random_splits() {
    let mut seed = Seed(0xb0d1);
    const TOKENS: &[&[u8]] = &[
        b"\r",
        b"\n",
        b"\r\n",
        b"-",
        b"--",
        b"---x-",
        b"\r\n---x-",
        b"\r\n--",
        b"x",
        b"-y",
        b"\0",
        b"text",
    ];
    for _ in 0..300 {
        let mut body = Vec::new();
        let mut contents = Vec::new();
        for number in 0..1 + seed.below(4) {
            let mut content = Vec::new();
            for _ in 0..seed.below(4000) {
                content.extend_from_slice(TOKENS[seed.below(TOKENS.len())]);
            }
            if memmem::find(&[b"\r\n", &content[..]].concat(), b"\r\n---x-y").is_some() {
                content = b"replaced".to_vec();
            }
            body.extend_from_slice(
                format!("---x-y\r\nContent-Disposition: form-data; name={number}\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
            contents.push(content);
        }
        body.extend_from_slice(b"---x-y--");
        let mut pieces = Vec::new();
        let mut rest = &body[..];
        let longest = 1 + seed.below(3000);
        while !rest.is_empty() {
            let (piece, next) = rest.split_at(rest.len().min(1 + seed.below(longest)));
            pieces.push(piece);
            rest = next;
        }
        let found = run(pieces, Limits::default()).unwrap();
        let found: Vec<_> = found
            .parts
            .into_iter()
            .map(|(_, content)| content)
            .collect();
        assert_eq!(found, contents);
    }
}

#[test]
fn any_bytes_end_quickly_and_alike() {
    let mut seed = Seed(99);
    let body = sample();
    let start = Instant::now();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..100_000 {
        let mut bytes = body.clone();
        for _ in 0..1 + seed.below(3) {
            let at = seed.below(bytes.len());
            match seed.below(3) {
                0 => bytes[at] = seed.next() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\r\n-xy:;\"="[seed.below(9)]),
            }
        }
        let at = seed.below(bytes.len());
        let once = whole(&bytes);
        let twice = run([&bytes[..at], &bytes[at..]], Limits::default());
        assert_eq!(once, twice);
        if once.is_ok() { good += 1 } else { bad += 1 }
    }
    assert!(good > 1000 && bad > 1000, "{good} {bad}");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn refuses_malformed_bodies() {
    let end = "---x-y--";
    let cases: &[(String, MultipartError)] = &[
        (String::new(), MultipartError::Incomplete),
        (part(FIELD, "x"), MultipartError::Incomplete),
        (
            format!("{}---x-y-", part(FIELD, "x")),
            MultipartError::Incomplete,
        ),
        (
            format!("{}---x-yz", part(FIELD, "x")),
            MultipartError::BadDelimiter,
        ),
        (
            format!("{}---x-y-z", part(FIELD, "x")),
            MultipartError::BadDelimiter,
        ),
        (
            format!("---x-y\n{FIELD}\r\n\r\nx\r\n{end}"),
            MultipartError::BadDelimiter,
        ),
        (format!("---x-y \rX{end}"), MultipartError::BadDelimiter),
        (part("X: y", "x") + end, MultipartError::BadDisposition),
        (part("", "x") + end, MultipartError::BadDisposition),
        (
            part("Content-Disposition: attachment; name=a", "x") + end,
            MultipartError::BadDisposition,
        ),
        (
            part("Content-Disposition: form-data", "x") + end,
            MultipartError::BadDisposition,
        ),
        (
            part("Content-Disposition: form-data; name=a; NAME=b", "x") + end,
            MultipartError::BadDisposition,
        ),
        (
            part(&format!("{FIELD}\r\n{FIELD}"), "x") + end,
            MultipartError::BadDisposition,
        ),
        (
            part(&format!("{FIELD}\r\n folded"), "x") + end,
            MultipartError::BadHeader,
        ),
        (
            part(&format!("{FIELD}\nX: y"), "x") + end,
            MultipartError::BadHeader,
        ),
        (
            part(&format!("{FIELD}\r\nX : y"), "x") + end,
            MultipartError::BadHeader,
        ),
        (
            part(&format!("{FIELD}\r\nX: \0"), "x") + end,
            MultipartError::BadHeader,
        ),
        (
            part(&format!("{FIELD}\r\n: y"), "x") + end,
            MultipartError::BadHeader,
        ),
        (
            part(&format!("{FIELD}\r\nnothing"), "x") + end,
            MultipartError::BadHeader,
        ),
    ];
    for (body, error) in cases {
        assert_eq!(whole(body.as_bytes()), Err(*error), "{body:?}");
        assert_eq!(error.status(), 400);
    }
}

#[test]
fn padding_after_delimiters_is_allowed() {
    let body = format!("---x-y \t\r\n{FIELD}\r\n\r\nx\r\n---x-y--\r\n");
    assert_eq!(whole(body.as_bytes()).unwrap().parts[0].1, b"x");
    assert_eq!(whole(b"---x-y--").unwrap().parts.len(), 0);
}

#[test]
fn limits_hold() {
    let body = part(FIELD, "x").repeat(3) + "---x-y--";
    let with = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        run(body.as_bytes().chunks(7), limits)
    };
    assert!(with(|limits| limits.parts = 3).is_ok());
    assert_eq!(
        with(|limits| limits.parts = 2),
        Err(MultipartError::TooManyParts(2))
    );
    assert!(with(|limits| limits.header_bytes = 44).is_ok());
    assert_eq!(
        with(|limits| limits.header_bytes = 43),
        Err(MultipartError::HeadersTooLarge(43))
    );
    assert_eq!(
        with(|limits| limits.headers = 0),
        Err(MultipartError::HeadersTooLarge(0))
    );
    assert!(with(|limits| limits.total_bytes = 1000).is_ok());
    assert_eq!(
        with(|limits| limits.total_bytes = 100),
        Err(MultipartError::TooLarge(100))
    );
    let endless = [b"---x-y\r\n".to_vec(), vec![b'a'; 20_000]].concat();
    assert_eq!(whole(&endless), Err(MultipartError::HeadersTooLarge(8192)));
}

#[test]
fn an_error_stays() {
    let mut sink = Collected::default();
    let mut parser = Parser::new(&Boundary::new(b"-x-y").unwrap(), Limits::default());
    assert!(parser.feed(b"---x-yz", &mut sink).is_err());
    let again = parser.feed(b"---x-y\r\n", &mut sink);
    assert_eq!(again, Err(FeedError::Body(MultipartError::BadDelimiter)));
    assert_eq!(parser.finish(), Err(MultipartError::BadDelimiter));
}
