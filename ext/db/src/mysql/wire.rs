//! Numbers and texts of MySQL's protocol.

use crate::Error;

/// Reads a packet's payload.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

fn short() -> Error {
    Error::protocol("the server sent a packet that ends too early")
}

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(short)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.bytes(1)?[0])
    }

    /// A number of so many bytes, the lowest first.
    pub(super) fn int(&mut self, count: usize) -> Result<u64, Error> {
        let bytes = self.bytes(count)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// A number that says how long it is; `None` for NULL.
    pub(super) fn length(&mut self) -> Result<Option<u64>, Error> {
        Ok(Some(match self.byte()? {
            0xFB => return Ok(None),
            0xFC => self.int(2)?,
            0xFD => self.int(3)?,
            0xFE => self.int(8)?,
            0xFF => return Err(Error::protocol("the server sent a length that is none")),
            small => u64::from(small),
        }))
    }

    /// A text that says how long it is; `None` for NULL.
    pub(super) fn text(&mut self) -> Result<Option<&'a [u8]>, Error> {
        match self.length()? {
            None => Ok(None),
            Some(length) => {
                let length = usize::try_from(length).map_err(|_| short())?;
                self.bytes(length).map(Some)
            }
        }
    }

    /// A text up to a zero byte, or to the end.
    pub(super) fn until_zero(&mut self) -> &'a [u8] {
        let end = memchr::memchr(0, self.0);
        let text = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = &self.0[(text.len() + usize::from(end.is_some()))..];
        text
    }
}

/// Writes a text that says how long it is.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let length = text.len();
    match length {
        0..=250 => out.push(length as u8),
        251..=0xFFFF => {
            out.push(0xFC);
            out.extend_from_slice(&(length as u16).to_le_bytes());
        }
        0x1_0000..=0xFF_FFFF => {
            out.push(0xFD);
            out.extend_from_slice(&(length as u32).to_le_bytes()[..3]);
        }
        _ => {
            out.push(0xFE);
            out.extend_from_slice(&(length as u64).to_le_bytes());
        }
    }
    out.extend_from_slice(text);
}
