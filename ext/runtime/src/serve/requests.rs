//! The requests of a worker: what it has to know of them.

use super::Worker;
use highper_http::{Connection, Exchange, Head, Protocol, Server, Service};
use highper_process::Ticket;
use std::rc::Rc;

/// A service, with what a worker has to know of its requests. The worker lets go of its server
/// when its loop is over, so the two don't keep each other.
pub(super) struct Watched {
    pub(super) service: Rc<dyn Service>,
    pub(super) worker: Rc<Worker>,
}

impl Watched {
    #[inline]
    fn ended(&self, exchange: &Exchange) {
        if let Some(number) = exchange.take_tag() {
            let ticket = Ticket::from_number(number);
            let traffic = highper_http::traffic::counted();
            self.worker.context.request_end(ticket, traffic);
        }
    }
}

impl Service for Watched {
    fn streams(&self, head: &Head, bytes: &[u8]) -> bool {
        self.service.streams(head, bytes)
    }

    fn body_limit(&self, head: &Head, bytes: &[u8]) -> Option<u64> {
        self.service.body_limit(head, bytes)
    }

    fn request(&self, exchange: Rc<Exchange>) {
        exchange.set_tag(self.worker.context.request_come().into_number());
        self.service.request(exchange);
    }

    fn entered(&self, exchange: &Exchange) {
        const COME: u16 = Ticket::UNRECORDED.into_number();
        if exchange.tag() != Some(COME) {
            return;
        }
        let request = exchange.request();
        let bytes = request.bytes();
        let line = request.head().request_line(&bytes);
        let context = &self.worker.context;
        let ticket = context.request_begin(line, request.started());
        exchange.set_tag(ticket.into_number());
    }

    fn opened(&self, connection: &Rc<Connection>) {
        if !connection.is_handed() {
            self.worker.context.slot().connection_opened();
        }
        self.service.opened(connection);
    }

    fn closed(&self, connection: &Rc<Connection>) {
        let slot = self.worker.context.slot();
        slot.set_traffic(highper_http::traffic::counted());
        if self.worker.relayed.get().is_none() {
            slot.connection_closed();
            self.worker.release(connection.serial());
        }
        self.service.closed(connection);
    }

    fn revive(
        &self,
        server: &Server,
        connection: &Rc<Connection>,
        state: &[u8],
    ) -> Option<Rc<dyn Protocol>> {
        self.service.revive(server, connection, state)
    }

    fn moved(&self, connection: &Rc<Connection>) {
        self.service.moved(connection);
    }

    fn disconnected(&self, exchange: &Rc<Exchange>) {
        self.ended(exchange);
        self.service.disconnected(exchange);
    }

    fn answered(&self, exchange: &Exchange) {
        self.ended(exchange);
        self.service.answered(exchange);
    }

    fn refused(&self, connection: &Connection, status: u16, reason: &str) {
        self.service.refused(connection, status, reason);
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        self.service.handshake_failed(connection, why);
    }

    fn timed_out(&self, exchange: &Rc<Exchange>) {
        self.service.timed_out(exchange);
    }

    fn drained(&self) {
        self.service.drained();
        self.worker.one_drained();
    }

    fn trouble(&self, message: &str) {
        self.service.trouble(message);
    }
}
