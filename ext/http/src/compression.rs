//! Content codings of responses: negotiation (RFC 9110, 12.5.3), what is worth it, encoders.
//!
//! gzip and zstd encoders are kept per thread and used again: making one costs more than
//! compressing a small answer. Brotli's cannot be reset; its window follows the size of the body.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, Write};

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use flate2::{Compress, Compression, FlushCompress, Status};
use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};

use crate::mime;

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The body as it is.
    Identity,
    /// gzip (RFC 1952).
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878), with windows of at most 8 MiB (RFC 9659).
    Zstd,
}

/// Fast first: for bodies that are compressed for each request.
pub const FASTEST: &[Encoding] = &[Encoding::Zstd, Encoding::Gzip, Encoding::Brotli];
/// Small first: for files that were compressed beforehand.
pub const SMALLEST: &[Encoding] = &[Encoding::Brotli, Encoding::Zstd, Encoding::Gzip];
/// The order of Swoole's `http_compression`.
pub const SWOOLE: &[Encoding] = &[Encoding::Brotli, Encoding::Gzip, Encoding::Zstd];

impl Encoding {
    /// The token in `Accept-Encoding` and `Content-Encoding`.
    pub fn token(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Brotli => "br",
            Encoding::Zstd => "zstd",
        }
    }

    /// The extension of files compressed beforehand; empty for identity.
    pub fn extension(self) -> &'static str {
        match self {
            Encoding::Identity => "",
            Encoding::Gzip => ".gz",
            Encoding::Brotli => ".br",
            Encoding::Zstd => ".zst",
        }
    }

    /// The level that is used unless another is set: gzip 5, Brotli 4, zstd 3.
    pub fn default_level(self) -> i32 {
        match self {
            Encoding::Identity => 0,
            Encoding::Gzip => 5,
            Encoding::Brotli => 4,
            Encoding::Zstd => 3,
        }
    }

    fn clamp(self, level: i32) -> i32 {
        match self {
            Encoding::Identity => 0,
            Encoding::Gzip => level.clamp(1, 9),
            Encoding::Brotli => level.clamp(0, 11),
            // From 20 on zstd's windows are larger than browsers take.
            Encoding::Zstd => level.clamp(1, 19),
        }
    }

    fn of_token(token: &[u8]) -> Option<Self> {
        let is = |name: &str| token.eq_ignore_ascii_case(name.as_bytes());
        if is("gzip") || is("x-gzip") {
            Some(Encoding::Gzip)
        } else if is("br") {
            Some(Encoding::Brotli)
        } else if is("zstd") {
            Some(Encoding::Zstd)
        } else if is("identity") {
            Some(Encoding::Identity)
        } else {
            None
        }
    }
}

/// A parsed `Accept-Encoding`: a weight of 0 to 1000 for each coding that is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    weights: [Option<u16>; 4],
    others: Option<u16>,
    present: bool,
}

impl Accepted {
    /// Reads a header; `None`: there is none, so that only identity is sent. Members that are
    /// malformed are skipped.
    pub fn parse(header: Option<&[u8]>) -> Self {
        let mut accepted = Self {
            present: header.is_some(),
            ..Self::default()
        };
        for member in header.unwrap_or_default().split(|byte| *byte == b',') {
            let mut parts = member.split(|byte| *byte == b';');
            let token = parts.next().unwrap_or_default().trim_ascii();
            let Some(weight) = parts.try_fold(1000, |weight, part| weight_of(part, weight)) else {
                continue;
            };
            if token == b"*" {
                accepted.others.get_or_insert(weight);
            } else if let Some(encoding) = Encoding::of_token(token) {
                accepted.weights[encoding as usize].get_or_insert(weight);
            }
        }
        accepted
    }

    /// The weight of a coding, 0 to 1000; 0 is not acceptable.
    pub fn weight(&self, encoding: Encoding) -> u16 {
        match (self.weights[encoding as usize], self.others, encoding) {
            (Some(weight), _, _) => weight,
            // Acceptable unless excluded, and always the last choice.
            (None, others, Encoding::Identity) => others.map_or(1, |weight| weight.min(1)),
            (None, others, _) => others.filter(|_| self.present).unwrap_or(0),
        }
    }

    /// The best of `offered`, which is in the server's order of preference and decides between
    /// equal weights. Identity may win by weight. Nothing: not even identity is acceptable (406,
    /// or identity all the same).
    pub fn choose(&self, offered: &[Encoding]) -> Option<Encoding> {
        let mut best = None;
        let mut highest = 0;
        let last = [Encoding::Identity];
        for &encoding in offered.iter().chain(&last) {
            let weight = self.weight(encoding);
            if weight > highest {
                highest = weight;
                best = Some(encoding);
            }
        }
        best
    }
}

