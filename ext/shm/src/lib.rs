//! Memory shared between a manager and the workers it forks.
//!
//! Everything here is made of atomics in anonymous shared mappings. Where a
//! process holds something it says which process it is, so it may be killed at
//! any instruction: the others find out, and go on with consistent memory.
//!
//! - [`Region`]: an anonymous shared mapping with a bump allocator.
//! - [`SharedAtomic32`], [`SharedAtomic64`]: the counters behind
//!   `Swoole\Atomic` and `Swoole\Atomic\Long`.
//! - [`Lock`]: locks of processes that outlive those who hold them.
//! - [`cache`]: keys and values of any size, with an end and a least used one.
//! - [`table`]: the rows behind `Swoole\Table`.
//! - [`Ranges`]: locks by number that die with their holder.
//! - [`ScoreBoard`]: what each worker is doing, for its manager.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod atomic;
pub mod cache;
mod futex;
mod guard;
mod lock;
mod owner;
mod ranges;
mod region;
mod score;
pub mod table;
mod words;

pub use atomic::{SharedAtomic32, SharedAtomic64};
pub use lock::{Access, Lock, LockKind};
pub use ranges::Ranges;
pub use region::{Region, Shared, SharedArray};
pub use score::{
    Command, Counters, LINE_MAX, Reason, Request, SCRIPT_MAX, ScoreBoard, Slot, State, Ticket,
    Tickets, monotonic,
};
