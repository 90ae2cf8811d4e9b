//! The head of a frame: RFC 6455, section 5.2.

use crate::error::Error;
use crate::opcode::Opcode;

/// The head of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Is it the message's last frame?
    pub fin: bool,
    /// Is the message compressed? Said in its first frame.
    pub rsv1: bool,
    /// What it is for.
    pub opcode: Opcode,
    /// The key that its payload is masked with.
    pub mask: Option<[u8; 4]>,
    /// Bytes of its payload.
    pub length: u64,
}

impl Header {
    /// Bytes of a head at most.
    pub const LONGEST: usize = 14;

    /// Reads a head from the front of the bytes, and how many bytes it takes; `None` when it is not all there.
    /// What a single head can tell is checked as soon as the bytes are there that tell it.
    ///
    /// # Errors
    /// [`Error::ReservedBits`] (of the second and third), [`Error::Opcode`], [`Error::ControlFragmented`],
    /// [`Error::ControlTooLong`], [`Error::Length`].
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        if first & 0x30 != 0 {
            return Err(Error::ReservedBits(first));
        }
        let (fin, rsv1) = (first & 0x80 != 0, first & 0x40 != 0);
        let Some(opcode) = Opcode::of(first & 0x0f) else {
            return Err(Error::Opcode(first & 0x0f));
        };
        if opcode.is_control() && !fin {
            return Err(Error::ControlFragmented);
        }
        let Some(&second) = bytes.get(1) else {
            return Ok(None);
        };
        let short = second & 0x7f;
        if opcode.is_control() && short > 125 {
            return Err(Error::ControlTooLong(short));
        }
        let Some((raw, at)) = Raw::parse(bytes) else {
            return Ok(None);
        };
        if raw.length >> 63 != 0 {
            return Err(Error::Length(raw.length));
        }
        let header = Self {
            fin,
            rsv1,
            opcode,
            mask: raw.mask,
            length: raw.length,
        };
        Ok(Some((header, at)))
    }

    /// Appends the head to what is to be sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        let first = self.opcode as u8 | u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6;
        Raw {
            first,
            mask: self.mask,
            length: self.length,
        }
        .write(out);
    }
}

/// The head of a frame as it lies there, whatever it says: for tools. What comes from a peer is for [`Header`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raw {
    /// FIN, the three reserved bits, and the opcode's number.
    pub first: u8,
    /// The key that the payload is masked with.
    pub mask: Option<[u8; 4]>,
    /// Bytes of the payload.
    pub length: u64,
}

impl Raw {
    /// Reads a head from the front of the bytes, and how many bytes it takes; `None` when it is not all there.
    #[inline]
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let [first, second, rest @ ..] = bytes else {
            return None;
        };
        let (length, at) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 10),
            short => (u64::from(short), 2),
        };
        let (mask, at) = match second & 0x80 {
            0 => (None, at),
            _ => (Some(*bytes[at..].first_chunk()?), at + 4),
        };
        let raw = Self {
            first: *first,
            mask,
            length,
        };
        Some((raw, at))
    }

    /// Appends the head.
    pub fn write(&self, out: &mut Vec<u8>) {
        let first = self.first;
        let masked = u8::from(self.mask.is_some()) << 7;
        match self.length {
            short @ 0..=125 => out.extend_from_slice(&[first, masked | short as u8]),
            middle @ 126..=0xffff => {
                out.extend_from_slice(&[first, masked | 126]);
                out.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                out.extend_from_slice(&[first, masked | 127]);
                out.extend_from_slice(&long.to_be_bytes());
            }
        }
        if let Some(key) = self.mask {
            out.extend_from_slice(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 125, 126, 127, 0xffff, 0x1_0000, u64::MAX >> 1] {
            for mask in [None, Some([9, 8, 7, 6])] {
                let header = Header {
                    fin: length % 2 == 0,
                    rsv1: length % 3 == 0,
                    opcode: Opcode::Binary,
                    mask,
                    length,
                };
                let mut wire = Vec::new();
                header.write(&mut wire);
                assert!(wire.len() <= Header::LONGEST);
                for cut in 0..wire.len() {
                    assert_eq!(
                        Header::parse(&wire[..cut]),
                        Ok(None),
                        "{length} cut at {cut}"
                    );
                }
                assert_eq!(Header::parse(&wire), Ok(Some((header, wire.len()))));
            }
        }
    }

    #[test]
    fn what_a_head_must_not_say_is_refused_with_its_first_bytes() {
        let cases: [(&[u8], Error); 7] = [
            (&[0xa1], Error::ReservedBits(0xa1)),
            (&[0x91], Error::ReservedBits(0x91)),
            (&[0x83], Error::Opcode(3)),
            (&[0x8b], Error::Opcode(11)),
            (&[0x09], Error::ControlFragmented),
            (&[0x89, 0x7e], Error::ControlTooLong(126)),
            (
                &[0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 1],
                Error::Length(0x8000_0000_0000_0001),
            ),
        ];
        for (bytes, error) in cases {
            assert_eq!(Header::parse(bytes), Err(error), "{bytes:x?}");
        }
    }
}