fn weight_of(parameter: &[u8], weight: u16) -> Option<u16> {
    let parameter = parameter.trim_ascii();
    let Some(text) = parameter
        .strip_prefix(b"q=")
        .or_else(|| parameter.strip_prefix(b"Q="))
    else {
        // Unknown parameters mean nothing.
        return Some(weight);
    };
    let (whole, fraction) = match text {
        [whole] => (*whole, &text[1..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (*whole, fraction),
        _ => return None,
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = (0..3).fold(0, |sum, at| {
        sum * 10 + u16::from(fraction.get(at).map_or(0, |digit| digit - b'0'))
    });
    match (whole, thousandths) {
        (b'0', thousandths) => Some(thousandths),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}

/// When responses are compressed.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What is offered, best first; default [`FASTEST`].
    pub offered: Vec<Encoding>,
    /// Shorter bodies stay as they are; default 20, Swoole's `compression_min_length`.
    pub min_length: u64,
    /// The media types that are compressed, without parameters; empty (the default): those of
    /// [`mime::is_compressible`].
    pub types: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            offered: FASTEST.to_vec(),
            min_length: 20,
            types: Vec::new(),
        }
    }
}

impl Policy {
    /// Whether a response could be compressed for some client; it carries `Vary` then.
    ///
    /// `length` is that of the body if known. Responses that have a `Content-Encoding` already,
    /// a `Content-Range`, or `Cache-Control: no-transform` are for the caller to leave out.
    pub fn applies(&self, content_type: &[u8], length: Option<u64>) -> bool {
        if length.is_some_and(|length| length < self.min_length) {
            return false;
        }
        if self.types.is_empty() {
            return mime::is_compressible(content_type);
        }
        let essence = mime::essence(content_type);
        self.types
            .iter()
            .any(|have| essence.eq_ignore_ascii_case(have.as_bytes()))
    }

    /// The coding to use for a response to which the policy [`applies`](Self::applies).
    pub fn choose(&self, accept_encoding: Option<&[u8]>) -> Encoding {
        Accepted::parse(accept_encoding)
            .choose(&self.offered)
            .unwrap_or(Encoding::Identity)
    }
}

/// The `Vary` header to send with a negotiated response; the old value if it says so already.
pub fn vary(old: Option<&[u8]>) -> Cow<'_, [u8]> {
    const NAME: &[u8] = b"Accept-Encoding";
    let Some(old) = old.map(<[u8]>::trim_ascii).filter(|old| !old.is_empty()) else {
        return Cow::Borrowed(NAME);
    };
    let named = old
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|name| name == b"*" || name.eq_ignore_ascii_case(NAME));
    if named {
        Cow::Borrowed(old)
    } else {
        Cow::Owned([old, b", ", NAME].concat())
    }
}

/// Makes an `ETag` weak, which it must be once the body was compressed on the way.
pub fn weaken(etag: &[u8]) -> Cow<'_, [u8]> {
    if etag.starts_with(b"W/") {
        Cow::Borrowed(etag)
    } else {
        Cow::Owned([b"W/", etag].concat())
    }
}

/// Encoders of one kind that a thread keeps.
const KEPT: usize = 4;

#[derive(Default)]
struct Pool {
    gzip: Vec<(i32, Compress)>,
    zstd: Vec<Encoder<'static>>,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

enum Inner {
    Identity,
    Gzip(Option<Compress>),
    Brotli(Option<Box<CompressorWriter<Vec<u8>>>>),
    Zstd(Option<Encoder<'static>>),
}

/// A body that is compressed as it comes.
///
/// ```
/// use highper_http::compression::{Encoding, Stream};
/// let mut out = Vec::new();
/// let mut stream = Stream::new(Encoding::Gzip, None, None).unwrap();
/// stream.push(b"hello ", &mut out).unwrap();
/// stream.flush(&mut out).unwrap(); // the client can read "hello " now
/// stream.push(b"world", &mut out).unwrap();
/// stream.finish(&mut out).unwrap();
/// ```
pub struct Stream {
    inner: Inner,
    level: i32,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

impl Stream {
    /// An encoder. `level` is brought into the coding's range; `None`: [`Encoding::default_level`].
    /// `length` is that of the whole body, if known; less memory is used then.
    ///
    /// # Errors
    /// zstd's library may fail to make a context (no memory).
    pub fn new(encoding: Encoding, level: Option<i32>, length: Option<u64>) -> io::Result<Self> {
        let level = encoding.clamp(level.unwrap_or(encoding.default_level()));
        let inner = match encoding {
            Encoding::Identity => Inner::Identity,
            Encoding::Gzip => Inner::Gzip(Some(gzip(level))),
            Encoding::Brotli => Inner::Brotli(Some(Box::new(brotli(level, length)))),
            Encoding::Zstd => Inner::Zstd(Some(zstd_encoder(level, length)?)),
        };
        Ok(Self { inner, level })
    }

    /// Compresses a piece; what comes out is appended to `out`, perhaps nothing yet.
    ///
    /// # Errors
    /// None is known for valid use; what the libraries report is passed on.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Identity => out.extend_from_slice(input),
            Inner::Gzip(Some(encoder)) => deflate(encoder, input, out, FlushCompress::None)?,
            Inner::Brotli(Some(encoder)) => {
                encoder.write_all(input)?;
                out.append(encoder.get_mut());
            }
            Inner::Zstd(Some(encoder)) => {
                let mut input = InBuffer::around(input);
                while input.pos() < input.src.len() {
                    room(out, |buffer| encoder.run(&mut input, buffer))?;
                }
            }
            _ => return Err(over()),
        }
        Ok(())
    }

