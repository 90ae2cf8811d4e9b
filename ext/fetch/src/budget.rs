//! How many repetitions there may be, so that they don't make a failing server's day worse.

use std::cell::Cell;

/// Repetitions in thousandths that each request adds.
const SHARE: u32 = 200;
/// As many as may come at once.
const MOST: u32 = 100_000;
/// As many as there are at the beginning.
const FIRST: u32 = 10_000;
const ONE: u32 = 1_000;

/// One repetition for five requests, ten at the beginning.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(FIRST))
    }
}

impl Budget {
    /// A request was made.
    pub(crate) fn earn(&self) {
        self.0.set((self.0.get() + SHARE).min(MOST));
    }

    /// Is there enough for a repetition? It is spent then.
    pub(crate) fn spend(&self) -> bool {
        match self.0.get().checked_sub(ONE) {
            Some(left) => {
                self.0.set(left);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_requests() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        (0..100).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 20);
    }
}
