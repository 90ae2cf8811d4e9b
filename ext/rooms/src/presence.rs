//! How many members a room has in all processes: a row of shared memory for each room and process.

use highper_shm::table::{Cell as Field, Column, ColumnKind, Key, Table};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;

/// Rooms times processes that are counted, unless somebody says otherwise.
const ROWS: u32 = 65_536;
const COUNT: usize = 0;
const PROCESS: usize = 1;

/// The counts; made before the processes are.
pub struct Presence {
    table: Table,
    /// Keys nobody outside can foresee, the same in all processes.
    keys: RandomState,
    slots: u32,
}

impl Presence {
    /// For processes with numbers below `slots`.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(slots: usize) -> io::Result<Self> {
        Self::with_rows(slots, ROWS)
    }

    fn with_rows(slots: usize, rows: u32) -> io::Result<Self> {
        let columns = ["count", "process"].map(|name| Column::new(name, ColumnKind::Int, 8));
        Ok(Self {
            table: Table::new(rows, 1.0, columns.into())?,
            keys: RandomState::new(),
            slots: u32::try_from(slots).unwrap_or(u32::MAX),
        })
    }

    fn key(&self, hash: u64, slot: u32) -> Key {
        Key::new(format!("{hash:016x}{slot:x}").as_bytes())
    }

    /// Says how many members of a room the process in a slot has. False where there is no room for one more count.
    /// `process` says which process is in a slot now, if any.
    pub fn set(
        &self,
        room: &[u8],
        slot: u32,
        pid: i32,
        count: usize,
        process: impl Fn(u32) -> Option<i32>,
    ) -> bool {
        let key = self.key(self.keys.hash_one(room), slot);
        if count == 0 {
            self.table.remove(&key);
            return true;
        }
        let put = || {
            self.table.set(&key, |column| match column {
                COUNT => Field::Int(count as i64),
                _ => Field::Int(i64::from(pid)),
            })
        };
        put().is_ok() || (self.clean(process) && put().is_ok())
    }

    /// How many members a room has.
    #[must_use]
    pub fn count(&self, room: &[u8], process: impl Fn(u32) -> Option<i32>) -> u64 {
        let hash = self.keys.hash_one(room);
        let counts = (0..self.slots).filter_map(|slot| {
            let pid = process(slot)?;
            let key = self.key(hash, slot);
            let (count, owner) = self
                .table
                .get(&key, |row| (row.int(COUNT), row.int(PROCESS)))?;
            // What a process has left that was killed counts no more.
            (owner == i64::from(pid)).then_some(count.max(0).cast_unsigned())
        });
        counts.sum()
    }

    /// Throws away what killed processes have left; false where that was nothing.
    fn clean(&self, process: impl Fn(u32) -> Option<i32>) -> bool {
        let mut left = Vec::new();
        let mut from = 0;
        while let Some((at, rows)) = self
            .table
            .next_bucket(from, |row| (row.key(), row.int(PROCESS)))
        {
            from = at + 1;
            left.extend(rows.into_iter().filter_map(|(key, owner)| {
                let slot = std::str::from_utf8(key.get(16..)?).ok()?;
                let slot = u32::from_str_radix(slot, 16).ok()?;
                let is_there = process(slot).is_some_and(|pid| i64::from(pid) == owner);
                (!is_there).then_some(key)
            }));
        }
        for key in &left {
            self.table.remove(&Key::new(key));
        }
        !left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_added_and_killed_ones_are_not() {
        let presence = Presence::new(3).unwrap();
        let all = |slot: u32| Some(100 + slot as i32);
        for slot in 0..3 {
            assert!(presence.set(b"a", slot, 100 + slot as i32, 2 + slot as usize, all));
        }
        assert_eq!(presence.count(b"a", all), 9);
        assert_eq!(presence.count(b"b", all), 0);
        assert_eq!(
            presence.count(b"a", |slot| (slot != 1).then(|| 100 + slot as i32)),
            6
        );
        // Another process has come into the slot, and has not said anything yet.
        let new = |slot: u32| Some(if slot == 1 { 555 } else { 100 + slot as i32 });
        assert_eq!(presence.count(b"a", new), 6);
        assert!(presence.set(b"a", 1, 555, 10, new));
        assert_eq!(presence.count(b"a", new), 16);
        assert!(presence.set(b"a", 1, 555, 0, new));
        assert_eq!(presence.count(b"a", new), 6);
    }

    #[test]
    fn what_killed_processes_left_makes_room() {
        let presence = Presence::with_rows(2, 64).unwrap();
        let mut count = 0_usize;
        while presence.set(format!("{count}").as_bytes(), 0, 1, 1, |_| Some(1)) {
            count += 1;
        }
        assert!(count >= 64);
        let alive = |slot: u32| (slot == 1).then_some(2);
        assert!(presence.set(b"new", 1, 2, 7, alive));
        assert_eq!(presence.count(b"new", alive), 7);
        assert_eq!(presence.table.len(), 1);
    }
}