    /// Brings out everything pushed so far, so that the client can decode it.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Identity => {}
            Inner::Gzip(Some(encoder)) => deflate(encoder, &[], out, FlushCompress::Sync)?,
            Inner::Brotli(Some(encoder)) => {
                encoder.flush()?;
                out.append(encoder.get_mut());
            }
            Inner::Zstd(Some(encoder)) => while room(out, |buffer| encoder.flush(buffer))? > 0 {},
            _ => return Err(over()),
        }
        Ok(())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish(mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Identity => {}
            Inner::Gzip(Some(encoder)) => deflate(encoder, &[], out, FlushCompress::Finish)?,
            Inner::Brotli(encoder) => {
                let encoder = encoder.take().ok_or_else(over)?;
                out.append(&mut encoder.into_inner());
            }
            Inner::Zstd(Some(encoder)) => {
                while room(out, |buffer| encoder.finish(buffer, true))? > 0 {}
            }
            _ => return Err(over()),
        }
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // On a thread that ends, the pool may be gone: the encoder is dropped then.
        let _ = POOL.try_with(|pool| {
            let Ok(mut pool) = pool.try_borrow_mut() else {
                return;
            };
            match &mut self.inner {
                Inner::Gzip(encoder) if pool.gzip.len() < KEPT => {
                    pool.gzip
                        .extend(encoder.take().map(|encoder| (self.level, encoder)));
                }
                Inner::Zstd(encoder) if pool.zstd.len() < KEPT => pool.zstd.extend(encoder.take()),
                _ => {}
            }
        });
    }
}

/// Compresses a whole body and appends it to `out`.
///
/// `level`: as for [`Stream::new`].
///
/// # Errors
/// As for [`Stream::new`] and [`Stream::push`].
pub fn compress(
    encoding: Encoding,
    level: Option<i32>,
    body: &[u8],
    out: &mut Vec<u8>,
) -> io::Result<()> {
    // Texts shrink to about a third; one allocation is enough for most.
    out.reserve(body.len() / 3 + 128);
    let mut stream = Stream::new(encoding, level, Some(body.len() as u64))?;
    stream.push(body, out)?;
    stream.finish(out)
}

fn over() -> io::Error {
    io::Error::other("the compressed stream is finished already")
}

fn gzip(level: i32) -> Compress {
    let pooled = POOL.with(|pool| {
        let mut pool = pool.borrow_mut();
        let at = pool.gzip.iter().position(|(have, _)| *have == level)?;
        Some(pool.gzip.swap_remove(at).1)
    });
    match pooled {
        Some(mut encoder) => {
            encoder.reset();
            encoder
        }
        None => Compress::new_gzip(Compression::new(level.unsigned_abs()), 15),
    }
}

fn brotli(level: i32, length: Option<u64>) -> CompressorWriter<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: level,
        // The smallest window that holds the body, 64 KiB to 4 MiB; streams get 1 MiB.
        lgwin: length.map_or(20, |length| {
            (64 - length.leading_zeros()).clamp(16, 22) as i32
        }),
        size_hint: length
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(0),
        ..BrotliEncoderParams::default()
    };
    CompressorWriter::with_params(Vec::new(), 16 * 1024, &params)
}

fn zstd_encoder(level: i32, length: Option<u64>) -> io::Result<Encoder<'static>> {
    let mut encoder = match POOL.with(|pool| pool.borrow_mut().zstd.pop()) {
        Some(mut encoder) => {
            encoder.reinit()?;
            encoder.set_parameter(CParameter::CompressionLevel(level))?;
            encoder
        }
        None => Encoder::new(level)?,
    };
    encoder.set_pledged_src_size(length)?;
    Ok(encoder)
}

/// Runs zstd on the free capacity of `out`, which is at least 1 KiB.
fn room(
    out: &mut Vec<u8>,
    run: impl FnOnce(&mut OutBuffer<'_, Vec<u8>>) -> io::Result<usize>,
) -> io::Result<usize> {
    out.reserve(1024);
    let start = out.len();
    run(&mut OutBuffer::around_pos(out, start))
}

fn deflate(
    encoder: &mut Compress,
    mut input: &[u8],
    out: &mut Vec<u8>,
    flush: FlushCompress,
) -> io::Result<()> {
    loop {
        // With less than a few bytes of room zlib would repeat its flush marker.
        if out.capacity() - out.len() < 64 {
            out.reserve(1024.max(input.len() / 4));
        }
        let before = encoder.total_in();
        let status = encoder
            .compress_vec(input, out, flush)
            .map_err(io::Error::other)?;
        input = &input[(encoder.total_in() - before) as usize..];
        match status {
            Status::StreamEnd => return Ok(()),
            _ if input.is_empty()
                && out.len() < out.capacity()
                && flush != FlushCompress::Finish =>
            {
                return Ok(());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
