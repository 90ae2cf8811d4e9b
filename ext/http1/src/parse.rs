//! The quick path: a whole head in one pass.

use crate::class::{self, same, trim};
use crate::head::{Field, Framing, Head, NONE, Span, Version};
use crate::{Error, Limits, Method, lines, scan, target};

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
pub(crate) struct Seen {
    /// Was there a field that [`decide`] has to look at?
    decides: bool,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    expect: bool,
}

/// Parses the head at `buf[skip..cap]` into `head`, with offsets from the
/// start of `buf`; returns the offset after the head.
///
/// Whatever is not exactly a whole head in its plainest form is left to the
/// line checks, which say what it is.
pub(crate) fn head(
    buf: &[u8],
    skip: usize,
    cap: usize,
    head: &mut Head,
    limits: &Limits,
) -> Result<usize, Failure> {
    let text = &buf[..cap];
    let (mut at, found) = request_line(text, skip, head, limits).ok_or(Failure::Syntax)?;
    let mut rule = target::split(buf, head, &found, limits);
    let mut seen = Seen::default();
    loop {
        if let Some(b"\r\n") = text.get(at..at + 2) {
            at += 2;
            break;
        }
        let index = head.fields.len();
        let (field, next) = scan::field(text, at).ok_or(Failure::Syntax)?;
        if index >= limits.field_cap() {
            return Err(Failure::Syntax);
        }
        at = next;
        head.fields.push(field);
        if rule.is_ok() {
            rule = note(head, &mut seen, index as u16, text, field);
        }
    }
    head.len = at as u16;
    // Not before now: a malformed line goes before anything that lines say.
    rule?;
    decide(head, &seen, limits)?;
    Ok(at)
}

/// Parses the request line and clears what the fields will fill; returns where
/// the fields begin, and the target.
#[inline(always)]
fn request_line(
    text: &[u8],
    skip: usize,
    head: &mut Head,
    limits: &Limits,
) -> Option<(usize, scan::Target)> {
    let first = text.get(skip..)?.first_chunk::<4>()?;
    let get = u32::from_le_bytes(*first) == u32::from_le_bytes(*b"GET ");
    let method = if get {
        skip + 3
    } else {
        scan::token(text, skip)?
    };
    let target = method + 1;
    let found = scan::target(text, target);
    let end = found.end;
    let at = end + 11;
    // Compared as words.
    let version: &[u8; 11] = text.get(end..at)?.first_chunk()?;
    let [name @ .., minor, b'\r', b'\n'] = version else {
        return None;
    };
    head.version = match (
        u64::from_le_bytes(*name) == u64::from_le_bytes(*b" HTTP/1."),
        minor,
    ) {
        (true, b'1') => Version::Http11,
        (true, b'0') => Version::Http10,
        _ => return None,
    };
    let name = &text[skip..method];
    if text[method] != b' '
        || name.is_empty()
        || name.len() > lines::METHOD_MAX
        || target == end
        || end - target > limits.target_bytes
    {
        return None;
    }
    if !found.ascii && std::str::from_utf8(&text[target..end]).is_err() {
        return None;
    }
    head.method = if get { Method::Get } else { Method::of(name) };
    head.method_name = Span {
        start: skip as u16,
        end: method as u16,
    };
    head.target = Span {
        start: target as u16,
        end: end as u16,
    };
    head.forget_fields();
    Some((at, found))
}

/// The lengths of the names that [`note`] knows.
const NOTED: u32 = 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 17;

/// May a field with a name of this length and this first byte be one that [`note`] knows? False is certain.
#[inline(always)]
pub(crate) fn may_matter(length: usize, first: u8) -> bool {
    length < 32
        && match first | 0x20 {
            b'h' => 1 << length & (1 << 4) != 0,
            b'c' => 1 << length & (1 << 6 | 1 << 10 | 1 << 12 | 1 << 14) != 0,
            b'e' => length == 6,
            b'u' => length == 7,
            b'a' => length == 15,
            b't' => length == 17,
            _ => false,
        }
}

/// Takes notice of a field that the server itself acts on.
#[inline(always)]
pub(crate) fn note(
    head: &mut Head,
    seen: &mut Seen,
    index: u16,
    text: &[u8],
    field: Field,
) -> Result<(), Error> {
    let name = field.name.of(text);
    // Few lengths matter.
    if name.len() >= 32 || 1 << name.len() & NOTED == 0 {
        return Ok(());
    }
    let value = field.value.of(text);
    match name.len() {
        4 if same(name, b"host") => {
            if head.host != NONE {
                return Err(Error::DuplicateHost);
            }
            let (start, end) = (field.value.start.into(), field.value.end.into());
            if !scan::is_plain_host(text, start, end) && !class::is_host(value) {
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
            seen.decides = true;
            seen.expect = true;
        }
        7 if same(name, b"upgrade") && head.upgrade == NONE => head.upgrade = index,
        10 if same(name, b"connection") => {
            seen.decides = true;
            connection(seen, value);
        }
        12 if same(name, b"content-type") => head.content_type = index,
        14 if same(name, b"content-length") => {
            // RFC 9112 section 6.3 lets a server take equal ones for one. No
            // client sends them; two lengths are what smuggling looks like.
            if seen.length.is_some() {
                return Err(Error::DuplicateContentLength);
            }
            seen.decides = true;
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
            seen.decides = true;
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

/// What follows from all fields together. Most heads have none that says anything.
#[inline(always)]
pub(crate) fn decide(head: &mut Head, seen: &Seen, limits: &Limits) -> Result<(), Error> {
    let http11 = head.version == Version::Http11;
    if head.host == NONE && http11 && limits.require_host {
        return Err(Error::MissingHost);
    }
    if !seen.decides {
        head.framing = Framing::None;
        head.keep_alive = http11;
        head.expect_continue = false;
        head.upgrade_wanted = false;
        return Ok(());
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
