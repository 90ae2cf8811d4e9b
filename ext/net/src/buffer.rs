//! Bytes that were received and not asked for yet.

/// A queue of bytes.
#[derive(Default, Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds to the end.
    pub(crate) fn extend(&mut self, more: &[u8]) {
        if self.start > 0 && self.start >= self.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Room behind the bytes, of so many at least, to receive into.
    pub(crate) fn room(&mut self, count: usize) -> &mut Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.reserve(count);
        &mut self.bytes
    }

    /// Forgets from the start; the memory too, when nothing is left.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count.min(self.len());
        if self.start == self.bytes.len() {
            *self = Self::default();
        }
    }

    /// Puts back, in front of what has come meanwhile.
    pub(crate) fn restore(&mut self, mut before: Self) {
        if self.is_empty() {
            *self = before;
        } else {
            before.extend(self.bytes());
            *self = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_forgets() {
        let mut buffer = Buffer::default();
        buffer.extend(b"abcdef");
        buffer.consume(4);
        buffer.extend(b"gh");
        assert_eq!(buffer.bytes(), b"efgh");
        let taken = std::mem::take(&mut buffer);
        buffer.extend(b"ij");
        buffer.restore(taken);
        assert_eq!(buffer.bytes(), b"efghij");
        buffer.consume(100);
        assert!(buffer.is_empty());
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
