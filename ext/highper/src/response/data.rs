//! What a response consists of.

use super::stream::Stream;
use highper_filter::Reply;
use highper_zend::Str;
use std::fs::File;
use std::rc::Rc;

/// The body.
#[derive(Clone, Default)]
pub(crate) enum Body {
    /// None.
    #[default]
    Empty,
    /// Made in Rust.
    Bytes(Rc<Vec<u8>>),
    /// A string of PHP's.
    Str(Str),
    /// An open file.
    File(Rc<File>),
    /// What is made while it is sent.
    Stream(Rc<Stream>),
}

impl Body {
    /// The bytes in memory.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Str(text) => text,
            Self::Empty | Self::File(..) | Self::Stream(_) => b"",
        }
    }
}

/// A Content-Type of ours.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Json,
    Html,
    Text,
}

impl Kind {
    /// The whole field.
    const fn line(self) -> &'static [u8] {
        match self {
            Self::Json => b"Content-Type: application/json\r\n",
            Self::Html => b"Content-Type: text/html; charset=utf-8\r\n",
            Self::Text => b"Content-Type: text/plain; charset=utf-8\r\n",
        }
    }
}

/// Where a field lies among the lines: its start, the end of its name, the start of the next.
#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    name_end: usize,
    end: usize,
}

/// A response.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) status: u16,
    pub(crate) body: Body,
    /// The fields as they go on the wire: `Name: value\r\n`, each checked before it was added.
    lines: Vec<u8>,
    marks: Vec<Mark>,
    /// Is there a field that the server has a say in (RFC 9112: framing, connection, date)?
    is_special: bool,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            status: 200,
            body: Body::Empty,
            lines: Vec::new(),
            marks: Vec::new(),
            is_special: false,
        }
    }
}

impl Data {
    /// With a Content-Type, where it has one.
    pub(crate) fn new(status: u16, kind: Option<Kind>, body: Body) -> Self {
        let mut data = Self::default();
        data.begin(status, kind, body);
        data
    }

    /// Makes an empty one what [`Data::new`] makes.
    pub(crate) fn begin(&mut self, status: u16, kind: Option<Kind>, body: Body) {
        self.status = status;
        self.body = body;
        if let Some(kind) = kind {
            let line = kind.line();
            let start = self.lines.len();
            self.lines.extend_from_slice(line);
            self.marks.push(Mark {
                start,
                name_end: start + b"Content-Type".len(),
                end: start + line.len(),
            });
        }
    }

    /// Of fields as they go on the wire.
    pub(crate) fn of_lines(status: u16, lines: &[u8], body: &[u8]) -> Self {
        let mut data = Self::new(status, None, Body::Bytes(Rc::new(body.to_vec())));
        for line in lines.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(at) = line.iter().position(|b| *b == b':') {
                data.add(&line[..at], line[at + 1..].trim_ascii());
            }
        }
        data
    }

    /// Empties it, but keeps its memory; gives the body.
    pub(crate) fn clear(&mut self) -> Body {
        self.status = 200;
        self.lines.clear();
        self.marks.clear();
        self.is_special = false;
        std::mem::take(&mut self.body)
    }

    /// Bytes that its fields take.
    pub(crate) fn weight(&self) -> usize {
        self.lines.capacity()
    }

    /// All fields as they go on the wire, unless the server has a say in one of them.
    pub(crate) fn lines(&self) -> Option<&[u8]> {
        (!self.is_special).then_some(&*self.lines)
    }

    /// Names and values, in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.marks.iter().map(|mark| {
            (
                &self.lines[mark.start..mark.name_end],
                &self.lines[mark.name_end + 2..mark.end - 2],
            )
        })
    }

    /// The values of one field, the name in any case.
    pub(crate) fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// One more field. Name and value have passed [`check_field`].
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(check_field(name, value).is_ok());
        self.is_special |= is_special(name);
        let start = self.lines.len();
        let name_end = start + name.len();
        self.lines.reserve(name.len() + value.len() + 4);
        self.lines.extend_from_slice(name);
        self.lines.extend_from_slice(b": ");
        self.lines.extend_from_slice(value);
        self.lines.extend_from_slice(b"\r\n");
        self.marks.push(Mark {
            start,
            name_end,
            end: self.lines.len(),
        });
    }

    /// In place of those of that name.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Without those of that name.
    pub(crate) fn remove(&mut self, name: &[u8]) {
        let mut at = 0;
        while let Some(&mark) = self.marks.get(at) {
            let is_it = mark.name_end - mark.start == name.len()
                && self.lines[mark.start..mark.name_end].eq_ignore_ascii_case(name);
            if !is_it {
                at += 1;
                continue;
            }
            let length = mark.end - mark.start;
            self.lines.drain(mark.start..mark.end);
            self.marks.remove(at);
            for later in &mut self.marks[at..] {
                later.start -= length;
                later.name_end -= length;
                later.end -= length;
            }
        }
    }
}

impl Reply for Data {
    fn status(&self) -> u16 {
        self.status
    }

    fn field(&self, name: &[u8]) -> Option<&[u8]> {
        let mut fields = self.fields();
        let found = fields.find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    fn lines(&self) -> Option<&[u8]> {
        Self::lines(self)
    }

    fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Empty | Body::Bytes(_) | Body::Str(_) => Some(self.body.bytes()),
            Body::File(..) | Body::Stream(_) => None,
        }
    }

    fn add(&mut self, name: &str, value: &[u8]) {
        Self::add(self, name.as_bytes(), value);
    }

    fn not_modified(&mut self) {
        self.status = 304;
        self.body = Body::Empty;
        self.remove(b"Content-Type");
    }
}

