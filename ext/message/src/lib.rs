//! Messages of streams and datagrams as requests: the same router, filters and handlers answer them.
//!
//! A port has [`Frames`], which say where a message ends, and a [`Key`], which says what path it is for. The
//! [`Desk`] makes a request of each message ([`Server::carry`](highper_http::Server::carry)) and sends the body of its
//! response back in a frame of the same kind. Messages of one connection are answered one after the other.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod desk;
mod frames;
mod key;
mod reply;
mod request;

pub use desk::{Desk, Door, Guide};
pub use frames::Frames;
pub use key::{Found, Key, Wrong};
pub use request::Place;
