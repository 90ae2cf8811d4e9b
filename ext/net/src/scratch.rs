//! Memory to receive into: the thread's own, lent for one call.

use std::cell::Cell;

/// Bytes that are kept for the next call.
pub(crate) const SIZE: usize = 64 * 1024;
/// Bytes that one call receives at most.
const LIMIT: usize = 1024 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends `size` bytes, or as many as one call receives at most. What is called may not wait.
pub(crate) fn lend<R>(size: usize, use_it: impl FnOnce(&mut [u8]) -> R) -> R {
    if size > SIZE {
        return use_it(&mut vec![0; size.min(LIMIT)]);
    }
    let mut memory = SCRATCH.take();
    if memory.is_empty() {
        memory = vec![0; SIZE];
    }
    let result = use_it(&mut memory[..size]);
    SCRATCH.set(memory);
    result
}
