//! The HTTP service: connections, bodies, static files, compression.
//!
//! The modules here that deal with bodies are plain state machines: they know neither sockets
//! nor PHP, and are driven by the connection driver.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod compression;
pub mod cookie;
pub mod date;
pub mod form;
pub mod mime;
pub mod multipart;
pub mod query;
#[cfg(test)]
mod seed;
pub mod static_file;
pub mod status;
pub mod upload;
