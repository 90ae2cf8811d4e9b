//! A service that answers so many requests at a time: `worker_max_concurrency`, `max_concurrency`.

use highper_engine::scheduler;
use highper_http::{Connection, Exchange, Head, Protocol, ResponseHead, Server, Service};
use highper_runtime::serve;
use highper_zend::{Array, Value};
use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

pub(super) struct Limited {
    inner: Rc<dyn Service>,
    /// Of this worker: more have to wait.
    at_a_time: u64,
    /// Of the whole server: more are refused.
    of_all: u64,
    /// Those that were handed over; static files never were.
    running: RefCell<HashSet<*const Exchange>>,
    waiting: RefCell<VecDeque<Rc<Exchange>>>,
}

/// The service itself, or one that holds it to the limits where the settings have some.
pub(super) fn limited(inner: Rc<dyn Service>, settings: &Array) -> Rc<dyn Service> {
    let limit = |name: &str| {
        let value = settings.get(name).map_or(0, Value::to_long);
        u64::try_from(value).ok().filter(|limit| *limit > 0)
    };
    let (at_a_time, of_all) = (limit("worker_max_concurrency"), limit("max_concurrency"));
    if at_a_time.is_none() && of_all.is_none() {
        return inner;
    }
    Rc::new(Limited {
        inner,
        at_a_time: at_a_time.unwrap_or(u64::MAX),
        of_all: of_all.unwrap_or(u64::MAX),
        running: RefCell::default(),
        waiting: RefCell::default(),
    })
}

fn refuse(exchange: &Exchange) {
    exchange.close_after();
    let field = |head: &mut ResponseHead<'_>| head.header(b"Content-Type", b"text/plain");
    let body = b"The server is busy.\n";
    if exchange.respond(503, None, field, body).is_err() {
        exchange.abort();
    }
}

impl Limited {
    /// Are there more requests under way than the server takes, this one among them?
    fn is_full(&self) -> bool {
        let Some(worker) = serve::worker().filter(|_| self.of_all < u64::MAX) else {
            return false;
        };
        let slots = worker.context().board().slots();
        let live = slots.iter().filter(|slot| slot.pid() > 0);
        live.map(|slot| slot.in_flight()).sum::<u64>() > self.of_all
    }

    fn begin(&self, exchange: &Rc<Exchange>) {
        self.running.borrow_mut().insert(Rc::as_ptr(exchange));
    }

    /// One is over: the next one has its turn, when what runs now is done.
    fn over(&self, exchange: &Exchange) {
        if !self
            .running
            .borrow_mut()
            .remove(&std::ptr::from_ref(exchange))
        {
            return;
        }
        let Some(next) = self.waiting.borrow_mut().pop_front() else {
            return;
        };
        self.begin(&next);
        let inner = Rc::clone(&self.inner);
        scheduler::defer_to_driver(move || {
            if serve::worker().is_none_or(|worker| worker.is_draining()) {
                return refuse(&next);
            }
            inner.request(next);
        });
    }
}

impl Service for Limited {
    fn streams(&self, head: &Head, bytes: &[u8]) -> bool {
        self.inner.streams(head, bytes)
    }

    fn request(&self, exchange: Rc<Exchange>) {
        if self.running.borrow().len() as u64 >= self.at_a_time {
            self.waiting.borrow_mut().push_back(exchange);
            return;
        }
        self.begin(&exchange);
        if self.is_full() {
            return refuse(&exchange);
        }
        self.inner.request(exchange);
    }

    fn entered(&self, exchange: &Exchange) {
        self.inner.entered(exchange);
    }

    fn opened(&self, connection: &Rc<Connection>) {
        self.inner.opened(connection);
    }

    fn closed(&self, connection: &Rc<Connection>) {
        self.inner.closed(connection);
    }

    fn revive(
        &self,
        server: &Server,
        connection: &Rc<Connection>,
        state: &[u8],
    ) -> Option<Rc<dyn Protocol>> {
        self.inner.revive(server, connection, state)
    }

    fn moved(&self, connection: &Rc<Connection>) {
        self.inner.moved(connection);
    }

    fn disconnected(&self, exchange: &Rc<Exchange>) {
        let length = self.waiting.borrow().len();
        self.waiting
            .borrow_mut()
            .retain(|waiting| !Rc::ptr_eq(waiting, exchange));
        if self.waiting.borrow().len() == length {
            self.inner.disconnected(exchange);
            self.over(exchange);
        }
    }

    fn answered(&self, exchange: &Exchange) {
        self.inner.answered(exchange);
        self.over(exchange);
    }

    fn refused(&self, connection: &Connection, status: u16, reason: &str) {
        self.inner.refused(connection, status, reason);
    }

    fn timed_out(&self, exchange: &Rc<Exchange>) {
        self.inner.timed_out(exchange);
    }

    fn drained(&self) {
        self.inner.drained();
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        self.inner.handshake_failed(connection, why);
    }

    fn trouble(&self, message: &str) {
        self.inner.trouble(message);
    }
}
