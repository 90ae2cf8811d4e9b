//! One part of a cache: an index, a list by use, and blocks.

use super::block::{Blocks, Head, Link, WORDS};
use super::{KEY_MAX, Kind, Refused, Stats};
use crate::guard::{Guard, Held};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};

// Words at the start of a part.
const HOLDER: usize = 0;
const STARTED: usize = 1;
/// The first free block.
const FREE: usize = 2;
/// Blocks that were ever used: those behind them are as the system gave them.
const FRESH: usize = 3;
const NEWEST: usize = 4;
const OLDEST: usize = 5;
const ITEMS: usize = 6;
const FREE_COUNT: usize = 7;
const EVICTED: usize = 8;
const EMPTIED: usize = 9;
const HEADER: usize = 16;

/// Reads that a writer may spoil before the reader locks it out.
const TRIES: u32 = 16;

/// Blocks that a part grows by.
const SEGMENT: usize = 512;

/// How many of what a part has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) blocks: usize,
    /// A power of two.
    buckets: usize,
}

impl Layout {
    /// What fits into so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        // A block, its byte for use, and at most a word of the index.
        let blocks = (bytes.saturating_sub(HEADER * 8) / (WORDS * 8 + 9)).clamp(16, 1 << 31);
        Self {
            blocks,
            buckets: blocks.next_power_of_two() / 2,
        }
    }

    pub(super) fn words(self) -> usize {
        HEADER + self.buckets + self.blocks * WORDS
    }

    pub(super) fn largest(self) -> usize {
        (self.blocks / 2 - 1) * super::block::OTHER * 8
    }
}

/// What a look for a key came to.
pub(super) enum Looked<T> {
    Found(T),
    Missing,
    Expired,
}

/// A value to be read.
pub struct Found<'c> {
    blocks: Blocks<'c>,
    name: u32,
    head: Head,
}

impl Found<'_> {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind(self.head.kind)
    }

    /// Its bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.value
    }

    /// Has it no bytes?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies its first bytes, as many as `to` has.
    pub fn copy(&self, to: &mut [u8]) {
        let from = self.head.key.div_ceil(8);
        // Where a writer is at work they are of no use anyway.
        let _whole = self.blocks.pieces(self.name, from).load(to);
    }
}

#[derive(Clone, Copy)]
pub(super) struct Part<'c> {
    header: &'c [AtomicU64],
    index: &'c [AtomicU64],
    blocks: Blocks<'c>,
    used: &'c [AtomicU8],
    layout: Layout,
}

impl<'c> Part<'c> {
    #[inline]
    pub(super) fn new(words: &'c [AtomicU64], used: &'c [AtomicU8], layout: Layout) -> Self {
        let (header, words) = words.split_at(HEADER);
        let (index, blocks) = words.split_at(layout.buckets);
        Self {
            header,
            index,
            blocks: Blocks(blocks),
            used,
            layout,
        }
    }

    fn number(self, word: usize) -> u64 {
        self.header[word].load(Ordering::Relaxed)
    }

    fn name(self, word: usize) -> u32 {
        self.number(word) as u32
    }

    fn put(self, word: usize, value: u64) {
        self.header[word].store(value, Ordering::Relaxed);
    }

    fn change(self, word: usize, by: i64) {
        self.put(word, self.number(word).wrapping_add_signed(by));
    }

