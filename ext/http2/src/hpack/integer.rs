//! Numbers: RFC 7541, section 5.1.

use super::Malformed;

/// Takes a number from the front of the input, which has `bits` bits in its first byte.
pub(super) fn read(input: &mut &[u8], bits: u8) -> Result<usize, Malformed> {
    let (first, mut rest) = input.split_first().ok_or(Malformed::Truncated)?;
    let most = (1_u16 << bits) as usize - 1;
    let mut value = usize::from(*first) & most;
    if value == most {
        let mut shift = 0;
        loop {
            let (byte, behind) = rest.split_first().ok_or(Malformed::Truncated)?;
            rest = behind;
            // Four more bytes are 28 bits: more than any length or index may be.
            if shift > 21 {
                return Err(Malformed::Integer);
            }
            value += usize::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
        }
    }
    *input = rest;
    Ok(value)
}

/// Appends a number behind the pattern that the first byte begins with.
pub(super) fn write(out: &mut Vec<u8>, pattern: u8, bits: u8, value: usize) {
    let most = (1_u16 << bits) as usize - 1;
    if value < most {
        out.push(pattern | value as u8);
        return;
    }
    out.push(pattern | most as u8);
    let mut rest = value - most;
    while rest >= 128 {
        out.push((rest & 127) as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
}
