//! The streams and datagrams of a worker: what it has to know of them.

use super::Worker;
use highper_net::Address;
use highper_net::framing::Malformed;
use highper_stream::{Connection, Datagrams, End, Event, Service, What};
use std::rc::Rc;

/// A service, with what a worker counts of it.
pub(super) struct Watched {
    pub(super) service: Rc<dyn Service>,
    pub(super) worker: Rc<Worker>,
}

impl Watched {
    fn counted(&self, handle: impl FnOnce()) {
        let context = &self.worker.context;
        // It has no line that could be told of it: a count will do.
        let ticket = context.request_come();
        handle();
        let traffic = highper_http::traffic::counted();
        context.request_end(ticket, traffic);
    }
}

impl Service for Watched {
    fn connected(&self, connection: &Rc<Connection>) {
        self.worker.context.slot().connection_opened();
        self.service.connected(connection);
    }

    fn received(&self, connection: &Rc<Connection>, packet: &[u8]) {
        self.counted(|| self.service.received(connection, packet));
    }

    fn blocks(&self) -> bool {
        !crate::callback::are_in_coroutines()
    }

    fn closed(&self, connection: &Rc<Connection>, end: End) {
        self.service.closed(connection, end);
    }

    fn gone(&self, connection: &Rc<Connection>) {
        let slot = self.worker.context.slot();
        slot.set_traffic(highper_http::traffic::counted());
        slot.connection_closed();
        if self.worker.front.get().is_none() {
            self.worker.release(connection.session());
        }
        self.service.gone(connection);
    }

    fn relayed(&self, event: &Event<'_>) {
        match event.what {
            What::Received(_) | What::Packet(..) => self.counted(|| self.service.relayed(event)),
            _ => self.service.relayed(event),
        }
    }

    fn packet(&self, port: &Rc<Datagrams>, from: &Address, packet: &[u8]) {
        self.counted(|| self.service.packet(port, from, packet));
    }

    fn buffer_full(&self, connection: &Rc<Connection>) {
        self.service.buffer_full(connection);
    }

    fn buffer_empty(&self, connection: &Rc<Connection>) {
        self.service.buffer_empty(connection);
    }

    fn length(&self, connection: &Rc<Connection>, bytes: &[u8]) -> i64 {
        self.service.length(connection, bytes)
    }

    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        self.service.malformed(connection, why);
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        self.service.handshake_failed(connection, why);
    }

    fn traffic(&self, received: u64, sent: u64) {
        highper_http::traffic::count(received, sent);
    }

    fn drained(&self) {
        self.service.drained();
        self.worker.one_drained();
    }

    fn trouble(&self, message: &str) {
        self.service.trouble(message);
    }
}
