//! Timers: a four-way heap whose nodes are only marked when a timer is cleared.
//!
//! Most timers are deadlines that are cleared before they fire. Taking one out of the middle of a
//! heap touches a dozen nodes; here it touches the timer's own entry, and what was cleared leaves
//! the heap when it reaches the top, or all at once when more than half of the nodes are dead.

use crate::wait::Token;

/// Names a timer until it fires or is cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TimerId {
    slot: u32,
    order: u32,
}

/// What happens when a timer fires.
pub(crate) enum Target {
    /// Wakes a waiting coroutine with `Wake::Timeout`.
    Wake(Token),
    /// Calls a handler that was registered with the reactor: its index and a key.
    Handler(u32, u64),
    /// Calls a function with a key.
    Plain(fn(u64), u64),
    /// Runs once on the driver's stack.
    Call(Box<dyn FnOnce()>),
}

struct Entry {
    /// Tells the timers apart that used this entry one after the other.
    order: u32,
    /// Does a wait for this timer keep the process alive?
    counts: bool,
    /// `None` when the entry is free.
    target: Option<Target>,
}

/// When, then the order of insertion with the slot in its low half.
type Node = (u64, u64);

const WAYS: usize = 4;
/// Fewer dead nodes than this are left where they are.
const FEW: usize = 64;

/// All timers of a thread. Times are nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Default)]
pub(crate) struct Timers {
    heap: Vec<Node>,
    inserted: u32,
    entries: Vec<Entry>,
    free: Vec<u32>,
    counting: usize,
}

impl Timers {
    pub(crate) const fn new() -> Self {
        Self {
            heap: Vec::new(),
            inserted: 0,
            entries: Vec::new(),
            free: Vec::new(),
            counting: 0,
        }
    }

    /// When the first timer fires.
    pub(crate) fn next(&mut self) -> Option<u64> {
        while let Some(&node) = self.heap.first() {
            if self.is_live(node) {
                return Some(node.0);
            }
            self.pop();
        }
        None
    }

    /// How many timers keep a loop alive.
    pub(crate) fn counting(&self) -> usize {
        self.counting
    }

    fn live(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    fn is_live(&self, (_, key): Node) -> bool {
        let entry = &self.entries[key as u32 as usize];
        entry.order == (key >> 32) as u32 && entry.target.is_some()
    }

    pub(crate) fn insert(&mut self, when: u64, target: Target, counts: bool) -> TimerId {
        self.inserted = self.inserted.wrapping_add(1);
        let order = self.inserted;
        let entry = Entry {
            order,
            counts,
            target: Some(target),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.counting += usize::from(counts);
        self.heap
            .push((when, u64::from(order) << 32 | u64::from(slot)));
        self.up(self.heap.len() - 1);
        TimerId { slot, order }
    }

    /// Takes a timer out; its target when it had not fired.
    pub(crate) fn remove(&mut self, id: TimerId) -> Option<Target> {
        let entry = self.entries.get_mut(id.slot as usize)?;
        if entry.order != id.order {
            return None;
        }
        let target = entry.target.take()?;
        self.counting -= usize::from(entry.counts);
        self.free.push(id.slot);
        if self.heap.len() > FEW + 2 * self.live() {
            self.sweep();
        }
        Some(target)
    }

    /// The next timer that is due.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<Target> {
        while let Some(&node) = self.heap.first() {
            let is_live = self.is_live(node);
            if is_live && node.0 > now {
                return None;
            }
            self.pop();
            if is_live {
                let slot = node.1 as u32;
                let entry = &mut self.entries[slot as usize];
                self.counting -= usize::from(entry.counts);
                self.free.push(slot);
                return entry.target.take();
            }
        }
        None
    }

    fn pop(&mut self) {
        self.heap.swap_remove(0);
        self.down(0);
    }

    /// Lets the dead nodes go.
    #[cold]
    fn sweep(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        heap.retain(|node| self.is_live(*node));
        if heap.capacity() > 4 * FEW.max(heap.len()) {
            heap.shrink_to(2 * FEW.max(heap.len()));
        }
        self.heap = heap;
        if self.heap.len() > 1 {
            for at in (0..=(self.heap.len() - 2) / WAYS).rev() {
                self.down(at);
            }
        }
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / WAYS;
            if self.heap[parent] <= self.heap[at] {
                break;
            }
            self.heap.swap(at, parent);
            at = parent;
        }
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let first = at * WAYS + 1;
            let last = (first + WAYS).min(self.heap.len());
            let Some(least) = (first..last).min_by_key(|&i| self.heap[i]) else {
                break;
            };
            if self.heap[least] >= self.heap[at] {
                break;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(target: Target) -> u64 {
        match target {
            Target::Handler(_, key) => key,
            _ => unreachable!(),
        }
    }

    #[test]
    fn what_was_cleared_leaves_the_heap() {
        let mut timers = Timers::new();
        let ids: Vec<_> = (0..10_000)
            .map(|i| timers.insert(i, Target::Handler(0, i), i % 2 == 0))
            .collect();
        for id in &ids[..9_990] {
            assert!(timers.remove(*id).is_some());
            assert!(timers.remove(*id).is_none());
        }
        assert!(timers.heap.len() <= FEW + 20, "{}", timers.heap.len());
        assert_eq!((timers.next(), timers.counting()), (Some(9_990), 5));
        // An entry that is in use again does not answer to its old name.
        let again = timers.insert(1, Target::Handler(0, 7), false);
        assert!(
            ids.iter()
                .take(9_990)
                .all(|id| timers.remove(*id).is_none())
        );
        assert_eq!(timers.next(), Some(1));
        assert!(timers.remove(again).is_some());
        let left: Vec<_> = std::iter::from_fn(|| timers.pop_due(u64::MAX).map(key)).collect();
        assert_eq!(left, (9_990..10_000).collect::<Vec<_>>());
        assert_eq!(
            (timers.next(), timers.counting(), timers.live()),
            (None, 0, 0)
        );
    }

    #[test]
    fn fires_in_order_and_removes_anywhere() {
        let mut timers = Timers::new();
        let mut seed = 1u64;
        let mut live = std::collections::BTreeMap::new();
        for i in 0..20_000u64 {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let when = (seed >> 33) % 10_000;
            let id = timers.insert(when, Target::Handler(0, i), true);
            live.insert((when, i), id);
            if seed.is_multiple_of(3) {
                let (&k, &id) = live
                    .iter()
                    .nth((seed >> 40) as usize % live.len().min(50))
                    .unwrap();
                assert_eq!(key(timers.remove(id).unwrap()), k.1);
                assert!(timers.remove(id).is_none());
                live.remove(&k);
            }
        }
        let mut last = 0;
        let mut fired = 0;
        while let Some(next) = timers.next() {
            assert!(next >= last);
            last = next;
            assert!(
                live.remove(&(next, key(timers.pop_due(next).unwrap())))
                    .is_some()
            );
            fired += 1;
        }
        assert!(live.is_empty() && fired > 1000 && timers.counting() == 0);
    }
}
