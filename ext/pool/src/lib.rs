//! Pools of things that are dear to make and that one coroutine at a time may use: connections.
//!
//! A [`Pool`] knows nothing of what it holds. Who wants something gets an idle one, or leave to make a new one, or
//! waits in line until one of both is possible. Everything that is out is noted: who has it, since when, and where
//! it was taken, for those who look for a leak.
//!
//! ```
//! use highper_engine::{self as engine, Ending};
//! use highper_pool::{Limits, Pool, Taken};
//!
//! engine::run(|| {
//!     engine::spawn(|| {
//!         let pool = Pool::new(Limits { max: 1, ..Limits::default() });
//!         let taken = pool.take(|| "here".to_owned(), None).expect("nobody else has it");
//!         let Taken::New(ticket) = taken else { panic!("nothing is idle yet") };
//!         pool.give_back(ticket, "a connection");
//!         assert_eq!(pool.counts().idle, 1);
//!         Ending::Returned
//!     }).expect("a stack");
//! }, || false).expect("a loop");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod limits;
mod pool;
mod ring;
pub mod setting;
mod taken;

pub use limits::Limits;
pub use pool::{Counts, Pool, Turn};
pub use ring::Ring;
pub use taken::{Held, Refused, Taken, Ticket};
