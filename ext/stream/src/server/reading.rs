//! From bytes to packets.

use super::Core;
use crate::connection::Connection;
use crate::service::End;
use highper_engine::{clock, reactor};
use highper_net::framing::Step;
use std::rc::Rc;

/// Bytes that one call receives at most.
const READ_BUFFER: usize = 64 * 1024;
/// How long answers to packets that came together are gathered, in nanoseconds.
const GATHER_TIME: u64 = 200_000;
/// Datagrams taken before others get their turn.
pub(super) const DATAGRAM_BATCH: usize = 64;

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
            self.cut(connection, input, 0);
        } else {
            let seen = connection.seen.get();
            carry.extend_from_slice(input);
            self.cut(connection, &carry, seen);
        }
    }

    /// Hands packets over; keeps what is no whole one.
    fn cut(&self, connection: &Rc<Connection>, bytes: &[u8], mut seen: usize) {
        let settings = &connection.settings;
        let mut at = 0;
        let mut need = 0;
        let mut gathered = None;
        while at < bytes.len() && self.wants_more(connection) {
            let rest = &bytes[at..];
            let length = |bytes: &[u8]| self.service.length(connection, bytes);
            match settings.cut.first(rest, seen, length) {
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
                    self.end(connection, End::Malformed, true);
                    return;
                }
            }
        }
        self.end_burst(connection);
        if at < bytes.len() && connection.is_open() && !connection.is_closing.get() {
            let rest = &bytes[at..];
            let mut carry = Vec::with_capacity(need.min(4 << 20).max(rest.len()));
            carry.extend_from_slice(rest);
            connection.carry.replace(carry);
            connection.seen.set(seen);
        }
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
