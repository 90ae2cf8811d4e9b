//! Who is inside a hooked wait for which descriptor: a stream is not freed under those who use it.

use highper_engine::{self as engine, reactor};
use highper_zend::close;
use std::cell::{Cell, RefCell};
use std::os::fd::RawFd;

/// How often the waiters of a descriptor are sent away before it is closed all the same.
const ROUNDS: usize = 1000;
/// For so many rounds others are only let run; afterwards it sleeps for so many nanoseconds each time.
const SOON: usize = 100;
const PAUSE: u64 = 1_000_000;

thread_local! {
    static INSIDE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static ALL: Cell<usize> = const { Cell::new(0) };
}

/// Wires closing up. Call once, at MINIT.
pub(crate) fn install() {
    close::install(close::Coroutines {
        anyone: || ALL.get() > 0 && engine::can_suspend(),
        settle,
    });
}

/// Counts the running coroutine as inside a wait for a descriptor, until it calls [`leave`].
pub(crate) fn enter(fd: RawFd) {
    let at = usize::try_from(fd).unwrap_or(0);
    INSIDE.with_borrow_mut(|inside| {
        if inside.len() <= at {
            inside.resize(at + 1, 0);
        }
        inside[at] += 1;
    });
    ALL.set(ALL.get() + 1);
}

/// The counterpart of [`enter`], after the wait.
pub(crate) fn leave(fd: RawFd) {
    let at = usize::try_from(fd).unwrap_or(0);
    INSIDE.with_borrow_mut(|inside| {
        // In a forked child there is nothing to take back.
        if let Some(count) = inside.get_mut(at) {
            *count = count.saturating_sub(1);
        }
    });
    ALL.set(ALL.get().saturating_sub(1));
}

fn settle(fd: RawFd) {
    let at = usize::try_from(fd).unwrap_or(0);
    for round in 0..ROUNDS {
        if INSIDE.with_borrow(|inside| inside.get(at).is_none_or(|count| *count == 0)) {
            break;
        }
        reactor::evict(fd);
        // Those that were woken before, by data or by a time-out, are in the queue already.
        if round < SOON {
            engine::yield_now();
        } else {
            // They wait for a thread, which nobody can send away.
            engine::sleep(PAUSE);
        }
    }
}

/// For the child of a fork: the parent's coroutines wait there, not here.
pub(crate) fn forget() {
    INSIDE.take();
    ALL.set(0);
}
