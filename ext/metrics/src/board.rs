//! The shared memory: a place for each process.

use crate::own::{ENTRIES, ENTRY};
use crate::{BOUNDS, BUCKETS, status};
use highper_shm::SharedArray;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Routes that are counted each for itself; those beyond are counted with the last.
pub const ROUTES: usize = 4096;
/// Figures of a process that are no counts.
pub(crate) const GAUGES: usize = 16;

/// Words of a route: answers by status, buckets of times, and the sum of times in nanoseconds.
const TIMES: usize = status::COUNT;
const SUM: usize = TIMES + BUCKETS;
const ROUTE: usize = (SUM + 1).next_multiple_of(8);

/// Words of a place: which routes it counts, figures, own series, routes.
const FIGURES: usize = 8;
pub(crate) const OWN: usize = FIGURES + GAUGES;
const FIRST: usize = OWN + 8 + ENTRIES * ENTRY;
const PLACE: usize = (FIRST + ROUTES * ROUTE).next_multiple_of(512);

/// The counts of all processes. The memory is taken as it is touched.
#[derive(Debug)]
pub struct Board {
    words: SharedArray<AtomicU64>,
    places: usize,
}

/// What one route has come to, over all processes.
pub(crate) struct Route {
    pub(crate) statuses: [u64; status::COUNT],
    pub(crate) buckets: [u64; BUCKETS],
    /// Nanoseconds.
    pub(crate) sum: u64,
}

impl Board {
    /// For so many processes, one at least.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(places: usize) -> io::Result<Self> {
        let places = places.max(1);
        Ok(Self {
            words: SharedArray::new(places * PLACE)?,
            places,
        })
    }

    /// The number of the last place.
    #[must_use]
    pub fn last(&self) -> usize {
        self.places - 1
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &[AtomicU64]> {
        self.words.chunks_exact(PLACE).take(self.places)
    }

    /// All processes' counts of a route, of those that count the same routes.
    pub(crate) fn route(&self, table: u64, number: usize) -> Route {
        let mut all = Route {
            statuses: [0; status::COUNT],
            buckets: [0; BUCKETS],
            sum: 0,
        };
        for place in self
            .places()
            .filter(|place| place[0].load(Relaxed) == table)
        {
            let at = FIRST + number.min(ROUTES - 1) * ROUTE;
            let words = &place[at..at + ROUTE];
            for (sum, word) in all.statuses.iter_mut().zip(words) {
                *sum += word.load(Relaxed);
            }
            for (sum, word) in all.buckets.iter_mut().zip(&words[TIMES..]) {
                *sum += word.load(Relaxed);
            }
            all.sum += words[SUM].load(Relaxed);
        }
        all
    }

    /// A figure of all processes that have set it, by its number below 16: their sum and the largest.
    #[must_use]
    pub fn figure(&self, number: usize) -> (u64, u64) {
        let all = self
            .places()
            .map(|place| place[FIGURES + number % GAUGES].load(Relaxed));
        all.fold((0, 0), |(sum, most), one| (sum + one, most.max(one)))
    }
}

/// Where one process counts.
#[derive(Clone, Debug)]
pub struct Place {
    board: Rc<Board>,
    at: usize,
    /// Is this place no other process's?
    is_own: bool,
}

impl Place {
    /// The place of a number. Numbers from the last on share with others: what they count is added one at a time.
    ///
    /// `table` says which routes are counted, so that the counts of others are never added to them. It is not 0.
    #[must_use]
    pub fn new(board: &Rc<Board>, number: usize, table: u64) -> Self {
        let at = number % board.places * PLACE;
        let this = Self {
            board: Rc::clone(board),
            at,
            is_own: number < board.last(),
        };
        let before = this.words()[0].swap(table, Relaxed);
        // Nobody has touched fresh memory: looking at it would take it.
        if before != 0 && before != table {
            for word in &this.words()[FIRST..] {
                if word.load(Relaxed) != 0 {
                    word.store(0, Relaxed);
                }
            }
        }
        this.leave();
        this
    }

    pub(crate) fn words(&self) -> &[AtomicU64] {
        &self.board.words[self.at..self.at + PLACE]
    }

    /// The board that it is on.
    #[must_use]
    pub fn board(&self) -> &Rc<Board> {
        &self.board
    }

    /// One answer. Route 0 is for what no route was found for.
    #[inline]
    pub fn count(&self, route: usize, status: u16, nanoseconds: u64) {
        let at = self.at + FIRST + route.min(ROUTES - 1) * ROUTE;
        let Some(words) = self.board.words.get(at..at + ROUTE) else {
            return;
        };
        let grow = |number: usize, by: u64| {
            let Some(word) = words.get(number) else {
                return;
            };
            match self.is_own {
                // Others only read it.
                true => word.store(word.load(Relaxed).wrapping_add(by), Relaxed),
                false => _ = word.fetch_add(by, Relaxed),
            }
        };
        grow(status::number(status), 1);
        grow(TIMES + bucket(nanoseconds), 1);
        grow(SUM, nanoseconds);
    }

