//! Foreign code, built with the C compiler and loaded at run time, calls libc through its
//! own slots; a policy notes what reaches it.

// Every unsafe block here is a plain libc call on descriptors and buffers of the test.
#![allow(clippy::undocumented_unsafe_blocks, clippy::unwrap_used, missing_docs)]
// The threads of the tests stand for slow peers; there is no loop to block.
#![allow(clippy::disallowed_methods)]

mod children;
mod cost;
mod files;
mod fixture;
mod loading;
mod polling;
mod resolving;
mod sharing;
mod sleeping;
mod sockets;
