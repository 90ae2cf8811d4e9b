//! Clients for servers that speak in packets: TCP with framing and a pool of connections, and UDP.
//!
//! [`Frame`] puts a packet on a stream and cuts it out again:
//!
//! ```
//! use highper_wire::Frame;
//!
//! let frame = Frame::mark(b"\r\n").unwrap();
//! assert_eq!(frame.pack(b"PING", 100).unwrap(), b"PING\r\n");
//! let frame = Frame::length(b'n').unwrap();
//! assert_eq!(frame.pack(b"PING", 100).unwrap(), b"\0\x04PING");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod frame;
mod stream;
mod udp;

pub use error::{Error, Kind};
pub use frame::Frame;
pub use stream::{Client, Connection, Settings};
pub use udp::Udp;

/// The limits of a pool, and its numbers.
pub use highper_pool::{Counts, Limits};
