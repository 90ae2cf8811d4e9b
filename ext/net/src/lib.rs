//! Sockets on the coroutine engine, and the framing of packets on streams.
//!
//! A [`Socket`] waits in the running coroutine where it would block. [`framing`] cuts a stream into
//! packets and knows no socket.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
mod buffer;
mod error;
pub mod framing;
mod kind;
pub mod proxied;
mod resolve;
mod scratch;
mod socket;

pub use address::Address;
pub use error::Error;
pub use kind::Kind;
pub use resolve::{Resolver, resolve, set_resolver};
pub use socket::{
    DATAGRAM_ROOM, Part, Side, Socket, Timeouts, pair, remove_paths, reset_default_timeouts,
    set_datagram_room, set_default_timeouts,
};
