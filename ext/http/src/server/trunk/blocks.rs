//! Heads of responses as blocks of fields. A head of the same bytes is encoded once.

use highper_http2::hpack;

/// Heads that are kept: those of one second, of different kinds.
const KEPT: usize = 8;
const LENGTH: &[u8] = b"Content-Length: ";

/// A head without its length.
struct Block {
    head: Vec<u8>,
    block: Vec<u8>,
    status: u16,
    is_chunked: bool,
}

/// The heads of late.
#[derive(Default)]
pub(super) struct Blocks {
    kept: Vec<Block>,
    next: usize,
}

/// What a head says.
pub(super) struct Found<'a> {
    pub(super) block: &'a [u8],
    pub(super) status: u16,
    pub(super) is_chunked: bool,
    /// The length of the body, and its field.
    pub(super) length: Option<(u64, Vec<u8>)>,
}

/// Lines of fields, without the empty one: names and values.
fn lines(mut head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\r', head)?;
        let (line, rest) = head.split_at(end);
        head = rest.get(2..)?;
        let colon = memchr::memchr(b':', line)?;
        Some((&line[..colon], line.get(colon + 2..)?))
    })
}

/// Fields that belong to one connection of HTTP/1.1.
fn is_of_connection(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [
        b"connection",
        b"keep-alive",
        b"transfer-encoding",
        b"upgrade",
        b"proxy-connection",
    ];
    NAMES.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Fields as a block.
pub(super) fn encode(fields: &[u8], block: &mut Vec<u8>) {
    for (name, value) in lines(fields) {
        encode_field(name, value, block);
    }
}

/// One field as a block, unless it is of one connection of HTTP/1.1, or can't be sent.
pub(super) fn encode_field(name: &[u8], value: &[u8], block: &mut Vec<u8>) {
    let token = |byte: &u8| byte.is_ascii_graphic() && *byte != b':';
    let whole = !name.is_empty() && name.iter().all(token);
    let text = !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    if whole && text && !is_of_connection(name) {
        hpack::alone(name, value, block);
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl Block {
    /// `head` begins with a line such as `HTTP/1.1 200 OK`.
    fn new(head: &[u8]) -> Self {
        let digits_of_status = head.get(9..12).unwrap_or(b"500");
        let status = digits(digits_of_status).unwrap_or(500) as u16;
        let mut block = Vec::with_capacity(128);
        hpack::alone(b":status", digits_of_status, &mut block);
        let fields = memchr::memchr(b'\n', head).map_or(&head[..0], |end| &head[end + 1..]);
        encode(fields, &mut block);
        let is_chunked =
            lines(fields).any(|(name, _)| name.eq_ignore_ascii_case(b"transfer-encoding"));
        Self {
            head: head.to_vec(),
            block,
            status,
            is_chunked,
        }
    }
}

impl Blocks {
    /// The head that ends with the last line's end in `head`, as the codec of HTTP/1.1 writes it.
    pub(super) fn find(&mut self, head: &[u8]) -> Found<'_> {
        // The length is the last line where there is one: it is apart, so that bodies of any length share a block.
        let lines = &head[..head.len().saturating_sub(2)];
        let start = memchr::memrchr(b'\n', &lines[..lines.len().saturating_sub(2)])
            .map_or(0, |end| end + 1);
        let (lines, length) = match lines[start..].strip_prefix(LENGTH) {
            Some(text) => {
                let text = &text[..text.len().saturating_sub(2)];
                let mut field = Vec::with_capacity(24);
                hpack::alone(b"content-length", text, &mut field);
                (&lines[..start], digits(text).map(|length| (length, field)))
            }
            None => (lines, None),
        };
        let at = match self.kept.iter().position(|block| block.head == lines) {
            Some(at) => at,
            None => {
                let block = Block::new(lines);
                if self.kept.len() < KEPT {
                    self.kept.push(block);
                    self.kept.len() - 1
                } else {
                    let at = self.next;
                    self.next = (at + 1) % KEPT;
                    self.kept[at] = block;
                    at
                }
            }
        };
        let found = &self.kept[at];
        Found {
            block: &found.block,
            status: found.status,
            is_chunked: found.is_chunked,
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_http2::hpack::Decoder;

    fn fields(block: &[u8]) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let all = Decoder::new(0).decode(block, 9999).unwrap();
        all.into_iter().map(|(n, v)| (text(n), text(v))).collect()
    }

    #[test]
    fn a_head_becomes_a_block_and_is_kept() {
        let mut blocks = Blocks::default();
        for length in ["3", "12345"] {
            let head = format!(
                "HTTP/1.1 200 OK\r\nX-Of-Mine: a: b\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\r\n"
            );
            let found = blocks.find(head.as_bytes());
            let (number, field) = found.length.unwrap();
            assert_eq!((found.status, found.is_chunked), (200, false));
            assert_eq!(number.to_string(), length);
            assert_eq!(
                fields(&[found.block, &field].concat()),
                [
                    (":status", "200"),
                    ("x-of-mine", "a: b"),
                    ("content-length", length)
                ]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
            );
        }
        assert_eq!(blocks.kept.len(), 1);
        let found = blocks.find(b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(found.is_chunked && found.status == 404 && found.length.is_none());
        assert_eq!(fields(found.block).len(), 1);
        let found = blocks.find(b"HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!((found.status, fields(found.block).len()), (100, 1));
        for n in 0..20 {
            let head = format!("HTTP/1.1 200 OK\r\nX: {n}\r\n\r\n");
            assert_eq!(
                fields(blocks.find(head.as_bytes()).block)[1].1,
                n.to_string()
            );
        }
        assert_eq!(blocks.kept.len(), KEPT);
    }
}
