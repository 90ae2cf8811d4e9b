//! Waiting for a socket: who does, for how long, and how it ends early.

use super::Socket;
use crate::Error;
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake, clock, scheduler};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::cell::Cell;

/// How long to wait when the system has no memory for packets.
const NO_BUFFERS_PAUSE: u64 = 10_000_000;

/// One or both directions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side(u8);

impl Side {
    /// Reading.
    pub const READ: Self = Self(1);
    /// Writing.
    pub const WRITE: Self = Self(2);
    /// Both.
    pub const BOTH: Self = Self(3);
    /// Neither.
    pub const NONE: Self = Self(0);

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Seconds that operations take at most; negative: without end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Timeouts {
    /// To look a name up.
    pub resolve: f64,
    /// To connect.
    pub connect: f64,
    /// To read.
    pub read: f64,
    /// To write.
    pub write: f64,
}

const BUILT_IN: Timeouts = Timeouts {
    resolve: 60.0,
    connect: 10.0,
    read: 60.0,
    write: 60.0,
};

thread_local! {
    static DEFAULT: Cell<Timeouts> = const { Cell::new(BUILT_IN) };
}

impl Default for Timeouts {
    fn default() -> Self {
        DEFAULT.get()
    }
}

/// Changes those of new sockets.
pub fn set_default_timeouts(change: impl FnOnce(&mut Timeouts)) {
    let mut timeouts = DEFAULT.get();
    change(&mut timeouts);
    DEFAULT.set(timeouts);
}

/// New sockets have the built-in ones again.
pub fn reset_default_timeouts() {
    DEFAULT.set(BUILT_IN);
}

/// The end of an operation's time, counted from its first wait.
pub struct Limit {
    seconds: f64,
    at: Option<Option<u64>>,
}

impl Limit {
    /// So many seconds; without end when not positive.
    #[must_use]
    pub fn new(seconds: f64) -> Self {
        Self { seconds, at: None }
    }

    /// Until a moment, nanoseconds of [`clock::now`]; `None` for without end.
    #[must_use]
    pub fn until(deadline: Option<u64>) -> Self {
        Self {
            seconds: 0.0,
            at: Some(deadline),
        }
    }

    /// The moment; counts from the first call.
    pub fn at(&mut self) -> Option<u64> {
        let seconds = self.seconds;
        *self.at.get_or_insert_with(|| match seconds > 0.0 {
            true => clock::after_seconds(seconds),
            false => None,
        })
    }
}

/// The time from now to a moment; nothing when it has passed.
fn left_until(end: u64) -> Timespec {
    let left = end.saturating_sub(clock::now());
    Timespec {
        tv_sec: (left / 1_000_000_000) as i64,
        tv_nsec: (left % 1_000_000_000) as i64,
    }
}

impl Socket {
    /// How long its operations take at most.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts.get()
    }

    /// Sets it.
    pub fn set_timeouts(&self, timeouts: Timeouts) {
        self.timeouts.set(timeouts);
    }

    /// Seconds of an operation: as given, or as set when 0.
    pub(super) fn limit(&self, side: Side, seconds: f64) -> Limit {
        let timeouts = self.timeouts.get();
        let set = if side == Side::READ {
            timeouts.read
        } else {
            timeouts.write
        };
        Limit::new(if seconds == 0.0 { set } else { seconds })
    }

    fn slot(&self, side: Side) -> &Cell<u64> {
        if side == Side::READ {
            &self.reader
        } else {
            &self.writer
        }
    }

    fn cancelled(&self, side: Side) -> &Cell<bool> {
        if side == Side::READ {
            &self.reader_cancelled
        } else {
            &self.writer_cancelled
        }
    }

    /// The coroutine that waits in one of these directions.
    #[must_use]
    pub fn bound(&self, sides: Side) -> Option<u64> {
        [Side::READ, Side::WRITE]
            .into_iter()
            .filter(|side| sides.has(*side))
            .map(|side| self.slot(side).get())
            // A coroutine that a fatal error has ended waits no more.
            .find(|id| *id != 0 && scheduler::info(*id).is_some())
    }

    pub(super) fn is_bound(&self, sides: Side) -> bool {
        self.bound(sides).is_some()
    }

