//! Going through the rows, bucket by bucket.

use super::{Made, Table, ready, recovered, rows};
use highper_zend::{Array, Call, Class, Done, Throw, Trace, Tracer, Value};
use std::collections::VecDeque;

/// Where `foreach` is: the rows of a bucket are taken out together, so that one that is removed
/// meanwhile takes no other's place.
#[derive(Default)]
pub(super) struct Cursor {
    /// The bucket that comes next.
    next: usize,
    rows: VecDeque<(Vec<u8>, Array)>,
}

impl Trace for Cursor {
    fn trace(&self, tracer: &mut Tracer) {
        for (_, row) in &self.rows {
            row.trace(tracer);
        }
    }
}

impl Cursor {
    /// Has the rows of the next bucket, when there is no row left.
    fn fill(&mut self, made: &Made) {
        if !self.rows.is_empty() {
            return;
        }
        let found = made
            .table
            .next_bucket(self.next, |row| (row.key(), rows::array(made, row)));
        match found {
            Some((number, rows)) => {
                self.next = number + 1;
                self.rows = rows.into();
            }
            None => self.next = made.table.size(),
        }
    }
}

/// Adds the methods of Iterator.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function rewind(): void",
            "Goes to the first row.",
            |call| step(call, |_| Cursor::default()),
        )
        .method("public function valid(): bool", "Is there a row?", |call| {
            let _made = ready(call)?;
            let there = !call.this::<Table>()?.cursor.borrow().rows.is_empty();
            call.ret_bool(there)
        })
        .method(
            "public function next(): void",
            "Goes to the next row.",
            |call| {
                step(call, |cursor| {
                    let rows = cursor.rows.split_off(cursor.rows.len().min(1));
                    Cursor {
                        next: cursor.next,
                        rows,
                    }
                })
            },
        )
        .method(
            "public function current(): mixed",
            "The row as it was when it was come to; null behind the last.",
            |call| {
                let row = current(call)?;
                call.ret(row.map(|(_, row)| row))
            },
        )
        .method(
            "public function key(): mixed",
            "Its key; null behind the last.",
            |call| {
                let row = current(call)?;
                call.ret(row.map(|(key, _)| Value::string(key)))
            },
        )
}

fn current(call: &Call) -> Result<Option<(Vec<u8>, Array)>, Throw> {
    let _made = ready(call)?;
    Ok(call.this::<Table>()?.cursor.borrow().rows.front().cloned())
}

fn step(call: &Call, go: impl FnOnce(&mut Cursor) -> Cursor) -> Done {
    let made = ready(call)?;
    let state = call.this::<Table>()?;
    // What is let go of may run destructors: not under a borrow.
    let mut cursor = state.cursor.take();
    let mut new = go(&mut cursor);
    new.fill(&made);
    state.cursor.replace(new);
    drop(cursor);
    recovered(&made);
    Ok(())
}
