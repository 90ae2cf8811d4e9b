//! What a client is still to be sent: bounded as soon as it takes less than it is sent.

use std::collections::VecDeque;
use std::rc::Rc;

/// What becomes of a client that takes less than it is sent, once its queue is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Slow {
    /// The oldest messages are left out.
    #[default]
    DropOldest,
    /// Of each room only the last message waits.
    KeepLast,
    /// The connection is closed with 1013.
    Close,
}

impl Slow {
    /// By its name: `drop-oldest`, `keep-last`, `close`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "drop-oldest" => Self::DropOldest,
            "keep-last" => Self::KeepLast,
            "close" => Self::Close,
            _ => return None,
        })
    }
}

/// What came of putting something into a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// It waits, and so many messages were left out for it; it may itself be one of them.
    Waits(usize),
    /// There is no room, and nothing was left out.
    Full,
}

struct Item {
    bytes: Rc<[u8]>,
    group: u64,
}

/// One that is empty, or has a single frame, owns no memory beside that.
#[derive(Default)]
enum Items {
    #[default]
    None,
    One(Item),
    Many(VecDeque<Item>),
}

/// Frames that wait, the oldest first.
#[derive(Default)]
pub(crate) struct Queue {
    items: Items,
    bytes: usize,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.items, Items::None)
    }

    fn len(&self) -> usize {
        match &self.items {
            Items::None => 0,
            Items::One(_) => 1,
            Items::Many(items) => items.len(),
        }
    }

    /// How long the oldest is.
    fn next_length(&self) -> Option<usize> {
        let oldest = match &self.items {
            Items::None => None,
            Items::One(item) => Some(item),
            Items::Many(items) => items.front(),
        };
        oldest.map(|item| item.bytes.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts a frame behind the others, whatever there is.
    pub(crate) fn add(&mut self, bytes: Rc<[u8]>, group: u64) {
        self.bytes += bytes.len();
        let item = Item { bytes, group };
        match &mut self.items {
            Items::Many(items) => items.push_back(item),
            Items::None => self.items = Items::One(item),
            one => {
                if let Items::One(first) = std::mem::take(one) {
                    *one = Items::Many(VecDeque::from([first, item]));
                }
            }
        }
    }

    /// Leaves out what belongs to a group.
    fn drop_group(&mut self, group: u64) {
        match &mut self.items {
            Items::Many(items) => {
                items.retain(|item| item.group != group);
                self.bytes = items.iter().map(|item| item.bytes.len()).sum();
                if items.is_empty() {
                    self.items = Items::None;
                }
            }
            Items::One(item) if item.group == group => *self = Self::default(),
            _ => {}
        }
    }

    /// Puts a frame of a client that takes nothing at the moment.
    pub(crate) fn put(&mut self, bytes: Rc<[u8]>, group: u64, room: usize, slow: Slow) -> Put {
        let before = self.len();
        match slow {
            Slow::Close if self.bytes + bytes.len() > room => return Put::Full,
            Slow::KeepLast => self.drop_group(group),
            _ => {}
        }
        self.add(bytes, group);
        while self.bytes > room && self.take().is_some() {}
        Put::Waits(before + 1 - self.len())
    }

    /// Takes the oldest.
    pub(crate) fn take(&mut self) -> Option<Rc<[u8]>> {
        let item = match &mut self.items {
            Items::Many(items) if items.len() > 1 => items.pop_front()?,
            Items::Many(items) => {
                let last = items.pop_front()?;
                self.items = Items::None;
                last
            }
            rest => match std::mem::take(rest) {
                Items::One(item) => item,
                _ => return None,
            },
        };
        self.bytes -= item.bytes.len();
        Some(item.bytes)
    }

    /// Takes the oldest ones up to so many bytes together, and always one.
    pub(crate) fn take_some(&mut self, most: usize) -> Vec<Rc<[u8]>> {
        let mut all = Vec::new();
        let mut length = 0;
        while let Some(next) = self.next_length() {
            length += next;
            if !all.is_empty() && length > most {
                break;
            }
            all.extend(self.take());
        }
        all
    }

    /// Takes everything, in one piece.
    pub(crate) fn take_all(&mut self) -> Option<Rc<[u8]>> {
        let all = std::mem::take(self);
        match all.items {
            Items::None => None,
            Items::One(item) => Some(item.bytes),
            Items::Many(items) => {
                let mut bytes = Vec::with_capacity(all.bytes);
                items
                    .iter()
                    .for_each(|item| bytes.extend_from_slice(&item.bytes));
                Some(bytes.into())
            }
        }
    }

    /// Throws everything away; how many that were.
    pub(crate) fn clear(&mut self) -> usize {
        let count = self.len();
        *self = Self::default();
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Rc<[u8]> {
        vec![length as u8; length].into()
    }

    fn lengths(queue: &mut Queue) -> Vec<usize> {
        std::iter::from_fn(|| queue.take())
            .map(|b| b.len())
            .collect()
    }

    #[test]
    fn the_oldest_are_left_out() {
        let mut queue = Queue::default();
        for (length, dropped) in [(40, 0), (41, 0), (20, 1), (10, 0), (95, 4)] {
            let put = queue.put(bytes(length), 0, 100, Slow::DropOldest);
            let wanted = if length == 95 { 3 } else { dropped };
            assert_eq!(put, Put::Waits(wanted), "{length}");
            assert!(queue.bytes() <= 100);
        }
        assert_eq!(
            queue.put(bytes(101), 0, 100, Slow::DropOldest),
            Put::Waits(2)
        );
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn the_last_of_each_room_is_kept() {
        let mut queue = Queue::default();
        for (length, group) in [(1, 7), (2, 8), (3, 7), (4, 8), (5, 7)] {
            assert_ne!(
                queue.put(bytes(length), group, 100, Slow::KeepLast),
                Put::Full
            );
        }
        assert_eq!(lengths(&mut queue), [4, 5]);
        assert_eq!(queue.put(bytes(90), 1, 100, Slow::KeepLast), Put::Waits(0));
        assert_eq!(queue.put(bytes(50), 2, 100, Slow::KeepLast), Put::Waits(1));
        assert_eq!(lengths(&mut queue), [50]);
    }

    #[test]
    fn a_full_one_says_so() {
        let mut queue = Queue::default();
        assert_eq!(queue.put(bytes(60), 0, 100, Slow::Close), Put::Waits(0));
        assert_eq!(queue.put(bytes(41), 0, 100, Slow::Close), Put::Full);
        assert_eq!(queue.put(bytes(40), 0, 100, Slow::Close), Put::Waits(0));
        assert_eq!(queue.clear(), 2);
        assert_eq!((queue.bytes(), queue.is_empty()), (0, true));
    }

    #[test]
    fn some_are_taken_at_a_time() {
        let mut queue = Queue::default();
        for length in [200, 30, 30, 50] {
            queue.add(bytes(length), 0);
        }
        let sizes: Vec<usize> = std::iter::from_fn(|| {
            let some = queue.take_some(100);
            (!some.is_empty()).then(|| some.iter().map(|b| b.len()).sum())
        })
        .collect();
        assert_eq!(sizes, [200, 60, 50]);
    }

    #[test]
    fn all_is_taken_in_one_piece() {
        let mut queue = Queue::default();
        assert_eq!(queue.take_all(), None);
        for count in 1..4_usize {
            (1..=count).for_each(|length| queue.add(bytes(length), 0));
            let all = [&[1][..], &[2, 2], &[3, 3, 3]][..count].concat();
            assert_eq!(queue.take_all().as_deref(), Some(&all[..]));
            assert_eq!((queue.bytes(), queue.is_empty()), (0, true));
        }
    }
}
