//! Jobs by the clock: when each is due, which of its runs overlap, what became of the last one.
//!
//! [`Expression`] reads five or six fields in a time zone; [`Schedule`] keeps the jobs. Nothing here looks at a clock or
//! waits: moments come in and go out, in milliseconds since 1970.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod expression;
mod schedule;

pub use expression::Expression;
pub use schedule::{Due, Last, Row, Schedule};
