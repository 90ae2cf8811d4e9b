//! Bytes in rows of shared words: another process may read or write them at any moment.

use std::sync::atomic::{AtomicU64, Ordering};

/// Writes the bytes to the first words, the last of them filled up with zeros. What does not fit is
/// left out.
#[inline]
pub(crate) fn store(words: &[AtomicU64], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*chunk), Ordering::Relaxed);
    }
    if !rest.is_empty()
        && let Some(word) = words.get(whole.len())
    {
        word.store(partial(rest), Ordering::Relaxed);
    }
}

/// Fills `bytes` from the words, as far as these go.
#[inline]
pub(crate) fn load(words: &[AtomicU64], bytes: &mut [u8]) {
    let (whole, rest) = bytes.as_chunks_mut::<8>();
    for (word, chunk) in words.iter().zip(whole.iter_mut()) {
        *chunk = word.load(Ordering::Relaxed).to_ne_bytes();
    }
    if let Some(word) = words.get(whole.len()) {
        let last = word.load(Ordering::Relaxed).to_ne_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// Up to 8 bytes as a word.
#[inline]
pub(crate) fn partial(bytes: &[u8]) -> u64 {
    let mut last = [0_u8; 8];
    last[..bytes.len()].copy_from_slice(bytes);
    u64::from_ne_bytes(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back_and_no_word_behind_it_is_touched() {
        for len in 0..=24 {
            let words: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(u64::MAX)).collect();
            let bytes: Vec<u8> = (1..=len).collect();
            store(&words, &bytes);
            let mut back = vec![0; bytes.len()];
            load(&words, &mut back);
            assert_eq!(back, bytes);
            let used = bytes.len().div_ceil(8);
            assert!(
                words[used..]
                    .iter()
                    .all(|w| w.load(Ordering::Relaxed) == u64::MAX)
            );
        }
    }
}
