//! The kinds of integers that a packet's head may carry, by the letters of PHP's `pack()`.

/// An integer in a packet's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Integer {
    /// `c`
    I8,
    /// `C`
    U8,
    /// `s`
    I16,
    /// `S`
    U16,
    /// `n`
    U16Big,
    /// `v`
    U16Little,
    /// `l`, `i`
    I32,
    /// `L`, `I`
    U32,
    /// `N`
    U32Big,
    /// `V`
    U32Little,
    /// `q`
    I64,
    /// `Q`
    U64,
    /// `J`
    U64Big,
    /// `P`
    U64Little,
}

impl Integer {
    /// By its letter in `pack()`; `None` for those that have no fixed integer.
    #[must_use]
    pub fn of_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'c' => Self::I8,
            b'C' => Self::U8,
            b's' => Self::I16,
            b'S' => Self::U16,
            b'n' => Self::U16Big,
            b'v' => Self::U16Little,
            b'l' | b'i' => Self::I32,
            b'L' | b'I' => Self::U32,
            b'N' => Self::U32Big,
            b'V' => Self::U32Little,
            b'q' => Self::I64,
            b'Q' => Self::U64,
            b'J' => Self::U64Big,
            b'P' => Self::U64Little,
            _ => return None,
        })
    }

    /// Its bytes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::U16Big | Self::U16Little => 2,
            Self::I32 | Self::U32 | Self::U32Big | Self::U32Little => 4,
            Self::I64 | Self::U64 | Self::U64Big | Self::U64Little => 8,
        }
    }

    /// Reads it from the first [`Integer::size`] bytes; -1 when there are fewer. What an `i64`
    /// can't hold is negative.
    #[must_use]
    pub fn read(self, bytes: &[u8]) -> i64 {
        let Some(bytes) = bytes.get(..self.size()) else {
            return -1;
        };
        let mut wide = [0; 8];
        match self {
            Self::U16Big | Self::U32Big | Self::U64Big => {
                wide[8 - bytes.len()..].copy_from_slice(bytes);
                return i64::from_be_bytes(wide);
            }
            Self::U16Little | Self::U32Little | Self::U64Little => {
                wide[..bytes.len()].copy_from_slice(bytes);
                return i64::from_le_bytes(wide);
            }
            _ => {}
        }
        let at = if cfg!(target_endian = "big") {
            8 - bytes.len()
        } else {
            0
        };
        wide[at..at + bytes.len()].copy_from_slice(bytes);
        let value = i64::from_ne_bytes(wide);
        match self {
            Self::I8 => i64::from(value as i8),
            Self::I16 => i64::from(value as i16),
            Self::I32 => i64::from(value as i32),
            _ => value,
        }
    }
}
