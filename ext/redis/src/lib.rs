//! Redis for coroutines.
//!
//! A [`Client`] is a server, a group of them or a cluster. Coroutines share one connection to each server: what several
//! say in the same turn of the loop leaves in one write, and nobody waits for another's answer but in the order in which
//! the server gives them. Commands that wait at the server, watched keys and subscriptions have connections of their
//! own. All waits are waits of the engine.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod cluster;
mod command;
mod config;
mod error;
mod group;
pub mod keys;
mod line;
mod node;
mod parser;
mod pause;
mod reply;
mod subscription;
mod watch;

pub use client::{Account, Client};
pub use command::Command;
pub use config::{Address, Config, Mode, Secret, Shard, Tls};
pub use error::{Error, Kind};
pub use highper_pool::{Counts, Limits};
pub use parser::Parser;
pub use reply::{Part, Reply, Walk};
pub use subscription::{Message, Subscription};
pub use watch::Watch;
