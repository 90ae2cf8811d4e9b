//! Masking: RFC 6455, section 5.3.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Applies a key to a part of a payload that begins `offset` bytes into it. Twice is nothing.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let key = turned(key, offset);
    let wide = u64::from(u32::from_ne_bytes(key));
    let wide = wide | wide << 32;
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// The key as it stands `offset` bytes into the payload.
#[inline]
pub(crate) fn turned(mut key: [u8; 4], offset: usize) -> [u8; 4] {
    key.rotate_left(offset & 3);
    key
}

/// Keys that nobody can foresee, made by the system in batches.
pub struct Keys {
    batch: [u8; Self::BATCH],
    at: usize,
    process: u32,
}

impl Keys {
    const BATCH: usize = 512;

    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            batch: [0; Self::BATCH],
            at: Self::BATCH,
            process: 0,
        }
    }

    /// The next one. A process that was forked meanwhile does not repeat its parent's.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn draw(&mut self) -> Result<[u8; 4], aws_lc_rs::error::Unspecified> {
        let process = std::process::id();
        if self.at + 4 > Self::BATCH || self.process != process {
            SystemRandom::new().fill(&mut self.batch)?;
            self.at = 0;
            self.process = process;
        }
        let mut key = [0; 4];
        key.copy_from_slice(&self.batch[self.at..self.at + 4]);
        self.at += 4;
        Ok(key)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_bytes() {
        let key = [0x12, 0x34, 0x56, 0x78];
        let plain: Vec<u8> = (0..=255).collect();
        let expected: Vec<u8> = plain
            .iter()
            .enumerate()
            .map(|(i, b)| b ^ key[i % 4])
            .collect();
        for cut in 0..plain.len() {
            let mut bytes = plain.clone();
            let (first, second) = bytes.split_at_mut(cut);
            apply(first, key, 0);
            apply(second, key, cut);
            assert_eq!(bytes, expected, "cut at {cut}");
        }
    }

    #[test]
    fn keys_are_not_repeated() {
        let mut keys = Keys::new();
        let mut seen: Vec<[u8; 4]> = (0..1000).map(|_| keys.draw().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 990, "{}", seen.len());
    }
}
