//! How packets stand on a stream of bytes.

use highper_net::framing::{Framing, Integer, Length, MARK_LIMIT};

/// How packets stand on a stream of bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Frame {
    /// They don't: what comes at a time is one.
    #[default]
    None,
    /// A mark follows each.
    Mark(Vec<u8>),
    /// The number of its bytes stands in front of each, by a letter of PHP's `pack()`.
    Length(u8),
}

impl Frame {
    /// Packets with a mark behind each.
    ///
    /// # Errors
    /// The mark is empty, or longer than marks are.
    pub fn mark(mark: &[u8]) -> Result<Self, String> {
        match mark.len() {
            1..=MARK_LIMIT => Ok(Self::Mark(mark.to_vec())),
            _ => Err(format!("eof must have 1 to {MARK_LIMIT} bytes")),
        }
    }

    /// Packets with their length in front, an integer of this letter.
    ///
    /// # Errors
    /// There is no such letter.
    pub fn length(letter: u8) -> Result<Self, String> {
        match Integer::of_letter(letter) {
            Some(_) => Ok(Self::Length(letter)),
            None => Err(format!(
                "length must be a letter of pack() with a fixed size, N for example, '{}' given",
                char::from(letter).escape_default()
            )),
        }
    }

    /// A packet as it is sent.
    ///
    /// # Errors
    /// It is larger than `limit`, than its length can say, or has the mark inside.
    pub fn pack(&self, packet: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        if packet.len() > limit {
            return Err(format!(
                "a packet of {} bytes is larger than max_packet ({limit})",
                packet.len()
            ));
        }
        match self {
            Self::None => Ok(packet.to_vec()),
            Self::Mark(mark) => match packet.windows(mark.len()).any(|part| part == mark) {
                true => Err("a packet must not have its eof inside".to_owned()),
                false => Ok([packet, &mark[..]].concat()),
            },
            Self::Length(letter) => {
                let mut out = length(*letter, packet.len())?;
                out.extend_from_slice(packet);
                Ok(out)
            }
        }
    }

    /// The rules by which the packets of a stream are cut out.
    pub(crate) fn framing(&self, limit: usize) -> Framing {
        let framing = Framing {
            limit: limit.saturating_add(self.extra()),
            ..Framing::default()
        };
        match self {
            Self::None => framing,
            Self::Mark(mark) => Framing {
                by_mark: true,
                mark: mark.clone(),
                ..framing
            },
            Self::Length(letter) => {
                let integer = Integer::of_letter(*letter).unwrap_or(Integer::U32Big);
                Framing {
                    by_length: true,
                    length: Length::Integer(integer),
                    body: integer.size(),
                    ..framing
                }
            }
        }
    }

    /// Bytes that the framing adds.
    fn extra(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Mark(mark) => mark.len(),
            Self::Length(letter) => Integer::of_letter(*letter).map_or(0, Integer::size),
        }
    }

    /// A packet without what the framing added.
    pub(crate) fn unpack<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let extra = self.extra().min(bytes.len());
        match self {
            Self::None => bytes,
            Self::Mark(_) => &bytes[..bytes.len() - extra],
            Self::Length(_) => &bytes[extra..],
        }
    }
}

fn length(letter: u8, length: usize) -> Result<Vec<u8>, String> {
    let too_long = || {
        format!(
            "a packet of {length} bytes is longer than its length can say ({})",
            char::from(letter)
        )
    };
    let n = length as u64;
    let bytes = match letter {
        b'c' => i8::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'C' => u8::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b's' => i16::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'S' => u16::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'n' => u16::try_from(n).ok().map(|n| n.to_be_bytes().to_vec()),
        b'v' => u16::try_from(n).ok().map(|n| n.to_le_bytes().to_vec()),
        b'l' | b'i' => i32::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'L' | b'I' => u32::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'N' => u32::try_from(n).ok().map(|n| n.to_be_bytes().to_vec()),
        b'V' => u32::try_from(n).ok().map(|n| n.to_le_bytes().to_vec()),
        b'q' => i64::try_from(n).ok().map(|n| n.to_ne_bytes().to_vec()),
        b'J' => Some(n.to_be_bytes().to_vec()),
        b'P' => Some(n.to_le_bytes().to_vec()),
        _ => Some(n.to_ne_bytes().to_vec()),
    };
    bytes.ok_or_else(too_long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_net::framing::Step;

    #[test]
    fn what_is_packed_is_cut_out_again() {
        for letter in b"cCsSnvlLNVqQJP" {
            let frame = Frame::length(*letter).unwrap();
            let bytes = frame.pack(b"hello", 100).unwrap();
            let step = frame.framing(100).first(&bytes, 0, |_| 0).unwrap();
            assert_eq!(step, Step::Packet(bytes.len()), "{}", char::from(*letter));
            assert_eq!(frame.unpack(&bytes), b"hello");
        }
        let frame = Frame::mark(b"\r\n").unwrap();
        let bytes = frame.pack(b"hello", 5).unwrap();
        assert_eq!(
            frame.framing(5).first(&bytes, 0, |_| 0),
            Ok(Step::Packet(7))
        );
        assert_eq!(frame.unpack(&bytes), b"hello");
    }

    #[test]
    fn what_can_not_be_packed() {
        assert!(
            Frame::mark(b"").is_err()
                && Frame::mark(b"123456789").is_err()
                && Frame::length(b'x').is_err()
        );
        assert!(Frame::mark(b"\n").unwrap().pack(b"a\nb", 10).is_err());
        assert!(Frame::length(b'C').unwrap().pack(&[0; 256], 1000).is_err());
        assert!(Frame::None.pack(&[0; 11], 10).is_err());
    }
}
