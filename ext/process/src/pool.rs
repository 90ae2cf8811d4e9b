//! A pool: processes that do the same thing, and their master, which replaces those that end.
//!
//! [`Master`] knows what is to be done; its caller forks where it says so ([`Master::next_missing`]) and
//! waits for the signals. [`Board`] is what master and workers share. [`packets`] and [`bus`] are
//! how they talk.

mod board;
pub mod bus;
mod master;
pub mod packets;

pub use board::Board;
pub use master::{Event, Master};
