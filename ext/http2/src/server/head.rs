//! Fields of a request, written as the head of one of HTTP/1.1: RFC 9113, section 8.2 and 8.3.

/// A request's head on its way to text.
#[derive(Debug, Default)]
pub(super) struct Head {
    method: Vec<u8>,
    path: Vec<u8>,
    authority: Vec<u8>,
    cookies: Vec<u8>,
    fields: Vec<u8>,
    has_scheme: bool,
    has_authority: bool,
    /// A field that is no pseudo-header field came.
    is_behind: bool,
    size: usize,
    malformed: bool,
    pub(super) length: Option<u64>,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It can be read.
    Good,
    /// It is no request.
    Malformed,
    /// Its fields are more than was allowed.
    TooLarge,
}

/// Bytes that a field counts for beside its texts.
const OVERHEAD: usize = 32;

fn is_token(name: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase() && *b != b':')
}

fn is_value(value: &[u8]) -> bool {
    let inside = |b: &u8| !matches!(b, b'\r' | b'\n' | 0);
    let blank = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
    value.iter().all(inside) && !blank(value.first()) && !blank(value.last())
}

fn is_visible(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| *b > b' ' && *b != 0x7f)
}

/// Fields that belong to one connection of HTTP/1.1: RFC 9113, section 8.2.2.
fn is_of_connection(name: &[u8], value: &[u8]) -> bool {
    match name.len() {
        2 => name == b"te" && !value.eq_ignore_ascii_case(b"trailers"),
        7 => name == b"upgrade",
        10 => name == b"connection" || name == b"keep-alive",
        16 => name == b"proxy-connection",
        17 => name == b"transfer-encoding",
        _ => false,
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.len() < 19 && text.iter().all(u8::is_ascii_digit);
    let value = || text.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'));
    digits.then(value)
}

impl Head {
    pub(super) fn clear(&mut self) {
        for part in [
            &mut self.method,
            &mut self.path,
            &mut self.authority,
            &mut self.cookies,
            &mut self.fields,
        ] {
            part.clear();
        }
        self.has_scheme = false;
        self.has_authority = false;
        self.is_behind = false;
        self.size = 0;
        self.malformed = false;
        self.length = None;
    }

    /// The next field. Beyond `limit` bytes fields are only counted.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8], limit: usize) {
        self.size = self
            .size
            .saturating_add(name.len() + value.len() + OVERHEAD);
        if self.size > limit {
            return;
        }
        if let Some(b':') = name.first() {
            return self.pseudo(name, value);
        }
        self.is_behind = true;
        if !is_token(name) || !is_value(value) || is_of_connection(name, value) {
            self.malformed = true;
            return;
        }
        match name.len() {
            4 if name == b"host" => {
                // :authority goes before it.
                if !self.has_authority {
                    if !self.authority.is_empty() {
                        self.malformed = true;
                    }
                    self.authority.extend_from_slice(value);
                }
            }
            6 if name == b"cookie" => {
                // A client may send its cookies one by one: RFC 9113, section 8.2.3.
                if !self.cookies.is_empty() {
                    self.cookies.extend_from_slice(b"; ");
                }
                self.cookies.extend_from_slice(value);
            }
            14 if name == b"content-length" => {
                let length = decimal(value);
                if length.is_none() || self.length.is_some_and(|other| Some(other) != length) {
                    self.malformed = true;
                } else if self.length.is_none() {
                    self.length = length;
                    self.put(name, value);
                }
            }
            _ => self.put(name, value),
        }
    }

    fn put(&mut self, name: &[u8], value: &[u8]) {
        self.fields.reserve(name.len() + value.len() + 4);
        self.fields.extend_from_slice(name);
        self.fields.extend_from_slice(b": ");
        self.fields.extend_from_slice(value);
        self.fields.extend_from_slice(b"\r\n");
    }

    fn pseudo(&mut self, name: &[u8], value: &[u8]) {
        let good = match name {
            b":method" => {
                let first = self.method.is_empty();
                self.method.extend_from_slice(value);
                first && is_visible(value)
            }
            b":path" => {
                let first = self.path.is_empty();
                self.path.extend_from_slice(value);
                first && is_visible(value)
            }
            b":scheme" => !std::mem::replace(&mut self.has_scheme, true) && !value.is_empty(),
            b":authority" => {
                let first = !std::mem::replace(&mut self.has_authority, true);
                self.authority.extend_from_slice(value);
                first && (value.is_empty() || is_visible(value))
            }
            _ => false,
        };
        self.malformed |= self.is_behind || !good;
    }

    /// Appends the text, with blanks behind it into which a parser may look. Returns the length of the text, and
    /// whether it is one.
    pub(super) fn finish(&self, limit: usize, out: &mut Vec<u8>) -> (usize, Verdict) {
        if self.size > limit {
            return (0, Verdict::TooLarge);
        }
        let is_connect = self.method == b"CONNECT";
        let whole = match is_connect {
            true => !self.has_scheme && self.path.is_empty() && self.has_authority,
            false => {
                let path = self.path.first() == Some(&b'/')
                    || self.path == b"*" && self.method == b"OPTIONS";
                self.has_scheme && path
            }
        };
        if self.malformed || !whole || self.method.is_empty() {
            return (0, Verdict::Malformed);
        }
        let target = match is_connect {
            true => &self.authority,
            false => &self.path,
        };
        let start = out.len();
        out.reserve(
            self.method.len()
                + target.len()
                + self.authority.len()
                + self.fields.len()
                + self.cookies.len()
                + 96,
        );
        out.extend_from_slice(&self.method);
        out.push(b' ');
        out.extend_from_slice(target);
        out.extend_from_slice(b" HTTP/1.1\r\nhost: ");
        out.extend_from_slice(&self.authority);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.fields);
        if !self.cookies.is_empty() {
            out.extend_from_slice(b"cookie: ");
            out.extend_from_slice(&self.cookies);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        let length = out.len() - start;
        out.extend_from_slice(&[b' '; 32]);
        (length, Verdict::Good)
    }

    /// Are these fields that may follow a body?
    pub(super) fn are_trailers(&self) -> bool {
        let pseudo = self.has_scheme || self.has_authority;
        !self.malformed && !pseudo && self.method.is_empty() && self.path.is_empty()
    }
}
