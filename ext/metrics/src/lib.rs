//! Counts of all workers in shared memory, and their text for Prometheus (exposition format 0.0.4).
//!
//! A [`Board`] is made before the workers are forked. Each process counts in a place of its own, and whoever is asked adds
//! all of them up: nothing is sent between processes.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod board;
mod own;
mod status;
mod text;

pub use board::{Board, Place, ROUTES};
pub use own::Kind;
pub use text::{Figure, Type, escaped, is_label, is_name, series};

/// Upper bounds of the buckets of histograms, in seconds; one without an end follows.
pub const BOUNDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Buckets, the endless one included.
pub const BUCKETS: usize = BOUNDS.len() + 1;
