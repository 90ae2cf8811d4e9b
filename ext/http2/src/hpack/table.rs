//! The table of fields that were sent: RFC 7541, section 2.3.2.

use super::Malformed;
use super::tables::FIELDS;
use std::collections::VecDeque;

/// Bytes that a field counts for beside its texts.
const OVERHEAD: usize = 32;

/// A name and a value behind it.
#[derive(Debug)]
struct Entry {
    text: Box<[u8]>,
    name: usize,
}

impl Entry {
    fn parts(&self) -> (&[u8], &[u8]) {
        self.text.split_at(self.name)
    }
}

/// Latest first.
#[derive(Debug)]
pub(super) struct Table {
    fields: VecDeque<Entry>,
    size: usize,
    limit: usize,
}

fn size_of(name: &[u8], value: &[u8]) -> usize {
    name.len() + value.len() + OVERHEAD
}

impl Table {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            fields: VecDeque::new(),
            size: 0,
            limit,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.shrink(limit);
    }

    fn shrink(&mut self, limit: usize) {
        while self.size > limit
            && let Some(oldest) = self.fields.pop_back()
        {
            self.size -= oldest.text.len() + OVERHEAD;
        }
    }

    /// Puts a field first; one that is larger than the table empties it.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) {
        let size = size_of(name, value);
        if size > self.limit {
            self.shrink(0);
            return;
        }
        self.shrink(self.limit - size);
        self.size += size;
        self.fields.push_front(Entry {
            text: [name, value].concat().into_boxed_slice(),
            name: name.len(),
        });
    }

    /// The field of a number, of both tables.
    pub(super) fn get(&self, index: usize) -> Result<(&[u8], &[u8]), Malformed> {
        let at = index.checked_sub(1).ok_or(Malformed::Index)?;
        if let Some((name, value)) = FIELDS.get(at) {
            return Ok((name.as_bytes(), value.as_bytes()));
        }
        let entry = self.fields.get(at - FIELDS.len()).ok_or(Malformed::Index)?;
        Ok(entry.parts())
    }

    /// The number of a field, or of one with its name: and whether its value is the same.
    pub(super) fn find(&self, name: &[u8], value: &[u8]) -> Option<(usize, bool)> {
        let fixed = FIELDS
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let own = self.fields.iter().map(Entry::parts);
        let mut named = None;
        for (at, (have, its)) in fixed.chain(own).enumerate() {
            if have == name {
                if its == value {
                    return Some((at + 1, true));
                }
                named.get_or_insert((at + 1, false));
            }
        }
        named
    }
}
