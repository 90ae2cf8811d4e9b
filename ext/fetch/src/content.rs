//! A body on its way in: its coding undone, its size watched.

use crate::Error;
use crate::error::Kind;
use highper_client::{Coding, Decoder};

/// What is decoded at a time where a body is taken in pieces.
const PIECE: usize = 256 * 1024;

/// A body's bytes as they come.
#[derive(Debug)]
pub(crate) struct Content {
    decoder: Option<Decoder>,
    /// The coding says by itself where it ends.
    has_end: bool,
    /// Coded bytes for which there was no room.
    held: Vec<u8>,
    /// The decoder has output for which there was no room.
    has_more: bool,
    /// What nobody has taken yet.
    out: Vec<u8>,
    /// What was taken.
    taken: u64,
    limit: u64,
    /// Whole bodies have all the room that the limit leaves.
    is_whole: bool,
    has_begun: bool,
}

impl Content {
    pub(crate) fn new(limit: u64, is_whole: bool) -> Self {
        Self {
            decoder: None,
            has_end: false,
            held: Vec::new(),
            has_more: false,
            out: Vec::new(),
            taken: 0,
            limit,
            is_whole,
            has_begun: false,
        }
    }

    /// The head has come: how long the body is as it is sent, and how it is coded.
    pub(crate) fn begin(
        &mut self,
        length: Option<u64>,
        coding: Option<Coding>,
    ) -> Result<(), Error> {
        match coding {
            Some(coding) => {
                self.decoder = Some(Decoder::new(coding).map_err(Error::of_codec)?);
                self.has_end = coding != Coding::Zstd;
            }
            None => {
                if length.is_some_and(|length| length > self.limit) {
                    return Err(Error::too_large(self.limit));
                }
                if let Some(length) = length.filter(|_| self.is_whole) {
                    // What is promised may never come: memory is for what is likely.
                    let room = usize::try_from(length).unwrap_or(0).min(1024 * 1024);
                    self.out.reserve_exact(room);
                }
            }
        }
        Ok(())
    }

    /// Takes a piece as it came.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.decoder.is_none() {
            self.out.extend_from_slice(piece);
            return self.check();
        }
        self.has_begun |= !piece.is_empty();
        if self.holds_back() {
            self.held.extend_from_slice(piece);
            return Ok(());
        }
        let used = self.decode(piece)?;
        self.held.extend_from_slice(&piece[used..]);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        match self.taken + self.out.len() as u64 > self.limit {
            true => Err(Error::too_large(self.limit)),
            false => Ok(()),
        }
    }

    fn decode(&mut self, piece: &[u8]) -> Result<usize, Error> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(0);
        };
        let left = self.limit.saturating_sub(self.taken).saturating_add(1);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let room = if self.is_whole { left } else { left.min(PIECE) };
        let progress = decoder
            .push(piece, &mut self.out, room)
            .map_err(|error| Error::new(Kind::Protocol, error.to_string()).begun())?;
        self.has_more = progress.more;
        self.check()?;
        Ok(progress.used)
    }

    /// Decodes on in what was held back, if nothing decoded waits to be taken.
    pub(crate) fn refill(&mut self) -> Result<(), Error> {
        if self.out.is_empty() && self.holds_back() {
            let held = std::mem::take(&mut self.held);
            let used = self.decode(&held)?;
            self.held = held;
            self.held.drain(..used);
        }
        Ok(())
    }

    /// The last piece has come.
    pub(crate) fn end(&self) -> Result<(), Error> {
        let is_cut = self.has_end
            && self.has_begun
            && !self.holds_back()
            && self
                .decoder
                .as_ref()
                .is_some_and(|decoder| !decoder.is_over());
        match is_cut {
            true => Err(Error::new(
                Kind::Protocol,
                "the answer's content coding ends in the middle",
            )
            .begun()),
            false => Ok(()),
        }
    }

    /// What has come and nobody has taken.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let out = std::mem::take(&mut self.out);
        self.taken += out.len() as u64;
        out
    }

    /// Is there something that has come and was not decoded?
    pub(crate) fn holds_back(&self) -> bool {
        self.has_more || !self.held.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzipped(size: usize) -> Vec<u8> {
        // Fixed Huffman codes: a zero, and runs of 258 of them.
        let mut bits: Vec<bool> = vec![true, true, false];
        let mut put = |value: u32, count: u32, msb: bool| {
            for at in 0..count {
                let at = if msb { count - 1 - at } else { at };
                bits.push(value >> at & 1 == 1);
            }
        };
        put(0x30, 8, true);
        for _ in 0..(size - 1) / 258 {
            put(0b1100_0101, 8, true);
            put(0, 5, true);
        }
        put(0, 7, true);
        let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        for chunk in bits.chunks(8) {
            out.push(
                chunk
                    .iter()
                    .enumerate()
                    .fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at),
            );
        }
        out
    }

    #[test]
    fn a_small_body_that_becomes_large_is_refused() {
        let bomb = gzipped(10_000_000);
        assert!(bomb.len() < 100_000);
        let mut content = Content::new(1_000_000, true);
        content.begin(None, Some(Coding::Gzip)).unwrap();
        assert_eq!(content.push(&bomb).unwrap_err().kind, Kind::TooLarge);
        let mut content = Content::new(u64::MAX, false);
        content.begin(None, Some(Coding::Gzip)).unwrap();
        content.push(&bomb).unwrap();
        let mut total = 0;
        loop {
            content.refill().unwrap();
            let piece = content.take();
            assert!(piece.len() <= PIECE);
            if piece.is_empty() {
                break;
            }
            total += piece.len();
        }
        assert!(total > 9_000_000);
        assert!(content.end().is_err(), "its checksum is missing");
    }

    #[test]
    fn what_is_promised_is_judged_at_once() {
        let mut content = Content::new(10, true);
        assert_eq!(
            content.begin(Some(11), None).unwrap_err().kind,
            Kind::TooLarge
        );
        let mut content = Content::new(10, true);
        content.begin(None, None).unwrap();
        content.push(b"0123456789").unwrap();
        assert_eq!(content.push(b"x").unwrap_err().kind, Kind::TooLarge);
    }
}
