//! Reading blocks of fields: RFC 7541, section 6.

use super::table::Table;
use super::{Field, Malformed, huffman, integer};

/// Bytes that a field counts for beside its texts: RFC 9113, section 6.5.2.
const OVERHEAD: usize = 32;

/// Reads the blocks of one connection, in their order.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    /// Bytes that the other side's table may have.
    allowed: usize,
}

impl Decoder {
    /// For a side that was told this table size.
    #[must_use]
    pub fn new(table_size: usize) -> Self {
        Self {
            table: Table::new(table_size),
            allowed: table_size,
        }
    }

    /// The fields of a whole block: of at most so many bytes all together, unpacked.
    ///
    /// # Errors
    /// [`Malformed`]; after it the tables of both sides differ, and the connection is of no use.
    pub fn decode(&mut self, block: &[u8], limit: usize) -> Result<Vec<Field>, Malformed> {
        let mut input = block;
        let mut fields: Vec<Field> = Vec::new();
        let mut size = 0;
        while let Some(first) = input.first().copied() {
            let (name, value) = if first & 0x80 != 0 {
                let index = integer::read(&mut input, 7)?;
                let (name, value) = self.table.get(index)?;
                (name.to_vec(), value.to_vec())
            } else if first & 0xe0 == 0x20 {
                let size = integer::read(&mut input, 5)?;
                if size > self.allowed || !fields.is_empty() {
                    return Err(Malformed::TableSize);
                }
                self.table.set_limit(size);
                continue;
            } else {
                let added = first & 0x40 != 0;
                let index = integer::read(&mut input, if added { 6 } else { 4 })?;
                let name = match index {
                    0 => text(&mut input, limit)?,
                    index => self.table.get(index)?.0.to_vec(),
                };
                let value = text(&mut input, limit)?;
                if added {
                    self.table.add(&name, &value);
                }
                (name, value)
            };
            size += name.len() + value.len() + OVERHEAD;
            if size > limit {
                return Err(Malformed::TooLarge);
            }
            fields.push((name, value));
        }
        Ok(fields)
    }
}

fn text(input: &mut &[u8], limit: usize) -> Result<Vec<u8>, Malformed> {
    let coded = input.first().ok_or(Malformed::Truncated)? & 0x80 != 0;
    let length = integer::read(input, 7)?;
    let (bytes, rest) = input.split_at_checked(length).ok_or(Malformed::Truncated)?;
    *input = rest;
    if length > limit {
        return Err(Malformed::TooLarge);
    }
    if !coded {
        return Ok(bytes.to_vec());
    }
    // The shortest code has five bits.
    let mut text = Vec::with_capacity(length * 8 / 5);
    huffman::decode(bytes, &mut text)?;
    Ok(text)
}
