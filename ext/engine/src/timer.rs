//! Timers: a four-way heap of slab entries, so that each can be taken out in O(log n).

use crate::wait::Token;

/// Names a timer until it fires or is cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TimerId {
    slot: u32,
    generation: u32,
}

/// What happens when a timer fires.
pub(crate) enum Target {
    /// Wakes a waiting coroutine with `Wake::Timeout`.
    Wake(Token),
    /// Calls a handler that was registered with the reactor: its index and a key.
    Handler(u32, u64),
    /// Runs once on the driver's stack.
    Call(Box<dyn FnOnce()>),
}

struct Entry {
    generation: u32,
    /// Position in the heap, or `FREE`.
    position: u32,
    /// Does a wait for this timer keep the process alive?
    counts: bool,
    target: Option<Target>,
}

const FREE: u32 = u32::MAX;
const WAYS: usize = 4;

/// All timers of a thread. Times are nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Default)]
pub(crate) struct Timers {
    /// When, then the order of insertion with the slot in its low half.
    heap: Vec<(u64, u64)>,
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
    pub(crate) fn next(&self) -> Option<u64> {
        self.heap.first().map(|&(when, _)| when)
    }

    /// How many timers keep a loop alive.
    pub(crate) fn counting(&self) -> usize {
        self.counting
    }

    pub(crate) fn insert(&mut self, when: u64, target: Target, counts: bool) -> TimerId {
        let position = self.heap.len() as u32;
        let slot = match self.free.pop() {
            Some(slot) => {
                let entry = &mut self.entries[slot as usize];
                entry.position = position;
                entry.counts = counts;
                entry.target = Some(target);
                slot
            }
            None => {
                self.entries.push(Entry {
                    generation: 0,
                    position,
                    counts,
                    target: Some(target),
                });
                (self.entries.len() - 1) as u32
            }
        };
        self.counting += usize::from(counts);
        self.inserted = self.inserted.wrapping_add(1);
        self.heap
            .push((when, u64::from(self.inserted) << 32 | u64::from(slot)));
        self.up(position as usize);
        TimerId {
            slot,
            generation: self.entries[slot as usize].generation,
        }
    }

    /// Takes a timer out; its target when it had not fired.
    pub(crate) fn remove(&mut self, id: TimerId) -> Option<Target> {
        let entry = self.entries.get(id.slot as usize)?;
        if entry.generation != id.generation || entry.position == FREE {
            return None;
        }
        let position = entry.position as usize;
        Some(self.take(position))
    }

    /// The next timer that is due.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<Target> {
        match self.heap.first() {
            Some(&(when, _)) if when <= now => Some(self.take(0)),
            _ => None,
        }
    }

    fn take(&mut self, position: usize) -> Target {
        let slot = self.heap.swap_remove(position).1 as u32;
        if position < self.heap.len() {
            self.entries[self.heap[position].1 as u32 as usize].position = position as u32;
            self.down(position);
            self.up(position);
        }
        let entry = &mut self.entries[slot as usize];
        entry.position = FREE;
        entry.generation = entry.generation.wrapping_add(1);
        self.counting -= usize::from(entry.counts);
        self.free.push(slot);
        entry
            .target
            .take()
            .expect("an entry in the heap has a target")
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / WAYS;
            if self.heap[parent] <= self.heap[at] {
                break;
            }
            self.swap(at, parent);
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
            self.swap(at, least);
            at = least;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.entries[self.heap[a].1 as u32 as usize].position = a as u32;
        self.entries[self.heap[b].1 as u32 as usize].position = b as u32;
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
