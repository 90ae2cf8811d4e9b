//! A request body that is read while it arrives.
//!
//! What has come and was not read yet waits in memory, at most [`HIGH_WATER`] and one read of the
//! socket; then the socket is left alone until the handler has read, so that the client's own
//! window closes. The limits and the time-out of bodies hold as for those that are collected.

use crate::connection::Connection;
use crate::server::Core;
use highper_engine::wait::{self, Kind};
use highper_engine::{Token, Wake, reactor, scheduler};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// Unread bytes at which the socket is left alone.
pub(crate) const HIGH_WATER: usize = 256 * 1024;

/// Why no more of a body can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StreamError {
    /// The client has closed the connection before the end of the body.
    Gone,
    /// The body was refused, and the client has been told: status and words.
    Refused(u16, String),
    /// The request was answered already: its body is of no use any more.
    Answered,
    /// The wait for more was cancelled.
    Cancelled,
    /// The coroutine's deadline has passed.
    Deadline,
    /// Nothing has come yet, and the caller can't wait here.
    CannotWait,
}

impl std::fmt::Display for StreamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gone => "the client has closed the connection before the end of the body",
            Self::Refused(_, text) => text,
            Self::Answered => "the request was answered already: its body can't be read any more",
            Self::Cancelled => "the wait for the body was cancelled",
            Self::Deadline => "the time for the request is over",
            Self::CannotWait => {
                "the body has not arrived, and the code that runs can't wait for it"
            }
        })
    }
}

impl std::error::Error for StreamError {}

#[derive(Clone, Default)]
enum End {
    /// More is to come.
    #[default]
    Open,
    /// All has come.
    Complete,
    Failed(StreamError),
}

/// The body of a request whose handler was called with the head.
#[derive(Default)]
pub struct Stream {
    core: Weak<Core>,
    connection: Weak<Connection>,
    /// Came and was not read; what lies before `at` was.
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
    end: RefCell<End>,
    readers: RefCell<Vec<Token>>,
    /// The socket is left alone until somebody reads.
    held: Cell<bool>,
    /// The client was told that the body is wanted.
    wanted: Cell<bool>,
}

impl Stream {
    pub(crate) fn new(core: Weak<Core>, connection: &Rc<Connection>) -> Self {
        Self {
            core,
            connection: Rc::downgrade(connection),
            ..Self::default()
        }
    }

    fn unread(&self) -> usize {
        self.bytes.borrow().len() - self.at.get()
    }

    /// Has all of it arrived, or will nothing more come?
    pub(crate) fn is_over(&self) -> bool {
        !matches!(*self.end.borrow(), End::Open)
    }

    /// Is the socket left alone because nobody reads?
    pub(crate) fn is_held(&self) -> bool {
        self.held.get()
    }

    /// Would so much more be more than is kept unread?
    pub(crate) fn would_hold(&self, more: usize) -> bool {
        self.unread() + more >= HIGH_WATER
    }

    /// Has so much come that the rest stays with the kernel?
    pub(crate) fn hold(&self) -> bool {
        let full = self.unread() >= HIGH_WATER;
        self.held.set(full);
        full
    }

    fn wake(&self) {
        for reader in std::mem::take(&mut *self.readers.borrow_mut()) {
            reader.wake(Wake::Ready);
        }
    }

    pub(crate) fn push(&self, data: &[u8]) {
        let mut bytes = self.bytes.borrow_mut();
        let at = self.at.get();
        if at > 0 && (at == bytes.len() || at >= HIGH_WATER) {
            bytes.drain(..at);
            self.at.set(0);
        }
        bytes.extend_from_slice(data);
        drop(bytes);
        self.wake();
    }

    pub(crate) fn complete(&self) {
        *self.end.borrow_mut() = End::Complete;
        self.wake();
    }

    /// Nothing more comes; what came before can't be read any more either.
    pub(crate) fn fail(&self, error: StreamError) {
        if !matches!(*self.end.borrow(), End::Failed(_)) {
            *self.end.borrow_mut() = End::Failed(error);
            self.bytes.take();
            self.at.set(0);
        }
        self.wake();
    }

    /// Reads up to `max` bytes: calls `f` with at least one, or with none at the body's end.
    /// Waits, inside a coroutine, while nothing is there.
    ///
    /// # Errors
    /// [`StreamError`]; `f` was not called then.
    pub fn read<R>(&self, max: usize, f: impl FnOnce(&[u8]) -> R) -> Result<R, StreamError> {
        loop {
            if let End::Failed(error) = &*self.end.borrow() {
                return Err(error.clone());
            }
            if self.unread() > 0 {
                break;
            }
            if self.is_over() {
                return Ok(f(b""));
            }
            self.want();
            if !highper_engine::can_suspend() {
                return Err(StreamError::CannotWait);
            }
            let token = wait::begin(Kind::Descriptor);
            self.readers.borrow_mut().push(token);
            match wait::park(scheduler::deadline()) {
                Wake::Ready | Wake::Closed => {}
                Wake::Timeout => return Err(StreamError::Deadline),
                Wake::Cancelled => return Err(StreamError::Cancelled),
            }
        }
        // Taken out while `f` runs: it may leave for good.
        let bytes = self.bytes.take();
        let at = self.at.get();
        let end = bytes.len().min(at.saturating_add(max.max(1)));
        let result = f(&bytes[at..end]);
        self.put_back(bytes, end);
        if self.held.get() && self.unread() < HIGH_WATER / 2 {
            self.want();
        }
        Ok(result)
    }

    fn put_back(&self, mut bytes: Vec<u8>, mut at: usize) {
        let came = self.bytes.take();
        if at == bytes.len() {
            bytes.clear();
            at = 0;
        }
        bytes.extend_from_slice(&came);
        if bytes.is_empty() && bytes.capacity() > HIGH_WATER * 2 {
            bytes = Vec::new();
        }
        *self.bytes.borrow_mut() = bytes;
        self.at.set(at);
    }

    /// Sees to it that more comes.
    fn want(&self) {
        let (Some(core), Some(connection)) = (self.core.upgrade(), self.connection.upgrade())
        else {
            return;
        };
        if !self.wanted.replace(true) {
            core.want_body(&connection);
        }
        if self.held.replace(false) {
            connection.since.set(reactor::coarse_now());
            core.read_on(&connection);
        }
    }
}
