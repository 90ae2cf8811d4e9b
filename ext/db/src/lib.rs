//! Databases for coroutines.
//!
//! A [`Source`] is a database with a pool of connections to it. Each statement borrows one; a transaction, or code
//! that changes the session, keeps one for the running coroutine ([`Held`]), and what this coroutine does meanwhile
//! runs there. All waits are waits of the engine.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod config;
mod cursor;
mod driver;
mod error;
mod held;
mod link;
mod mysql;
mod postgres;
pub mod query;
mod reading;
mod replicas;
mod shape;
mod source;
mod sqlite;
mod statement;
mod value;

pub use config::{Config, Secret, Tls, dialect};
pub use cursor::Cursor;
pub use error::{Error, Kind};
pub use held::Held;
pub use highper_pool::{Counts, Limits};
pub use replicas::Standing;
pub use shape::shape;
pub use source::{Account, Source, Turn};
pub use statement::{Dialect, Places, Statement};
pub use value::{Cell, Column, Columns, Outcome, Param, Rows, Type};
