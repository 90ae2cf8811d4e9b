//! Token buckets in memory that all workers share.
//!
//! A bucket is one word: the time at which it will be full again (the "theoretical arrival time" of
//! the generic cell rate algorithm, ITU-T I.371). Buckets lie in sets of eight by the hashes of their
//! keys. A full bucket holds nothing worth keeping, so its place is taken by the next key; where all
//! eight of a set are in use, the one that is nearest to full gives way.

use highper_shm::SharedArray;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

const SET: usize = 8;

/// Buckets by the hashes of their keys; common to this process and all that it forks.
#[derive(Debug)]
pub struct Limits {
    /// Key and time of each bucket.
    words: SharedArray<AtomicU64>,
    sets: usize,
    /// Nobody can know which keys meet, so that nobody can use up another one's tokens.
    seed: u64,
}

/// What came of asking for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There was one: so many are left, and after so many nanoseconds the bucket is full.
    Yes {
        /// Tokens left.
        left: u64,
        /// Nanoseconds until it is full.
        full_in: u64,
    },
    /// There was none: after so many nanoseconds there is one, and all after so many.
    No {
        /// Nanoseconds until there is a token.
        wait: u64,
        /// Nanoseconds until it is full.
        full_in: u64,
    },
}

impl Limits {
    /// Room for so many buckets, whose memory is taken as it fills.
    ///
    /// # Errors
    /// When the system has not so much address space.
    pub fn new(buckets: usize) -> io::Result<Self> {
        let sets = buckets.div_ceil(SET).max(1).next_power_of_two();
        Ok(Self {
            words: SharedArray::new(sets * SET * 2)?,
            sets,
            // Tests compare the keys of several.
            seed: match cfg!(test) {
                true => 0,
                false => RandomState::new().hash_one(0),
            },
        })
    }

    /// What keys begin with.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Takes a token out of a key's bucket, which has `burst` of them when it is full and gets one
    /// in `interval` nanoseconds. `now` in nanoseconds of the monotonic clock.
    pub fn take(&self, key: u64, interval: u64, burst: u64, now: u64) -> Taken {
        let time = self.bucket(key, now);
        let room = interval.saturating_mul(burst);
        let mut seen = time.load(Ordering::Relaxed);
        loop {
            let begin = seen.max(now);
            let full = begin.saturating_add(interval);
            let full_in = full - now;
            if full_in > room {
                return Taken::No {
                    wait: full_in - room,
                    full_in: full_in - interval,
                };
            }
            match time.compare_exchange_weak(seen, full, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    return Taken::Yes {
                        left: (room - full_in) / interval.max(1),
                        full_in,
                    };
                }
                Err(other) => seen = other,
            }
        }
    }

    /// The time of a key's bucket.
    fn bucket(&self, key: u64, now: u64) -> &AtomicU64 {
        // 0 is a place that was never used.
        let key = key | 1;
        let first = (key >> 32) as usize & (self.sets - 1);
        let set = &self.words[first * SET * 2..(first + 1) * SET * 2];
        let places = || set.chunks_exact(2);
        if let Some(found) = places().find(|p| p[0].load(Ordering::Relaxed) == key) {
            return &found[1];
        }
        // Full buckets first, then the one that is nearest to it.
        let mut best = (u64::MAX, &set[..2]);
        for place in places() {
            let time = place[1].load(Ordering::Relaxed);
            if time < best.0 {
                best = (time, place);
            }
        }
        let (time, place) = best;
        let old = place[0].load(Ordering::Relaxed);
        let won = place[0].compare_exchange(old, key, Ordering::Relaxed, Ordering::Relaxed);
        if won.is_ok() && time > now {
            // Somebody else's tokens are not this key's. Who has counted in between counts again.
            place[1].store(0, Ordering::Relaxed);
        }
        &place[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const START: u64 = 500 * SECOND;

    fn yes(taken: Taken) -> Option<u64> {
        match taken {
            Taken::Yes { left, .. } => Some(left),
            Taken::No { .. } => None,
        }
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let limits = Limits::new(64).unwrap();
        let take = |now| limits.take(7 << 32, SECOND / 10, 3, now);
        assert_eq!(
            (yes(take(START)), yes(take(START)), yes(take(START))),
            (Some(2), Some(1), Some(0))
        );
        assert_eq!(
            take(START),
            Taken::No {
                wait: SECOND / 10,
                full_in: 3 * SECOND / 10
            }
        );
        assert_eq!(yes(take(START + SECOND / 10 - 1)), None);
        assert_eq!(yes(take(START + SECOND / 10)), Some(0));
        assert_eq!(yes(take(START + 100 * SECOND)), Some(2));
    }

    #[test]
    fn keys_have_their_own() {
        let limits = Limits::new(1 << 12).unwrap();
        for key in 0..2000_u64 {
            let key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            assert_eq!(yes(limits.take(key, SECOND, 1, START)), Some(0));
            assert_eq!(yes(limits.take(key, SECOND, 1, START)), None);
        }
    }

    #[test]
    fn the_fullest_gives_way_where_there_is_no_room() {
        let limits = Limits::new(8).unwrap();
        let key = |n: u64| n << 1;
        for n in 1..=8 {
            assert_eq!(yes(limits.take(key(n), SECOND * n, 1, START)), Some(0));
        }
        assert_eq!(yes(limits.take(key(9), SECOND * 20, 1, START)), Some(0));
        assert_eq!(yes(limits.take(key(9), SECOND * 20, 1, START)), None);
        assert_eq!(yes(limits.take(key(8), SECOND * 8, 1, START)), None);
        // The first had to go: its key begins anew.
        assert_eq!(yes(limits.take(key(1), SECOND, 1, START)), Some(0));
    }

    #[test]
    fn threads_never_take_more_than_there_is() {
        let limits = Limits::new(64).unwrap();
        let total: usize = std::thread::scope(|scope| {
            let run = || {
                (0..1000)
                    .filter(|_| yes(limits.take(3 << 40, SECOND, 500, START)).is_some())
                    .count()
            };
            let all: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            all.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(total, 500);
    }

    #[test]
    fn extreme_numbers() {
        let limits = Limits::new(8).unwrap();
        assert!(yes(limits.take(1, u64::MAX, u64::MAX, START)).is_some());
        assert!(yes(limits.take(2, 0, 1, START)).is_some());
        assert!(yes(limits.take(3, SECOND, 0, START)).is_none());
    }
}
