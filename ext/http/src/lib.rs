//! The HTTP service: connections, bodies, static files, compression.
//!
//! The modules here that deal with bodies are plain state machines: they know neither sockets
//! nor PHP, and are driven by the connection driver.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod answer;
mod collect;
pub mod compression;
pub mod connection;
pub mod cookie;
pub mod date;
pub mod detached;
pub mod event;
pub mod exchange;
pub mod form;
pub mod mime;
pub mod multipart;
mod output;
pub mod query;
mod relay;
pub mod request;
mod secure;
#[cfg(test)]
mod seed;
pub mod server;
pub mod settings;
pub mod static_file;
mod static_response;
pub mod stream;
pub mod traffic;
pub mod upgrade;
pub mod upload;

pub use answer::{Answer, Signature};
pub use connection::{Addresses, Connection};
pub use exchange::{Exchange, Progress, SendError};
pub use highper_http1::{EncodeError, Head, Limits, Ready, Response as ResponseHead, Version};
pub use highper_http2::Settings as Http2;
pub use highper_net::proxied::{self, Proxies};
pub use relay::Wire;
pub use request::{Body, Request};
pub use server::{Carrier, Figures, Handed, Server, Service, Standing};
pub use settings::{Rewrite, Settings, StaticFiles};
pub use stream::{Stream, StreamError};
pub use upgrade::Protocol;
