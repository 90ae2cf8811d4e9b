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

/// Appends what a coded text says.
pub(super) fn decode(coded: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let lengths = &*LENGTHS;
    let (mut code, mut bits) = (0_u32, 0_u8);
    for byte in coded {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(byte >> shift & 1);
            bits += 1;
            if bits > LONGEST {
                return Err(Malformed::Huffman);
            }
            let (first, at, count) = lengths.first[usize::from(bits)];
            if count > 0 && code >= first && code - first < u32::from(count) {
                out.push(lengths.bytes[usize::from(at) + (code - first) as usize]);
                (code, bits) = (0, 0);
            }
        }
    }
    // What is left is the beginning of the code of all ones.
    if bits > 7 || code != (1 << bits) - 1 {
        return Err(Malformed::Huffman);
    }
    Ok(())
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
