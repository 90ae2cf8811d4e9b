//! Certificates by ACME (RFC 8555): one process orders them, all others find them in a folder.
//!
//! The protocol is `instant-acme`'s; its requests go through `highper-fetch`, so that they wait in the coroutine that runs.
//! A [`Keeper`] looks after one certificate for each name: it orders what is missing, renews what has a third of its life left,
//! and tries again, later and later, what failed. What an authority asks is answered from files ([`answer`], and
//! `highper_tls::challenge_file`), by whichever process it asks.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod failure;
mod http;
mod keeper;
mod order;
mod pause;
mod settings;
mod signed;
mod store;

pub use failure::Failure;
pub use keeper::{Keeper, News};
pub use settings::{Binding, Challenge, LETS_ENCRYPT, LETS_ENCRYPT_STAGING, Settings, is_name};
pub use signed::interim;
pub use store::{Store, answer};
