//! Stackful coroutines on one thread, and the loop that drives them.
//!
//! The engine knows no PHP: [`vm::install`] takes a table of C functions by which
//! a virtual machine's state follows each switch. [`spawn`] runs a closure on a
//! stack of its own until it first waits; every wait goes through [`wait`]; the
//! [`driver`] wakes what has become ready.
//!
//! ```
//! use highper_engine::{self as engine, Ending};
//!
//! let end = engine::run(|| {
//!     engine::spawn(|| {
//!         engine::sleep(1_000_000);
//!         Ending::Returned
//!     }).expect("a stack");
//! }, || false).expect("a loop");
//! assert_eq!(end, engine::End::Finished);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
pub mod capi;
pub mod channel;
pub mod clock;
mod coroutine;
pub mod descriptor;
pub mod detector;
pub mod driver;
mod future;
mod line;
mod local;
pub mod numbers;
pub mod outbox;
pub mod overflow;
pub mod preempt;
pub mod process;
pub mod reactor;
pub mod scheduler;
pub mod scope;
pub mod stack;
pub mod sync;
mod ticks;
mod timer;
mod valgrind;
pub mod vm;
pub mod wait;

pub use coroutine::{Ending, State};
pub use driver::{End, RunError, is_at_rest, run, turn};
pub use future::{await_future, offload, offload_until, offloaded};
pub use scheduler::is_running;
pub use scheduler::{
    CancelError, Info, SpawnError, Stats, can_suspend, cancel, clear_timer, current, info,
    is_cancelled, join, list, resume, sleep, spawn, stats, suspend, yield_now,
};
pub use timer::TimerId;
pub use wait::{Kind, Token, Wake};
