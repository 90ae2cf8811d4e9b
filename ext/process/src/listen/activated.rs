//! Sockets that were bound before this program began: by a service manager (systemd's socket activation, `sd_listen_fds(3)`), or by
//! the program that this one takes over from.

use super::{Address, Listener, inherited};
use crate::upgrade;
use std::os::fd::RawFd;
use std::sync::Mutex;

/// The first number.
const FIRST: RawFd = 3;

/// Numbers that somebody took.
static TAKEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// The numbers that this process was given.
fn given() -> std::ops::Range<RawFd> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let is_ours = number("LISTEN_PID") == Some(std::process::id());
    let count = number("LISTEN_FDS").filter(|_| is_ours).unwrap_or(0);
    FIRST..FIRST + RawFd::try_from(count.min(1024)).unwrap_or(0)
}

/// The socket of an address among those that were bound before, if it is there and nobody took it yet. One of the service manager
/// is left open when this server ends: who connects then waits for the next one.
pub(super) fn take(address: &Address) -> Option<Listener> {
    let mut taken = TAKEN
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let left = upgrade::heir()
        .into_iter()
        .flat_map(|heir| heir.sockets.iter().copied());
    for (number, is_lent) in given().map(|number| (number, true)).chain(left) {
        if taken.contains(&number) {
            continue;
        }
        let Some(found) = inherited::address_of(number) else {
            continue;
        };
        if found == *address {
            taken.push(number);
            let mut listener = inherited::open(number, found).ok()?;
            listener.is_lent = is_lent;
            return Some(listener);
        }
    }
    None
}
