//! What the process in front and the workers tell each other: frames, many in one message.

use highper_net::{Address, Kind as Socket};
use std::net::SocketAddr;

/// Bytes of a frame's head.
pub const HEAD: usize = 16;

/// What a frame says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A stream is connected.
    Connect = 1,
    /// A packet came on it.
    Receive = 2,
    /// It is closed; the flag is 0 where its peer did that, 1 where this server, 2 for its silence, 3 for what it sent.
    Close = 3,
    /// Its output is full.
    Full = 4,
    /// Its output is not full any more.
    Empty = 5,
    /// A datagram came; an address and the bytes.
    Packet = 6,
    /// A worker is given a connection: [`Open`].
    Open = 16,
    /// Bytes came on it.
    Data = 17,
    /// Its client has ended its side.
    End = 18,
    /// Its client is gone.
    Gone = 19,
    /// Another worker has it now.
    Forget = 20,
    /// Its client is slow: nothing more is to be sent.
    Stop = 21,
    /// That is over.
    Go = 22,
    /// For a connection of the worker, by another process: a number that says what, and bytes.
    Pass = 23,
    /// Bytes are to be sent.
    Send = 32,
    /// This side of a connection is to be ended.
    Shut = 33,
    /// It is to be closed; the flag is 1 where at once, with a reset.
    Finish = 34,
    /// A file is to be sent: offset, length, name.
    File = 35,
    /// How far the input was taken: that, and the number of the last note; the flag is 1 where something is under way.
    Taken = 36,
    /// What another worker has to know to take the connection over.
    State = 37,
    /// Nothing more is to be read.
    Pause = 38,
    /// That is over.
    Resume = 39,
    /// No heartbeat is wanted of it (flag 1), or it is again (flag 0).
    Protect = 40,
}

impl Kind {
    const ALL: [Self; 23] = [
        Self::Connect,
        Self::Receive,
        Self::Close,
        Self::Full,
        Self::Empty,
        Self::Packet,
        Self::Open,
        Self::Data,
        Self::End,
        Self::Gone,
        Self::Forget,
        Self::Stop,
        Self::Go,
        Self::Pass,
        Self::Send,
        Self::Shut,
        Self::Finish,
        Self::File,
        Self::Taken,
        Self::State,
        Self::Pause,
        Self::Resume,
        Self::Protect,
    ];

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Is it an event that a callback of a worker gets, and that is given to another one where that had not begun?
    #[must_use]
    pub fn is_event(self) -> bool {
        (self as u8) < Self::Open as u8
    }
}

/// A frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// What it says.
    pub kind: Kind,
    /// As the kind has it.
    pub flag: u8,
    /// The port's place among the server's.
    pub port: u16,
    /// The connection's number.
    pub session: u64,
    /// As the kind has it.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// One with nothing but a kind and a connection.
    #[must_use]
    pub fn new(kind: Kind, session: u64) -> Self {
        Self {
            kind,
            flag: 0,
            port: 0,
            session,
            body: b"",
        }
    }

    /// The same with a body.
    #[must_use]
    pub fn with(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// The same with a flag.
    #[must_use]
    pub fn flagged(mut self, flag: u8) -> Self {
        self.flag = flag;
        self
    }

    /// The same of a port.
    #[must_use]
    pub fn of_port(mut self, port: usize) -> Self {
        self.port = u16::try_from(port).unwrap_or(u16::MAX);
        self
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut head = [0; HEAD];
        head[0] = self.kind as u8;
        head[1] = self.flag;
        head[2..4].copy_from_slice(&self.port.to_ne_bytes());
        head[4..8].copy_from_slice(&(self.body.len() as u32).to_ne_bytes());
        head[8..].copy_from_slice(&self.session.to_ne_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(self.body);
    }

    /// The first of some bytes, and what is behind it. `None` at their end, and where they are none.
    #[must_use]
    pub fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [kind, flag, p0, p1, l0, l1, l2, l3, session @ ..] = *head;
        let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
        let (body, rest) = rest.split_at_checked(length)?;
        let frame = Self {
            kind: Kind::of(kind)?,
            flag,
            port: u16::from_ne_bytes([p0, p1]),
            session: u64::from_ne_bytes(session),
            body,
        };
        Some((frame, rest))
    }
}

/// All frames of a message.
pub fn all(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (frame, after) = Frame::first(rest)?;
        rest = after;
        Some(frame)
    })
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_ne_bytes());
    out.extend_from_slice(bytes);
}

