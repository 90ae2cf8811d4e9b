//! WebSocket (RFC 6455) as a client, on sockets that wait in the coroutine that runs.
//!
//! [`connect`] makes a [`Connection`], through a proxy and by TLS where that is asked for. Coroutines share it: any may
//! send, one at a time receives. Pings are answered here, also while nobody receives; a server that is silent is asked whether
//! it is there.
//!
//! ```
//! let url = highper_peer::address("wss://example.org/feed?of=news").unwrap();
//! assert_eq!((url.host(), url.port(), url.is_secure()), ("example.org", 443, true));
//! assert_eq!(highper_peer::shown(&url), "wss://example.org/feed");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
mod attention;
mod connection;
mod error;
mod handshake;
mod inbox;
mod settings;

pub use address::{address, shown};
pub use connection::{Connection, End, Message, connect, pair};
pub use error::{Error, Kind};
pub use highper_fetch::Settings as Web;
pub use settings::Settings;
