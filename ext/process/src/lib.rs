//! The manager of a server and the workers it forks.
//!
//! [`run`] forks the workers and supervises them until the server ends. In a
//! worker it returns at once with a [`WorkerContext`], so that the caller's
//! own stack (PHP's) goes on there; in the manager it returns when all is
//! over. The manager has no thread, no runtime and no epoll: it may fork
//! again at any time.
//!
//! [`listen`] binds the sockets that workers inherit; [`control`] holds the
//! commands for a running server (stop, reload, status), which find it by its
//! pid file.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod cgroup;
pub mod child;
pub mod claims;
pub mod control;
mod daemon;
mod error;
pub mod fork;
mod hooks;
pub mod listen;
mod manager;
mod notify;
mod options;
mod overview;
mod pidfile;
pub mod pool;
pub mod post;
pub mod queue;
pub mod select;
mod signals;
mod status;
mod sys;
mod upgrade;
mod user;
pub mod watch;
mod worker;

pub use daemon::redirect_output;
pub use error::Error;
pub use hooks::{Exit, Hooks, How, Level, Spawned};
pub use manager::{Role, run};
pub use options::{Hangup, MAX_WORKERS, MemoryLimit, Options};
pub use overview::{Overview, Row};
pub use signals::{Signal, SignalPipe};
pub use status::{mebibytes, uptime};
pub use sys::clock_ticks;
pub use sys::poll as wait_readable;
pub use upgrade::{cannot_take_over, takes_over};
pub use worker::{Kind, WorkerContext};

pub use highper_shm::{Command, Reason, ScoreBoard, State, Ticket, monotonic};
