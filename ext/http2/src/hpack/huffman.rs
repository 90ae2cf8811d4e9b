//! Coded texts: RFC 7541, section 5.2.

use super::Malformed;
use super::tables::CODES;
use std::sync::LazyLock;

/// Bits of the longest code.
const LONGEST: u8 = 30;

/// For each length the codes of that length, by which the canonical code is read.
struct Lengths {
    /// The first code of each length, and where its bytes begin in `bytes`.
    first: [(u32, u16, u16); LONGEST as usize + 1],
    bytes: [u8; 256],
}

/// Codes of one length follow each other in the order of the bytes: only their beginnings have to be known.
static LENGTHS: LazyLock<Lengths> = LazyLock::new(|| {
    let mut sorted: Vec<(u8, u32, u8)> = CODES
        .iter()
        .enumerate()
        .map(|(byte, (code, bits))| (*bits, *code, byte as u8))
        .collect();
    sorted.sort_unstable();
    let mut lengths = Lengths {
        first: [(0, 0, 0); LONGEST as usize + 1],
        bytes: [0; 256],
    };
    for (at, (bits, code, byte)) in sorted.into_iter().enumerate() {
        lengths.bytes[at] = byte;
        let first = &mut lengths.first[usize::from(bits)];
        if first.2 == 0 {
            *first = (code, at as u16, 0);
        }
        first.2 += 1;
    }
    lengths
});

/// For the first eight bits of what is to come: the byte whose code they begin with and the bits of that; no bits where
/// the code is longer.
static SHORT: LazyLock<[(u8, u8); 256]> = LazyLock::new(|| {
    let mut short = [(0, 0); 256];
    for (byte, (code, bits)) in CODES.iter().enumerate() {
        if *bits <= 8 {
            let first = (*code << (8 - bits)) as usize;
            for entry in &mut short[first..first + (1 << (8 - bits))] {
                *entry = (byte as u8, *bits);
            }
        }
    }
    short
});

/// A code of more than eight bits at the top of `window`, of which `bits` are there.
#[cold]
fn long(window: u64, bits: u8) -> Option<(u8, u8)> {
    for length in 9..=LONGEST.min(bits) {
        let code = (window >> (64 - u32::from(length))) as u32;
        let (first, at, count) = LENGTHS.first[usize::from(length)];
        if count > 0 && code >= first && code - first < u32::from(count) {
            let byte = LENGTHS.bytes[usize::from(at) + (code - first) as usize];
            return Some((byte, length));
        }
    }
    None
}

/// Appends what a coded text says.
pub(super) fn decode(coded: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let short = &*SHORT;
    // The bits to come, from the top.
    let (mut window, mut bits) = (0_u64, 0_u8);
    let mut rest = coded.iter();
    loop {
        while bits <= 56
            && let Some(byte) = rest.next()
        {
            window |= u64::from(*byte) << (56 - bits);
            bits += 8;
        }
        if bits == 0 {
            return Ok(());
        }
        let (mut byte, mut length) = short[(window >> 56) as usize];
        if length == 0 {
            match long(window, bits) {
                Some(found) => (byte, length) = found,
                None => length = u8::MAX,
            }
        }
        if length > bits {
            // What is left is the beginning of the code of all ones.
            return match bits < 8 && window >> (64 - bits) == (1 << bits) - 1 {
                true => Ok(()),
                false => Err(Malformed::Huffman),
            };
        }
        out.push(byte);
        window <<= length;
        bits -= length;
    }
}

/// How many bytes a text has when it is coded.
pub(super) fn length(text: &[u8]) -> usize {
    let bits: usize = text
        .iter()
        .map(|byte| usize::from(CODES[usize::from(*byte)].1))
        .sum();
    bits.div_ceil(8)
}

/// Appends a text, coded.
pub(super) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut pending, mut bits) = (0_u64, 0_u8);
    for byte in text {
        let (code, length) = CODES[usize::from(*byte)];
        pending = pending << length | u64::from(code);
        bits += length;
        while bits >= 8 {
            bits -= 8;
            out.push((pending >> bits) as u8);
        }
    }
    if bits > 0 {
        let fill = 8 - bits;
        out.push((pending << fill) as u8 | ((1_u16 << fill) - 1) as u8);
    }
}
