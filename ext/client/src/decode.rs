//! Content codings undone (RFC 9110, section 8.4.1), in steps whose output is bounded.

mod ring;

use crate::Error;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc, HuffmanCode};
use flate2::{Decompress, FlushDecompress, Status};
use ring::Windows;
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

/// Bytes of output that one call of a library makes room for.
const ROOM: usize = 16 * 1024;

/// A content coding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// zlib (RFC 1950), or bare deflate (RFC 1951), which some servers mean by it.
    Deflate,
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Coding {
    /// By the value of `Content-Encoding`. `None` for `identity`, for what is not known, and for several codings.
    #[must_use]
    pub fn of(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let is = |name: &[u8]| value.eq_ignore_ascii_case(name);
        if is(b"gzip") || is(b"x-gzip") {
            Some(Self::Gzip)
        } else if is(b"deflate") {
            Some(Self::Deflate)
        } else if is(b"br") {
            Some(Self::Brotli)
        } else if is(b"zstd") {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// How far a step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of the input that were used.
    pub used: usize,
    /// Is there output that had no room? Call again, with the rest of the input.
    pub more: bool,
}

type Brotli = BrotliState<Windows, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>;

enum Inner {
    Gzip(Decompress),
    /// Before the first bytes are understood it may be either kind.
    Deflate(Decompress, bool),
    Brotli(Box<Brotli>),
    Zstd(ZstdDecoder<'static>),
    /// Behind the end of the body: nothing counts any more.
    Over,
    /// Behind a gzip member: another one may follow.
    Between,
}

/// Undoes a coding piece by piece.
pub struct Decoder {
    inner: Inner,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

fn gzip() -> Decompress {
    Decompress::new_gzip(15)
}

impl Decoder {
    /// For a body.
    ///
    /// # Errors
    /// [`Error::Damaged`] when zstd's library has no memory for it.
    pub fn new(coding: Coding) -> Result<Self, Error> {
        let inner = match coding {
            Coding::Gzip => Inner::Gzip(gzip()),
            Coding::Deflate => Inner::Deflate(Decompress::new(true), true),
            Coding::Brotli => Inner::Brotli(Box::new(BrotliState::new(
                Windows,
                HeapAlloc::default(),
                HeapAlloc::default(),
            ))),
            Coding::Zstd => Inner::Zstd(ZstdDecoder::new().map_err(|_| Error::Damaged)?),
        };
        Ok(Self { inner })
    }

    /// Is the coded body over, as far as it says by itself?
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.inner, Inner::Over | Inner::Between)
    }

    /// Decodes a piece and adds to `out`, until the input is used up or `out` has `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn push(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Progress, Error> {
        let mut used = 0;
        loop {
            let room = limit.saturating_sub(out.len()).min(ROOM);
            if room == 0 {
                return Ok(Progress { used, more: true });
            }
            let before = out.len();
            out.resize(before + room, 0);
            let step = self.step(&input[used..], &mut out[before..]);
            let (taken, made) = match step {
                Ok(step) => step,
                Err(error) => {
                    out.truncate(before);
                    return Err(error);
                }
            };
            out.truncate(before + made);
            used += taken;
            // A buffer that was filled may have left something inside.
            if made < room && (taken == 0 || used == input.len()) {
                return Ok(Progress { used, more: false });
            }
        }
    }

    /// One call of the library: how much it took and how much it made.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, usize), Error> {
        match &mut self.inner {
            Inner::Gzip(stream) => {
                let (taken, made, over) = inflate(stream, input, out)?;
                if over {
                    self.inner = Inner::Between;
                }
                Ok((taken, made))
            }
            Inner::Between => match input.first() {
                None => Ok((0, 0)),
                Some(0x1f) => {
                    self.inner = Inner::Gzip(gzip());
                    self.step(input, out)
                }
                // Padding, or something that is no member: not a part of the body.
                Some(_) => {
                    self.inner = Inner::Over;
                    Ok((input.len(), 0))
                }
            },
            Inner::Deflate(stream, may_be_bare) => {
                let first = *may_be_bare && stream.total_in() == 0;
                match inflate(stream, input, out) {
                    Err(_) if first => {
                        self.inner = Inner::Deflate(Decompress::new(false), false);
                        self.step(input, out)
                    }
                    done => {
                        let (taken, made, over) = done?;
                        if over {
                            self.inner = Inner::Over;
                        }
                        Ok((taken, made))
                    }
                }
            }
            Inner::Brotli(state) => {
                let (mut left, mut at) = (input.len(), 0);
                let (mut room, mut made, mut total) = (out.len(), 0, 0);
                let result = BrotliDecompressStream(
                    &mut left, &mut at, input, &mut room, &mut made, out, &mut total, state,
                );
                match result {
                    BrotliResult::ResultFailure => return Err(Error::Damaged),
                    BrotliResult::ResultSuccess => self.inner = Inner::Over,
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                }
                Ok((at, made))
            }
            Inner::Zstd(stream) => {
                let mut from = InBuffer::around(input);
                let mut to = OutBuffer::around(out);
                stream.run(&mut from, &mut to).map_err(|_| Error::Damaged)?;
                let made = to.pos();
                Ok((from.pos(), made))
            }
            Inner::Over => Ok((input.len(), 0)),
        }
    }
}

fn inflate(
    stream: &mut Decompress,
    input: &[u8],
    out: &mut [u8],
) -> Result<(usize, usize, bool), Error> {
    let before = (stream.total_in(), stream.total_out());
    let status = stream
        .decompress(input, out, FlushDecompress::None)
        .map_err(|_| Error::Damaged)?;
    let taken = (stream.total_in() - before.0) as usize;
    let made = (stream.total_out() - before.1) as usize;
    Ok((taken, made, status == Status::StreamEnd))
}

#[cfg(test)]
mod tests;
