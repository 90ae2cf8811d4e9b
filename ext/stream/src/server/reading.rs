//! From bytes to packets.

use super::Core;
use crate::connection::Connection;
use crate::cut::{Cut, Limited};
use crate::output::Sent;
use crate::requests::refusal;
use crate::service::End;
use highper_engine::{clock, reactor};
use highper_net::framing::{Malformed, Step};
use std::rc::Rc;

/// Bytes that one call receives at most.
const READ_BUFFER: usize = 64 * 1024;
/// Bytes of a packet for which there is room before they come.
const CARRY_STEP: usize = 4 << 20;
/// How long answers to packets that came together are gathered, in nanoseconds.
const GATHER_TIME: u64 = 200_000;
/// Datagrams taken before others get their turn.
pub(super) const DATAGRAM_BATCH: usize = 64;

/// The beginning of a packet of so many bytes.
fn kept(rest: &[u8], need: usize) -> Vec<u8> {
    let mut carry = Vec::with_capacity(need.min(CARRY_STEP).max(rest.len()));
    carry.extend_from_slice(rest);
    carry
}

impl Core {
    pub(super) fn take_buffer(&self) -> Vec<u8> {
        let buffer = self.buffer.take();
        match buffer.is_empty() {
            true => vec![0; READ_BUFFER],
            false => buffer,
        }
    }

    /// Reads what is there. A short read means that nothing is left, and saves a call,
    /// unless the peer's end is waiting behind it (`to_the_end`).
    pub(super) fn read(&self, connection: &Rc<Connection>, to_the_end: bool) {
        if connection.is_reading.replace(true) {
            return;
        }
        while self.wants_more(connection) && !connection.is_shaking() {
            let mut buffer = self.take_buffer();
            let received = connection.receive(&mut buffer);
            let goes_on = match received {
                Some(Ok(0)) => {
                    self.end_of_stream(connection);
                    false
                }
                Some(Ok(count)) => {
                    self.service.traffic(count as u64, 0);
                    connection.received.set(reactor::coarse_now());
                    self.take_input(connection, &buffer[..count]);
                    count == buffer.len() || to_the_end || connection.is_secure()
                }
                Some(Err(())) => {
                    self.end(connection, End::Peer, true);
                    false
                }
                None => false,
            };
            self.buffer.replace(buffer);
            if !goes_on {
                break;
            }
        }
        connection.is_reading.set(false);
    }

    fn wants_more(&self, connection: &Connection) -> bool {
        !connection.is_paused.get()
            && !connection.is_closing.get()
            && !connection.is_peer_closed.get()
            && connection.is_open()
    }

    /// After a pause: first what was received before it, then what the kernel holds, which brings no new edge.
    pub(super) fn read_on(&self, connection: &Rc<Connection>) {
        if connection.is_reading.get() || !self.wants_more(connection) {
            return;
        }
        if connection.carried() > 0 {
            connection.is_reading.set(true);
            self.take_input(connection, &[]);
            connection.is_reading.set(false);
        }
        self.read(connection, true);
    }

    fn take_input(&self, connection: &Rc<Connection>, input: &[u8]) {
        let mut carry = connection.carry.take();
        if carry.is_empty() {
            if let Some((at, need)) = self.cut(connection, input, 0) {
                connection.carry.replace(kept(&input[at..], need));
            }
            return;
        }
        let seen = connection.seen.get();
        carry.extend_from_slice(input);
        match self.cut(connection, &carry, seen) {
            Some((0, need)) => {
                // Nothing was taken from it: a long packet is not copied with each part of it that comes.
                let more = need.min(CARRY_STEP).saturating_sub(carry.len());
                carry.reserve(more);
                connection.carry.replace(carry);
            }
            Some((at, need)) => drop(connection.carry.replace(kept(&carry[at..], need))),
            None => {}
        }
    }