    /// Not closed, nor about to be.
    pub(super) fn is_usable(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Closed);
        }
        if self.closing.get() {
            return Err(Error::Closing);
        }
        Ok(())
    }

    /// Usable, and nobody else waits in these directions.
    pub(super) fn is_available(&self, sides: Side) -> Result<(), Error> {
        if (self.reader.get() | self.writer.get()) != 0
            && let Some(by) = self.bound(sides)
        {
            let (reads, writes) = (
                self.bound(Side::READ).is_some(),
                self.bound(Side::WRITE).is_some(),
            );
            let doing = match (sides, reads, writes) {
                (Side::READ, ..) => "reading",
                (Side::WRITE, ..) => "writing",
                (_, true, true) => "reading or writing",
                (_, true, false) => "reading",
                _ => "writing",
            };
            return Err(Error::Bound {
                fd: self.number.get(),
                doing,
                by,
            });
        }
        self.is_usable()
    }

    /// Marks the running coroutine as the one that waits in these directions, meanwhile.
    pub(super) fn occupied<R>(&self, sides: Side, waits: impl FnOnce() -> R) -> R {
        let id = engine::current().unwrap_or(0);
        let each = || {
            [Side::READ, Side::WRITE]
                .into_iter()
                .filter(move |side| sides.has(*side))
        };
        each().for_each(|side| self.slot(side).set(id));
        let result = waits();
        each().for_each(|side| self.slot(side).set(0));
        result
    }

    /// Lets it block where nothing can be suspended: outside of coroutines.
    pub fn allow_blocking(&self) {
        self.may_block.set(true);
    }

    /// Blocks until the socket is ready in one direction.
    fn block(&self, side: Side, limit: &mut Limit) -> Result<(), Error> {
        let flags = if side == Side::READ {
            PollFlags::IN
        } else {
            PollFlags::OUT
        };
        let end = limit.at();
        let ready = self.with_fd(|fd| {
            let left = end.map(left_until);
            poll(&mut [PollFd::from_borrowed_fd(fd, flags)], left.as_ref())
        })?;
        match ready {
            0 => Err(Error::TimedOut),
            _ => Ok(()),
        }
    }

    /// Waits until the socket is ready in one direction. `is_unready`: a call has just found that it is not.
    pub(super) fn wait(
        &self,
        side: Side,
        limit: &mut Limit,
        is_unready: bool,
    ) -> Result<(), Error> {
        self.is_usable()?;
        if !engine::can_suspend() {
            return match self.may_block.get() {
                true => self.block(side, limit),
                false => Err(Error::CannotWait),
            };
        }
        let interest = if side == Side::READ {
            Interest::Read
        } else {
            Interest::Write
        };
        scheduler::clear_cancelled();
        self.cancelled(side).set(false);
        let fd = self.number.get();
        // The number is ours while the socket is open, so what was waited for before is this very file: what the reactor
        // asked the kernel for still holds, where nothing it has told since is lost by not asking anew.
        let is_same = self.is_watched.get()
            && (is_unready || interest == Interest::Read && reactor::is_drained(fd));
        let wake = self.occupied(side, || {
            reactor::wait_unready(fd, interest, limit.at(), is_same)
        });
        self.is_watched.set(true);
        if self.cancelled(side).take() {
            scheduler::clear_cancelled();
            return Err(Error::Cancelled);
        }
        if self.closing.get() || self.is_closed() {
            return Err(Error::Cancelled);
        }
        match wake? {
            Wake::Ready => Ok(()),
            Wake::Timeout => Err(Error::TimedOut),
            Wake::Cancelled | Wake::Closed => Err(Error::Cancelled),
        }
    }

    /// After a call failed: waits if that helps.
    pub(super) fn wait_after(
        &self,
        error: Error,
        side: Side,
        limit: &mut Limit,
    ) -> Result<(), Error> {
        if error.is_would_block() {
            self.wait(side, limit, true)
        } else if error.is_no_buffers() && engine::can_suspend() {
            match self.occupied(side, || engine::sleep(NO_BUFFERS_PAUSE)) {
                Wake::Cancelled => Err(Error::Cancelled),
                _ => self.is_usable(),
            }
        } else {
            Err(error)
        }
    }

    /// Ends the wait in one direction; who waits runs at once. False when nobody does.
    pub fn cancel(&self, side: Side) -> bool {
        let Some(id) = self.bound(side) else {
            return false;
        };
        self.cancelled(side).set(true);
        let cancelled = engine::scheduler::cancel_now(id).is_ok();
        if !cancelled {
            self.cancelled(side).set(false);
        }
        cancelled
    }

    /// Would reading not block now?
    pub(super) fn is_readable(&self) -> Result<bool, Error> {
        self.with_fd(|fd| {
            let mut set = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
            Ok(poll(&mut set, Some(&Timespec::default()))? > 0)
        })
    }

    /// Waits until it is ready in one direction, for so many seconds (0: as set).
    ///
    /// # Errors
    /// That of the wait.
    pub fn poll(&self, side: Side, timeout: f64) -> Result<(), Error> {
        self.is_available(side)?;
        let mut limit = self.limit(side, timeout);
        self.wait(side, &mut limit, false)
    }

    /// Has nothing come since all was read, as far as the loop was told until its last turn? False where that is not known.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.is_watched.get() && reactor::is_drained(self.number.get())
    }
}
