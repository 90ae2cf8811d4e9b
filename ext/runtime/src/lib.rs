//! PHP on the coroutine engine: how PHP code gets into a coroutine, how it ends,
//! and what belongs to it there.
//!
//! The faces (`Swoole\…`, `Highper\…`) build on this and on nothing below it that
//! knows PHP's insides. [`install`] wires the engine to the Zend engine when the
//! extension is loaded.
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod autoload;
pub mod backtrace;
pub mod callback;
pub mod cancel;
pub mod children;
mod closing;
mod collect;
pub mod context;
pub mod coroutine;
pub mod deadline;
pub mod detector;
pub mod ending;
pub mod exit;
pub mod failure;
pub mod hooks;
pub mod input;
pub mod inspect;
pub mod lease;
pub mod limit;
pub mod mysqli;
mod numbered;
pub mod pdo;
pub mod post;
pub mod preempt;
pub mod redis;
pub mod resolver;
pub mod serve;
pub mod signals;
pub mod sockets;
pub mod superglobals;
pub mod system;
pub mod task;
pub mod timer;
mod wiring;

pub use coroutine::{defer, run, run_loop, spawn, spawn_body};
pub use failure::{last_error, pass_over, set_last_error};
pub use wiring::{install, on_turn, request_shutdown, stack_usage};
