//! Rows of MySQL's protocol, as text and as binary.

use super::wire::Reader;
use crate::value::Slot;
use crate::{Error, Rows, Type};
use std::fmt::Write;

/// How a column is decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    kind: u8,
    is_unsigned: bool,
    decimals: u8,
}

const TINY: u8 = 1;
const SHORT: u8 = 2;
const LONG: u8 = 3;
const FLOAT: u8 = 4;
const DOUBLE: u8 = 5;
const NULL: u8 = 6;
const TIMESTAMP: u8 = 7;
const LONGLONG: u8 = 8;
const INT24: u8 = 9;
const DATE: u8 = 10;
const TIME: u8 = 11;
const DATETIME: u8 = 12;
const YEAR: u8 = 13;
const BIT: u8 = 16;
const JSON: u8 = 245;

const UNSIGNED: u64 = 0x20;

/// Reads the definition of a column.
pub(super) fn definition(payload: &[u8]) -> Result<(Box<str>, Type, Field), Error> {
    let mut reader = Reader(payload);
    for _ in 0..4 {
        reader.text()?;
    }
    let name = String::from_utf8_lossy(reader.text()?.unwrap_or_default()).into();
    reader.text()?;
    reader.length()?;
    reader.bytes(6)?;
    let kind = reader.byte()?;
    let flags = reader.int(2)?;
    let decimals = reader.byte()?;
    let field = Field {
        kind,
        is_unsigned: flags & UNSIGNED != 0,
        decimals,
    };
    let meaning = match kind {
        DATE => Type::Date,
        DATETIME | TIMESTAMP => Type::DateTime,
        JSON => Type::Json,
        _ => Type::Plain,
    };
    Ok((name, meaning, field))
}

fn bits(bytes: &[u8]) -> Option<i64> {
    let sum = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    (bytes.len() <= 8)
        .then(|| sum(bytes))
        .and_then(|value| i64::try_from(value).ok())
}

/// A row of the text protocol.
pub(super) fn text_row(payload: &[u8], fields: &[Field], rows: &mut Rows) -> Result<(), Error> {
    let mut reader = Reader(payload);
    for field in fields {
        let Some(text) = reader.text()? else {
            rows.push(Slot::Null);
            continue;
        };
        let word = || std::str::from_utf8(text).ok();
        let slot = match field.kind {
            TINY | SHORT | LONG | INT24 | LONGLONG | YEAR => {
                word().and_then(|text| text.parse().ok()).map(Slot::Int)
            }
            FLOAT | DOUBLE => word().and_then(|text| text.parse().ok()).map(Slot::Float),
            BIT => bits(text).map(Slot::Int),
            _ => None,
        };
        match slot {
            Some(slot) => rows.push(slot),
            None => rows.text(text),
        }
    }
    Ok(())
}

/// A row of the binary protocol, behind its first byte.
pub(super) fn binary_row(payload: &[u8], fields: &[Field], rows: &mut Rows) -> Result<(), Error> {
    let mut reader = Reader(payload);
    let nulls = reader.bytes((fields.len() + 9) / 8)?;
    for (at, field) in fields.iter().enumerate() {
        let bit = at + 2;
        if nulls[bit / 8] & (1 << (bit % 8)) != 0 {
            rows.push(Slot::Null);
            continue;
        }
        match field.kind {
            NULL => rows.push(Slot::Null),
            TINY => integer(&mut reader, 1, field, rows)?,
            SHORT | YEAR => integer(&mut reader, 2, field, rows)?,
            LONG | INT24 => integer(&mut reader, 4, field, rows)?,
            LONGLONG => integer(&mut reader, 8, field, rows)?,
            FLOAT => {
                let value = f32::from_bits(reader.int(4)? as u32);
                // As it prints: 1.1 is not 1.10000002384.
                let text = value.to_string();
                rows.push(Slot::Float(text.parse().unwrap_or(f64::from(value))));
            }
            DOUBLE => rows.push(Slot::Float(f64::from_bits(reader.int(8)?))),
            DATE | DATETIME | TIMESTAMP => date(&mut reader, field, rows)?,
            TIME => time(&mut reader, field, rows)?,
            kind => {
                let text = reader.text()?.unwrap_or_default();
                match bits(text).filter(|_| kind == BIT) {
                    Some(number) => rows.push(Slot::Int(number)),
                    None => rows.text(text),
                }
            }
        }
    }
    Ok(())
}

