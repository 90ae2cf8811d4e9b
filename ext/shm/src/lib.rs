//! Memory shared between a manager and the workers it forks.
//!
//! Everything here is made of atomics in anonymous shared mappings: no lock is
//! ever held across processes, so a process may be killed at any instruction
//! and the others go on with consistent memory.
//!
//! - [`Region`]: an anonymous shared mapping with a bump allocator.
//! - [`SharedAtomic32`], [`SharedAtomic64`]: the counters behind
//!   `Swoole\Atomic` and `Swoole\Atomic\Long`.
//! - [`ScoreBoard`]: what each worker is doing, for its manager.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod atomic;
mod region;
mod score;

pub use atomic::{SharedAtomic32, SharedAtomic64};
pub use region::{Region, Shared};
pub use score::{
    Command, Counters, LINE_MAX, Reason, Request, SCRIPT_MAX, ScoreBoard, Slot, State, Ticket,
    Tickets, monotonic,
};
