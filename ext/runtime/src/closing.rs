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

/// Those inside a wait for one descriptor.
#[derive(Clone, Copy, Default)]
struct Inside {
    count: u32,
    /// The coroutine that waits for it alone, to read; 0 for none. Of several, the last.
    reader: u64,
    /// To write.
    writer: u64,
}

thread_local! {
    static INSIDE: RefCell<Vec<Inside>> = const { RefCell::new(Vec::new()) };
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
    enter_as(fd, false, false);
}

/// As [`enter`], for a wait for this descriptor alone, to read or to write, until it calls [`leave_as`].
pub(crate) fn enter_as(fd: RawFd, reads: bool, writes: bool) {
    let at = usize::try_from(fd).unwrap_or(0);
    let own = engine::current().unwrap_or(0);
    INSIDE.with_borrow_mut(|all| {
        if all.len() <= at {
            all.resize(at + 1, Inside::default());
        }
        let inside = &mut all[at];
        inside.count += 1;
        if reads {
            inside.reader = own;
        }
        if writes {
            inside.writer = own;
        }
    });
    ALL.set(ALL.get() + 1);
}

/// The counterpart of [`enter`], after the wait.
pub(crate) fn leave(fd: RawFd) {
    end(fd, |_| {});
}

/// The counterpart of [`enter_as`]. Its number may be another file's by now, for which others wait.
pub(crate) fn leave_as(fd: RawFd) {
    let own = engine::current().unwrap_or(0);
    end(fd, |inside| {
        if inside.reader == own {
            inside.reader = 0;
        }
        if inside.writer == own {
            inside.writer = 0;
        }
    });
}

fn end(fd: RawFd, and: impl FnOnce(&mut Inside)) {
    let at = usize::try_from(fd).unwrap_or(0);
    INSIDE.with_borrow_mut(|all| {
        // In a forked child there is nothing to take back.
        if let Some(inside) = all.get_mut(at) {
            inside.count = inside.count.saturating_sub(1);
            and(inside);
        }
    });
    ALL.set(ALL.get().saturating_sub(1));
}

/// Another coroutine that is inside a wait for this descriptor alone in one of these directions, and in which ones of them.
pub(crate) fn waiting(fd: RawFd, read: bool, write: bool) -> Option<(u64, bool, bool)> {
    let at = usize::try_from(fd).ok()?;
    let inside = INSIDE.with_borrow(|all| all.get(at).copied())?;
    let own = engine::current().unwrap_or(0);
    // One that a fatal error ended in the middle of its wait has not left.
    let others = |id: u64| (id != 0 && id != own && engine::info(id).is_some()).then_some(id);
    let reader = others(inside.reader).filter(|_| read);
    let writer = others(inside.writer).filter(|_| write);
    let owner = reader.or(writer)?;
    Some((owner, reader == Some(owner), writer == Some(owner)))
}

fn settle(fd: RawFd) {
    let at = usize::try_from(fd).unwrap_or(0);
    for round in 0..ROUNDS {
        if INSIDE.with_borrow(|inside| inside.get(at).is_none_or(|inside| inside.count == 0)) {
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
