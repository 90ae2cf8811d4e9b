//! Where the bytes of a response's body go.

use highper_client::{Coding, Decoder, Error};

/// Bytes of decoded output that are handed on at once.
const STEP: usize = 256 * 1024;

/// Who gets the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// `$body`
    Memory,
    /// The file of download().
    File,
    /// write_func, as it came.
    Function,
}

/// A body as it comes.
#[derive(Debug)]
pub struct Body {
    pub goal: Goal,
    decoder: Option<Decoder>,
    /// Memory: the body. Else what came and has not been handed on, coded as it came.
    bytes: Vec<u8>,
    /// Function: the ends of the pieces in it.
    ends: Vec<usize>,
    /// Bytes of `$body` at most.
    limit: usize,
}

/// A body that is larger than it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong;

impl Body {
    pub fn new(goal: Goal, limit: usize) -> Self {
        Self {
            goal,
            decoder: None,
            bytes: Vec::new(),
            ends: Vec::new(),
            limit,
        }
    }

    /// The body is coded so, and is to be decoded.
    pub fn set_coding(&mut self, coding: Coding) {
        if self.goal != Goal::Function {
            // Without memory for a decoder the body stays coded.
            self.decoder = Decoder::new(coding).ok();
        }
    }

    /// Adds a piece. A coding that is damaged from some piece on is left as it is from there, as Swoole does.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        match self.goal {
            Goal::Memory => self.keep(piece),
            Goal::File => {
                self.bytes.extend_from_slice(piece);
                Ok(())
            }
            Goal::Function => {
                self.bytes.extend_from_slice(piece);
                self.ends.push(self.bytes.len());
                Ok(())
            }
        }
    }

    fn keep(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        let before = self.bytes.len();
        if let Some(decoder) = &mut self.decoder {
            match decoder.push(piece, &mut self.bytes, self.limit) {
                Ok(progress) if progress.more => return Err(TooLong),
                Ok(_) => return Ok(()),
                Err(_) => {
                    self.bytes.truncate(before);
                    self.decoder = None;
                }
            }
        }
        if piece.len() > self.limit - before.min(self.limit) {
            return Err(TooLong);
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// What has come until now, and forgets it.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The whole body.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The pieces for the function that have come, and forgets them.
    pub fn take_pieces(&mut self) -> Vec<Vec<u8>> {
        let bytes = std::mem::take(&mut self.bytes);
        let mut start = 0;
        self.ends
            .drain(..)
            .map(|end| {
                let piece = bytes[start..end].to_vec();
                start = end;
                piece
            })
            .collect()
    }

    /// The next bytes for the file, decoded; `None` when all were taken that have come.
    pub fn take_decoded(&mut self) -> Option<Vec<u8>> {
        let Some(decoder) = &mut self.decoder else {
            let bytes = std::mem::take(&mut self.bytes);
            return (!bytes.is_empty()).then_some(bytes);
        };
        let mut out = Vec::new();
        match decoder.push(&self.bytes, &mut out, STEP) {
            Ok(progress) => {
                self.bytes.drain(..progress.used);
                (!out.is_empty()).then_some(out)
            }
            Err(Error::Damaged) | Err(_) => {
                self.decoder = None;
                self.take_decoded()
            }
        }
    }
}
