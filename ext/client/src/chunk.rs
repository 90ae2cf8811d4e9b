//! The chunked coding (RFC 9112, section 7.1), read.

use crate::Error;

/// Bytes of a chunk's line at most: its size and extensions.
const LINE_LIMIT: usize = 16 * 1024;

/// Where in the coding it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In a size, of so many digits.
    Size(u8),
    /// Behind a size.
    Extension,
    /// Behind the CR of a size's line.
    SizeEnd,
    /// In data.
    Data,
    /// Behind data.
    DataEnd,
    /// Behind the CR that is behind data.
    DataEndLine,
    /// Behind the last chunk: fields, or the end.
    Trailers,
}

/// What one step found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Data: so many bytes from the first that was not used.
    Data(usize),
    /// The last chunk is over; trailers follow.
    Trailers,
    /// Nothing more without more input.
    Nothing,
}

/// Reads chunks.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    place: Place,
    size: u64,
    line: usize,
}

impl Chunks {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Size(0),
            size: 0,
            line: 0,
        }
    }

    /// How many bytes were used up to what was found.
    pub(crate) fn next(&mut self, input: &[u8]) -> Result<(usize, Found), Error> {
        let mut at = 0;
        while at < input.len() {
            let byte = input[at];
            match self.place {
                Place::Data => {
                    let have = (input.len() - at) as u64;
                    let count = have.min(self.size);
                    self.size -= count;
                    if self.size == 0 {
                        self.place = Place::DataEnd;
                    }
                    return Ok((at, Found::Data(count as usize)));
                }
                Place::Trailers => return Ok((at, Found::Trailers)),
                Place::Size(digits) => self.place = self.in_size(byte, digits)?,
                Place::Extension => match byte {
                    b'\r' => self.place = Place::SizeEnd,
                    // A bare line feed, or NUL: another reader might end the line elsewhere.
                    b'\n' | 0 => return Err(Error::Chunk),
                    _ => {}
                },
                Place::SizeEnd => {
                    if byte != b'\n' {
                        return Err(Error::Chunk);
                    }
                    self.line = 0;
                    self.place = if self.size == 0 {
                        Place::Trailers
                    } else {
                        Place::Data
                    };
                }
                Place::DataEnd => {
                    if byte != b'\r' {
                        return Err(Error::Chunk);
                    }
                    self.place = Place::DataEndLine;
                }
                Place::DataEndLine => {
                    if byte != b'\n' {
                        return Err(Error::Chunk);
                    }
                    self.place = Place::Size(0);
                }
            }
            at += 1;
            if matches!(self.place, Place::Size(_) | Place::Extension) {
                self.line += 1;
                if self.line > LINE_LIMIT {
                    return Err(Error::Chunk);
                }
            }
        }
        let found = match self.place {
            Place::Trailers => Found::Trailers,
            _ => Found::Nothing,
        };
        Ok((at, found))
    }

    fn in_size(&mut self, byte: u8, digits: u8) -> Result<Place, Error> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            // 16 digits fill the number.
            if digits == 16 {
                return Err(Error::Chunk);
            }
            let before = if digits == 0 { 0 } else { self.size };
            self.size = before << 4 | u64::from(digit);
            return Ok(Place::Size(digits + 1));
        }
        if digits == 0 {
            return Err(Error::Chunk);
        }
        match byte {
            b'\r' => Ok(Place::SizeEnd),
            b';' | b' ' | b'\t' => Ok(Place::Extension),
            _ => Err(Error::Chunk),
        }
    }
}
