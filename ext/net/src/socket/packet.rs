//! Receiving packets, as the socket's framing cuts them.

use super::{Limit, Side, Socket};
use crate::Error;
use crate::framing::{Framing, Malformed, Step};

/// What is missing of a packet, from which on it is received straight into the buffer.
const LONG: usize = 64 * 1024;

impl Socket {
    /// Waits for a whole packet for so many seconds (0: as set) and gives it to `sink`: [] at the end of the stream.
    /// `function` says how long a packet is, where the framing asks for that.
    ///
    /// # Errors
    /// [`Error::Malformed`]: what was received is forgotten. That of the wait, and the system's:
    /// the part of a packet that has come stays for the next call.
    pub fn receive_packet<R>(
        &self,
        timeout: f64,
        mut function: impl FnMut(&[u8]) -> i64,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        let mut limit = self.limit(Side::READ, timeout);
        limit.at();
        let framing = self.framing();
        let mut seen = 0;
        loop {
            let step = self.look(&framing, seen, &mut function)?;
            let need = match step {
                Step::Packet(length) => return Ok(self.give(length, sink)),
                Step::More(need) => need,
            };
            seen = self.buffer.borrow().len();
            if !self.gather(need, &mut limit)? {
                self.buffer.take();
                return Ok(sink(&[]));
            }
        }
    }

    /// Waits until so many bytes are in the buffer. False when the stream ends before.
    fn gather(&self, need: usize, limit: &mut Limit) -> Result<bool, Error> {
        loop {
            let left = need.saturating_sub(self.buffer.borrow().len());
            let filled = match left {
                0 => return Ok(true),
                1..LONG => self.fill(limit)?,
                _ => self.fill_directly(left, limit)?,
            };
            if !filled {
                return Ok(false);
            }
        }
    }

    fn look(
        &self,
        framing: &Framing,
        seen: usize,
        function: &mut dyn FnMut(&[u8]) -> i64,
    ) -> Result<Step, Error> {
        // Outside of the borrow: the function may run anything.
        let buffer = self.buffer.take();
        let step = framing.first(buffer.bytes(), seen, |bytes| function(bytes));
        match step {
            Ok(step) => {
                self.buffer.borrow_mut().restore(buffer);
                Ok(step)
            }
            Err(malformed) => Err(Error::Malformed(malformed)),
        }
    }

    fn give<R>(&self, length: usize, sink: impl FnOnce(&[u8]) -> R) -> R {
        let mut buffer = self.buffer.take();
        let result = sink(&buffer.bytes()[..length.min(buffer.len())]);
        buffer.consume(length);
        self.buffer.borrow_mut().restore(buffer);
        result
    }

    /// Waits for bytes up to and with a mark, at most `limit_bytes`, whatever the socket's own framing is.
    pub(super) fn receive_until(
        &self,
        mark: &[u8],
        limit_bytes: usize,
        limit: &mut Limit,
    ) -> Result<Vec<u8>, Error> {
        let framing = Framing {
            by_mark: true,
            mark: mark.to_vec(),
            limit: limit_bytes,
            ..Framing::default()
        };
        let mut seen = 0;
        loop {
            match self.look(&framing, seen, &mut |_| 0)? {
                Step::Packet(length) => return Ok(self.give(length, <[u8]>::to_vec)),
                Step::More(need) => {
                    seen = self.buffer.borrow().len();
                    if !self.gather(need, limit)? {
                        return Err(Error::Malformed(Malformed::NoMark));
                    }
                }
            }
        }
    }
}
