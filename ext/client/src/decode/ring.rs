//! Memory for Brotli's windows, which are 4 MiB for most bodies, also small ones: zeroing one takes
//! longer than decoding such a body, so a thread keeps the last one.

use brotli::{Allocator, SliceWrapper, SliceWrapperMut};
use std::cell::Cell;

/// A window of more bytes is not kept.
const KEPT: usize = 8 * 1024 * 1024;
/// Smaller pieces of memory are not worth it.
const WORTH: usize = 64 * 1024;

thread_local! {
    static WINDOW: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes of which the first are in use. What was in them before is overwritten before it is read.
#[derive(Default, Debug)]
pub(super) struct Memory {
    bytes: Vec<u8>,
    length: usize,
}

impl SliceWrapper<u8> for Memory {
    fn slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl SliceWrapperMut<u8> for Memory {
    fn slice_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }
}

/// Gives the kept window where it is large enough.
#[derive(Default, Debug)]
pub(super) struct Windows;

impl Allocator<u8> for Windows {
    type AllocatedMemory = Memory;

    fn alloc_cell(&mut self, length: usize) -> Memory {
        if length >= WORTH {
            // On a thread that ends there is none.
            let kept = WINDOW.try_with(Cell::take).unwrap_or_default();
            if kept.len() >= length {
                return Memory {
                    bytes: kept,
                    length,
                };
            }
        }
        Memory {
            bytes: vec![0; length],
            length,
        }
    }

    fn free_cell(&mut self, memory: Memory) {
        if (WORTH..=KEPT).contains(&memory.bytes.len()) {
            // As above; then it is freed.
            let _gone = WINDOW.try_with(|window| window.set(memory.bytes));
        }
    }
}
