//! Who hears about connections and packets.

use crate::{Connection, Datagrams};
use highper_net::Address;
use highper_net::framing::Malformed;
use std::rc::Rc;

/// Why a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The peer closed it, or it broke.
    Peer,
    /// This side closed it.
    Us,
    /// The peer was silent for too long.
    Silent,
    /// What came could not be cut into packets.
    Malformed,
}

/// What a process that has connections tells one that works on them.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The connection's number; 0 for a datagram.
    pub session: u64,
    /// The port's place among the server's.
    pub port: usize,
    /// What has happened.
    pub what: What<'a>,
}

/// What has happened.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// As [`Service::connected`].
    Connected,
    /// As [`Service::received`].
    Received(&'a [u8]),
    /// As [`Service::closed`].
    Closed(End),
    /// As [`Service::buffer_full`].
    Full,
    /// As [`Service::buffer_empty`].
    Empty,
    /// As [`Service::packet`]: from whom, and the bytes.
    Packet(&'a Address, &'a [u8]),
}

/// The worker's side. All calls come on the driver's stack, in the order of the events; of one
/// connection `connected` first and `closed` last. Each may call the server back.
pub trait Service {
    /// A connection is there; its TLS session too, if it has one.
    fn connected(&self, connection: &Rc<Connection>);
    /// A packet has come.
    fn received(&self, connection: &Rc<Connection>, packet: &[u8]);
    /// A connection ends; it can still be found while this runs.
    fn closed(&self, connection: &Rc<Connection>, end: End);
    /// The socket of a connection that was announced is closed; nothing finds it any more.
    fn gone(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// The peer has ended its side of a connection that may be half open.
    fn ended(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// Something has happened to a connection or a port of another process, which told of it.
    fn relayed(&self, event: &Event<'_>) {
        let _ = event;
    }
    /// A datagram has come.
    fn packet(&self, port: &Rc<Datagrams>, from: &Address, packet: &[u8]);
    /// As much output waits as [`crate::Settings::high_water`] says.
    fn buffer_full(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// No more output waits than [`crate::Settings::low_water`] says, after it was full.
    fn buffer_empty(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// The length of the first packet, for [`highper_net::framing::Length::Function`].
    fn length(&self, connection: &Rc<Connection>, bytes: &[u8]) -> i64;
    /// May what it calls hold the loop up? Then answers leave one by one.
    fn blocks(&self) -> bool {
        false
    }
    /// What was received is no packet; the connection is closed next.
    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        let _ = (connection, why);
    }
    /// A TLS handshake failed; the connection was never announced.
    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        let _ = (connection, why);
    }
    /// So many bytes were received, and so many given to be sent.
    fn traffic(&self, received: u64, sent: u64) {
        let _ = (received, sent);
    }
    /// The server was told to drain, and the last connection is closed.
    fn drained(&self) {}
    /// Something went wrong that an operator should read.
    fn trouble(&self, message: &str) {
        let _ = message;
    }
}
