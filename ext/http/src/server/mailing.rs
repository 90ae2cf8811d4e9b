//! What goes out on many connections at the same time: one call into the kernel for all of them, where it has that.

use super::{Core, Server};
use crate::connection::Connection;
use crate::output::Sent;
use crate::traffic;
use highper_engine::outbox::{self, BATCH, Letter};
use rustix::io::Errno;
use std::rc::Rc;

struct Piece {
    core: Rc<Core>,
    connection: Rc<Connection>,
    socket: i32,
    bytes: Rc<[u8]>,
}

/// Bytes for many connections. Nothing else may be sent on one between [`Mailing::add`] and [`Mailing::send`].
#[derive(Default)]
pub struct Mailing {
    pieces: Vec<Piece>,
}

impl Mailing {
    /// Takes bytes for a connection on. False where they have to be [appended](Server::append): it is being read, has other
    /// bytes waiting, or no socket that takes them as they are.
    pub fn add(&mut self, server: &Server, connection: &Rc<Connection>, bytes: &Rc<[u8]>) -> bool {
        if connection.closing.get() || connection.in_burst.get() || bytes.is_empty() {
            return false;
        }
        let Some(socket) = connection.free_socket() else {
            return false;
        };
        self.pieces.push(Piece {
            core: Rc::clone(&server.core),
            connection: Rc::clone(connection),
            socket,
            bytes: Rc::clone(bytes),
        });
        true
    }

    /// Has it as many as go into one call?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.pieces.len() >= BATCH
    }

    /// Sends them all. What a socket does not take waits with its connection: see [`Connection::queued`].
    pub fn send(&mut self) {
        let mut pieces = std::mem::take(&mut self.pieces);
        let mut results = Vec::with_capacity(pieces.len());
        for some in pieces.chunks(BATCH) {
            let mut letters: Vec<Letter<'_>> = some.iter().map(Piece::letter).collect();
            if outbox::send_all(&mut letters) {
                let each = some.iter().zip(&letters);
                results.extend(each.map(|(piece, letter)| piece.settle(letter.sent)));
            } else {
                results.extend(some.iter().map(|piece| piece.connection.send(&piece.bytes)));
            }
        }
        // Only now, because what follows may send something itself.
        for (piece, sent) in pieces.drain(..).zip(results) {
            piece.core.settle(&piece.connection, sent);
        }
        if self.pieces.is_empty() {
            self.pieces = pieces;
        }
    }
}

impl Piece {
    fn letter(&self) -> Letter<'_> {
        Letter {
            fd: self.socket,
            bytes: &self.bytes,
            sent: 0,
        }
    }

    /// What came of it, as [`Connection::send`] tells it.
    fn settle(&self, sent: i32) -> Sent {
        match usize::try_from(sent) {
            Ok(count) => {
                traffic::count_sent(count);
                self.connection.keep(&self.bytes[count..]);
                match count == self.bytes.len() {
                    true => Sent::All,
                    false => Sent::Blocked,
                }
            }
            Err(_) => match Errno::from_raw_os_error(-sent) {
                Errno::INTR => self.connection.send(&self.bytes),
                Errno::AGAIN => {
                    self.connection.keep(&self.bytes);
                    Sent::Blocked
                }
                _ => Sent::Broken,
            },
        }
    }
}
