//! Writing blocks of fields: RFC 7541, section 6.

use super::table::Table;
use super::{fixed, huffman, integer};

/// Bytes that our table has at most, whatever the other side allows.
const TABLE_LIMIT: usize = 4096;
/// Fields whose values are secrets or never come again: they are kept out of the table.
const NOT_KEPT: [&[u8]; 6] = [
    b"authorization",
    b"proxy-authorization",
    b"cookie",
    b":path",
    b"content-length",
    b"if-modified-since",
];

/// Writes the blocks of one connection, in their order.
#[derive(Debug)]
pub struct Encoder {
    table: Table,
    /// A table size that has to be told.
    change: Option<usize>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            table: Table::new(TABLE_LIMIT),
            change: None,
        }
    }
}

impl Encoder {
    /// The other side allows a table of so many bytes.
    pub fn allow(&mut self, size: usize) {
        let size = size.min(TABLE_LIMIT);
        if size != self.table.limit() {
            self.table.set_limit(size);
            self.change = Some(size);
        }
    }

    /// Appends the block for fields.
    pub fn encode<'a>(
        &mut self,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        out: &mut Vec<u8>,
    ) {
        if let Some(size) = self.change.take() {
            integer::write(out, 0x20, 5, size);
        }
        for (name, value) in fields {
            let found = self.table.find(name, value);
            if let Some((index, true)) = found {
                integer::write(out, 0x80, 7, index);
                continue;
            }
            let secret = matches!(name, b"authorization" | b"proxy-authorization" | b"cookie");
            let kept = !NOT_KEPT.contains(&name);
            let (pattern, bits) = match (kept, secret) {
                (true, _) => (0x40, 6),
                (false, true) => (0x10, 4),
                (false, false) => (0, 4),
            };
            match found {
                Some((index, _)) => integer::write(out, pattern, bits, index),
                None => {
                    out.push(pattern);
                    text(name, out);
                }
            }
            text(value, out);
            if kept {
                self.table.add(name, value);
            }
        }
    }
}

fn text(text: &[u8], out: &mut Vec<u8>) {
    let coded = huffman::length(text);
    if coded < text.len() {
        integer::write(out, 0x80, 7, coded);
        huffman::encode(text, out);
    } else {
        integer::write(out, 0, 7, text.len());
        out.extend_from_slice(text);
    }
}

/// Appends a field by itself: by its number where the fixed table has it, else as a text that enters no table. So the
/// same bytes are good on every connection. Letters of the name become small.
pub fn alone(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let found = fixed::find(name, value);
    if let Some((index, true)) = found {
        integer::write(out, 0x80, 7, index);
        return;
    }
    // A cookie is never to be indexed, by gateways either.
    let pattern = match name.len() == 10 && name.eq_ignore_ascii_case(b"set-cookie") {
        true => 0x10,
        false => 0,
    };
    match found {
        Some((index, _)) => integer::write(out, pattern, 4, index),
        None => {
            out.push(pattern);
            text(&name.to_ascii_lowercase(), out);
        }
    }
    text(value, out);
}
