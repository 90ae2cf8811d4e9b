//! A sans-I/O HTTP/1.1 client codec.
//!
//! The crate owns no socket and no clock. A driver writes the head that a [`RequestHead`] made,
//! lends what it receives to [`Reader::feed`] and acts on the [`Event`]s:
//!
//! ```
//! use highper_client::{Event, Limits, Reader, RequestHead, Sent};
//!
//! let mut head = RequestHead::new(b"GET", b"/a?b=1").unwrap();
//! head.header(b"Host", b"localhost").unwrap();
//! assert_eq!(head.finish(), b"GET /a?b=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
//!
//! let mut reader = Reader::new(Sent::Other, Limits::default());
//! let input = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
//! let step = reader.feed(input).unwrap();
//! assert_eq!(step.event, Event::Head);
//! assert_eq!(reader.head().status, 200);
//! let step = reader.feed(&input[step.used..]).unwrap();
//! assert_eq!(step.event, Event::Body(b"hello"));
//! assert_eq!(reader.feed(b"").unwrap().event, Event::End);
//! assert!(reader.is_reusable());
//! ```
//!
//! Responses are framed by RFC 9112, section 6.3. What two readers could frame differently (a
//! length beside chunks, lengths that differ) is refused.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod chunk;
mod decode;
mod error;
mod form;
mod head;
pub mod random;
mod reader;
mod request;

pub use decode::{Coding, Decoder, Progress};
pub use error::Error;
pub use form::{Form, Part};
pub use head::{Field, Head};
pub use reader::{Event, Limits, Reader, Sent, Step};
pub use request::RequestHead;
