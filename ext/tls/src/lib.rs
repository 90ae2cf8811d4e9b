//! TLS 1.2 and 1.3 by rustls, and DTLS 1.2, without sockets: sessions read and write what they are given.
//!
//! A handshake accepts any certificate; [`Session::verify`] judges it afterwards, when and as the
//! application asks (Swoole's `ssl_verify_peer`, `verifyPeerCert()`).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod certificate;
mod context;
mod dtls;
mod error;
mod judgement;
mod kept;
mod key;
mod names;
mod ocsp;
mod old;
mod records;
mod session;
mod settings;
mod suites;
mod verifier;

pub use certificate::{base64, validity};
pub use context::Context;
pub use dtls::Knock;
pub use error::Error;
pub use kept::{CHALLENGE, challenge_file, file};
pub use records::{Opened, Records};
pub use session::Session;
pub use settings::{Interim, Kept, Named, Passphrase, Protocols, Settings};
