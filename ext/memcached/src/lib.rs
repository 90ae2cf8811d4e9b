//! memcached for coroutines.
//!
//! A [`Client`] has a pool of connections to each of its servers; a key belongs to one of them by consistent hashing.
//! All waits are waits of the engine.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod config;
mod connection;
mod error;
mod reply;

pub use client::{Account, Client, ServerStats, Store, Turn};
pub use config::{Config, Server};
pub use error::{Error, Kind};
pub use highper_pool::{Counts, Limits};
pub use reply::{Reply, Value};
