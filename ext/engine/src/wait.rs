//! A wait: one type for everything that a coroutine can wait for.
//!
//! [`begin`] arms the running coroutine and names the wait by a [`Token`]; whoever
//! holds the token may [`Token::wake`] it once, from the same thread; [`park`]
//! gives the processor away until then. All that a wait needs is in the
//! coroutine's record: a token that comes too late finds another sequence number
//! there and does nothing.

use crate::coroutine::{Record, State};
use crate::scheduler;

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Wake {
    /// What was waited for has come.
    Ready,
    /// The deadline passed first.
    Timeout,
    /// Somebody cancelled the coroutine.
    Cancelled,
    /// What was waited on was closed.
    Closed,
}

/// What a coroutine waits for: for inspection, and for who may resume it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Not waiting.
    None,
    /// A plain yield: ends by `resume` only.
    Yield,
    /// A sleep.
    Sleep,
    /// Room in a channel, or an item from it.
    Channel,
    /// A file descriptor.
    Descriptor,
    /// A future of the runtime.
    Future,
    /// The end of other coroutines.
    Join,
    /// A lock, semaphore, barrier or group.
    Sync,
    /// Its turn in the ready queue.
    Turn,
    /// A signal, or the end of a child process.
    Signal,
}

impl Kind {
    /// The words for reports.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Yield => "being resumed",
            Self::Sleep => "a timer",
            Self::Channel => "a channel",
            Self::Descriptor => "a file descriptor",
            Self::Future => "an operation of the runtime",
            Self::Join => "other coroutines",
            Self::Sync => "a lock or a group",
            Self::Turn => "its turn",
            Self::Signal => "a signal",
        }
    }
}

/// Names one wait of one coroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub(crate) record: *mut Record,
    pub(crate) id: u64,
    pub(crate) sequence: u32,
}

impl Token {
    /// Ends the wait. False when it had ended already.
    pub fn wake(self, reason: Wake) -> bool {
        scheduler::wake(self, reason)
    }

    /// Ends the wait and runs the coroutine at once, on top of the caller. False when it had ended already.
    pub fn wake_now(self, reason: Wake) -> bool {
        scheduler::wake_now(self, reason)
    }

    /// Is the wait that this token names still on?
    #[must_use]
    pub fn is_waiting(self) -> bool {
        // SAFETY: records are never freed while the thread lives.
        let record = unsafe { &*self.record };
        record.id.get() == self.id && record.sequence.get() == self.sequence && record.armed.get()
    }

    /// The coroutine that waits.
    #[must_use]
    pub fn coroutine(self) -> u64 {
        self.id
    }
}

/// Arms the running coroutine for a wait.
///
/// # Panics
/// Outside a coroutine: ask [`crate::can_suspend`] first.
#[must_use]
pub fn begin(kind: Kind) -> Token {
    let record = scheduler::current_record().expect("a wait begins inside a coroutine");
    let sequence = record.sequence.get().wrapping_add(1);
    record.sequence.set(sequence);
    record.armed.set(true);
    record.woken.set(None);
    record.kind.set(kind);
    Token {
        record: std::ptr::from_ref(record).cast_mut(),
        id: record.id.get(),
        sequence,
    }
}

/// Takes back an armed wait that turned out not to be needed.
pub fn disarm(token: Token) {
    if token.is_waiting() {
        // SAFETY: records are never freed while the thread lives.
        let record = unsafe { &*token.record };
        record.armed.set(false);
        record.kind.set(Kind::None);
    }
}

/// Suspends the running coroutine until its armed wait ends.
///
/// `deadline` is in nanoseconds of [`crate::clock::now`]; `None` waits for ever.
#[inline]
pub fn park(deadline: Option<u64>) -> Wake {
    let record = scheduler::current_record().expect("a wait happens inside a coroutine");
    if let Some(reason) = record.woken.take() {
        record.kind.set(Kind::None);
        return reason;
    }
    if record.doomed.replace(false) {
        record.armed.set(false);
        record.cancelled.set(true);
        record.kind.set(Kind::None);
        return Wake::Cancelled;
    }
    let token = Token {
        record: std::ptr::from_ref(record).cast_mut(),
        id: record.id.get(),
        sequence: record.sequence.get(),
    };
    let timer = deadline.map(|when| scheduler::timer_for(token, when));
    record.state.set(State::Waiting);
    scheduler::switch_out(record);
    let reason = record.woken.take().unwrap_or(Wake::Ready);
    if let Some(timer) = timer
        && reason != Wake::Timeout
    {
        scheduler::clear_timer(timer);
    }
    record.kind.set(Kind::None);
    reason
}
