//! The service for streams and datagrams: accepts, reads, cuts into packets, queues output.
//!
//! A [`Server`] owns the connections of one worker on the engine's reactor. What happens on them it
//! tells a [`Service`]; what is to happen it is told by its methods. Neither knows the other's
//! insides, so that both may live in different processes.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod connection;
mod cut;
mod datagram;
mod output;
mod requests;
mod secure;
mod server;
mod service;
mod settings;

pub use connection::Connection;
pub use cut::{Cut, Limited};
pub use datagram::Datagrams;
pub use server::{Figures, SendError, Server};
pub use service::{End, Event, Service, What};
pub use settings::{KeepAlive, Settings};
