//! Blocks of 16 words: a value is a chain of them.
//!
//! | word | of the first block | of the others |
//! | --- | --- | --- |
//! | 0 | the next block; the next value of the bucket | the next block |
//! | 1 | the values used before and after it | bytes |
//! | 2 | the key's hash | bytes |
//! | 3 | when it ends | bytes |
//! | 4 | lengths of key and value, and what it is | bytes |
//! | 5–15 | bytes | bytes |
//!
//! Blocks are named by their number plus one; 0 is none.

use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a block.
pub(super) const WORDS: usize = 16;
/// Words for key and value in the first block, and in each other one.
pub(super) const FIRST: usize = 11;
pub(super) const OTHER: usize = 15;

/// The halves of words 0 and 1.
#[derive(Clone, Copy)]
pub(super) enum Link {
    /// The next block of the value.
    Block,
    /// The next value in the bucket.
    Chain,
    /// The value that was used after it, and the one before.
    Newer,
    Older,
}

impl Link {
    fn place(self) -> (usize, u32) {
        match self {
            Self::Block => (0, 0),
            Self::Chain => (0, 32),
            Self::Newer => (1, 0),
            Self::Older => (1, 32),
        }
    }
}

/// Lengths and kind of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) key: usize,
    pub(super) value: usize,
    pub(super) kind: u8,
}

impl Head {
    fn pack(self) -> u64 {
        self.key as u64 | u64::from(self.kind) << 16 | (self.value as u64) << 32
    }

    fn unpack(word: u64) -> Self {
        Self {
            key: (word & 0xffff) as usize,
            kind: (word >> 16) as u8,
            value: (word >> 32) as usize,
        }
    }

    /// Words that key and value take.
    pub(super) fn words(self) -> usize {
        self.key.div_ceil(8) + self.value.div_ceil(8)
    }

    /// Blocks that they take.
    pub(super) fn blocks(self) -> usize {
        1 + self.words().saturating_sub(FIRST).div_ceil(OTHER)
    }
}

/// The blocks of a part.
#[derive(Clone, Copy)]
pub(super) struct Blocks<'c>(pub(super) &'c [AtomicU64]);

impl<'c> Blocks<'c> {
    pub(super) fn count(self) -> usize {
        self.0.len() / WORDS
    }

    /// A block by its name; none for a name that a reader found while somebody wrote.
    #[inline]
    pub(super) fn get(self, name: u32) -> Option<&'c [AtomicU64]> {
        let start = (name as usize).checked_sub(1)? * WORDS;
        self.0.get(start..start + WORDS)
    }

    pub(super) fn link(self, name: u32, link: Link) -> u32 {
        let (word, shift) = link.place();
        self.get(name).map_or(0, |block| {
            (block[word].load(Ordering::Relaxed) >> shift) as u32
        })
    }

    pub(super) fn set_link(self, name: u32, link: Link, to: u32) {
        let (word, shift) = link.place();
        if let Some(block) = self.get(name) {
            let old = block[word].load(Ordering::Relaxed);
            let kept = old & !(0xffff_ffff_u64 << shift);
            block[word].store(kept | u64::from(to) << shift, Ordering::Relaxed);
        }
    }

    pub(super) fn word(self, name: u32, word: usize) -> u64 {
        self.get(name)
            .map_or(0, |block| block[word].load(Ordering::Relaxed))
    }

    pub(super) fn set_word(self, name: u32, word: usize, to: u64) {
        if let Some(block) = self.get(name) {
            block[word].store(to, Ordering::Relaxed);
        }
    }

    pub(super) fn hash(self, name: u32) -> u64 {
        self.word(name, 2)
    }

    pub(super) fn end(self, name: u32) -> u64 {
        self.word(name, 3)
    }

    pub(super) fn head(self, name: u32) -> Head {
        Head::unpack(self.word(name, 4))
    }

    pub(super) fn set_item(self, name: u32, hash: u64, end: u64, head: Head) {
        self.set_word(name, 2, hash);
        self.set_word(name, 3, end);
        self.set_word(name, 4, head.pack());
    }

    /// The words of key and value, piece by piece, from word number `from` on.
    pub(super) fn pieces(self, name: u32, from: usize) -> Pieces<'c> {
        Pieces {
            blocks: self,
            name,
            is_first: true,
            skip: from,
        }
    }
}

/// Goes through the blocks of a value. Where somebody writes meanwhile it may go astray: it ends
/// with the bytes that are asked for.
pub(super) struct Pieces<'c> {
    blocks: Blocks<'c>,
    name: u32,
    is_first: bool,
    skip: usize,
}

impl<'c> Iterator for Pieces<'c> {
    type Item = &'c [AtomicU64];

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let block = self.blocks.get(self.name)?;
            let words = if std::mem::take(&mut self.is_first) {
                &block[WORDS - FIRST..]
            } else {
                &block[WORDS - OTHER..]
            };
            self.name = block[0].load(Ordering::Relaxed) as u32;
            if self.skip < words.len() {
                return Some(&words[std::mem::take(&mut self.skip)..]);
            }
            self.skip -= words.len();
        }
    }
}

impl<'c> Pieces<'c> {
    /// Fills `to`; false when there are not so many.
    pub(super) fn load(self, mut to: &mut [u8]) -> bool {
        for words in self {
            let (now, rest) = to.split_at_mut(to.len().min(words.len() * 8));
            crate::words::load(words, now);
            if rest.is_empty() {
                return true;
            }
            to = rest;
        }
        to.is_empty()
    }

    /// Writes the bytes.
    pub(super) fn store(self, mut from: &[u8]) {
        for words in self {
            let (now, rest) = from.split_at(from.len().min(words.len() * 8));
            crate::words::store(words, now);
            if rest.is_empty() {
                return;
            }
            from = rest;
        }
    }

    /// Are these the bytes, up to the last word's end in zeros?
    #[inline]
    pub(super) fn is(self, mut bytes: &[u8]) -> bool {
        for words in self {
            let (now, rest) = bytes.split_at(bytes.len().min(words.len() * 8));
            let (whole, last) = now.as_chunks::<8>();
            let same = words
                .iter()
                .zip(whole)
                .all(|(word, chunk)| word.load(Ordering::Relaxed) == u64::from_ne_bytes(*chunk));
            if !same
                || !last.is_empty()
                    && words[whole.len()].load(Ordering::Relaxed) != crate::words::partial(last)
            {
                return false;
            }
            if rest.is_empty() {
                return true;
            }
            bytes = rest;
        }
        false
    }
}
