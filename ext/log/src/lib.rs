//! The one logger: text on a terminal, JSON lines elsewhere.
//!
//! Records are formatted where they are logged and written by whoever drains the buffer: the
//! caller itself, until [`Logger::start_writer_thread`] is called in a worker (never before a
//! fork); then a thread that knows nothing of PHP. Errors and above are on their way to the
//! kernel before the call returns. A target that is full, gone or slow costs records, which are
//! counted and reported; it never costs the process.
//!
//! ```
//! use highper_log::{Level, Logger, Record, Settings, Target, Value};
//! let logger = Logger::new(Target::stderr(), Settings::default());
//! logger.log(&Record {
//!     message: b"note {id} saved",
//!     context: &[(b"id", Value::Int(7))],
//!     ..Record::new(Level::Info, "app")
//! });
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod clock;
mod file;
mod format;
mod level;
mod logger;
mod record;
mod target;

pub use access::Access;
pub use clock::utc;
pub use file::Rotation;
pub use format::Format;
pub use level::Level;
pub use logger::{Logger, Settings};
pub use record::{Record, Value};
pub use target::Target;
