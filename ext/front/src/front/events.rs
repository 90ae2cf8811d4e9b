//! What happens on the connections of the front.

use super::{Front, Said};
use crate::frame::{self, Frame, Kind};
use crate::route::Route;
use highper_net::Address;
use highper_net::framing::Malformed;
use highper_process::post::Note;
use highper_stream::{Connection, Datagrams, End, Service};
use std::rc::Rc;

fn flag(end: End) -> u8 {
    match end {
        End::Peer => 0,
        End::Us => 1,
        End::Silent => 2,
        End::Malformed => 3,
    }
}

/// What a [`Kind::Close`] says.
#[must_use]
pub fn end_of(flag: u8) -> End {
    match flag {
        0 => End::Peer,
        2 => End::Silent,
        3 => End::Malformed,
        _ => End::Us,
    }
}

impl Front {
    fn is_whole(&self, connection: &Connection) -> bool {
        self.setup.whole.get(connection.port()) == Some(&true)
    }

    fn event(&self, connection: &Rc<Connection>, kind: Kind, flag: u8, bytes: &[u8]) {
        if kind == Kind::Receive && self.is_to_wait() {
            let frame = Frame::new(kind, connection.session()).of_port(connection.port());
            return self.keep(connection, &frame.with(bytes));
        }
        let id = match self.place(connection, kind, bytes) {
            Said::Worker(id) => id,
            Said::Close if kind != Kind::Close => {
                self.server().close(connection, false);
                return;
            }
            _ => return,
        };
        let frame = Frame::new(kind, connection.session())
            .of_port(connection.port())
            .flagged(flag)
            .with(bytes);
        if self.tell(id, &frame) && kind == Kind::Receive {
            self.hold(id, connection);
        }
    }

    /// Tells a worker of a stream's end, once. Its number stays in use until the worker has heard of it, and asked what it
    /// wants to know.
    fn tell_end(&self, connection: &Rc<Connection>, end: End) {
        let session = connection.session();
        let _known = connection.peer();
        let before = self
            .closing
            .borrow_mut()
            .insert(session, Rc::clone(connection));
        if before.is_none() {
            self.event(connection, Kind::Close, flag(end), b"");
        }
    }

    /// Who sends on a stream looks whether it is full.
    fn set_over(&self, session: u64, is_busy: bool) {
        let note = Note {
            is_busy,
            ..Note::default()
        };
        self.setup.post.sessions().progress(session).set(note);
    }

    fn release(&self, session: u64) {
        self.setup.post.sessions().close(session);
    }
}

impl Service for Front {
    fn connected(&self, connection: &Rc<Connection>) {
        self.setup.service.connected(connection);
        let greets = !self.is_silent() && self.setup.greets.get(connection.port()) == Some(&true);
        if !self.is_whole(connection) {
            if greets {
                self.event(connection, Kind::Connect, 0, b"");
            }
            return;
        }
        let route = Rc::new(Route::default());
        self.routes
            .borrow_mut()
            .insert(connection.session(), Rc::clone(&route));
        if greets && !self.setup.mode.wanders() {
            self.attach(connection, &route);
        }
    }

    fn received(&self, connection: &Rc<Connection>, packet: &[u8]) {
        if !self.is_whole(connection) {
            return self.event(connection, Kind::Receive, 0, packet);
        }
        let route = self.routes.borrow().get(&connection.session()).cloned();
        if let Some(route) = route {
            self.came(connection, &route, packet);
        }
    }

    fn ended(&self, connection: &Rc<Connection>) {
        let route = self.routes.borrow().get(&connection.session()).cloned();
        let Some(route) = route else {
            // The worker answers what came before it hears of this, and closes the connection then.
            return self.tell_end(connection, End::Peer);
        };
        route.has_ended.set(true);
        if route.current.borrow().is_none() && route.pending.borrow().is_empty() {
            self.server().close(connection, false);
            return;
        }
        self.pass_on(connection, &route);
    }

    fn closed(&self, connection: &Rc<Connection>, end: End) {
        if self.is_whole(connection) {
            return;
        }
        if !self.is_silent() {
            self.tell_end(connection, end);
        }
    }

    fn gone(&self, connection: &Rc<Connection>) {
        self.setup.service.gone(connection);
        let session = connection.session();
        self.chosen.borrow_mut().remove(&session);
        let route = self.routes.borrow_mut().remove(&session);
        match route {
            Some(route) => {
                for lane in &*route.known.borrow() {
                    lane.outbox.put(&Frame::new(Kind::Gone, session));
                    lane.flush_soon();
                }
                route.leave();
                self.release(session);
            }
            None if self.is_silent() => self.release(session),
            None => {}
        }
    }

    fn packet(&self, port: &Rc<Datagrams>, from: &Address, packet: &[u8]) {
        // As in Swoole, the number is what the address has in memory.
        let socket = match from {
            Address::V4(v4) => u64::from(u32::from_ne_bytes(v4.ip().octets())),
            _ => u64::try_from(port.number()).unwrap_or_default(),
        };
        let Some(id) = self.place_datagram(socket, from, packet) else {
            return;
        };
        if self.lane_of(id).is_some_and(|lane| lane.outbox.is_full()) {
            // As the kernel does where nobody reads.
            return;
        }
        let mut body = Vec::with_capacity(packet.len() + 32);
        frame::write_packet(from, packet, &mut body);
        self.tell(
            id,
            &Frame::new(Kind::Packet, 0).of_port(port.port()).with(&body),
        );
    }

    fn buffer_full(&self, connection: &Rc<Connection>) {
        let session = connection.session();
        let route = self.routes.borrow().get(&session).cloned();
        match route {
            Some(route) => self.slow(session, &route, true),
            None => {
                self.set_over(session, true);
                if !self.is_silent() {
                    self.event(connection, Kind::Full, 0, b"");
                }
            }
        }
    }

    fn buffer_empty(&self, connection: &Rc<Connection>) {
        let session = connection.session();
        let route = self.routes.borrow().get(&session).cloned();
        match route {
            Some(route) => self.slow(session, &route, false),
            None => {
                self.set_over(session, false);
                if !self.is_silent() {
                    self.event(connection, Kind::Empty, 0, b"");
                }
            }
        }
    }

    fn length(&self, connection: &Rc<Connection>, bytes: &[u8]) -> i64 {
        self.setup.service.length(connection, bytes)
    }

    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        self.setup.service.malformed(connection, why);
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        self.setup.service.handshake_failed(connection, why);
    }

    fn traffic(&self, received: u64, sent: u64) {
        self.setup.service.traffic(received, sent);
    }

    fn drained(&self) {
        self.setup.service.drained();
    }

    fn trouble(&self, message: &str) {
        self.setup.service.trouble(message);
    }
}