    /// Sets a figure of this process, by its number below 16.
    pub fn set(&self, number: usize, value: u64) {
        self.words()[FIGURES + number % GAUGES].store(value, Relaxed);
    }

    /// The process ends: its figures are no more, its counts stay.
    pub fn leave(&self) {
        for number in 0..GAUGES {
            self.set(number, 0);
        }
    }
}

/// Bounds in nanoseconds.
const NANOSECONDS: [u64; BOUNDS.len()] = {
    let mut all = [0; BOUNDS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = (BOUNDS[at] * 1e9 + 0.5) as u64;
        at += 1;
    }
    all
};

/// The first bucket of the times with so many binary digits.
const STARTS: [u8; 65] = {
    let mut all = [0; 65];
    let mut digits = 1;
    while digits < all.len() {
        let shortest = 1_u64 << (digits - 1);
        let mut at = 0;
        while at < NANOSECONDS.len() && shortest > NANOSECONDS[at] {
            at += 1;
        }
        all[digits] = at as u8;
        digits += 1;
    }
    all
};

#[inline]
fn bucket(nanoseconds: u64) -> usize {
    let digits = 64 - nanoseconds.leading_zeros();
    let mut at = usize::from(STARTS[digits as usize]);
    // At most one bound lies between a time and twice that.
    while NANOSECONDS
        .get(at)
        .is_some_and(|bound| nanoseconds > *bound)
    {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_places_are_added() {
        let board = Rc::new(Board::new(2).unwrap());
        let (a, b) = (Place::new(&board, 0, 7), Place::new(&board, 1, 7));
        a.count(3, 200, 400_000);
        b.count(3, 200, 2_000_000_000);
        b.count(3, 404, 20_000_000_000);
        let route = board.route(7, 3);
        assert_eq!(route.statuses.iter().sum::<u64>(), 3);
        assert_eq!(route.statuses[status::number(200)], 2);
        assert_eq!(
            (
                route.buckets[0],
                route.buckets[11],
                route.buckets[BUCKETS - 1]
            ),
            (1, 1, 1)
        );
        assert_eq!(route.sum, 22_000_400_000);
        assert_eq!(board.route(7, 2).sum, 0);
    }

    #[test]
    fn who_shares_the_last_place_loses_nothing() {
        let board = Rc::new(Board::new(2).unwrap());
        let own = Place::new(&board, 0, 7);
        let shared = [Place::new(&board, 1, 7), Place::new(&board, 3, 7)];
        assert!(own.is_own && shared.iter().all(|place| !place.is_own));
        for place in &shared {
            place.count(1, 200, 5);
        }
        own.count(1, 200, 6);
        assert_eq!(board.route(7, 1).sum, 16);
    }

    #[test]
    fn a_new_process_goes_on_where_the_last_one_ended() {
        let board = Rc::new(Board::new(1).unwrap());
        let old = Place::new(&board, 0, 7);
        old.count(1, 200, 1);
        old.set(2, 50);
        assert_eq!(board.figure(2), (50, 50));
        Place::new(&board, 0, 7).count(1, 200, 1);
        assert_eq!(board.route(7, 1).statuses[status::number(200)], 2);
        assert_eq!(board.figure(2), (0, 0));
        // Other routes begin anew.
        Place::new(&board, 0, 8).count(1, 200, 1);
        assert_eq!(board.route(8, 1).statuses[status::number(200)], 1);
        assert_eq!(board.route(7, 1).statuses[status::number(200)], 0);
    }

    #[test]
    fn routes_beyond_the_last_are_counted_with_it() {
        let board = Rc::new(Board::new(1).unwrap());
        let place = Place::new(&board, 5, 1);
        place.count(usize::MAX, 0, u64::MAX / 2);
        place.count(ROUTES, 200, 0);
        assert_eq!(board.route(1, ROUTES - 1).statuses.iter().sum::<u64>(), 2);
    }

    #[test]
    fn bounds_belong_to_their_bucket() {
        for bound in NANOSECONDS {
            for time in [
                bound / 2,
                bound - 1,
                bound,
                bound + 1,
                bound * 2,
                u64::MAX - bound,
            ] {
                let first = NANOSECONDS.iter().position(|bound| time <= *bound);
                assert_eq!(bucket(time), first.unwrap_or(BUCKETS - 1), "{time}");
            }
        }
        assert_eq!(
            [0, 500_000, 500_001, 10_000_000_000, 10_000_000_001].map(bucket),
            [0, 0, 1, 13, 14]
        );
    }
}
