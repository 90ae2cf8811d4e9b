//! Series that the application counts itself.

use crate::board::{Board, OWN, Place};
use crate::{BOUNDS, BUCKETS};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::*};

/// How many series a process may have.
pub(crate) const ENTRIES: usize = 1024;
/// Bytes of a name with its labels.
const KEY: usize = 320;
const VALUES: usize = 1 + KEY / 8;
/// Words of a series: kind and length, the name with its labels, values.
pub(crate) const ENTRY: usize = (VALUES + BUCKETS + 1).next_multiple_of(8);

/// What a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter = 1,
    /// A value that goes up and down; those of all processes are added.
    Gauge = 2,
    /// Values by their size.
    Histogram = 3,
}

impl Kind {
    fn of(word: u64) -> Option<Self> {
        Some(match word & 0xff {
            1 => Self::Counter,
            2 => Self::Gauge,
            3 => Self::Histogram,
            _ => return None,
        })
    }
}

/// The values of a series over all processes: one, or those of the buckets and the sum.
pub(crate) type Series = BTreeMap<String, (Kind, [f64; BUCKETS + 1])>;

fn key_of(entry: &[AtomicU64]) -> Option<(Kind, String)> {
    let head = entry[0].load(Acquire);
    let kind = Kind::of(head)?;
    let len = usize::try_from(head >> 8).ok()?.min(KEY);
    let mut bytes = Vec::with_capacity(KEY);
    for word in &entry[1..VALUES] {
        bytes.extend_from_slice(&word.load(Relaxed).to_ne_bytes());
    }
    bytes.truncate(len);
    Some((kind, String::from_utf8_lossy(&bytes).into_owned()))
}

fn add(word: &AtomicU64, by: f64) {
    let sum = |old: u64| Some((f64::from_bits(old) + by).to_bits());
    // The function always gives a value.
    let _done = word.fetch_update(Relaxed, Relaxed, sum);
}

impl Place {
    fn entries(&self) -> impl Iterator<Item = &[AtomicU64]> {
        self.words()[OWN + 8..].chunks_exact(ENTRY).take(ENTRIES)
    }

    /// The number of a series, made where there is none; `None` where it is too long or there is no room.
    ///
    /// The caller keeps it: to look for one costs a walk.
    #[must_use]
    pub fn series(&self, kind: Kind, key: &str) -> Option<usize> {
        if key.len() > KEY {
            return None;
        }
        let used = self.words()[OWN].load(Acquire) as usize;
        let known =
            |entry: &[AtomicU64]| key_of(entry).is_some_and(|(k, name)| k == kind && name == key);
        if let Some(at) = self.entries().take(used).position(known) {
            return Some(at);
        }
        let at = self.words()[OWN].fetch_add(1, AcqRel) as usize;
        let Some(entry) = self.entries().nth(at) else {
            self.words()[OWN].fetch_sub(1, AcqRel);
            return None;
        };
        for (word, bytes) in entry[1..].iter().zip(key.as_bytes().chunks(8)) {
            let mut all = [0; 8];
            all[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_ne_bytes(all), Relaxed);
        }
        entry[0].store((kind as u64) | ((key.len() as u64) << 8), Release);
        Some(at)
    }

    /// Adds to a counter or gauge.
    pub fn add(&self, series: usize, by: f64) {
        if let Some(entry) = self.entries().nth(series) {
            add(&entry[VALUES], by);
        }
    }

    /// Sets a gauge of this process.
    pub fn put(&self, series: usize, value: f64) {
        if let Some(entry) = self.entries().nth(series) {
            entry[VALUES].store(value.to_bits(), Relaxed);
        }
    }

    /// A value of a histogram.
    pub fn observe(&self, series: usize, value: f64) {
        if let Some(entry) = self.entries().nth(series) {
            let bucket = BOUNDS.iter().position(|bound| value <= *bound);
            add(&entry[VALUES + bucket.unwrap_or(BUCKETS - 1)], 1.0);
            add(&entry[VALUES + BUCKETS], value);
        }
    }
}

impl Board {
    /// All series of all processes.
    pub(crate) fn series(&self) -> Series {
        let mut all = Series::new();
        for place in self.places() {
            let used = (place[OWN].load(Acquire) as usize).min(ENTRIES);
            for entry in place[OWN + 8..].chunks_exact(ENTRY).take(used) {
                let Some((kind, key)) = key_of(entry) else {
                    continue;
                };
                let (known, values) = all.entry(key).or_insert((kind, [0.0; BUCKETS + 1]));
                if *known != kind {
                    continue;
                }
                for (sum, word) in values.iter_mut().zip(&entry[VALUES..]) {
                    *sum += f64::from_bits(word.load(Relaxed));
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn series_of_processes_are_added() {
        let board = Rc::new(Board::new(3).unwrap());
        for number in 0..3 {
            let place = Place::new(&board, number, 1);
            let orders = place.series(Kind::Counter, "orders{kind=\"a\"}").unwrap();
            place.add(orders, 1.5);
            place.add(orders, 1.0);
            assert_eq!(
                place.series(Kind::Counter, "orders{kind=\"a\"}"),
                Some(orders)
            );
            let queue = place.series(Kind::Gauge, "queue").unwrap();
            place.put(queue, 9.0);
            place.put(queue, 2.0);
            let times = place.series(Kind::Histogram, "times").unwrap();
            place.observe(times, 0.3);
            place.observe(times, 99.0);
        }
        let all = board.series();
        assert_eq!(all["orders{kind=\"a\"}"].1[0], 7.5);
        assert_eq!(all["queue"].1[0], 6.0);
        let times = &all["times"].1;
        assert_eq!(
            (times[9], times[BUCKETS - 1], times[BUCKETS]),
            (3.0, 3.0, 297.9)
        );
    }

    #[test]
    fn there_is_an_end() {
        let board = Rc::new(Board::new(1).unwrap());
        let place = Place::new(&board, 0, 1);
        assert!(place.series(Kind::Counter, &"x".repeat(KEY + 1)).is_none());
        assert!(place.series(Kind::Counter, &"x".repeat(KEY)).is_some());
        for n in 1..ENTRIES {
            assert!(place.series(Kind::Counter, &format!("s{n}")).is_some());
        }
        assert!(place.series(Kind::Counter, "one_more").is_none());
        assert!(place.series(Kind::Counter, "s5").is_some());
        place.add(usize::MAX, 1.0);
    }
}
