//! HTTP/2 (RFC 9113) with HPACK (RFC 7541), without I/O: bytes in, events out, and back.
//!
//! The crate owns no socket and no clock. A driver writes what [`Client::take_output`] gives, lends
//! what it receives to [`Client::feed`], and acts on the [`Event`]s:
//!
//! ```
//! use highper_http2::{Client, Settings};
//!
//! let mut client = Client::new(Settings::default());
//! let stream = client
//!     .request(&[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"x"), (b":path", b"/")], true)
//!     .unwrap();
//! assert_eq!(stream, 1);
//! assert!(client.take_output().starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod error;
mod frame;
pub mod hpack;
pub mod server;
mod settings;

pub use client::{Client, Event, Refused};
pub use error::{Code, Error};
pub use server::Server;
pub use settings::Settings;
