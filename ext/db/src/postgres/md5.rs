//! MD5 (RFC 1321), which PostgreSQL's older log-in wants. Good for nothing else.

const SHIFTS: [u32; 16] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

fn block(state: &mut [u32; 4], bytes: &[u8]) {
    let mut words = [0_u32; 16];
    for (word, four) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = four
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64_usize {
        let (mix, word) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), step * 5 + 1),
            2 => (b ^ c ^ d, step * 3 + 5),
            _ => (c ^ (b | !d), step * 7),
        };
        // Section 3.4: the integer part of 4294967296 times abs(sin(i)).
        let constant = (f64::sin(step as f64 + 1.0).abs() * 4_294_967_296.0) as u32;
        let sum = a
            .wrapping_add(mix)
            .wrapping_add(constant)
            .wrapping_add(words[word % 16]);
        (a, d, c) = (d, c, b);
        b = b.wrapping_add(sum.rotate_left(SHIFTS[step / 16 * 4 + step % 4]));
    }
    for (state, more) in state.iter_mut().zip([a, b, c, d]) {
        *state = state.wrapping_add(more);
    }
}

/// The digest in hexadecimal.
pub(super) fn md5_hex(bytes: &[u8]) -> String {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend_from_slice(&(bytes.len() as u64 * 8).to_le_bytes());
    for part in padded.chunks_exact(64) {
        block(&mut state, part);
    }
    let all = state.iter().flat_map(|word| word.to_le_bytes());
    all.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::md5_hex;

    /// Appendix 5 of the RFC.
    #[test]
    fn the_rfcs_examples() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(md5_hex(text.as_bytes()), digest);
        }
    }
}
