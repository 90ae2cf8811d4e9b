//! What is written to the columns of a row, out of PHP's values.

use highper_shm::table::{Cell, Column, ColumnKind};
use highper_zend::{Array, Str, Throw, Value};

/// A value of PHP in the type of a column, with a reference of its own where it has one.
pub(super) enum Converted {
    /// The array has not this column.
    Absent,
    Int(i64),
    Float(f64),
    Text(Str),
}

impl Converted {
    /// Converts as PHP casts: this may run `__toString`.
    fn of(value: &Value, kind: ColumnKind) -> Result<Self, Throw> {
        Ok(match kind {
            ColumnKind::Int => Self::Int(value.to_long()),
            ColumnKind::Float => Self::Float(value.to_double()),
            ColumnKind::Bytes => Self::Text(value.to_str()?),
        })
    }

    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Absent => Cell::Keep,
            Self::Int(value) => Cell::Int(*value),
            Self::Float(value) => Cell::Float(*value),
            Self::Text(text) => Cell::Bytes(text),
        }
    }
}

/// The values of an array for the columns, in the columns' order.
pub(super) fn convert(
    array: &Array,
    columns: &[Column],
    names: &[Str],
) -> Result<Vec<Converted>, Throw> {
    let mut out = Vec::with_capacity(columns.len());
    for (column, name) in columns.iter().zip(names) {
        out.push(match array.get_str(name) {
            Some(value) => Converted::of(value, column.kind)?,
            None => Converted::Absent,
        });
    }
    Ok(out)
}
