//! Random letters.

use rustix::rand::{GetRandomFlags, getrandom};

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Random bytes of the system's.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        // Only a signal interrupts it; then it is asked again.
        at += getrandom(&mut bytes[at..], GetRandomFlags::empty()).unwrap_or(0);
    }
    bytes
}

/// A boundary for a [`crate::Form`] that nobody guesses.
#[must_use]
pub fn boundary() -> String {
    let random = bytes::<24>().map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    let mut boundary = "----SwooleBoundary".to_owned();
    boundary.extend(random);
    boundary
}
