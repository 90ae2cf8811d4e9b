//! A table of rows in shared memory, found by a key: what `Swoole\Table` is made of.
//!
//! A fixed number of buckets, each with a row of its own, and spare rows for keys that meet in one
//! bucket, chained behind its row. Readers take no lock: they read and look afterwards whether a
//! writer was there meanwhile. A writer holds the bucket's word, in which its process's number
//! stands: whoever waits for one that was killed takes the bucket over. At each of its
//! instructions a writer may be killed, and the chain is whole; of a row that it was just writing,
//! some columns are new and some old.

mod row;
mod spare;

pub use row::{Cell, Column, ColumnKind, KEY_MAX, Key, RowView};

use crate::guard::{Guard, Held};
use crate::region::SharedArray;
use spare::Spare;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// Rows that a table has at least, and at most.
pub const ROWS: std::ops::RangeInclusive<u32> = 64..=0x8000_0000;
/// The share of spare rows that a table has at least: a fifth of its size.
pub const PROPORTION: f32 = 0.2;

// The words before the rows: of all, of the list of spare rows (see `spare`), and the counters.
const LONGEST: usize = 0;
/// Counters are spread, so that processes don't fight for one cache line.
const STRIPES: usize = 16;
const STRIPE: usize = 8;
const COUNTERS: usize = 16;
/// In a cache line of its own: written once, read at each call.
const DESTROYED: usize = 8;
const HEADER: usize = COUNTERS + STRIPES * STRIPE;

/// Reads that a writer may spoil before the reader locks it out.
const TRIES: u32 = 16;

/// A row could not be made: all spare rows are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// What has happened in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows in use.
    pub rows: i64,
    /// How often a new key met another in its bucket.
    pub conflicts: i64,
    /// The longest way through a bucket to a new row.
    pub longest: i64,
    /// Keys that were new.
    pub inserted: i64,
    /// Keys that were there.
    pub updated: i64,
    /// Keys that were removed.
    pub deleted: i64,
    /// Spare rows not in use.
    pub spare: i64,
    /// Spare rows in all.
    pub spare_total: i64,
}

#[derive(Clone, Copy)]
enum Count {
    Rows,
    Conflicts,
    Inserted,
    Updated,
    Deleted,
}

/// A table; common to this process and all that it forks.
pub struct Table {
    words: SharedArray<AtomicU64>,
    size: usize,
    spare: usize,
    /// Words of a row.
    stride: usize,
    columns: Vec<Column>,
    /// The process that was found dead last, until somebody asks.
    found_dead: AtomicU32,
}

/// The rows of a table for which `wanted` are asked: the next power of two in [`ROWS`].
#[must_use]
pub fn rows_for(wanted: u32) -> u32 {
    wanted
        .clamp(*ROWS.start(), *ROWS.end())
        .checked_next_power_of_two()
        .unwrap_or(*ROWS.end())
}

impl Table {
    /// A table of `rows` rows (see [`rows_for`]) and a `proportion` of spare ones, [`PROPORTION`]
    /// to 1. Its memory is taken when rows are first written.
    ///
    /// # Errors
    /// When the system has not so much memory, or the columns are larger than an address can say.
    pub fn new(rows: u32, proportion: f32, mut columns: Vec<Column>) -> io::Result<Self> {
        let size = rows_for(rows) as usize;
        let proportion = if proportion > PROPORTION {
            proportion.min(1.0)
        } else {
            PROPORTION
        };
        let spare = (size as f32 * (1.0 + proportion)) as usize - size;
        let stride = row::lay_out(&mut columns);
        let total = stride
            .and_then(|stride| stride.checked_mul(size + spare))
            .and_then(|words| words.checked_add(HEADER));
        let fits = u32::try_from(size + spare).is_ok();
        let Some((stride, total)) = stride.zip(total).filter(|_| fits) else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        Ok(Self {
            words: SharedArray::new(total)?,
            size,
            spare,
            stride,
            columns,
            found_dead: AtomicU32::new(0),
        })
    }

    #[inline]
    fn words(&self) -> &[AtomicU64] {
        &self.words
    }

