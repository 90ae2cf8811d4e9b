//! The process in front of the workers (Swoole's process mode): it has the sockets, cuts what comes into packets, and gives
//! these to workers by their mailboxes; answers come back the same way. So a connection outlives its worker, and any process
//! of the server can send on it.
//!
//! [`Front`] is that process, as the service of a [`highper_stream::Server`]. [`Outbox`] and [`frame`] are also the
//! workers' side. [`dispatch`] chooses the worker.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod dispatch;
pub mod frame;
mod front;
mod lane;
mod outbox;
mod route;

pub use front::{Asked, Chosen, Front, Said, Setup, end_of};
pub use outbox::Outbox;
