//! TLS on a connection. At rest it owns no buffer: those of the worker are lent.

use crate::output::{self, Output, SEALED_AT_ONCE, Sent};
use crate::traffic;
use highper_tls::{Context, Records};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use std::cell::Cell;

/// Bytes that are received at once.
const ROOM: usize = 64 * 1024;
/// A record has so many bytes at most: RFC 8446, section 5.2.
const RECORD: usize = 16 * 1024 + 256 + 5;

thread_local! {
    /// Records that came, and records to be sent.
    static BUFFERS: Cell<(Vec<u8>, Vec<u8>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// The session of a connection, with its socket.
pub(crate) struct Secure {
    pub(crate) fd: OwnedFd,
    records: Records,
    /// Part of a record.
    rest: Vec<u8>,
    /// The handshake is over, and the peer's certificate as it has to be.
    is_ready: bool,
    /// Nothing more is with the kernel, as of the last event.
    is_dry: bool,
    /// The peer has said that nothing more comes.
    is_over: bool,
    /// The socket's end waits behind what is there: a short read says nothing.
    to_the_end: bool,
    failure: Option<String>,
}

impl Secure {
    /// The socket is given back where there can be no session.
    pub(crate) fn new(fd: OwnedFd, context: &Context) -> Result<Self, (OwnedFd, String)> {
        match context.records() {
            Ok(records) => Ok(Self {
                fd,
                records,
                rest: Vec::new(),
                is_ready: false,
                is_dry: false,
                is_over: false,
                to_the_end: false,
                failure: None,
            }),
            Err(error) => Err((fd, error.to_string())),
        }
    }

    /// Something came since the last time, perhaps the socket's end too.
    pub(crate) fn wet(&mut self, hangup: bool) {
        self.is_dry = false;
        self.to_the_end |= hangup;
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// What went wrong, once.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        self.records.alpn()
    }

    pub(crate) fn peer_certificate(&self) -> Option<String> {
        self.records.peer_certificate()
    }

    /// As of a plain socket: bytes, zero at the end, `None` when nothing is there.
    pub(crate) fn receive(
        &mut self,
        plain: &mut [u8],
        output: &mut Output,
    ) -> Option<Result<usize, ()>> {
        let (mut input, mut sealed) = BUFFERS.take();
        if input.len() < ROOM {
            input.resize(ROOM, 0);
        }
        sealed.clear();
        let received = self.fill(&mut input, plain, &mut sealed);
        if !sealed.is_empty() {
            output.push_sealed(&sealed);
            // What can't go now goes when the socket takes more; whether the peer is gone shows at the next receive.
            let _later = self.flush(output);
        }
        BUFFERS.set((input, sealed));
        received
    }

    fn fill(
        &mut self,
        input: &mut [u8],
        plain: &mut [u8],
        sealed: &mut Vec<u8>,
    ) -> Option<Result<usize, ()>> {
        let mut filled = 0;
        while !self.is_dry && !self.is_over && self.failure.is_none() {
            let kept = self.rest.len();
            let room = ROOM.min(plain.len() - filled);
            if room < kept.max(RECORD) + 1 {
                break;
            }
            input[..kept].copy_from_slice(&self.rest);
            let came =
                match rustix::net::recv(&self.fd, &mut input[kept..room], RecvFlags::DONTWAIT) {
                    Ok((0, _)) => {
                        self.is_over = true;
                        break;
                    }
                    Ok((n, _)) => n,
                    Err(Errno::INTR) => continue,
                    Err(Errno::AGAIN) => {
                        self.is_dry = true;
                        break;
                    }
                    Err(error) => {
                        self.failure = Some(error.to_string());
                        break;
                    }
                };
            traffic::count_received(came);
            self.is_dry = kept + came < room && !self.to_the_end;
            let all = &mut input[..kept + came];
            match self.records.open(all, &mut plain[filled..], sealed) {
                Ok(opened) => {
                    filled += opened.filled;
                    self.is_over = opened.ended;
                    let rest = &all[opened.used..];
                    if rest.is_empty() {
                        self.rest = Vec::new();
                    } else {
                        self.rest.clear();
                        self.rest.extend_from_slice(rest);
                    }
                }
                Err(error) => self.failure = Some(error.to_string()),
            }
            if !self.is_ready && self.failure.is_none() && !self.records.is_handshaking() {
                match self.records.verify() {
                    Ok(()) => self.is_ready = true,
                    Err(error) => self.failure = Some(error.to_string()),
                }
            }
        }
        match filled {
            1.. => Some(Ok(filled)),
            _ if self.failure.is_some() => Some(Err(())),
            _ if self.is_over => Some(Ok(0)),
            _ => None,
        }
    }

    /// Sends now what the socket takes; keeps the rest.
    pub(crate) fn send(&mut self, mut bytes: &[u8], output: &mut Output) -> Sent {
        if !output.is_empty() {
            output.push_bytes(bytes);
            return Sent::Blocked;
        }
        let (input, mut sealed) = BUFFERS.take();
        let mut outcome = Sent::All;
        while !bytes.is_empty() && outcome == Sent::All {
            let piece;
            (piece, bytes) = bytes.split_at(bytes.len().min(SEALED_AT_ONCE));
            sealed.clear();
            outcome = match self.records.seal(piece, &mut sealed) {
                Ok(()) => match output::send(self.fd.as_fd(), &sealed, false) {
                    Ok(n) if n == sealed.len() => Sent::All,
                    Ok(n) => {
                        output.push_sealed(&sealed[n..]);
                        Sent::Blocked
                    }
                    Err(Sent::Blocked) => {
                        output.push_sealed(&sealed);
                        Sent::Blocked
                    }
                    Err(end) => end,
                },
                Err(_) => Sent::Broken,
            };
        }
        if outcome == Sent::Blocked {
            output.push_bytes(bytes);
        }
        BUFFERS.set((input, sealed));
        outcome
    }

    pub(crate) fn flush(&mut self, output: &mut Output) -> Sent {
        let records = &mut self.records;
        output.flush_sealed(self.fd.as_fd(), |plain, sealed| {
            records.seal(plain, sealed).map_err(drop)
        })
    }

    /// Says that nothing more will come, if that can be said at once.
    pub(crate) fn say_goodbye(&mut self) {
        if self.is_over {
            // Whoever has said so itself, or is gone, waits for no answer.
            return;
        }
        let mut sealed = Vec::new();
        self.records.close(&mut sealed);
        if !sealed.is_empty() {
            // The peer may be gone: its end of the session is none of ours.
            let _gone = output::send(self.fd.as_fd(), &sealed, false);
        }
    }
}
