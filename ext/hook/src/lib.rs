//! Interposition of blocking libc calls by re-pointing GOT entries.
//!
//! [`patch`] walks over the loaded objects and points the relocation slots of the calls
//! named in [`names`] at this crate's versions; [`unpatch`] puts every slot back. The
//! object that holds this crate, libc and the other parts of the C runtime are never
//! touched, so a call made from here is always the real one.
//!
//! What a hooked call does is decided by a [`Policy`], a table of function pointers that
//! the embedding extension installs. Without one, or where [`Policy::can_suspend`] says
//! no, a hooked call is the original call and nothing else. Where it says yes, a call
//! that would block becomes a wait of the policy, with the semantics of the blocking
//! call: time-outs of the socket, partial sends, `MSG_WAITALL`, `O_NONBLOCK`.
//!
//! Nothing here owns heap memory while the policy waits: a coroutine that is abandoned
//! in the middle of a wait leaks nothing.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod calls;
mod elf;
mod errno;
mod fds;
mod iovec;
mod names;
mod offload;
mod patch;
mod policy;
mod recent;
mod resolve;
mod vfork;
mod wait;

pub use fds::forget;
pub use names::names;
pub use offload::{FileWork, OffloadOutcome};
pub use patch::{ObjectReport, Summary, patch, refresh, report, unpatch};
pub use policy::{
    AsideOutcome, AsideWork, Bypass, Families, Interest, Policy, SleepOutcome, WaitOutcome,
    install, set_gate, uninstall,
};
pub use resolve::{Answer, Query, ResolveOutcome};
