//! The quick path: a whole head in one pass.

use crate::class::{self, same, trim};
use crate::head::{Field, Framing, Head, NONE, Span, Version};
use crate::{Error, Limits, Method, lines, target};
use std::mem::MaybeUninit;

/// Why the quick path gave no head.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The line checks decide: incomplete, or malformed somewhere.
    Syntax,
    /// A well-formed head that must be refused.
    Rule(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

#[derive(Default)]
struct Seen {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    expect: bool,
}

/// Parses the head at `buf[skip..cap]` into `head`, with offsets from the
/// start of `buf`; returns the offset after the head.
pub(crate) fn head(
    buf: &[u8],
    skip: usize,
    cap: usize,
    head: &mut Head,
    limits: &Limits,
) -> Result<usize, Failure> {
    let mut room = [const { MaybeUninit::uninit() }; Limits::MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let text = &buf[skip..cap];
    let parsed = request.parse_with_uninit_headers(text, &mut room[..limits.field_cap()]);
    let Ok(httparse::Status::Complete(len)) = parsed else {
        return Err(Failure::Syntax);
    };
    let (Some(method), Some(path), Some(version)) = (request.method, request.path, request.version)
    else {
        return Err(Failure::Syntax);
    };
    let end = skip + len;
    let base = buf.as_ptr().addr();
    let at = |part: &[u8]| {
        let start = part.as_ptr().addr() - base;
        Span {
            start: start as u16,
            end: (start + part.len()) as u16,
        }
    };
    let method_name = at(method.as_bytes());
    // httparse takes a bare LF for a line end, and skips empty lines: each
    // line must begin right after a CRLF.
    if method_name.start as usize != skip
        || method.len() > lines::METHOD_MAX
        || path.len() > limits.target_bytes
        || !buf[..end].ends_with(b"\r\n\r\n")
    {
        return Err(Failure::Syntax);
    }
    head.len = end as u16;
    head.method_name = method_name;
    head.method = Method::of(method.as_bytes());
    head.version = if version == 0 {
        Version::Http10
    } else {
        Version::Http11
    };
    head.target = at(path.as_bytes());
    head.host = NONE;
    head.content_type = NONE;
    head.accept_encoding = NONE;
    head.cookie = NONE;
    head.cookies = 0;
    head.upgrade = NONE;
    head.fields.clear();
    head.fields.reserve(request.headers.len());
    let mut lines_end = true;
    let mut seen = Seen::default();
    let mut rule = target::split(buf, head, limits);
    for header in request.headers.iter() {
        let name = at(header.name.as_bytes());
        let before = name.start as usize;
        lines_end &= buf[before - 2..before] == *b"\r\n";
        let index = head.fields.len() as u16;
        head.fields.push(Field {
            name,
            value: at(header.value),
        });
        if rule.is_ok() {
            rule = note(head, &mut seen, index, header.name.as_bytes(), header.value);
        }
    }
    // A malformed line goes before anything that lines say.
    if !lines_end {
        return Err(Failure::Syntax);
    }
    rule?;
    decide(head, &seen, limits)?;
    Ok(end)
}

/// Takes notice of a field that the server itself acts on.
#[inline(always)]
fn note(
    head: &mut Head,
    seen: &mut Seen,
    index: u16,
    name: &[u8],
    value: &[u8],
) -> Result<(), Error> {
    match name.len() {
        4 if same(name, b"host") => {
            if head.host != NONE {
                return Err(Error::DuplicateHost);
            }
            if !class::is_host(value) {
                return Err(Error::InvalidHost);
            }
            head.host = index;
        }
        6 if same(name, b"cookie") => {
            if head.cookies == 0 {
                head.cookie = index;
            }
            head.cookies += 1;
        }
        6 if same(name, b"expect") => {
            if !value.eq_ignore_ascii_case(b"100-continue") {
                return Err(Error::Expectation);
            }
            seen.expect = true;
        }
        7 if same(name, b"upgrade") && head.upgrade == NONE => head.upgrade = index,
        10 if same(name, b"connection") => connection(seen, value),
        12 if same(name, b"content-type") => head.content_type = index,
        14 if same(name, b"content-length") => {
            // RFC 9112 section 6.3 lets a server take equal ones for one. No
            // client sends them; two lengths are what smuggling looks like.
            if seen.length.is_some() {
                return Err(Error::DuplicateContentLength);
            }
            seen.length = Some(class::decimal(value).ok_or(Error::ContentLength)?);
        }
        15 if same(name, b"accept-encoding") && head.accept_encoding == NONE => {
            head.accept_encoding = index;
        }
        17 if same(name, b"transfer-encoding") => {
            if seen.chunked {
                return Err(Error::DuplicateTransferEncoding);
            }
            transfer_encoding(value)?;
            seen.chunked = true;
        }
        _ => {}
    }
    Ok(())
}

fn connection(seen: &mut Seen, value: &[u8]) {
    for option in value.split(|&b| b == b',') {
        let option = trim(option);
        match option.len() {
            5 if same(option, b"close") => seen.close = true,
            10 if same(option, b"keep-alive") => seen.keep_alive = true,
            7 if same(option, b"upgrade") => seen.upgrade = true,
            _ => {}
        }
    }
}

/// RFC 9112 section 6.1 and 6.3: only a single `chunked` is served.
fn transfer_encoding(value: &[u8]) -> Result<(), Error> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut chunked = 0;
    let mut last = false;
    for coding in value.split(|&b| b == b',') {
        let coding = trim(coding);
        if !class::is_token(coding) {
            return Err(Error::TransferEncoding);
        }
        last = coding.eq_ignore_ascii_case(b"chunked");
        chunked += usize::from(last);
    }
    match (chunked, last) {
        // Codings that RFC 9112 section 7.2 knows need chunked after them.
        (0, _)
            if ["gzip", "x-gzip", "deflate", "compress", "x-compress"]
                .iter()
                .any(|known| value.eq_ignore_ascii_case(known.as_bytes())) =>
        {
            Err(Error::TransferEncoding)
        }
        (0, _) | (1, true) => Err(Error::UnknownTransferEncoding),
        _ => Err(Error::TransferEncoding),
    }
}

/// What follows from all fields together.
#[inline]
fn decide(head: &mut Head, seen: &Seen, limits: &Limits) -> Result<(), Error> {
    let http11 = head.version == Version::Http11;
    if head.host == NONE && http11 {
        return Err(Error::MissingHost);
    }
    head.framing = match (seen.length, seen.chunked) {
        (None, false) => Framing::None,
        (Some(_), true) => return Err(Error::LengthAndEncoding),
        (None, true) if !http11 => return Err(Error::EncodingInHttp10),
        (None, true) => Framing::Chunked,
        (Some(n), false) if n > limits.body_bytes => return Err(Error::BodyTooLarge),
        (Some(n), false) => Framing::Length(n),
    };
    head.keep_alive = !seen.close && (http11 || seen.keep_alive);
    head.expect_continue = seen.expect && http11 && head.has_body();
    head.upgrade_wanted = seen.upgrade && http11 && head.upgrade != NONE;
    Ok(())
}
