//! Compressed messages: permessage-deflate, RFC 7692, section 7.

use crate::error::Error;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a message lacks at its end on the wire: RFC 7692, section 7.2.1.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Room that is made at a time.
const STEP: usize = 16 * 1024;

/// Packs messages.
pub struct Deflater {
    stream: Compress,
    takeover: bool,
}

impl Deflater {
    /// `level` 0 to 9, 6 is usual; `window_bits` 9 to 15, how far back a repetition may lie; `takeover`: may messages refer to earlier
    /// ones? If not, one deflater serves many connections.
    #[must_use]
    pub fn new(level: u32, window_bits: u8, takeover: bool) -> Self {
        let bits = window_bits.clamp(9, 15);
        let level = Compression::new(level.min(9));
        Self {
            stream: Compress::new_with_window_bits(level, false, bits),
            takeover,
        }
    }

    /// Appends the packed message.
    ///
    /// # Errors
    /// [`Error::Deflate`]: the compressor failed; what was appended is taken back.
    pub fn pack(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let start = out.len();
        let before = self.stream.total_in();
        if !self.takeover {
            self.stream.reset();
        }
        let before = if self.takeover { before } else { 0 };
        loop {
            let taken = (self.stream.total_in() - before) as usize;
            // Room for the rest and the mark at the end; more is made if that was not enough.
            out.reserve((message.len() - taken) / 2 + 64);
            let rest = &message[taken..];
            let status = self.stream.compress_vec(rest, out, FlushCompress::Sync);
            let all = (self.stream.total_in() - before) as usize == message.len();
            match status {
                Ok(Status::Ok | Status::BufError) if all && out.len() < out.capacity() => break,
                Ok(Status::Ok | Status::BufError) => {}
                Ok(Status::StreamEnd) | Err(_) => {
                    out.truncate(start);
                    return Err(Error::Deflate);
                }
            }
        }
        if out[start..].ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        if out.len() == start {
            // An empty message: RFC 7692, section 7.2.3.6.
            out.push(0);
        }
        Ok(())
    }
}

/// Unpacks messages.
pub struct Inflater {
    stream: Decompress,
    takeover: bool,
}

impl Inflater {
    /// `takeover`: may messages refer to earlier ones? If not, one inflater serves many connections.
    #[must_use]
    pub fn new(takeover: bool) -> Self {
        Self {
            stream: Decompress::new(false),
            takeover,
        }
    }

    /// Appends the message, of `limit` bytes at most.
    ///
    /// # Errors
    /// [`Error::Deflate`], [`Error::TooBig`]: before more than that is unpacked.
    pub fn unpack(&mut self, packed: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Error> {
        if !self.takeover {
            self.stream.reset(false);
        }
        let start = out.len();
        for part in [packed, &TAIL[..]] {
            let done = self.part(part, out, start, limit);
            if done.is_err() {
                out.truncate(start);
            }
            if done? {
                // A block that says it is the last: the next message begins anew.
                self.stream.reset(false);
                break;
            }
        }
        Ok(())
    }

    /// True when the stream has ended.
    fn part(
        &mut self,
        part: &[u8],
        out: &mut Vec<u8>,
        start: usize,
        limit: usize,
    ) -> Result<bool, Error> {
        let before = self.stream.total_in();
        loop {
            let taken = (self.stream.total_in() - before) as usize;
            let rest = &part[taken..];
            let room = limit.saturating_sub(out.len() - start);
            // One byte more than allowed tells a message of the limit's length from a longer one.
            out.reserve_exact(room.saturating_add(1).min(STEP.max(rest.len() * 4)));
            let length = out.len();
            let status = self.stream.decompress_vec(rest, out, FlushDecompress::Sync);
            if out.len() - start > limit {
                return Err(Error::TooBig(limit));
            }
            let took = (self.stream.total_in() - before) as usize;
            match status {
                Ok(Status::StreamEnd) => return Ok(true),
                Ok(_) if took == part.len() && out.len() < out.capacity() => return Ok(false),
                Ok(_) if took > taken || out.len() > length => {}
                // zlib has nothing more to give although all was taken.
                Ok(_) if took == part.len() => return Ok(false),
                Ok(_) | Err(_) => return Err(Error::Deflate),
            }
        }
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inflater(takeover: {})", self.takeover)
    }
}

#[cfg(test)]
mod tests;
