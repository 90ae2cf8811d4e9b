//! A sans-I/O HTTP/1.1 server codec and connection state machine.
//!
//! The crate owns no socket, no buffer and no clock. A driver reads bytes into
//! a buffer of its own, lends them to [`Conn::feed`], acts on the [`Event`]s
//! and writes what the codec appends to a `Vec<u8>`:
//!
//! ```
//! use highper_http1::{After, Conn, Event, Head, Limits, Stamp};
//!
//! let limits = Limits::default();
//! let mut stamp = Stamp::new(Some("highper")).unwrap();
//! stamp.set(1_700_000_000); // once a second
//! let (mut conn, mut head, mut out) = (Conn::new(), Head::new(), Vec::new());
//! let input = b"GET /?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
//!
//! let step = conn.feed(input, &mut head, &limits);
//! assert_eq!(step.event, Event::Head);
//! assert_eq!(step.used, input.len());
//! assert_eq!(head.path(input), b"/");
//! assert_eq!(head.query(input), Some(&b"a=1"[..]));
//!
//! let mut response = conn.respond(&mut out, &stamp, 200).unwrap();
//! response.header(b"Content-Type", b"text/plain").unwrap();
//! assert_eq!(response.full(b"hello").unwrap(), After::KeepAlive);
//! assert!(out.starts_with(b"HTTP/1.1 200 OK\r\n"));
//! ```
//!
//! Requests are read by RFC 9112 at its strictest: whatever two readers could
//! frame differently is refused. `DIFFERENCES.md` lists where hyper decides
//! otherwise, and why.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod body;
mod class;
mod conn;
mod error;
mod head;
mod limits;
mod lines;
mod method;
mod parse;
mod quick;
mod ready;
mod response;
mod scan;
mod stamp;
mod status;
mod target;
mod window;

pub use conn::{After, Conn, Eof, Event, Phase, Step};
pub use error::{EncodeError, Error};
pub use head::{Fields, Framing, Head, Version};
pub use limits::Limits;
pub use method::Method;
pub use ready::Ready;
pub use response::Response;
pub use stamp::Stamp;
pub use status::reason;
