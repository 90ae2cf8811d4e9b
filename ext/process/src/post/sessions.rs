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
    /// By entry: a [`Note`]; the application's number of its user.
    words: SharedArray<[AtomicU64; 2]>,
    /// The last number, and one below which there is none.
    marks: SharedArray<AtomicU64>,
}

/// What the worker that has a connection is about to do with its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Note {
    /// So many bytes are taken then.
    pub taken: u64,
    /// Its number: which one of this worker for this connection it is; 0 before the first.
    pub number: u16,
    /// Is something of the input under way then that is lost with the worker?
    pub is_busy: bool,
}

/// Where that is noted.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a>(&'a AtomicU64);

impl Progress<'_> {
    /// The last one.
    #[must_use]
    pub fn get(self) -> Note {
        let word = self.0.load(Ordering::Acquire);
        Note {
            taken: word >> 17,
            number: (word >> 1) as u16,
            is_busy: word & 1 != 0,
        }
    }

    /// Notes.
    pub fn set(self, note: Note) {
        let word = note.taken << 17 | u64::from(note.number) << 1 | u64::from(note.is_busy);
        self.0.store(word, Ordering::Release);
    }
}

const LAST: usize = 0;
/// Beside the number of a user.
const CLOSED: u64 = 1 << 63;
const LOW: usize = 1;

impl Sessions {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            // Address space; a page counts when it is first touched.
            entries: SharedArray::new(ENTRIES as usize)?,
            words: SharedArray::new(ENTRIES as usize)?,
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

    /// What the worker that has a connection has noted for the process in front, should it die.
    #[must_use]
    pub fn progress(&self, number: u64) -> Progress<'_> {
        Progress(&self.words[(number % ENTRIES) as usize][0])
    }

    /// Somebody has closed a connection, or its peer has, whose number is still known.
    pub fn set_closed(&self, number: u64) {
        let word = &self.words[(number % ENTRIES) as usize][1];
        word.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Was that said?
    #[must_use]
    pub fn is_closed(&self, number: u64) -> bool {
        let word = &self.words[(number % ENTRIES) as usize][1];
        word.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Binds a connection to a number of the application's: false when it is bound already.
    pub fn bind(&self, number: u64, user: u32) -> bool {
        let word = &self.words[(number % ENTRIES) as usize][1];
        word.compare_exchange(0, u64::from(user), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// That number; 0 for none.
    #[must_use]
    pub fn user(&self, number: u64) -> u64 {
        self.words[(number % ENTRIES) as usize][1].load(Ordering::Relaxed) & !CLOSED
    }

    /// A connection that was just numbered by the process in front has neither.
    pub fn fresh(&self, number: u64) {
        for word in &self.words[(number % ENTRIES) as usize] {
            word.store(0, Ordering::Relaxed);
        }
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
