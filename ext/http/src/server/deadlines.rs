//! Who has waited too long: looked at once a second, so that a request costs no timer.

use super::{Core, SWEEP_KEY};
use crate::connection::Connection;
use crate::exchange::Progress;
use highper_engine::{clock, scheduler};
use highper_http1::Phase;
use std::rc::Rc;

const SWEEP: u64 = 1_000_000_000;
/// How long a draining server waits for a last request on an idle connection.
const DRAIN_IDLE: u64 = 1_000_000_000;
/// How long the peer of a refused body may go on sending.
const LINGER: u64 = 2_000_000_000;

impl Core {
    pub(super) fn sweep_soon(&self) {
        if !self.sweeping.replace(true) {
            scheduler::at_handler(clock::now() + SWEEP, self.handler.get(), SWEEP_KEY);
        }
    }

    /// Once a second: who has waited too long?
    pub(super) fn sweep(&self) {
        self.sweeping.set(false);
        let now = clock::now();
        for connection in self.all() {
            self.check(&connection, now);
        }
        if self.open.get() > 0 {
            self.sweep_soon();
        }
    }

    /// Answers a request whose time is over.
    pub(super) fn give_up(&self, connection: &Rc<Connection>) {
        let Some(exchange) = connection.exchange() else {
            return;
        };
        exchange.close_after();
        let text = b"The request took too long.\n";
        let answered = exchange.respond(
            504,
            None,
            |r| r.header(b"Content-Type", b"text/plain"),
            text,
        );
        if answered.is_err() {
            self.drop_connection(connection);
        }
        self.service.timed_out(&exchange);
    }

    fn check(&self, connection: &Rc<Connection>, now: u64) {
        let waited = now.saturating_sub(connection.since.get());
        let over = |limit: std::time::Duration| u128::from(waited) >= limit.as_nanos();
        if connection.lingering.get() {
            if waited >= LINGER {
                self.drop_connection(connection);
            }
            return;
        }
        if connection.has_output() && over(self.settings.write_timeout) {
            self.drop_connection(connection);
            return;
        }
        let exchange = connection.exchange.borrow().clone();
        if let Some(exchange) = exchange {
            if let Some(limit) = self.settings.request_timeout
                && exchange.progress() == Progress::Waiting
                && u128::from(now.saturating_sub(exchange.request.started)) >= limit.as_nanos()
            {
                self.give_up(connection);
            } else {
                self.check_stream(connection, &exchange, waited);
            }
            return;
        }
        if let Some(protocol) = connection.protocol() {
            if protocol.check(connection, now) {
                return;
            }
            let limit = self.settings.upgraded_timeout;
            if limit.is_some_and(over) || self.draining.get() && waited >= DRAIN_IDLE {
                self.drop_connection(connection);
            }
            return;
        }
        let phase = connection.codec.borrow().phase();
        match phase {
            Phase::Idle | Phase::Closed
                if over(self.settings.idle_timeout)
                    || self.draining.get() && waited >= DRAIN_IDLE =>
            {
                self.drop_connection(connection);
            }
            Phase::Idle
                if over(self.settings.header_timeout)
                    && connection.with_secure(|secure| secure.is_ready()) == Some(false) =>
            {
                let why = "the handshake did not end in time";
                self.service.handshake_failed(connection, why);
                self.drop_connection(connection);
            }
            Phase::Header if over(self.settings.header_timeout) => {
                self.refuse(
                    connection,
                    408,
                    "The request's head did not arrive in time.",
                );
                self.flush_gathered(connection);
            }
            Phase::Body if over(self.settings.body_timeout) => {
                self.refuse(
                    connection,
                    408,
                    "The request's body did not arrive in time.",
                );
                self.flush_gathered(connection);
            }
            _ => {}
        }
    }
}
