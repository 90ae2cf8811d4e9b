//! Rows of PostgreSQL's protocol. Values travel as text: each type is exact then, also those of extensions.

use crate::value::Slot;
use crate::{Column, Error, Rows, Type};

/// Reads a message.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| Error::protocol("the server sent a message that ends too early"))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn int(&mut self, count: usize) -> Result<u32, Error> {
        let bytes = self.bytes(count)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    pub(super) fn text(&mut self) -> Result<&'a [u8], Error> {
        let end = memchr::memchr(0, self.0)
            .ok_or_else(|| Error::protocol("the server sent a text without an end"))?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Ok(text)
    }
}

/// How a column is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Bool,
    Int,
    Float,
    Bytes,
    Text,
}

/// `bytea`: the one type whose text is not what it says.
pub(super) const BYTEA: u32 = 17;
/// `bool`
pub(super) const BOOL: u32 = 16;

/// Reads the description of a result's columns.
pub(super) fn columns(message: &[u8]) -> Result<(Vec<Column>, Vec<Field>), Error> {
    let mut reader = Reader(message);
    let count = reader.int(2)? as usize;
    let (mut columns, mut fields) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let name = String::from_utf8_lossy(reader.text()?).into();
        reader.bytes(6)?;
        let kind = reader.int(4)?;
        reader.bytes(8)?;
        columns.push(Column {
            name,
            kind: match kind {
                1082 => Type::Date,
                1114 | 1184 => Type::DateTime,
                114 | 3802 => Type::Json,
                _ => Type::Plain,
            },
        });
        fields.push(match kind {
            BOOL => Field::Bool,
            20 | 21 | 23 | 26 => Field::Int,
            700 | 701 => Field::Float,
            BYTEA => Field::Bytes,
            _ => Field::Text,
        });
    }
    Ok((columns, fields))
}

/// `\x…`
fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"\\x")?;
    let digit = |byte: &u8| (*byte as char).to_digit(16);
    digits
        .chunks(2)
        .map(|pair| {
            let (high, low) = (digit(pair.first()?)?, digit(pair.get(1)?)?);
            u8::try_from(high << 4 | low).ok()
        })
        .collect()
}

/// Reads a row.
pub(super) fn row(message: &[u8], fields: &[Field], rows: &mut Rows) -> Result<(), Error> {
    let mut reader = Reader(message);
    if reader.int(2)? as usize != fields.len() {
        return Err(Error::protocol(
            "the server sent a row with other columns than it said",
        ));
    }
    for field in fields {
        let length = reader.int(4)?;
        if length == u32::MAX {
            rows.push(Slot::Null);
            continue;
        }
        let text = reader.bytes(length as usize)?;
        let word = || std::str::from_utf8(text).ok();
        let slot = match field {
            Field::Bool => Some(Slot::Bool(text == b"t")),
            Field::Int => word().and_then(|text| text.parse().ok()).map(Slot::Int),
            Field::Float => word().and_then(|text| text.parse().ok()).map(Slot::Float),
            Field::Bytes | Field::Text => None,
        };
        match (slot, field) {
            (Some(slot), _) => rows.push(slot),
            (None, Field::Bytes) => rows.text(&bytes(text).unwrap_or_else(|| text.to_vec())),
            (None, _) => rows.text(text),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    fn rows(width: usize) -> Rows {
        let column = Column {
            name: "x".into(),
            kind: Type::Plain,
        };
        Rows::new(vec![column; width].into())
    }

    #[test]
    fn values() {
        let mut message = vec![0, 6];
        for text in ["t", "-7", "1e300", "\\x00ff", "12.50"] {
            message.extend((text.len() as u32).to_be_bytes());
            message.extend(text.as_bytes());
        }
        message.extend(u32::MAX.to_be_bytes());
        let fields = [
            Field::Bool,
            Field::Int,
            Field::Float,
            Field::Bytes,
            Field::Text,
            Field::Int,
        ];
        let mut out = rows(6);
        row(&message, &fields, &mut out).unwrap();
        let got: Vec<Cell> = out.row(0).collect();
        assert_eq!(
            got,
            [
                Cell::Bool(true),
                Cell::Int(-7),
                Cell::Float(1e300),
                Cell::Text(b"\0\xff"),
                Cell::Text(b"12.50"),
                Cell::Null
            ]
        );
    }

    #[test]
    fn garbage_is_an_error_or_a_value() {
        let mut seed = 5_u64;
        for round in 0..50_000_usize {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 40) as u8
            };
            let mut message: Vec<u8> = (0..round % 40).map(|_| next()).collect();
            let _ = columns(&message);
            message.splice(..0, [0, 2]);
            let _ = row(&message, &[Field::Int, Field::Bytes], &mut rows(2));
        }
    }
}
