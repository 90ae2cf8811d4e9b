//! One row: who holds its bucket, what follows it, its key and its columns, all in words.
//!
//! | word | what |
//! | --- | --- |
//! | 0 | of a bucket's own row: its holder and version |
//! | 1 | the next row of the bucket, plus one |
//! | 2 | when the holder started |
//! | 3 | in use? and the key's length |
//! | 4–11 | the key |
//! | 12… | the columns: a word, or the length of a string and its bytes |

use super::Table;
use crate::guard::Guard;
use crate::words;
use std::sync::atomic::{AtomicU64, Ordering};

const HOLDER: usize = 0;
const NEXT: usize = 1;
const STARTED: usize = 2;
const STATE: usize = 3;
const KEY: usize = 4;
const KEY_WORDS: usize = 8;
const DATA: usize = KEY + KEY_WORDS;
const ACTIVE: u64 = 1;

/// Bytes of a key that count; of longer ones the first.
pub const KEY_MAX: usize = 63;

/// The type of a column, with Swoole's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// An integer of 64 bits.
    Int = 1,
    /// A float of 64 bits.
    Float = 2,
    /// Bytes, up to the size of the column.
    Bytes = 3,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: Vec<u8>,
    /// Its type.
    pub kind: ColumnKind,
    /// Bytes that fit: 8, or of a string its largest length, a multiple of 8.
    pub size: usize,
    /// Its first word in the row.
    at: usize,
}

/// What is to be written to a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: what was there stays; in a new row 0 or an empty string.
    Keep,
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl Column {
    /// A column; `size` matters for strings only and is rounded up to a multiple of 8.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, kind: ColumnKind, size: usize) -> Self {
        let size = match kind {
            ColumnKind::Bytes => size.checked_next_multiple_of(8).unwrap_or(usize::MAX),
            _ => 8,
        };
        Self {
            name: name.into(),
            kind,
            size,
            at: 0,
        }
    }

    pub(super) fn int(&self, row: &[AtomicU64]) -> i64 {
        row[self.at].load(Ordering::Relaxed).cast_signed()
    }

    pub(super) fn float(&self, row: &[AtomicU64]) -> f64 {
        f64::from_bits(row[self.at].load(Ordering::Relaxed))
    }

    /// A writer that was killed may have left any length.
    fn len(&self, row: &[AtomicU64]) -> usize {
        usize::try_from(row[self.at].load(Ordering::Relaxed))
            .unwrap_or(usize::MAX)
            .min(self.size)
    }

    fn bytes<'r>(&self, row: &'r [AtomicU64]) -> &'r [AtomicU64] {
        &row[self.at + 1..self.at + 1 + self.size / 8]
    }

    /// Writes a cell of the column's type; one of another type counts as [`Cell::Keep`].
    #[inline]
    pub(super) fn put(&self, row: &[AtomicU64], cell: Cell<'_>, is_new: bool) {
        let word = &row[self.at];
        match (self.kind, cell) {
            (ColumnKind::Int, Cell::Int(value)) => {
                word.store(value.cast_unsigned(), Ordering::Relaxed);
            }
            (ColumnKind::Float, Cell::Float(value)) => {
                word.store(value.to_bits(), Ordering::Relaxed);
            }
            (ColumnKind::Bytes, Cell::Bytes(bytes)) => {
                let bytes = &bytes[..bytes.len().min(self.size)];
                word.store(bytes.len() as u64, Ordering::Relaxed);
                words::store(self.bytes(row), bytes);
            }
            _ if is_new => word.store(0, Ordering::Relaxed),
            _ => {}
        }
    }
}

/// Gives each column its place; the words of a row. `None` when that is too many.
pub(super) fn lay_out(columns: &mut [Column]) -> Option<usize> {
    columns.iter_mut().try_fold(DATA, |at, column| {
        column.at = at;
        let words = match column.kind {
            ColumnKind::Bytes => 1 + column.size / 8,
            _ => 1,
        };
        at.checked_add(words).filter(|words| *words < 1 << 40)
    })
}

