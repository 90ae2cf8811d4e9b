//! beanstalkd for coroutines.
//!
//! A [`Client`] has a pool of connections to a server. Which tube a job is put into, and from which tubes one is reserved, is said
//! with each call, so coroutines share it; a connection remembers what it was told last. A [`Reservation`] keeps its connection: a
//! job belongs to the connection that has reserved it. All waits are waits of the engine.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod config;
mod connection;
mod error;
mod name;
mod reply;
mod reservation;

pub use client::{Client, Peek, Put, Turn};
pub use config::Config;
pub use error::{Error, Kind};
pub use highper_pool::{Counts, Limits};
pub use reply::{Job, Reply};
pub use reservation::Reservation;