    /// Hands packets over. What is no whole one is to be kept: where it begins, and how many bytes there are to be of it.
    fn cut(
        &self,
        connection: &Rc<Connection>,
        bytes: &[u8],
        mut seen: usize,
    ) -> Option<(usize, usize)> {
        let settings = &connection.settings;
        let mut at = 0;
        let mut need = 0;
        let mut gathered = None;
        while at < bytes.len() && self.wants_more(connection) {
            let rest = &bytes[at..];
            let length = |bytes: &[u8]| self.service.length(connection, bytes);
            let found = match &settings.cut {
                Cut::Requests(limited) => self.request(connection, limited, rest),
                cut => cut.first(rest, seen, length),
            };
            match found {
                Ok(Step::Packet(count)) => {
                    at += count;
                    seen = 0;
                    let gathers = at < bytes.len() && !self.service.blocks();
                    connection.in_burst.set(gathers);
                    if let Some(since) = gathered
                        && clock::now().saturating_sub(since) > GATHER_TIME
                    {
                        // What was answered already does not wait for one that takes its time.
                        self.send_gathered(connection);
                        gathered = None;
                    }
                    if gathers && gathered.is_none() {
                        gathered = Some(clock::now());
                    }
                    self.service.received(connection, &rest[..count]);
                }
                Ok(Step::More(count)) => {
                    seen = rest.len();
                    need = count;
                    break;
                }
                Err(why) => {
                    self.end_burst(connection);
                    self.service.malformed(connection, why);
                    if let Malformed::Request(status) = why
                        && connection.is_open()
                    {
                        // The connection ends, whether its client takes that or not.
                        let _ended = connection.send(refusal(status).as_bytes());
                    }
                    self.end(connection, End::Malformed, true);
                    return None;
                }
            }
        }
        self.end_burst(connection);
        let is_kept = at < bytes.len() && connection.is_open() && !connection.is_closing.get();
        is_kept.then(|| {
            connection.seen.set(seen);
            (at, need)
        })
    }

    /// Goes on with the request at the beginning of `bytes`.
    fn request(
        &self,
        connection: &Rc<Connection>,
        limited: &Limited,
        bytes: &[u8],
    ) -> Result<Step, Malformed> {
        let mut reader = connection.reader.take().unwrap_or_default();
        let mut told = Vec::new();
        let found = limited.look(&mut reader, bytes, &mut told);
        if matches!(found, Ok(Step::More(_))) {
            connection.reader.replace(Some(reader));
        }
        if !told.is_empty() {
            let sent = connection.send(&told);
            if sent == Sent::Blocked {
                self.sweep_soon();
            }
        }
        found
    }

    /// Sends what was gathered.
    fn end_burst(&self, connection: &Rc<Connection>) {
        connection.in_burst.set(false);
        self.send_gathered(connection);
    }

    fn send_gathered(&self, connection: &Rc<Connection>) {
        if connection.is_open() && connection.has_output() {
            let sent = connection.flush();
            self.after_flush(connection, sent);
        }
    }

    fn end_of_stream(&self, connection: &Rc<Connection>) {
        connection.is_peer_closed.set(true);
        if connection.settings.half_open {
            self.service.ended(connection);
        } else if !connection.has_output() && !connection.is_held.get() {
            self.end(connection, End::Peer, true);
        }
        // Otherwise a peer that has ended only its own side reads what waits for it first.
    }

    pub(super) fn take_datagrams(&self, index: usize) {
        for _turn in 0..DATAGRAM_BATCH {
            let port = self.datagrams.borrow().get(index).cloned();
            let Some(port) = port else { return };
            let mut buffer = self.take_buffer();
            let received = port.receive(&mut buffer);
            if let Some((count, Some(from))) = &received {
                self.service.traffic(*count as u64, 0);
                self.service.packet(&port, from, &buffer[..*count]);
            }
            self.buffer.replace(buffer);
            if received.is_none() {
                return;
            }
        }
        let me = self.me.clone();
        highper_engine::scheduler::defer_to_driver(move || {
            if let Some(core) = me.upgrade() {
                core.take_datagrams(index);
            }
        });
    }
}
