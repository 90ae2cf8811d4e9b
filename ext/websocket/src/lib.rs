//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692), without I/O: bytes in, messages out, and back.
//!
//! The crate owns no socket and no clock. A driver lends the bytes that came to a [`Decoder`], which unmasks them
//! where they lie and hands out whole messages and control frames; what is to be sent is appended to a `Vec<u8>`:
//!
//! ```
//! use highper_websocket::{Config, Decoder, Opcode, encode, handshake};
//!
//! assert_eq!(&handshake::accept(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//!
//! let mut wire = Vec::new();
//! encode::frame(&mut wire, Opcode::Text, encode::FIN, Some([1, 2, 3, 4]), b"hello");
//! let mut decoder = Decoder::new(Config::server());
//! let step = decoder.feed(&mut wire).unwrap();
//! assert_eq!(step.used, 11);
//! let frame = step.frame.unwrap();
//! assert_eq!((frame.opcode, frame.payload), (Opcode::Text, &b"hello"[..]));
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod close;
mod decoder;
pub mod deflate;
pub mod encode;
mod error;
pub mod handshake;
mod header;
pub mod mask;
mod opcode;
mod utf8;

pub use decoder::{Config, Decoder, Frame, Masks, Step};
pub use deflate::{Deflater, Inflater};
pub use error::Error;
pub use header::{Header, Raw};
pub use opcode::Opcode;
