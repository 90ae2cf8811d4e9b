//! Who has which connection: one row of numbers for all processes of a server.

use highper_shm::SharedArray;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Connections that can be told apart at a time: the one whose number is so much higher takes the entry.
const ENTRIES: u64 = 1 << 20;
/// An entry: the number above, the owner's slot plus one below.
const PLACE_BITS: u32 = 16;
const PLACES: u64 = (1 << PLACE_BITS) - 1;

/// The numbers of connections (1, 2, 3 …), and the slots of the processes that have them.
#[derive(Debug)]
pub struct Sessions {
    entries: SharedArray<AtomicU64>,
    /// The last number, and one below which there is none.
    marks: SharedArray<AtomicU64>,
}

const LAST: usize = 0;
const LOW: usize = 1;

impl Sessions {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            // Address space; a page counts when it is first touched.
            entries: SharedArray::new(ENTRIES as usize)?,
            marks: SharedArray::new(2)?,
        })
    }

    fn entry(&self, number: u64) -> &AtomicU64 {
        &self.entries[(number % ENTRIES) as usize]
    }

    /// Numbers after this one, before the first connection.
    pub fn start_after(&self, last: u64) {
        self.marks[LAST].store(last, Ordering::Relaxed);
        self.marks[LOW].store(last, Ordering::Relaxed);
    }

    /// The next number, for a connection of the process in this slot.
    pub fn open(&self, place: u32) -> u64 {
        let number = self.marks[LAST].fetch_add(1, Ordering::Relaxed) + 1;
        let place = (u64::from(place) + 1) & PLACES;
        self.entry(number)
            .store(number << PLACE_BITS | place, Ordering::Release);
        number
    }

    /// The connection is gone.
    pub fn close(&self, number: u64) {
        let entry = self.entry(number);
        let known = entry.load(Ordering::Acquire);
        if known >> PLACE_BITS == number {
            // Lost to a connection that came meanwhile: then the entry is that one's.
            let _other = entry.compare_exchange(known, 0, Ordering::Release, Ordering::Relaxed);
        }
    }

    /// The slot of the process that has a connection.
    #[must_use]
    pub fn owner(&self, number: u64) -> Option<u32> {
        let known = self.entry(number).load(Ordering::Acquire);
        if number == 0 || known >> PLACE_BITS != number {
            return None;
        }
        u32::try_from(known & PLACES).ok()?.checked_sub(1)
    }

    /// The numbers of all connections, in their order.
    #[must_use]
    pub fn list(&self) -> Vec<u64> {
        let last = self.marks[LAST].load(Ordering::Relaxed);
        let low = self.marks[LOW].load(Ordering::Relaxed);
        let first = low.max(last.saturating_sub(ENTRIES)) + 1;
        let all: Vec<u64> = (first..=last)
            .filter(|number| self.owner(*number).is_some())
            .collect();
        // One that was just numbered may have no entry yet: the last ones are looked at again.
        let done = all.first().map_or(last, |first| first - 1);
        self.marks[LOW].fetch_max(done.min(last.saturating_sub(64)), Ordering::Relaxed);
        all
    }

    /// The process in this slot is gone, and its connections with it.
    pub(crate) fn forget(&self, place: u32) {
        for number in self.list() {
            if self.owner(number) == Some(place) {
                self.close(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_row_and_know_their_owner() {
        let sessions = Sessions::new().unwrap();
        assert_eq!(sessions.owner(0), None);
        assert_eq!((sessions.open(3), sessions.open(0)), (1, 2));
        assert_eq!((sessions.owner(1), sessions.owner(2)), (Some(3), Some(0)));
        assert_eq!(sessions.list(), [1, 2]);
        sessions.close(1);
        sessions.close(1 + ENTRIES);
        assert_eq!((sessions.owner(1), sessions.list()), (None, vec![2]));
        sessions.forget(0);
        assert_eq!(sessions.list(), []);
    }

    #[test]
    fn old_numbers_are_skipped_and_none_that_lives_is_lost() {
        let sessions = Sessions::new().unwrap();
        let kept = sessions.open(1);
        for _ in 0..5000 {
            sessions.close(sessions.open(1));
        }
        assert_eq!(sessions.list(), [kept]);
        sessions.close(kept);
        assert_eq!(sessions.list(), []);
        let late = sessions.open(2);
        assert_eq!(sessions.list(), [late]);
        for _ in 0..ENTRIES {
            sessions.open(2);
        }
        assert_eq!(sessions.owner(late), None);
        assert_eq!(sessions.list().len() as u64, ENTRIES);
    }
}
