//! An HTTP client for coroutines, on sockets that wait in the one that runs.
//!
//! A [`Client`] keeps connections by server: a pool of them by HTTP/1.1, or one by HTTP/2 where a server offers that by ALPN.
//! It follows redirects (RFC 9110, section 15.4), repeats what failed and may be repeated, within a budget, and replaces
//! a kept connection that has died unnoticed. The codecs are those of `highper-client` and `highper-http2`.
//!
//! ```
//! use highper_fetch::Url;
//!
//! let url = Url::parse("https://example.org/a/b?c").unwrap();
//! assert_eq!(url.join("../d").unwrap().as_str(), "https://example.org/d");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod budget;
mod client;
mod content;
mod dial;
mod error;
mod guard;
mod link;
mod one;
mod origin;
mod proxy;
mod request;
mod response;
mod settings;
mod two;
mod url;

pub use client::{Client, Counts, Queue, Turn};
pub use dial::dial;
pub use error::{Error, Kind};
pub use guard::is_private;
pub use origin::Account;
pub use proxy::{Proxy, Speaks};
pub use request::{Body, Mode, Request, Source, is_idempotent};
pub use response::{Headers, Response};
pub use settings::Settings;
pub use url::Url;

/// The numbers of a pool.
pub use highper_pool::{Counts as PoolCounts, Limits, Refused};