    /// Rows, without the spare ones.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes of shared memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.words.memory()
    }

    /// Ends the table for all processes: see [`is_destroyed`](Self::is_destroyed). The memory goes
    /// when the last of them lets go of it.
    pub fn destroy(&self) {
        self.words()[DESTROYED].store(1, Ordering::Release);
    }

    /// Did a process end the table?
    #[inline]
    #[must_use]
    pub fn is_destroyed(&self) -> bool {
        self.words()[DESTROYED].load(Ordering::Relaxed) != 0
    }

    /// The columns, in their order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of a column.
    #[must_use]
    pub fn column(&self, name: &[u8]) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The process that was killed while it held a row, when one was found since this was asked
    /// last. What that row holds may be half of what it was to be.
    pub fn take_found_dead(&self) -> Option<u32> {
        if self.found_dead.load(Ordering::Relaxed) == 0 {
            return None;
        }
        match self.found_dead.swap(0, Ordering::Relaxed) {
            0 => None,
            pid => Some(pid),
        }
    }

    #[inline]
    fn row(&self, index: usize) -> &[AtomicU64] {
        let start = HEADER + index * self.stride;
        &self.words()[start..start + self.stride]
    }

    #[inline]
    fn bucket(&self, number: usize) -> Guard<'_> {
        row::guard(self.row(number))
    }

    fn spares(&self) -> Spare<'_> {
        Spare::new(self)
    }

    fn lock(&self, number: usize) -> Held<'_> {
        let (held, dead) = self.bucket(number).lock();
        if let Some(pid) = dead {
            self.found_dead.store(pid, Ordering::Relaxed);
        }
        held
    }

    #[inline]
    fn count(&self, what: Count, by: i64) {
        let stripe = crate::owner::pid() as usize % STRIPES;
        self.words()[COUNTERS + stripe * STRIPE + what as usize]
            .fetch_add(by.cast_unsigned(), Ordering::Relaxed);
    }

    fn total(&self, what: Count) -> i64 {
        (0..STRIPES)
            .map(|stripe| {
                self.words()[COUNTERS + stripe * STRIPE + what as usize]
                    .load(Ordering::Relaxed)
                    .cast_signed()
            })
            .fold(0, i64::wrapping_add)
    }

    /// Rows in use.
    #[must_use]
    pub fn len(&self) -> i64 {
        self.total(Count::Rows).max(0)
    }

    /// Is no row in use?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            rows: self.len(),
            conflicts: self.total(Count::Conflicts),
            longest: self.longest().load(Ordering::Relaxed).cast_signed(),
            inserted: self.total(Count::Inserted),
            updated: self.total(Count::Updated),
            deleted: self.total(Count::Deleted),
            spare: (self.spare as i64 - self.spares().used()).max(0),
            spare_total: self.spare as i64,
        }
    }

    fn longest(&self) -> &AtomicU64 {
        &self.words()[LONGEST]
    }

    #[inline]
    fn number(&self, key: &Key) -> usize {
        key.hash as usize & (self.size - 1)
    }

    /// The rows of a bucket that are in use. A chain that a writer changes at the moment may lead
    /// anywhere: it ends after as many steps as there are rows.
    fn chain(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = Some(number);
        std::iter::from_fn(move || {
            let index = next?;
            next = row::next(self.row(index));
            Some(index)
        })
        .take(self.spare + 1)
        .filter(|index| row::is_active(self.row(*index)))
    }

    #[inline]
    fn find(&self, number: usize, key: &Key) -> Option<usize> {
        let own = self.row(number);
        if key.is_of(own) {
            return Some(number);
        }
        row::next(own)?;
        self.chain(number).find(|index| key.is_of(self.row(*index)))
    }

    /// Reads a bucket's rows until no writer came between.
    #[inline]
    fn consistent<T>(&self, number: usize, mut read: impl FnMut() -> T) -> T {
        let bucket = self.bucket(number);
        for _ in 0..TRIES {
            let Some(before) = bucket.version() else {
                // Waits for the writer, or takes the place of a dead one.
                drop(self.lock(number));
                continue;
            };
            let result = read();
            fence(Ordering::Acquire);
            if bucket.is_still(before) {
                return result;
            }
        }
        let _held = self.lock(number);
        read()
    }

    /// Calls `read` with the row of a key. It may be called again, when the row was written
    /// meanwhile: only what the last call returned is true.
    #[inline]
    pub fn get<T>(&self, key: &Key, mut read: impl FnMut(&RowView<'_>) -> T) -> Option<T> {
        let number = self.number(key);
        self.consistent(number, || {
            self.find(number, key)
                .map(|index| read(&RowView::new(self, index)))
        })
    }

    /// Is there a row of this key?
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        self.get(key, |_| ()).is_some()
    }

    /// The row of a key, made if there is none; `write` gets it and whether it is new. A new row
    /// is seen by others when `write` has returned.
    fn write<T>(&self, key: &Key, write: impl FnOnce(&[AtomicU64], bool) -> T) -> Result<T, Full> {
        let number = self.number(key);
        let held = self.lock(number);
        if let Some(index) = self.find(number, key) {
            let result = write(self.row(index), false);
            drop(held);
            self.count(Count::Updated, 1);
            return Ok(result);
        }
        let own = self.row(number);
        let result = if row::is_active(own) {
            let last = self.chain_end(number);
            self.count(Count::Conflicts, 1);
            self.longest().fetch_max(last.1 as u64, Ordering::Relaxed);
            let index = self.spares().take().ok_or(Full)?;
            let fresh = self.row(index);
            row::set_next(fresh, None);
            key.put(fresh);
            let result = write(fresh, true);
            key.activate(fresh);
            row::set_next(self.row(last.0), Some(index));
            result
        } else {
            key.put(own);
            let result = write(own, true);
            key.activate(own);
            result
        };
        drop(held);
        self.count(Count::Rows, 1);
        self.count(Count::Inserted, 1);
        Ok(result)
    }

    /// The last row of a bucket, and how many there are.
    fn chain_end(&self, number: usize) -> (usize, usize) {
        let (mut index, mut length) = (number, 1);
        while let Some(next) = row::next(self.row(index)) {
            index = next;
            length += 1;
        }
        (index, length)
    }

    /// Writes columns of a key's row, the cell of each by its number; the row is made if there is none, with
    /// zeros and empty strings in columns of which the cell is [`Cell::Keep`]. A string longer
    /// than its column is cut.
    ///
    /// # Errors
    /// [`Full`].
    pub fn set<'v>(&self, key: &Key, cell: impl Fn(usize) -> Cell<'v>) -> Result<(), Full> {
        self.write(key, |row, is_new| {
            for (number, column) in self.columns.iter().enumerate() {
                column.put(row, cell(number), is_new);
            }
        })
    }

    /// Adds to a column of integers, which wraps; the row is made if there is none. The new value.
    ///
    /// # Errors
    /// [`Full`].
    pub fn add(&self, key: &Key, column: usize, amount: i64) -> Result<i64, Full> {
        self.change(key, column, |column, row| {
            let value = column.int(row).wrapping_add(amount);
            column.put(row, Cell::Int(value), false);
            value
        })
    }

    /// The same for a column of floats.
    ///
    /// # Errors
    /// [`Full`].
    pub fn add_float(&self, key: &Key, column: usize, amount: f64) -> Result<f64, Full> {
        self.change(key, column, |column, row| {
            let value = column.float(row) + amount;
            column.put(row, Cell::Float(value), false);
            value
        })
    }

    fn change<T>(
        &self,
        key: &Key,
        column: usize,
        change: impl FnOnce(&Column, &[AtomicU64]) -> T,
    ) -> Result<T, Full> {
        self.write(key, |row, is_new| {
            if is_new {
                for column in &self.columns {
                    column.put(row, Cell::Keep, true);
                }
            }
            change(&self.columns[column], row)
        })
    }

    /// Removes the row of a key; false when there is none.
    pub fn remove(&self, key: &Key) -> bool {
        let number = self.number(key);
        // Nothing is locked for a key that is not there.
        if !self.contains(key) {
            return false;
        }
        let held = self.lock(number);
        let Some(index) = self.find(number, key) else {
            return false;
        };
        if index == number {
            row::deactivate(self.row(index));
        } else {
            let mut before = number;
            while let Some(next) = row::next(self.row(before)).filter(|next| *next != index) {
                before = next;
            }
            row::set_next(self.row(before), row::next(self.row(index)));
            row::deactivate(self.row(index));
            self.spares().give_back(index);
        }
        drop(held);
        self.count(Count::Rows, -1);
        self.count(Count::Deleted, 1);
        true
    }

    /// The first bucket from `from` on that has rows, and what `read` made of each of them, in
    /// their order. `None` when there is none any more.
    pub fn next_bucket<T>(
        &self,
        from: usize,
        mut read: impl FnMut(&RowView<'_>) -> T,
    ) -> Option<(usize, Vec<T>)> {
        (from..self.size).find_map(|number| {
            let own = self.row(number);
            if !row::is_active(own) && row::next(own).is_none() {
                return None;
            }
            let rows = self.consistent(number, || {
                self.chain(number)
                    .map(|index| read(&RowView::new(self, index)))
                    .collect::<Vec<_>>()
            });
            (!rows.is_empty()).then_some((number, rows))
        })
    }
}

#[cfg(test)]
mod tests;
