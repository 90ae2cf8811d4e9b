//! Which coroutine runs: a word that other threads and the hooks may look at.

use crate::coroutine::Record;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The running coroutine, null outside of coroutines. Other threads may look whether it is null.
pub(crate) struct Current(AtomicPtr<c_void>);

impl Current {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> *const Record {
        self.0.load(Ordering::Relaxed).cast()
    }

    #[inline(always)]
    pub(crate) fn set(&self, record: *const Record) {
        self.0.store(record.cast_mut().cast(), Ordering::Relaxed);
    }
}

/// A word that is null while this thread runs no coroutine. It lives as long as the process.
#[must_use]
pub fn running() -> &'static AtomicPtr<c_void> {
    &super::get().current.0
}