fn integer(
    reader: &mut Reader<'_>,
    size: usize,
    field: &Field,
    rows: &mut Rows,
) -> Result<(), Error> {
    let raw = reader.int(size)?;
    let shift = 64 - size * 8;
    let signed = ((raw << shift) as i64) >> shift;
    if !field.is_unsigned {
        rows.push(Slot::Int(signed));
        return Ok(());
    }
    match i64::try_from(raw) {
        Ok(value) => rows.push(Slot::Int(value)),
        // More than PHP's integers hold.
        Err(_) => rows.text(raw.to_string().as_bytes()),
    }
    Ok(())
}

fn fraction(text: &mut String, micros: u64, decimals: u8) {
    let digits = usize::from(decimals.min(6));
    if digits > 0 && decimals <= 6 {
        let all = format!("{micros:06}");
        text.push('.');
        text.push_str(&all[..digits]);
    }
}

fn date(reader: &mut Reader<'_>, field: &Field, rows: &mut Rows) -> Result<(), Error> {
    let length = usize::from(reader.byte()?);
    let mut part = Reader(reader.bytes(length)?);
    let mut number = |count: usize| match part.0.is_empty() {
        true => Ok(0),
        false => part.int(count),
    };
    let mut text = String::with_capacity(26);
    let (year, month, day) = (number(2)?, number(1)?, number(1)?);
    let _ = write!(text, "{year:04}-{month:02}-{day:02}");
    if field.kind != DATE {
        let (hour, minute, second) = (number(1)?, number(1)?, number(1)?);
        let _ = write!(text, " {hour:02}:{minute:02}:{second:02}");
        fraction(&mut text, number(4)?, field.decimals);
    }
    rows.text(text.as_bytes());
    Ok(())
}

fn time(reader: &mut Reader<'_>, field: &Field, rows: &mut Rows) -> Result<(), Error> {
    let length = usize::from(reader.byte()?);
    let mut part = Reader(reader.bytes(length)?);
    let mut number = |count: usize| match part.0.is_empty() {
        true => Ok(0),
        false => part.int(count),
    };
    let sign = if number(1)? == 1 { "-" } else { "" };
    let days = number(4)?;
    let (hour, minute, second) = (number(1)?, number(1)?, number(1)?);
    let mut text = format!("{sign}{:02}:{minute:02}:{second:02}", days * 24 + hour);
    fraction(&mut text, number(4)?, field.decimals);
    rows.text(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn rows(width: usize) -> Rows {
        let column = Column {
            name: "x".into(),
            kind: Type::Plain,
        };
        Rows::new(vec![column; width].into())
    }

    fn field(kind: u8, is_unsigned: bool, decimals: u8) -> Field {
        Field {
            kind,
            is_unsigned,
            decimals,
        }
    }

    #[test]
    fn values_of_the_binary_protocol() {
        use crate::Cell;
        let fields = [
            field(TINY, false, 0),
            field(LONGLONG, true, 0),
            field(FLOAT, false, 31),
            field(DATETIME, false, 3),
            field(TIME, false, 0),
            field(246, false, 2),
            field(BIT, true, 0),
            field(SHORT, false, 0),
        ];
        let mut payload = vec![0, 0b10];
        payload.push(0xFF);
        payload.extend(u64::MAX.to_le_bytes());
        payload.extend(1.1_f32.to_le_bytes());
        payload.extend([11, 0xEA, 0x07, 1, 2, 3, 4, 5]);
        payload.extend(678_000_u32.to_le_bytes());
        payload.extend([8, 1, 1, 0, 0, 0, 2, 3, 4]);
        payload.extend(b"\x0512.30");
        payload.extend([1, 5]);
        let mut out = rows(8);
        binary_row(&payload, &fields, &mut out).unwrap();
        let got: Vec<Cell> = out.row(0).collect();
        assert_eq!(
            got,
            [
                Cell::Int(-1),
                Cell::Text(b"18446744073709551615"),
                Cell::Float(1.1),
                Cell::Text(b"2026-01-02 03:04:05.678"),
                Cell::Text(b"-26:03:04"),
                Cell::Text(b"12.30"),
                Cell::Int(5),
                Cell::Null,
            ]
        );
    }

    #[test]
    fn garbage_is_an_error_or_a_value() {
        let mut seed = 3_u64;
        for round in 0..50_000_usize {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 40) as u8
            };
            let payload: Vec<u8> = (0..round % 40).map(|_| next()).collect();
            let fields: Vec<Field> = (0..4)
                .map(|_| field(next(), round % 2 == 0, next()))
                .collect();
            let _ = binary_row(&payload, &fields, &mut rows(4));
            let _ = text_row(&payload, &fields, &mut rows(4));
            let _ = definition(&payload);
        }
    }
}
