//! The hooked calls. Each has the signature and the semantics of the libc call of its
//! name; the order inside is always: may we suspend, is the family on, would it block.

/// The calls that programs make most: where nobody can be suspended they are the original ones, and
/// no frame is made to find that out.
macro_rules! gated {
    ($name:ident => $inside:ident($($argument:ident: $type:ty),*) -> $result:ty) => {
        pub(crate) unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            if crate::policy::is_outside() {
                // SAFETY: the caller's own call.
                return unsafe { libc::$name($($argument),*) };
            }
            // SAFETY: as above.
            unsafe { $inside($($argument),*) }
        }
    };
}

pub(crate) mod accept;
pub(crate) mod child;
pub(crate) mod connect;
pub(crate) mod create;
pub(crate) mod descriptor;
pub(crate) mod file;
pub(crate) mod fork;
pub(crate) mod fortify;
pub(crate) mod loader;
pub(crate) mod lock;
pub(crate) mod poll;
pub(crate) mod popen;
pub(crate) mod range;
pub(crate) mod receive;
pub(crate) mod resolve;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod send;
pub(crate) mod signal;
pub(crate) mod sleep;
pub(crate) mod sync;
pub(crate) mod sysv;

use std::os::fd::RawFd;

use crate::fds::{self, Kind, State};
use crate::policy::{self, Families, Policy};

/// As [`transfer`], for what sends: descriptors 0 to 2 always pass through, since `echo`
/// and the display of errors write there.
#[inline]
fn transfer_out(fd: RawFd) -> Option<(&'static Policy, State)> {
    if (0..=2).contains(&fd) {
        return None;
    }
    transfer(fd)
}

/// The policy if `fd` is a file whose reads are to suspend rather than wait for the disk.
#[inline]
fn regular(fd: RawFd) -> Option<&'static Policy> {
    policy::active_for(Families::FILE).filter(|_| fds::lookup(fd).kind() == Kind::Regular)
}

/// The policy and the descriptor's state if a transfer on `fd` is to suspend rather than
/// block: the caller may, the family is on, and the descriptor is in blocking mode.
#[inline]
fn transfer(fd: RawFd) -> Option<(&'static Policy, State)> {
    let policy = policy::active()?;
    let flags = (policy.flags)();
    if (0..=2).contains(&fd) && !flags.has(Families::STDIO) {
        return None;
    }
    let state = fds::lookup(fd);
    if !flags.has(state.kind().family()) || fds::is_non_blocking(fd, state) {
        return None;
    }
    Some((policy, state))
}