/// Of a bucket's own row: guards all rows of the bucket.
#[inline]
pub(super) fn guard(row: &[AtomicU64]) -> Guard<'_> {
    Guard::new(&row[HOLDER], &row[STARTED])
}

#[inline]
pub(super) fn next(row: &[AtomicU64]) -> Option<usize> {
    match row[NEXT].load(Ordering::Relaxed) {
        0 => None,
        number => Some(number as usize - 1),
    }
}

pub(super) fn set_next(row: &[AtomicU64], next: Option<usize>) {
    let number = next.map_or(0, |index| index as u64 + 1);
    row[NEXT].store(number, Ordering::Release);
}

#[inline]
pub(super) fn is_active(row: &[AtomicU64]) -> bool {
    row[STATE].load(Ordering::Relaxed) & ACTIVE != 0
}

pub(super) fn deactivate(row: &[AtomicU64]) {
    row[STATE].store(0, Ordering::Release);
}

/// A key, ready to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    words: [u64; KEY_WORDS],
    len: usize,
    pub(super) hash: u64,
}

impl Key {
    /// A key. Of more than [`KEY_MAX`] bytes the first count, but all of them for the bucket, as
    /// in Swoole: two long keys with the same beginning are mostly two keys.
    #[must_use]
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(KEY_MAX)];
        let mut words = [0; KEY_WORDS];
        let (whole, rest) = kept.as_chunks::<8>();
        for (word, chunk) in words.iter_mut().zip(whole) {
            *word = u64::from_ne_bytes(*chunk);
        }
        if !rest.is_empty() {
            words[whole.len()] = words::partial(rest);
        }
        Self {
            words,
            len: kept.len(),
            hash: hash(bytes),
        }
    }

    fn state(&self) -> u64 {
        (self.len as u64) << 8 | ACTIVE
    }

    #[inline]
    pub(super) fn is_of(&self, row: &[AtomicU64]) -> bool {
        row[STATE].load(Ordering::Relaxed) == self.state()
            && row[KEY..KEY + self.len.div_ceil(8)]
                .iter()
                .zip(&self.words)
                .all(|(there, word)| there.load(Ordering::Relaxed) == *word)
    }

    pub(super) fn put(&self, row: &[AtomicU64]) {
        for (word, value) in row[KEY..].iter().zip(&self.words) {
            word.store(*value, Ordering::Relaxed);
        }
    }

    /// The row is in use from now on: the last thing that is written to it.
    pub(super) fn activate(&self, row: &[AtomicU64]) {
        row[STATE].store(self.state(), Ordering::Release);
    }
}

/// As PHP hashes its strings (DJBX33A with the top bit set): rows come in the same order as in Swoole.
#[inline]
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(5381_u64, |hash, byte| {
        hash.wrapping_mul(33).wrapping_add(u64::from(*byte))
    }) | 1 << 63
}

/// A row to be read. What it says is true when the reading call returns it at last.
pub struct RowView<'t> {
    table: &'t Table,
    row: &'t [AtomicU64],
}

impl<'t> RowView<'t> {
    #[inline]
    pub(super) fn new(table: &'t Table, index: usize) -> Self {
        Self {
            table,
            row: table.row(index),
        }
    }

    /// The key, at most [`KEY_MAX`] bytes.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        let len = (self.row[STATE].load(Ordering::Relaxed) >> 8) as usize;
        let mut key = vec![0; len.min(KEY_MAX)];
        words::load(&self.row[KEY..DATA], &mut key);
        key
    }

    /// A column of integers.
    #[must_use]
    pub fn int(&self, column: usize) -> i64 {
        self.table.columns[column].int(self.row)
    }

    /// A column of floats.
    #[must_use]
    pub fn float(&self, column: usize) -> f64 {
        self.table.columns[column].float(self.row)
    }

    /// The length of a string.
    #[must_use]
    pub fn len(&self, column: usize) -> usize {
        self.table.columns[column].len(self.row)
    }

    /// Copies the first bytes of a string, as many as `to` has.
    pub fn copy(&self, column: usize, to: &mut [u8]) {
        words::load(self.table.columns[column].bytes(self.row), to);
    }
}
