//! Things that are numbered from one on, in pages: a number costs no more than the thing itself.

use std::collections::BTreeMap;

const PAGE: u64 = 256;

struct Page<T> {
    items: Box<[Option<T>; PAGE as usize]>,
    used: u32,
}

impl<T> Page<T> {
    fn new() -> Self {
        Self {
            items: Box::new([const { None }; PAGE as usize]),
            used: 0,
        }
    }
}

/// From numbers that only grow to things that come and go.
pub(crate) struct Numbered<T> {
    last: u64,
    count: usize,
    /// The page of the last number, at hand.
    newest: Option<Page<T>>,
    older: BTreeMap<u64, Page<T>>,
}

impl<T> Numbered<T> {
    pub(crate) const fn new() -> Self {
        Self {
            last: 0,
            count: 0,
            newest: None,
            older: BTreeMap::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds one; its number.
    pub(crate) fn add(&mut self, item: T) -> u64 {
        let before = self.last / PAGE;
        self.last += 1;
        let (page, at) = (self.last / PAGE, (self.last % PAGE) as usize);
        if page != before
            && let Some(full) = self.newest.take()
            && full.used > 0
        {
            self.older.insert(before, full);
        }
        let newest = self.newest.get_or_insert_with(Page::new);
        newest.items[at] = Some(item);
        newest.used += 1;
        self.count += 1;
        self.last
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let page = match number / PAGE {
            page if page == self.last / PAGE => self.newest.as_ref()?,
            page => self.older.get(&page)?,
        };
        page.items[(number % PAGE) as usize].as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let page = match number / PAGE {
            page if page == self.last / PAGE => self.newest.as_mut()?,
            page => self.older.get_mut(&page)?,
        };
        page.items[(number % PAGE) as usize].as_mut()
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let at = (number % PAGE) as usize;
        let number = number / PAGE;
        let is_newest = number == self.last / PAGE;
        let page = match is_newest {
            true => self.newest.as_mut()?,
            false => self.older.get_mut(&number)?,
        };
        let item = page.items[at].take()?;
        page.used -= 1;
        if page.used == 0 && !is_newest {
            self.older.remove(&number);
        }
        self.count -= 1;
        Some(item)
    }

    /// The numbers in use, in order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let newest = self.newest.as_ref().map(|page| (self.last / PAGE, page));
        let older = self.older.iter().map(|(number, page)| (*number, page));
        let mut numbers = Vec::with_capacity(self.count);
        for (number, page) in older.chain(newest) {
            let used = page.items.iter().enumerate();
            numbers.extend(
                used.filter(|(_, item)| item.is_some())
                    .map(|(at, _)| number * PAGE + at as u64),
            );
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_to_their_things_and_empty_pages_go() {
        let mut all = Numbered::new();
        for i in 1..=2000u64 {
            assert_eq!(all.add(i * 3), i);
        }
        assert_eq!(all.len(), 2000);
        for i in (1..=2000).filter(|i| i % 500 != 0) {
            assert_eq!(all.remove(i), Some(i * 3));
            assert_eq!((all.remove(i), all.get(i)), (None, None));
        }
        assert_eq!(all.numbers(), [500, 1000, 1500, 2000]);
        assert!(all.older.len() <= 3, "{}", all.older.len());
        assert_eq!(all.get(1500), Some(&4500));
        *all.get_mut(500).unwrap() = 1;
        assert_eq!(all.remove(500), Some(1));
        assert_eq!((all.get(0), all.get(2001)), (None, None));
        assert_eq!(all.remove(u64::MAX), None);
        assert_eq!(all.add(9), 2001);
        assert_eq!((all.len(), all.get(2000)), (4, Some(&6000)));
    }
}
