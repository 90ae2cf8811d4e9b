//! Values on their way to a database and back.

use std::sync::Arc;

/// A value for a place in a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Param<'a> {
    /// NULL
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text, or bytes.
    Text(&'a [u8]),
}

/// What a column holds beyond what its cells say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// What the cells say.
    #[default]
    Plain,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// JSON.
    Json,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, or alias.
    pub name: Box<str>,
    /// What it holds.
    pub kind: Type,
}

/// The columns of a result.
pub type Columns = Arc<[Column]>;

/// A value of a row; texts lie in the rows' memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slot {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(usize, usize),
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text, bytes, an exact decimal, a whole number that has more than 64 bits, a date.
    Text(&'a [u8]),
}

/// Rows of a result.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub(crate) columns: Option<Columns>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) data: Vec<u8>,
}

impl Rows {
    /// No rows of these columns.
    #[must_use]
    pub fn new(columns: Columns) -> Self {
        Self {
            columns: Some(columns),
            slots: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Its columns; none for a statement that gives no rows.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.columns.as_deref().unwrap_or_default()
    }

    /// The columns, to be shared; `None` for a statement that gives no rows.
    #[must_use]
    pub fn shared_columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.columns().len() {
            0 => 0,
            width => self.slots.len() / width,
        }
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// A value by row and column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<Cell<'_>> {
        let width = self.columns().len();
        if column >= width {
            return None;
        }
        let slot = self
            .slots
            .get(row.checked_mul(width)?.checked_add(column)?)?;
        Some(match *slot {
            Slot::Null => Cell::Null,
            Slot::Bool(value) => Cell::Bool(value),
            Slot::Int(value) => Cell::Int(value),
            Slot::Float(value) => Cell::Float(value),
            Slot::Text(at, len) => Cell::Text(self.data.get(at..at + len).unwrap_or_default()),
        })
    }

    /// The values of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Cell<'_>> {
        (0..self.columns().len()).filter_map(move |column| self.cell(row, column))
    }

    /// The number of the last row, by its column `id`, else by its first column.
    #[must_use]
    pub fn last_id(&self) -> Option<i64> {
        let id = self
            .columns()
            .iter()
            .position(|column| &*column.name == "id");
        match self.cell(self.len().checked_sub(1)?, id.unwrap_or(0))? {
            Cell::Int(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn text(&mut self, bytes: &[u8]) {
        let at = self.data.len();
        self.data.extend_from_slice(bytes);
        self.slots.push(Slot::Text(at, bytes.len()));
    }

    pub(crate) fn push(&mut self, slot: Slot) {
        self.slots.push(slot);
    }

    /// Forgets the rows and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.data.clear();
    }
}

/// What a statement did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The rows that it gave.
    pub rows: Rows,
    /// How many rows it changed.
    pub affected: u64,
    /// The number that the database gave the last row that it inserted, where it says one.
    pub last_id: Option<i64>,
}
