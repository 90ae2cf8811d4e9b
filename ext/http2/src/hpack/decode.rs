//! Reading blocks of fields: RFC 7541, section 6.

use super::table::Table;
use super::{Field, Malformed, huffman, integer};

/// Bytes that a field counts for beside its texts: RFC 9113, section 6.5.2.
const OVERHEAD: usize = 32;
/// Room for texts that is kept from one block to the next.
const KEPT: usize = 256;

/// Reads the blocks of one connection, in their order.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    /// Bytes that the other side's table may have.
    allowed: usize,
    /// The texts of the field at hand.
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Decoder {
    /// For a side that was told this table size.
    #[must_use]
    pub fn new(table_size: usize) -> Self {
        Self {
            table: Table::new(table_size),
            allowed: table_size,
            name: Vec::new(),
            value: Vec::new(),
        }
    }

    /// The fields of a whole block: of at most so many bytes all together, unpacked.
    ///
    /// # Errors
    /// [`Malformed`]; after it the tables of both sides differ, and the connection is of no use.
    pub fn decode(&mut self, block: &[u8], limit: usize) -> Result<Vec<Field>, Malformed> {
        let mut fields: Vec<Field> = Vec::new();
        let mut size = 0;
        self.each(block, limit, |name, value| {
            size += name.len() + value.len() + OVERHEAD;
            if size <= limit {
                fields.push((name.to_vec(), value.to_vec()));
            }
        })?;
        if size > limit {
            return Err(Malformed::TooLarge);
        }
        Ok(fields)
    }

    /// Calls `f` with the fields of a whole block, in their order. One text of more than `limit` bytes is an error.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn each(
        &mut self,
        block: &[u8],
        limit: usize,
        mut f: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Malformed> {
        let mut input = block;
        let mut begun = false;
        while let Some(first) = input.first().copied() {
            if first & 0x80 != 0 {
                let index = integer::read(&mut input, 7)?;
                let (name, value) = self.table.get(index)?;
                f(name, value);
            } else if first & 0xe0 == 0x20 {
                let size = integer::read(&mut input, 5)?;
                if size > self.allowed || begun {
                    return Err(Malformed::TableSize);
                }
                self.table.set_limit(size);
                continue;
            } else {
                let added = first & 0x40 != 0;
                let index = integer::read(&mut input, if added { 6 } else { 4 })?;
                self.name.clear();
                match index {
                    0 => text(&mut input, limit, &mut self.name)?,
                    index => self.name.extend_from_slice(self.table.get(index)?.0),
                }
                self.value.clear();
                text(&mut input, limit, &mut self.value)?;
                if added {
                    self.table.add(&self.name, &self.value);
                }
                f(&self.name, &self.value);
            }
            begun = true;
        }
        if self.name.capacity() + self.value.capacity() > KEPT {
            (self.name, self.value) = (Vec::new(), Vec::new());
        }
        Ok(())
    }
}

fn text(input: &mut &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let coded = input.first().ok_or(Malformed::Truncated)? & 0x80 != 0;
    let length = integer::read(input, 7)?;
    let (bytes, rest) = input.split_at_checked(length).ok_or(Malformed::Truncated)?;
    *input = rest;
    if length > limit {
        return Err(Malformed::TooLarge);
    }
    if !coded {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    huffman::decode(bytes, out)
}