fn take<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
    *from = rest;
    Some(bytes)
}

/// Flags of [`Kind::Open`].
pub const NEW: u8 = 1;
/// As [`NEW`].
pub const SECURE: u8 = 2;

/// What a worker is told of a connection that it is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Open<'a> {
    /// Bytes of its input that others have taken.
    pub offset: u64,
    /// The client's end; `None` where it has no such address.
    pub peer: Option<SocketAddr>,
    /// The server's end.
    pub local: Option<SocketAddr>,
    /// The client's certificate, PEM; empty for none.
    pub certificate: &'a [u8],
    /// What a worker that had it before has said; empty for nothing.
    pub state: &'a [u8],
}

impl<'a> Open<'a> {
    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let text = |address: Option<SocketAddr>| {
            address.map_or_else(String::new, |address| address.to_string())
        };
        out.extend_from_slice(&self.offset.to_ne_bytes());
        put(out, text(self.peer).as_bytes());
        put(out, text(self.local).as_bytes());
        put(out, self.certificate);
        put(out, self.state);
    }

    /// What was written.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (offset, mut rest) = bytes.split_first_chunk::<8>()?;
        let mut address = || {
            let text = std::str::from_utf8(take(&mut rest)?).ok()?;
            Some(text.parse().ok())
        };
        let (peer, local) = (address()?, address()?);
        Some(Self {
            offset: u64::from_ne_bytes(*offset),
            peer,
            local,
            certificate: take(&mut rest)?,
            state: take(&mut rest)?,
        })
    }
}

/// Appends the body of a [`Kind::Packet`].
pub fn write_packet(from: &Address, bytes: &[u8], out: &mut Vec<u8>) {
    let (tag, text) = match from {
        Address::V4(v4) => (b'4', v4.to_string().into_bytes()),
        Address::V6(v6) => (b'6', v6.to_string().into_bytes()),
        Address::Unix(_) => (b'u', from.host()),
    };
    out.push(tag);
    put(out, &text);
    out.extend_from_slice(bytes);
}

/// The sender of a datagram, and its bytes.
#[must_use]
pub fn read_packet(body: &[u8]) -> Option<(Address, &[u8])> {
    let (tag, mut rest) = body.split_first()?;
    let text = take(&mut rest)?;
    let parsed = || std::str::from_utf8(text).ok();
    let address = match tag {
        b'4' => Address::V4(parsed()?.parse().ok()?),
        b'6' => Address::V6(parsed()?.parse().ok()?),
        _ => Address::parse(Socket::UnixDatagram, text, 0).ok()?,
    };
    Some((address, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let mut bytes = Vec::new();
        let one = Frame::new(Kind::Receive, 7).with(b"packet").of_port(3);
        let two = Frame::new(Kind::Finish, u64::MAX).flagged(1);
        one.write(&mut bytes);
        two.write(&mut bytes);
        assert_eq!(all(&bytes).collect::<Vec<_>>(), [one, two]);
        assert!(one.kind.is_event() && !two.kind.is_event());
        for cut in 0..bytes.len() {
            assert!(all(&bytes[..cut]).count() < 2, "{cut}");
        }
        bytes[0] = 250;
        assert_eq!(all(&bytes).count(), 0);
    }

    #[test]
    fn every_kind_has_its_number() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind as u8), Some(kind));
        }
        assert_eq!(Kind::of(0), None);
    }

    #[test]
    fn openings_and_packets_come_out_as_they_went_in() {
        let open = Open {
            offset: 1 << 40,
            peer: "[::1]:80".parse().ok(),
            local: None,
            certificate: b"PEM",
            state: b"",
        };
        let mut bytes = Vec::new();
        open.write(&mut bytes);
        assert_eq!(Open::read(&bytes), Some(open));
        assert_eq!(Open::read(&bytes[..bytes.len() - 1]), None);
        for (kind, host, port) in [
            (Socket::Udp, &b"127.0.0.1"[..], 9),
            (Socket::Udp6, b"::1", 9),
            (Socket::UnixDatagram, b"/tmp/x.sock", 0),
        ] {
            let from = Address::parse(kind, host, port).unwrap();
            let mut bytes = Vec::new();
            write_packet(&from, b"data", &mut bytes);
            let (back, data) = read_packet(&bytes).unwrap();
            assert_eq!(
                (back.host(), back.port(), data),
                (from.host(), from.port(), &b"data"[..])
            );
        }
    }
}
