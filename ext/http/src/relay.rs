//! A connection whose socket another process has: what came is handed in, what goes out is handed on.

use crate::output::{Output, Sent};
use crate::traffic;
use crate::upgrade::Protocol;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Bytes that are handed on at once.
const PIECE: usize = 32 * 1024;
/// Bytes of an unfinished message at which it is given to its protocol in parts.
const PARTS_FROM: usize = 128 * 1024;

/// The way to the process that has the sockets.
pub trait Wire {
    /// Sends bytes on a connection.
    fn send(&self, session: u64, bytes: &[u8]);
    /// Has a connection to wait with its output, because the client or the other process is slow? Then
    /// [`crate::Server::room`] follows.
    fn is_full(&self, session: u64) -> bool;
    /// Ends this side of a connection.
    fn shut(&self, session: u64);
    /// Closes a connection once all is sent.
    fn close(&self, session: u64);
    /// So many bytes of a connection's input are taken from now on; is something of them under way that is lost with this
    /// process?
    fn note(&self, session: u64, taken: u64, is_busy: bool);
}

/// How the client's side stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Open,
    Ended,
    Gone,
}

/// One such connection.
pub(crate) struct Relay {
    wire: Rc<dyn Wire>,
    session: u64,
    inbound: RefCell<Vec<u8>>,
    /// Bytes of it that were handed out.
    at: Cell<usize>,
    /// Bytes of the connection's input that were handed out, or taken by another process before.
    given: Cell<u64>,
    side: Cell<Side>,
    pub(crate) is_secure: bool,
    pub(crate) certificate: Option<String>,
}

impl Relay {
    pub(crate) fn new(
        wire: Rc<dyn Wire>,
        session: u64,
        offset: u64,
        is_secure: bool,
        certificate: Option<String>,
    ) -> Self {
        Self {
            wire,
            session,
            inbound: RefCell::default(),
            at: Cell::new(0),
            given: Cell::new(offset),
            side: Cell::new(Side::Open),
            is_secure,
            certificate,
        }
    }

    /// The connection comes back from another process, which has taken its input up to here.
    pub(crate) fn seek(&self, offset: u64) {
        self.inbound.borrow_mut().clear();
        self.at.set(0);
        self.given.set(offset);
    }

    pub(crate) fn push(&self, bytes: &[u8]) {
        self.inbound.borrow_mut().extend_from_slice(bytes);
    }

    pub(crate) fn end(&self) {
        if self.side.get() == Side::Open {
            self.side.set(Side::Ended);
        }
    }

    pub(crate) fn lose(&self) {
        self.side.set(Side::Gone);
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.side.get() == Side::Gone
    }

    /// Bytes of the input that were handed out, here or elsewhere.
    pub(crate) fn given(&self) -> u64 {
        self.given.get()
    }

    /// As a socket's `recv`.
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        carried: usize,
        protocol: Option<&Rc<dyn Protocol>>,
    ) -> Option<Result<usize, ()>> {
        if self.is_gone() {
            return Some(Err(()));
        }
        let mut inbound = self.inbound.borrow_mut();
        let at = self.at.get();
        let rest = &inbound[at..];
        if rest.is_empty() {
            return (self.side.get() == Side::Ended).then_some(Ok(0));
        }
        let mut count = rest.len();
        let mut is_whole = false;
        if let Some(protocol) = protocol
            && protocol.is_clean()
        {
            match protocol.first(rest) {
                Some((length, whole)) if length <= buffer.len() => {
                    (count, is_whole) = (length, whole);
                }
                // It stays with the process that has the socket until all of it is there.
                None if count < PARTS_FROM && self.side.get() == Side::Open => return None,
                _ => {}
            }
        }
        count = count.min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        let given = self.given.get() + count as u64;
        self.given.set(given);
        if at + count == inbound.len() {
            inbound.clear();
            self.at.set(0);
            if inbound.capacity() > PARTS_FROM {
                *inbound = Vec::new();
            }
        } else {
            self.at.set(at + count);
        }
        let taken = match is_whole {
            true => given,
            false => given.saturating_sub((count + carried) as u64),
        };
        self.wire.note(self.session, taken, !is_whole);
        traffic::count_received(count);
        Some(Ok(count))
    }

    pub(crate) fn send(&self, bytes: &[u8], output: &mut Output) -> Sent {
        if self.is_gone() {
            return Sent::Broken;
        }
        if !output.is_empty() || self.wire.is_full(self.session) {
            output.push_bytes(bytes);
            return Sent::Blocked;
        }
        self.put(bytes);
        Sent::All
    }

    fn put(&self, bytes: &[u8]) {
        traffic::count_sent(bytes.len());
        for piece in bytes.chunks(PIECE) {
            self.wire.send(self.session, piece);
        }
    }

    pub(crate) fn flush(&self, output: &mut Output) -> Sent {
        let mut piece = Vec::new();
        while !output.is_empty() {
            if self.is_gone() {
                return Sent::Broken;
            }
            if self.wire.is_full(self.session) {
                return Sent::Blocked;
            }
            piece.clear();
            match output.take(PIECE, &mut piece) {
                Ok(0) => break,
                Ok(_) => self.put(&piece),
                Err(()) => return Sent::Broken,
            }
        }
        Sent::All
    }

    pub(crate) fn shut(&self) {
        self.wire.shut(self.session);
    }

    pub(crate) fn close(&self) {
        if !self.is_gone() {
            self.wire.close(self.session);
        }
    }
}
