//! Keys and values of any size in a fixed number of bytes of shared memory.
//!
//! Values may have an end in time, and those that were not used for the longest give way to new
//! ones. The memory is divided into parts by the keys' hashes; each part grows in segments up to
//! its share and has an index, a list by use, and blocks, of which a value takes as many as it
//! needs. Readers take no lock (see [`table`](crate::table)). A process that is killed while it
//! writes costs what its part held: the next one to come finds it out and empties the part.

mod block;
mod part;

pub use part::Found;

use crate::region::SharedArray;
use part::{Layout, Part};
use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// Bytes that a cache has at least.
pub const LEAST: usize = 64 * 1024;
/// Bytes of the longest key.
pub const KEY_MAX: usize = 1024;

/// A part is worth dividing from this size on.
const PART: usize = 4 * 1024 * 1024;
const PARTS: usize = 16;

/// Counters are spread, so that processes don't fight for one cache line.
const STRIPES: usize = 16;
const STRIPE: usize = 8;

/// What a value is, for whoever reads it: the cache knows integers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub u8);

impl Kind {
    /// Of values that [`Cache::increment`] counts in: 8 bytes in the machine's order.
    pub const INT: Self = Self(1);
}

/// Why a value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Key and value together are larger than half a part, or the key than [`KEY_MAX`].
    TooLarge,
    /// What is to be counted in is no integer.
    NoInteger,
}

/// What has happened in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Keys, with those whose time is over and which nobody asked for since.
    pub items: u64,
    /// Bytes of shared memory that were ever written.
    pub bytes: u64,
    /// Bytes of shared memory at most.
    pub limit: u64,
    /// Bytes that keys and values take, whole blocks.
    pub used: u64,
    /// Keys that were asked for and there.
    pub hits: u64,
    /// Keys that were asked for and not there.
    pub misses: u64,
    /// Keys that gave way to others.
    pub evicted: u64,
    /// Keys whose time was over when they were asked for.
    pub expired: u64,
    /// Parts that were emptied because a process was killed while it wrote.
    pub emptied: u64,
}

#[derive(Clone, Copy)]
enum Count {
    Hits,
    Misses,
    Expired,
}

/// A cache; common to this process and all that it forks.
#[derive(Debug)]
pub struct Cache {
    words: SharedArray<AtomicU64>,
    /// By block: was the value that begins there used since it was looked at for that?
    used: SharedArray<AtomicU8>,
    layout: Layout,
    parts: usize,
    limit: usize,
    /// So that nobody can know which keys meet.
    seed: u64,
}

impl Cache {
    /// A cache of at most `bytes`, [`LEAST`] at least. Its memory is taken as it fills.
    ///
    /// # Errors
    /// When the system has not so much address space.
    pub fn new(bytes: usize) -> io::Result<Self> {
        let bytes = bytes.max(LEAST);
        let parts = (bytes / PART).clamp(1, PARTS);
        let layout = Layout::of(bytes / parts);
        Ok(Self {
            words: SharedArray::new(STRIPES * STRIPE + parts * layout.words())?,
            used: SharedArray::new(parts * layout.blocks)?,
            layout,
            parts,
            limit: bytes,
            seed: seed(),
        })
    }

    /// Bytes that a value may have, with its key.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.layout.largest()
    }

    fn part_at(&self, number: usize) -> Part<'_> {
        let start = STRIPES * STRIPE + number * self.layout.words();
        let first = number * self.layout.blocks;
        Part::new(
            &self.words[start..start + self.layout.words()],
            &self.used[first..first + self.layout.blocks],
            self.layout,
        )
    }

    #[inline]
    fn part(&self, hash: u64) -> Part<'_> {
        // The index takes the lower bits.
        self.part_at((hash >> 48) as usize % self.parts)
    }

    #[inline]
    fn count(&self, what: Count) {
        let stripe = crate::owner::pid() as usize % STRIPES;
        self.words[stripe * STRIPE + what as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn total(&self, what: Count) -> u64 {
        (0..STRIPES)
            .map(|stripe| self.words[stripe * STRIPE + what as usize].load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }

    /// Calls `read` with the value of a key. It may be called again, when the value was written
    /// meanwhile: only what the last call returned is true.
    #[inline]
    pub fn get<T>(&self, key: &[u8], read: impl FnMut(&Found<'_>) -> T) -> Option<T> {
        let hash = self.hash(key);
        let part = self.part(hash);
        match part.get(hash, key, read) {
            part::Looked::Found(value) => {
                self.count(Count::Hits);
                return Some(value);
            }
            part::Looked::Missing => {}
            part::Looked::Expired => {
                if part.remove_expired(hash, key) {
                    self.count(Count::Expired);
                }
            }
        }
        self.count(Count::Misses);
        None
    }

    /// Stores a value, in place of what the key had before.
    ///
    /// # Errors
    /// [`Refused::TooLarge`]; the key has its old value then.
    pub fn set(
        &self,
        key: &[u8],
        kind: Kind,
        value: &[u8],
        ttl: Option<Duration>,
    ) -> Result<(), Refused> {
        let hash = self.hash(key);
        self.part(hash)
            .set(hash, key, kind, value, end(ttl), false)
            .map(drop)
    }

    /// Stores a value for a key that has none; false when it has.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn add(
        &self,
        key: &[u8],
        kind: Kind,
        value: &[u8],
        ttl: Option<Duration>,
    ) -> Result<bool, Refused> {
        let hash = self.hash(key);
        self.part(hash).set(hash, key, kind, value, end(ttl), true)
    }

    /// Adds to the integer of a key, which wraps; one that is not there begins with 0 and has this
    /// end. The new value.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn increment(&self, key: &[u8], by: i64, ttl: Option<Duration>) -> Result<i64, Refused> {
        let hash = self.hash(key);
        self.part(hash).increment(hash, key, by, end(ttl))
    }

    /// Removes a key; false when it has no value.
    pub fn remove(&self, key: &[u8]) -> bool {
        let hash = self.hash(key);
        self.part(hash).remove(hash, key)
    }

    /// Removes all keys.
    pub fn clear(&self) {
        for number in 0..self.parts {
            self.part_at(number).clear();
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            limit: self.limit as u64,
            hits: self.total(Count::Hits),
            misses: self.total(Count::Misses),
            expired: self.total(Count::Expired),
            ..Stats::default()
        };
        for number in 0..self.parts {
            self.part_at(number).add_to(&mut stats);
        }
        stats
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |hash: u64, word: u64| {
            let wide = u128::from(hash ^ word) * u128::from(FACTOR);
            (wide as u64) ^ (wide >> 64) as u64
        };
        let (whole, rest) = key.as_chunks::<8>();
        let mut hash = mix(self.seed, key.len() as u64);
        for chunk in whole {
            hash = mix(hash, u64::from_ne_bytes(*chunk));
        }
        if !rest.is_empty() {
            hash = mix(hash, crate::words::partial(rest));
        }
        mix(hash, FACTOR)
    }
}

/// When a value ends, in [`monotonic`](crate::monotonic) nanoseconds; 0 for never.
fn end(ttl: Option<Duration>) -> u64 {
    ttl.map_or(0, |ttl| {
        let nanoseconds = u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX);
        crate::monotonic().saturating_add(nanoseconds).max(1)
    })
}

fn seed() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: fills eight bytes on the stack.
    let count = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if count == 8 {
        u64::from_ne_bytes(bytes)
    } else {
        crate::monotonic()
    }
}

#[cfg(test)]
mod tests;