    fn guard(self) -> Guard<'c> {
        Guard::new(&self.header[HOLDER], &self.header[STARTED])
    }

    fn lock(self) -> Held<'c> {
        let (held, dead) = self.guard().lock();
        if dead.is_some() {
            self.empty();
            self.change(EMPTIED, 1);
        }
        held
    }

    #[inline]
    fn bucket(self, hash: u64) -> &'c AtomicU64 {
        &self.index[hash as usize & (self.layout.buckets - 1)]
    }

    /// The first block of a key's value. A chain that is changed at the moment may lead anywhere:
    /// it ends after as many steps as there are blocks.
    #[inline]
    fn find(self, hash: u64, key: &[u8]) -> Option<u32> {
        let mut name = self.bucket(hash).load(Ordering::Relaxed) as u32;
        let mut steps = 0;
        while name != 0 && steps <= self.blocks.count() {
            if self.blocks.hash(name) == hash
                && self.blocks.head(name).key == key.len()
                && (key.is_empty() || self.blocks.pieces(name, 0).is(key))
            {
                return Some(name);
            }
            name = self.blocks.link(name, Link::Chain);
            steps += 1;
        }
        None
    }

    #[inline]
    pub(super) fn get<T>(
        self,
        hash: u64,
        key: &[u8],
        mut read: impl FnMut(&Found<'_>) -> T,
    ) -> Looked<T> {
        let guard = self.guard();
        for _ in 0..TRIES {
            let Some(before) = guard.version() else {
                // Waits for the writer, or takes the place of a dead one.
                drop(self.lock());
                continue;
            };
            let found = self.look(hash, key);
            fence(Ordering::Acquire);
            if !guard.is_still(before) {
                continue;
            }
            let (name, head) = match found {
                Looked::Found(found) => found,
                Looked::Missing => return Looked::Missing,
                Looked::Expired => return Looked::Expired,
            };
            let value = self.read(name, head, &mut read);
            fence(Ordering::Acquire);
            if guard.is_still(before) {
                return Looked::Found(value);
            }
        }
        let _held = self.lock();
        match self.look(hash, key) {
            Looked::Found((name, head)) => Looked::Found(self.read(name, head, &mut read)),
            Looked::Missing => Looked::Missing,
            Looked::Expired => Looked::Expired,
        }
    }

    #[inline]
    fn look(self, hash: u64, key: &[u8]) -> Looked<(u32, Head)> {
        let Some(name) = self.find(hash, key) else {
            return Looked::Missing;
        };
        let end = self.blocks.end(name);
        if end != 0 && end <= crate::monotonic() {
            return Looked::Expired;
        }
        Looked::Found((name, self.blocks.head(name)))
    }

    #[inline]
    fn read<T>(self, name: u32, head: Head, read: &mut impl FnMut(&Found<'_>) -> T) -> T {
        // Another's value may be there by now: that was used lately as well.
        self.touch(name);
        read(&Found {
            blocks: self.blocks,
            name,
            head,
        })
    }

    /// Remembers that a value was used. Its place in the list stays until that is looked at for eviction: moving it
    /// would write to its neighbours, and to the part's head, for which the processes would fight.
    #[inline]
    fn touch(self, name: u32) {
        if let Some(used) = self.used.get(name as usize - 1)
            && used.load(Ordering::Relaxed) == 0
        {
            used.store(1, Ordering::Relaxed);
        }
    }

    /// True when it was stored: not `only_new`, or the key had no value.
    pub(super) fn set(
        self,
        hash: u64,
        key: &[u8],
        kind: Kind,
        value: &[u8],
        end: u64,
        only_new: bool,
    ) -> Result<bool, Refused> {
        if key.len() > KEY_MAX || key.len() + value.len() > self.layout.largest() {
            return Err(Refused::TooLarge);
        }
        let head = Head {
            key: key.len(),
            value: value.len(),
            kind: kind.0,
        };
        let held = self.lock();
        if let Some(old) = self.find(hash, key) {
            let over = self.blocks.end(old);
            if only_new && (over == 0 || over > crate::monotonic()) {
                return Ok(false);
            }
            if self.blocks.head(old).blocks() == head.blocks() {
                self.blocks.set_item(old, hash, end, head);
                self.blocks.pieces(old, key.len().div_ceil(8)).store(value);
                self.touch(old);
                return Ok(true);
            }
            self.take_out(old);
        }
        let name = self.allocate(head.blocks());
        self.blocks.set_item(name, hash, end, head);
        self.blocks.pieces(name, 0).store(key);
        self.blocks.pieces(name, key.len().div_ceil(8)).store(value);
        let bucket = self.bucket(hash);
        self.blocks
            .set_link(name, Link::Chain, bucket.load(Ordering::Relaxed) as u32);
        bucket.store(name.into(), Ordering::Relaxed);
        self.put_front(name);
        self.change(ITEMS, 1);
        drop(held);
        Ok(true)
    }

    pub(super) fn increment(
        self,
        hash: u64,
        key: &[u8],
        by: i64,
        end: u64,
    ) -> Result<i64, Refused> {
        {
            let _held = self.lock();
            if let Looked::Found((name, head)) = self.look(hash, key) {
                if head.kind != Kind::INT.0 || head.value != 8 {
                    return Err(Refused::NoInteger);
                }
                let from = key.len().div_ceil(8);
                let mut bytes = [0; 8];
                self.blocks.pieces(name, from).load(&mut bytes);
                let value = i64::from_ne_bytes(bytes).wrapping_add(by);
                self.blocks.pieces(name, from).store(&value.to_ne_bytes());
                self.touch(name);
                return Ok(value);
            }
        }
        // Another process may begin it meanwhile: then there is one to count in.
        if self.set(hash, key, Kind::INT, &by.to_ne_bytes(), end, true)? {
            return Ok(by);
        }
        self.increment(hash, key, by, end)
    }

    pub(super) fn remove(self, hash: u64, key: &[u8]) -> bool {
        let _held = self.lock();
        let Some(name) = self.find(hash, key) else {
            return false;
        };
        let end = self.blocks.end(name);
        self.take_out(name);
        end == 0 || end > crate::monotonic()
    }

    pub(super) fn remove_expired(self, hash: u64, key: &[u8]) -> bool {
        let _held = self.lock();
        match self.find(hash, key) {
            Some(name) if (1..=crate::monotonic()).contains(&self.blocks.end(name)) => {
                self.take_out(name);
                true
            }
            _ => false,
        }
    }

    pub(super) fn clear(self) {
        let _held = self.lock();
        self.empty();
    }

    /// Forgets all values; what counts is kept.
    fn empty(self) {
        for bucket in self.index {
            if bucket.load(Ordering::Relaxed) != 0 {
                bucket.store(0, Ordering::Relaxed);
            }
        }
        let fresh = self.number(FRESH);
        for word in [FREE, FRESH, NEWEST, OLDEST, ITEMS, FREE_COUNT] {
            self.put(word, 0);
        }
        for used in &self.used[..(fresh as usize).min(self.used.len())] {
            used.store(0, Ordering::Relaxed);
        }
    }

    /// A chain of blocks. Values give way until there are enough; the largest value takes half of
    /// all blocks, so there are.
    fn allocate(self, count: usize) -> u32 {
        while self.available() < count {
            if !self.evict() {
                // Blocks that belong to nothing: better without them than for ever here.
                self.empty();
                break;
            }
        }
        let mut first = 0;
        for _ in 0..count {
            let block = self.allocate_one();
            self.blocks.set_word(block, 0, first.into());
            first = block;
        }
        first
    }

    fn available(self) -> usize {
        let fresh = self.number(FRESH) as usize;
        self.number(FREE_COUNT) as usize + self.blocks.count().saturating_sub(fresh)
    }

    fn allocate_one(self) -> u32 {
        let free = self.name(FREE);
        if free != 0 {
            self.put(FREE, self.blocks.link(free, Link::Block).into());
            self.change(FREE_COUNT, -1);
            return free;
        }
        self.change(FRESH, 1);
        self.name(FRESH)
    }

    /// The value that was not used for the longest gives way: one that was used since it was last
    /// looked at is looked at again later. False when there is none.
    fn evict(self) -> bool {
        loop {
            let oldest = self.name(OLDEST);
            let Some(used) = self.used.get((oldest as usize).wrapping_sub(1)) else {
                return false;
            };
            if used.swap(0, Ordering::Relaxed) == 0 {
                self.take_out(oldest);
                self.change(EVICTED, 1);
                return true;
            }
            self.to_front(oldest);
        }
    }

    /// Takes a value out of everything and frees its blocks.
    fn take_out(self, name: u32) {
        let bucket = self.bucket(self.blocks.hash(name));
        let after = self.blocks.link(name, Link::Chain);
        let mut before = bucket.load(Ordering::Relaxed) as u32;
        if before == name {
            bucket.store(after.into(), Ordering::Relaxed);
        } else {
            while before != 0 {
                let next = self.blocks.link(before, Link::Chain);
                if next == name {
                    self.blocks.set_link(before, Link::Chain, after);
                    break;
                }
                before = next;
            }
        }
        self.unlink(name);
        self.used[name as usize - 1].store(0, Ordering::Relaxed);
        let count = self.blocks.head(name).blocks();
        let mut last = name;
        for _ in 1..count {
            last = self.blocks.link(last, Link::Block);
        }
        self.blocks.set_link(last, Link::Block, self.name(FREE));
        self.put(FREE, name.into());
        self.change(FREE_COUNT, count as i64);
        self.change(ITEMS, -1);
    }

    fn unlink(self, name: u32) {
        let newer = self.blocks.link(name, Link::Newer);
        let older = self.blocks.link(name, Link::Older);
        match newer {
            0 => self.put(NEWEST, older.into()),
            _ => self.blocks.set_link(newer, Link::Older, older),
        }
        match older {
            0 => self.put(OLDEST, newer.into()),
            _ => self.blocks.set_link(older, Link::Newer, newer),
        }
    }

    fn put_front(self, name: u32) {
        let newest = self.name(NEWEST);
        self.blocks.set_link(name, Link::Newer, 0);
        self.blocks.set_link(name, Link::Older, newest);
        match newest {
            0 => self.put(OLDEST, name.into()),
            _ => self.blocks.set_link(newest, Link::Newer, name),
        }
        self.put(NEWEST, name.into());
    }

    fn to_front(self, name: u32) {
        if self.name(NEWEST) != name {
            self.unlink(name);
            self.put_front(name);
        }
    }

    pub(super) fn add_to(self, stats: &mut Stats) {
        let fresh = self.number(FRESH);
        let grown = (fresh as usize)
            .next_multiple_of(SEGMENT)
            .min(self.blocks.count());
        let block = WORDS as u64 * 8;
        stats.items += self.number(ITEMS);
        stats.bytes += grown as u64 * block;
        stats.used += fresh.saturating_sub(self.number(FREE_COUNT)) * block;
        stats.evicted += self.number(EVICTED);
        stats.emptied += self.number(EMPTIED);
    }
}
