//! Messages of the handshake: pieces that come in any order become whole ones (RFC 6347, section 4.2.3).

use super::codec::{Reader, put_u16, put_u24};
use std::collections::BTreeMap;

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const HELLO_VERIFY: u8 = 3;
pub(super) const CERTIFICATE: u8 = 11;
pub(super) const SERVER_KEY: u8 = 12;
pub(super) const CERTIFICATE_REQUEST: u8 = 13;
pub(super) const SERVER_DONE: u8 = 14;
pub(super) const CERTIFICATE_VERIFY: u8 = 15;
pub(super) const CLIENT_KEY: u8 = 16;
pub(super) const FINISHED: u8 = 20;

/// Bytes of a message's head.
pub(super) const HEAD: usize = 12;
/// Bytes of a message at most: a chain of certificates is the longest.
const MOST: usize = 32 * 1024;
/// Bytes at most of all messages that are not whole.
const MOST_HELD: usize = 64 * 1024;
/// Messages ahead of the next that are kept.
const AHEAD: u16 = 8;
/// Pieces of a message that don't touch each other, at most.
const MOST_PIECES: usize = 64;

/// A piece of a message.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) kind: u8,
    pub(super) length: usize,
    pub(super) place: u16,
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

/// The next piece in a record.
pub(super) fn piece<'a>(reader: &mut Reader<'a>) -> Option<Piece<'a>> {
    let kind = reader.u8()?;
    let length = reader.u24()?;
    let place = reader.u16()?;
    let offset = reader.u24()?;
    let bytes = reader.vector(3)?;
    (offset + bytes.len() <= length).then_some(Piece {
        kind,
        length,
        place,
        offset,
        bytes,
    })
}

/// A whole message.
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) place: u16,
    pub(super) body: Vec<u8>,
}

/// The head of a message, or of a piece of it.
pub(super) fn put_head(
    out: &mut Vec<u8>,
    kind: u8,
    length: usize,
    place: u16,
    (offset, count): (usize, usize),
) {
    out.push(kind);
    put_u24(out, length);
    put_u16(out, place);
    put_u24(out, offset);
    put_u24(out, count);
}

impl Message {
    /// As it counts for what both sides sign: in one piece.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let length = self.body.len();
        put_head(out, self.kind, length, self.place, (0, length));
        out.extend_from_slice(&self.body);
    }
}

struct Partial {
    kind: u8,
    body: Vec<u8>,
    /// What has come, from and to, ascending.
    have: Vec<(usize, usize)>,
}

impl Partial {
    fn is_whole(&self) -> bool {
        self.have == [(0, self.body.len())]
    }

    fn take(&mut self, piece: &Piece<'_>) {
        let (from, to) = (piece.offset, piece.offset + piece.bytes.len());
        if self.have.len() >= MOST_PIECES {
            return;
        }
        self.body[from..to].copy_from_slice(piece.bytes);
        self.have.push((from, to));
        self.have.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::with_capacity(self.have.len());
        for (from, to) in self.have.drain(..) {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        self.have = joined;
    }
}

/// Puts messages together, and in order.
pub(super) struct Assembly {
    /// The place of the message that is wanted next.
    next: u16,
    waiting: BTreeMap<u16, Partial>,
    held: usize,
}

/// What a piece was.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// Something to wait for, or nothing that fits.
    New,
    /// Of a message that was whole before: the peer sends again.
    Again,
}

impl Assembly {
    pub(super) fn new(next: u16) -> Self {
        Self {
            next,
            waiting: BTreeMap::new(),
            held: 0,
        }
    }

    pub(super) fn take(&mut self, piece: &Piece<'_>) -> Taken {
        if piece.place < self.next {
            return Taken::Again;
        }
        if piece.place - self.next > AHEAD || piece.length > MOST {
            return Taken::New;
        }
        if !self.waiting.contains_key(&piece.place) {
            if self.held + piece.length > MOST_HELD {
                return Taken::New;
            }
            self.held += piece.length;
            let partial = Partial {
                kind: piece.kind,
                body: vec![0; piece.length],
                have: Vec::new(),
            };
            self.waiting.insert(piece.place, partial);
        }
        // Pieces that contradict the first one are nobody's.
        if let Some(partial) = self.waiting.get_mut(&piece.place)
            && partial.kind == piece.kind
            && partial.body.len() == piece.length
        {
            partial.take(piece);
        }
        Taken::New
    }

    /// The next message, if it is whole.
    pub(super) fn whole(&mut self) -> Option<Message> {
        if !self.waiting.get(&self.next)?.is_whole() {
            return None;
        }
        let place = self.next;
        let partial = self.waiting.remove(&place)?;
        self.held -= partial.body.len();
        self.next = place.wrapping_add(1);
        Some(Message {
            kind: partial.kind,
            place,
            body: partial.body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece_of(place: u16, offset: usize, bytes: &[u8], length: usize) -> Piece<'_> {
        Piece {
            kind: 1,
            length,
            place,
            offset,
            bytes,
        }
    }

    #[test]
    fn pieces_in_any_order_make_messages_in_order() {
        let mut all = Assembly::new(0);
        all.take(&piece_of(1, 0, b"", 0));
        all.take(&piece_of(0, 4, b"ef", 6));
        all.take(&piece_of(0, 3, b"de", 6));
        assert!(all.whole().is_none());
        all.take(&piece_of(0, 0, b"abc", 6));
        assert_eq!(all.whole().unwrap().body, b"abcdef");
        assert_eq!(all.whole().unwrap().place, 1);
        assert!(all.whole().is_none());
        assert_eq!(all.take(&piece_of(0, 0, b"abc", 6)), Taken::Again);
        assert_eq!(all.held, 0);
    }

    #[test]
    fn what_can_be_kept_has_bounds() {
        let mut all = Assembly::new(0);
        for place in 0..200 {
            all.take(&piece_of(place, 0, b"x", MOST));
        }
        assert!(all.held <= MOST_HELD && all.waiting.len() <= 2);
        all.take(&piece_of(0, 0, b"x", MOST + 1));
        for at in 1..1000 {
            all.take(&piece_of(0, at * 2, b"x", MOST));
        }
        assert!(all.waiting[&0].have.len() <= MOST_PIECES);
    }
}