/// Fields that the codec reads before it sends them.
fn is_special(name: &[u8]) -> bool {
    let names: &[&[u8]] = match name.len() {
        4 => &[b"date"],
        6 => &[b"server"],
        10 => &[b"connection"],
        14 => &[b"content-length"],
        17 => &[b"transfer-encoding"],
        _ => return false,
    };
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

const TOKEN: u8 = 1;
const CONTROL: u8 = 2;
/// What a byte may be part of.
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let is_mark = matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        );
        if byte.is_ascii_alphanumeric() || is_mark {
            table[at] = TOKEN;
        } else if (byte < b' ' && byte != b'\t') || byte == 127 {
            table[at] = CONTROL;
        }
        at += 1;
    }
    table
}

/// Why a field can't be sent (RFC 9110, 5.1 and 5.5).
pub(crate) fn check_field(name: &[u8], value: &[u8]) -> Result<(), String> {
    check_name(name)?;
    check_value(name, value)
}

/// Why a name can't be sent (RFC 9110, 5.1).
pub(crate) fn check_name(name: &[u8]) -> Result<(), String> {
    let all = |seen: u8, byte: &u8| seen & CLASS[usize::from(*byte)];
    if all_words(name, is_letters) || (!name.is_empty() && name.iter().fold(TOKEN, all) == TOKEN) {
        return Ok(());
    }
    Err(format!(
        "must be a header name of letters, digits and '-', '{}' given",
        String::from_utf8_lossy(name).escape_debug()
    ))
}

/// Why a value can't be sent (RFC 9110, 5.5).
pub(crate) fn check_value(name: &[u8], value: &[u8]) -> Result<(), String> {
    let any = |seen: u8, byte: &u8| seen | CLASS[usize::from(*byte)];
    if all_words(value, is_printed) || value.iter().fold(0, any) & CONTROL == 0 {
        return Ok(());
    }
    let bad = value.iter().find(|b| CLASS[usize::from(**b)] == CONTROL);
    Err(format!(
        "must have no control characters, byte {} given in the value of {}",
        bad.unwrap_or(&0),
        String::from_utf8_lossy(name)
    ))
}

/// Does it hold for all words of at least eight bytes? The last one overlaps that before it.
fn all_words(bytes: &[u8], holds: impl Fn(u64) -> bool) -> bool {
    let word = |bytes: &[u8; 8]| holds(u64::from_le_bytes(*bytes));
    match bytes.last_chunk::<8>() {
        Some(last) => word(last) && bytes.as_chunks::<8>().0.iter().all(word),
        None => false,
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Eight letters and hyphens? (A name may have more than these.)
fn is_letters(word: u64) -> bool {
    let lower = (word | (0x20 * ONES)) & !HIGH;
    let from_a = lower + (0x80 - b'a' as u64) * ONES;
    let past_z = lower + (0x7f - b'z' as u64) * ONES;
    let hyphen = ((lower ^ (b'-' as u64 * ONES)) + 0x7f * ONES) ^ HIGH;
    // Carriage return is a hyphen without the bit of lower case.
    let is_raised = word << 2 | word << 1;
    word & HIGH == 0 && (from_a & !past_z | hyphen & is_raised) & HIGH == HIGH
}

/// Eight printed characters of ASCII? (A value may have more than these.)
fn is_printed(word: u64) -> bool {
    let delete = (word ^ (0x7f * ONES)).wrapping_sub(ONES);
    (word | word.wrapping_sub(b' ' as u64 * ONES) | delete) & HIGH == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &Data) -> String {
        let all = data.fields().map(|(n, v)| [n, b"=", v].concat());
        let all: Vec<String> = all.map(|f| String::from_utf8(f).unwrap()).collect();
        all.join(" ")
    }

    #[test]
    fn fields_are_set_added_and_removed() {
        let mut data = Data::new(200, Some(Kind::Json), Body::Empty);
        data.add(b"X-A", b"1");
        data.add(b"x-a", b"2");
        data.add(b"B", b"");
        assert_eq!(text(&data), "Content-Type=application/json X-A=1 x-a=2 B=");
        assert_eq!(data.values(b"X-a").collect::<Vec<_>>(), [b"1", b"2"]);
        data.set(b"X-A", b"3");
        assert_eq!(text(&data), "Content-Type=application/json B= X-A=3");
        data.remove(b"content-type");
        assert_eq!(data.lines().unwrap(), b"B: \r\nX-A: 3\r\n");
        data.add(b"CONNECTION", b"close");
        assert!(data.lines().is_none());
        data.clear();
        assert_eq!(data.lines().unwrap(), b"");
    }

    #[test]
    fn fields_are_checked() {
        assert!(check_field(b"X-Ok_1", b"any \xff\t text").is_ok());
        for (name, value) in [
            (&b""[..], &b""[..]),
            (b"A B", b""),
            (b"A:", b""),
            (b"\xc3", b""),
            (b"A", b"\n"),
            (b"A", b"\0"),
            (b"A", b"\x7f"),
        ] {
            assert!(check_field(name, value).is_err(), "{name:?} {value:?}");
        }
    }

    #[test]
    fn words_are_as_strict_as_bytes() {
        for byte in 0..=255_u8 {
            for at in 0..11 {
                let mut text = *b"Abc-defgh-Z";
                text[at] = byte;
                let is_name = CLASS[usize::from(byte)] == TOKEN;
                let is_value = CLASS[usize::from(byte)] != CONTROL;
                assert_eq!(check_name(&text).is_ok(), is_name, "{byte}");
                assert_eq!(check_value(b"x", &text).is_ok(), is_value, "{byte}");
            }
        }
    }
}
