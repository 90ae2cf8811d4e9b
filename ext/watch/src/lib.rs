//! Which files of an application have changed.
//!
//! [`Watcher`] has no thread and waits for nothing: its descriptor is one more in the poll of who owns it, who asks
//! [`Watcher::look`] for what has settled. What has changed is found by comparing what the files look like now with what they
//! looked like before; inotify only says when to look, so editors that write to a second file and rename it, branches that are
//! switched, and events that the kernel has dropped are all the same. Where the system gives no inotify it looks from time to time.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod events;
mod files;
mod names;
mod watcher;

pub use files::{Place, What};
pub use watcher::{Options, Watcher};
