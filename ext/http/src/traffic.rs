//! How many bytes this process has received and sent on its connections. One thread serves them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static RECEIVED: AtomicU64 = AtomicU64::new(0);
static SENT: AtomicU64 = AtomicU64::new(0);

#[inline]
pub(crate) fn count_received(bytes: usize) {
    RECEIVED.store(RECEIVED.load(Relaxed) + bytes as u64, Relaxed);
}

#[inline]
pub(crate) fn count_sent(bytes: usize) {
    SENT.store(SENT.load(Relaxed) + bytes as u64, Relaxed);
}

/// Counts what another service of this process has received and sent.
pub fn count(received: u64, sent: u64) {
    count_received(received as usize);
    count_sent(sent as usize);
}

/// Bytes received and bytes sent so far.
#[must_use]
#[inline]
pub fn counted() -> (u64, u64) {
    (RECEIVED.load(Relaxed), SENT.load(Relaxed))
}
