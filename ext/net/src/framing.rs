//! Packets on a stream of bytes: where one ends. Knows no socket: it looks at the bytes that came.
//!
//! A packet ends where a length in its head says, or at a mark. The rules are those of Swoole's
//! settings `open_length_check` (with `package_length_type`, `_offset`, `package_body_offset`,
//! `package_length_func`), `open_mqtt_protocol`, `open_redis_protocol`, `open_fastcgi_protocol` and
//! `open_eof_check`.

mod integer;
pub mod redis;
#[cfg(test)]
mod tests;

pub use integer::Integer;
use memchr::memmem;

/// `package_max_length` where nothing is set: 2 MiB.
pub const DEFAULT_LIMIT: usize = 2 * 1024 * 1024;
/// Bytes of an end mark at most.
pub const MARK_LIMIT: usize = 8;
/// Bytes that a length function may ask for before it knows the length.
pub const HEAD_LIMIT: usize = 8192;
/// Bytes that the length of an MQTT packet takes at most.
const MQTT_LENGTH: usize = 4;
const FASTCGI_HEAD: usize = 8;

/// What there is at the start of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// No whole packet: ask again when there are at least so many bytes.
    More(usize),
    /// A packet of so many bytes.
    Packet(usize),
}

/// Why the bytes are not packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// The head has no usable length: it is negative, zero, or not where it should be.
    NoLength,
    /// The head promises more than the limit allows.
    TooLong(u64),
    /// There is no end mark in as many bytes as the limit allows.
    NoMark,
    /// What came is no request of HTTP/1.1, or one that is too long: the status to refuse it with.
    Request(u16),
}

/// How a packet's length is found in its head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    /// An integer at [`Framing::offset`]; it counts what follows the first [`Framing::body`] bytes.
    Integer(Integer),
    /// A function of the application, given all bytes: the whole length, 0 for more bytes, negative for none.
    Function,
    /// The remaining length of MQTT 3.1.1, section 2.2.3.
    Mqtt,
    /// The record header of FastCGI 1.0, section 3.3.
    FastCgi,
    /// A command of the Redis protocol.
    Redis,
}

/// The rules by which a stream is cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Framing {
    /// Cut by lengths. Comes before marks.
    pub by_length: bool,
    /// Cut by marks.
    pub by_mark: bool,
    /// Where the length comes from.
    pub length: Length,
    /// Bytes before the integer.
    pub offset: usize,
    /// Bytes that the integer does not count.
    pub body: usize,
    /// The mark: 1 to [`MARK_LIMIT`] bytes.
    pub mark: Vec<u8>,
    /// Bytes of a packet at most.
    pub limit: usize,
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            by_length: false,
            by_mark: false,
            length: Length::Integer(Integer::U32Big),
            offset: 0,
            body: 0,
            mark: Vec::new(),
            limit: DEFAULT_LIMIT,
        }
    }
}

impl Framing {
    /// Is the stream cut at all?
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.by_length || self.by_mark
    }

    /// Looks for the first packet in `bytes`. `seen` bytes of them were looked at before, without a
    /// packet: marks are not looked for there again. `function` is asked for [`Length::Function`].
    ///
    /// # Errors
    /// [`Malformed`]: nothing that follows can be cut any more.
    pub fn first(
        &self,
        bytes: &[u8],
        seen: usize,
        function: impl FnOnce(&[u8]) -> i64,
    ) -> Result<Step, Malformed> {
        if self.by_length {
            self.by_length(bytes, function)
        } else if self.by_mark && !self.mark.is_empty() {
            self.by_mark(bytes, seen)
        } else if bytes.is_empty() {
            Ok(Step::More(1))
        } else {
            Ok(Step::Packet(bytes.len()))
        }
    }

    fn by_length(
        &self,
        bytes: &[u8],
        function: impl FnOnce(&[u8]) -> i64,
    ) -> Result<Step, Malformed> {
        let length = match self.length {
            Length::Integer(integer) => {
                let head = self.offset + integer.size();
                let Some(field) = bytes.get(self.offset..head) else {
                    return Ok(Step::More(head));
                };
                let value = u64::try_from(integer.read(field)).map_err(|_| Malformed::NoLength)?;
                value.saturating_add(self.body as u64)
            }
            Length::Function if bytes.is_empty() => return Ok(Step::More(1)),
            Length::Function => match function(bytes) {
                0 if bytes.len() < HEAD_LIMIT => return Ok(Step::More(bytes.len() + 1)),
                length => u64::try_from(length).map_err(|_| Malformed::NoLength)?,
            },
            Length::Mqtt => match mqtt(bytes)? {
                Some(length) => length,
                None => return Ok(Step::More((bytes.len() + 1).max(2))),
            },
            Length::FastCgi => {
                let Some(head) = bytes.first_chunk::<FASTCGI_HEAD>() else {
                    return Ok(Step::More(FASTCGI_HEAD));
                };
                let content = u64::from(u16::from_be_bytes([head[4], head[5]]));
                content + u64::from(head[6]) + FASTCGI_HEAD as u64
            }
            Length::Redis => return redis::first(bytes, self.limit),
        };
        if length == 0 {
            return Err(Malformed::NoLength);
        }
        if length > self.limit as u64 {
            return Err(Malformed::TooLong(length));
        }
        let length = length as usize;
        if length <= bytes.len() {
            Ok(Step::Packet(length))
        } else {
            Ok(Step::More(length))
        }
    }

    fn by_mark(&self, bytes: &[u8], seen: usize) -> Result<Step, Malformed> {
        // The mark may have begun in what was seen.
        let from = (seen + 1).saturating_sub(self.mark.len()).min(bytes.len());
        let room = self.limit.min(bytes.len()).max(from);
        match memmem::find(&bytes[from..room], &self.mark) {
            Some(at) => Ok(Step::Packet(from + at + self.mark.len())),
            None if bytes.len() >= self.limit => Err(Malformed::NoMark),
            None => Ok(Step::More(bytes.len() + 1)),
        }
    }
}

/// The whole length of an MQTT packet; `None` when its head is not all there.
fn mqtt(bytes: &[u8]) -> Result<Option<u64>, Malformed> {
    let mut length = 0;
    for (count, byte) in bytes.iter().skip(1).enumerate() {
        if count == MQTT_LENGTH {
            return Err(Malformed::NoLength);
        }
        length |= u64::from(byte & 0x7f) << (7 * count);
        if byte & 0x80 == 0 {
            return Ok(Some(length + count as u64 + 2));
        }
        if count + 1 == MQTT_LENGTH {
            return Err(Malformed::NoLength);
        }
    }
    Ok(None)
}
