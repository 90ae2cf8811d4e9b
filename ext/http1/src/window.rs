//! Sixteen bytes of the input looked at together: one bit of a mask for each.

use wide::u8x16;

/// Bytes in a window.
pub(crate) const BYTES: usize = 16;

/// The window at `at`. Near the end of the text it begins before `at`: [`Window::shift`] says how
/// many of its first bytes to leave away. None in texts shorter than a window.
#[inline(always)]
pub(crate) fn at(text: &[u8], at: usize) -> Option<Window> {
    if let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<BYTES>()) {
        return Some(Window::new(chunk, 0));
    }
    let before = (at + BYTES).checked_sub(text.len())?;
    let chunk = text.last_chunk::<BYTES>()?;
    Some(Window::new(chunk, before as u32))
}

/// Sixteen bytes, the last `16 - shift` of which count.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    bytes: u8x16,
    pub(crate) shift: u32,
}

#[inline(always)]
fn all(byte: u8) -> u8x16 {
    u8x16::splat(byte)
}

#[inline(always)]
fn at_most(bytes: u8x16, top: u8) -> u8x16 {
    bytes.min(all(top)).simd_eq(bytes)
}

#[inline(always)]
fn within(bytes: u8x16, low: u8, high: u8) -> u8x16 {
    at_most(bytes - all(low), high - low)
}

impl Window {
    #[inline(always)]
    pub(crate) fn new(chunk: &[u8; BYTES], shift: u32) -> Self {
        Self {
            bytes: u8x16::from(*chunk),
            shift,
        }
    }

    /// Bytes of it that count, from its place on.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        BYTES - self.shift as usize
    }

    #[inline(always)]
    fn mask(self, hits: u8x16) -> u32 {
        hits.to_bitmask() >> self.shift
    }

    /// Bytes up to `top`, and DEL.
    #[inline(always)]
    pub(crate) fn at_most_or_del(self, top: u8) -> u32 {
        self.mask(at_most(self.bytes, top) | self.bytes.simd_eq(all(0x7f)))
    }

    /// Bytes that are this one.
    #[inline(always)]
    pub(crate) fn equal(self, byte: u8) -> u32 {
        self.mask(self.bytes.simd_eq(all(byte)))
    }

    /// Bytes of 0x80 and more.
    #[inline(always)]
    pub(crate) fn high(self) -> u32 {
        self.mask(self.bytes)
    }

    #[inline(always)]
    fn letters(self) -> u8x16 {
        within(self.bytes | all(0x20), b'a', b'z')
    }

    /// Bytes that are neither letter nor `-`.
    #[inline(always)]
    pub(crate) fn no_name(self) -> u32 {
        self.mask(!(self.letters() | self.bytes.simd_eq(all(b'-'))))
    }

    /// Bytes that are no digit.
    #[inline(always)]
    pub(crate) fn no_digit(self) -> u32 {
        self.mask(!within(self.bytes, b'0', b'9'))
    }

    /// Bytes other than letters, digits, `-`, `.` and `:`.
    #[inline(always)]
    pub(crate) fn no_plain_host(self) -> u32 {
        // From `-` to `:` lie `.`, `/` and the digits.
        let other = within(self.bytes, b'-', b':');
        let slash = self.bytes.simd_eq(all(b'/'));
        self.mask(!(self.letters() | other) | slash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_those_of_single_bytes() {
        for first in (0..=255).step_by(4) {
            let chunk: [u8; 16] = std::array::from_fn(|i| (first as u8).wrapping_add(i as u8 * 3));
            for shift in [0, 1, 7, 15] {
                let window = Window::new(&chunk, shift);
                let mask = |is: &dyn Fn(u8) -> bool| {
                    let bits = chunk.iter().enumerate();
                    bits.fold(0, |mask, (at, &b)| mask | u32::from(is(b)) << at) >> shift
                };
                for byte in 0..=255 {
                    assert_eq!(window.equal(byte), mask(&|b| b == byte));
                    assert_eq!(
                        window.at_most_or_del(byte),
                        mask(&|b| b <= byte || b == 0x7f)
                    );
                }
                assert_eq!(window.high(), mask(&|b| b >= 0x80));
                let name = |b: u8| b.is_ascii_alphabetic() || b == b'-';
                assert_eq!(window.no_name(), mask(&|b| !name(b)));
                assert_eq!(window.no_digit(), mask(&|b| !b.is_ascii_digit()));
                let host = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
                assert_eq!(window.no_plain_host(), mask(&|b| !host(b)));
            }
        }
    }

    #[test]
    fn windows_near_the_end_begin_earlier() {
        let text: Vec<u8> = (b'a'..b'a' + 20).collect();
        let bits = |at_: usize| at(&text, at_).unwrap().equal(b't');
        assert_eq!(bits(0), 0);
        assert_eq!(bits(4), 1 << 15);
        assert_eq!(bits(15), 1 << 4);
        assert_eq!(bits(19), 1);
        assert_eq!(at(&text, 19).unwrap().len(), 1);
        assert!(at(&text[..15], 0).is_none());
        assert!(at(&text, 20).is_none() || at(&text, 20).unwrap().len() == 0);
    }
}
