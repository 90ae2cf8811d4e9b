//! The rows that keys get which meet in one bucket: a list of free ones, without a lock.

use super::Table;
use super::row;
use std::sync::atomic::{AtomicU64, Ordering};

/// The first free row plus one, under a number that changes each time: a row that was taken and
/// given back meanwhile is noticed.
const FREE: usize = 1;
/// Rows that were never used begin here.
const FRESH: usize = 2;
const USED: usize = 3;

pub(super) struct Spare<'t>(&'t Table);

impl<'t> Spare<'t> {
    pub(super) fn new(table: &'t Table) -> Self {
        Self(table)
    }

    fn word(&self, number: usize) -> &'t AtomicU64 {
        &self.0.words()[number]
    }

    pub(super) fn used(&self) -> i64 {
        self.word(USED).load(Ordering::Relaxed).cast_signed()
    }

    /// A row that nobody else has; `None` when there is no more.
    pub(super) fn take(&self) -> Option<usize> {
        let index = self.take_free().or_else(|| self.take_fresh())?;
        self.word(USED).fetch_add(1, Ordering::Relaxed);
        Some(index)
    }

    fn take_free(&self) -> Option<usize> {
        let list = self.word(FREE);
        let mut head = list.load(Ordering::Acquire);
        loop {
            let index = (head as u32).checked_sub(1)? as usize;
            let after = row::next(self.0.row(index)).map_or(0, |next| next as u64 + 1);
            let new = changed(head) | after;
            match list.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn take_fresh(&self) -> Option<usize> {
        let table = self.0;
        let fresh = self.word(FRESH);
        let mut count = fresh.load(Ordering::Relaxed);
        while (count as usize) < table.spare {
            match fresh.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(table.size + count as usize),
                Err(now) => count = now,
            }
        }
        None
    }

    /// Gives back a row that no chain leads to.
    pub(super) fn give_back(&self, index: usize) {
        let list = self.word(FREE);
        let mut head = list.load(Ordering::Acquire);
        loop {
            row::set_next(
                self.0.row(index),
                (head as u32).checked_sub(1).map(|next| next as usize),
            );
            let new = changed(head) | (index as u64 + 1);
            match list.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        self.word(USED).fetch_sub(1, Ordering::Relaxed);
    }
}

/// The upper half of a head, made another.
fn changed(head: u64) -> u64 {
    ((head >> 32).wrapping_add(1) & 0xffff_ffff) << 32
}
