//! Bodies that are read while they arrive: from the socket to their [`Stream`], and their ends.

use super::Core;
use crate::collect::{Collector, Refusal};
use crate::connection::{Connection, Partial};
use crate::exchange::{Exchange, Progress};
use crate::request::Body;
use crate::stream::{Stream, StreamError};
use highper_engine::{reactor, scheduler};
use highper_http1::{Event, Framing, Head};
use std::rc::Rc;

/// The stream of a request under way, as long as more of it is to come.
fn open_stream(exchange: &Exchange) -> Option<&Rc<Stream>> {
    match &exchange.request.body {
        Body::Stream(stream) if !stream.is_over() => Some(stream),
        _ => None,
    }
}

impl Core {
    /// Does the rest of the input stay with the kernel while a request is under way?
    pub(super) fn holds_back(&self, connection: &Connection, carry_max: usize) -> bool {
        let exchange = connection.exchange.borrow();
        match exchange.as_deref().and_then(open_stream) {
            Some(stream) => stream.hold(),
            None => exchange.is_some() && connection.carry.borrow().len() >= carry_max,
        }
    }

    /// Is a body being read by its handler, so that input goes to it?
    pub(super) fn is_streaming(&self, connection: &Connection) -> bool {
        let exchange = connection.exchange.borrow();
        exchange.as_deref().and_then(open_stream).is_some()
    }

    /// Hands input to the body that is being read. Returns how many bytes were used.
    pub(super) fn feed_stream(
        &self,
        connection: &Rc<Connection>,
        input: &[u8],
        head: &mut Head,
    ) -> usize {
        let exchange = connection.exchange.borrow().clone();
        let Some(exchange) = exchange else { return 0 };
        let Some(stream) = open_stream(&exchange) else {
            return 0;
        };
        connection.since.set(reactor::coarse_now());
        let mut at = 0;
        loop {
            let step =
                connection
                    .codec
                    .borrow_mut()
                    .feed(&input[at..], head, &self.settings.limits);
            at += step.used;
            match step.event {
                Event::Body(data) => stream.push(data),
                Event::End => {
                    stream.complete();
                    return at;
                }
                Event::Error(error) => {
                    self.refuse_stream(connection, &exchange, error.status(), error.message());
                    return at;
                }
                Event::NeedMore | Event::Pause | Event::Upgraded | Event::Closed => return at,
                // Trailers are not passed on.
                _ => {}
            }
        }
    }

    /// Answers a request whose body can't be taken, and tells its handler.
    fn refuse_stream(
        &self,
        connection: &Rc<Connection>,
        exchange: &Rc<Exchange>,
        status: u16,
        text: &str,
    ) {
        if let Body::Stream(stream) = &exchange.request.body {
            stream.fail(StreamError::Refused(status, text.to_owned()));
        }
        if exchange.progress() == Progress::Waiting {
            exchange.status.set(status);
        }
        exchange.progress.set(Progress::Complete);
        connection.exchange.borrow_mut().take();
        self.answered.set(self.answered.get() + 1);
        self.service.answered(exchange);
        self.refuse(connection, status, text);
        if !connection.in_burst.get() {
            self.flush_gathered(connection);
        }
    }

    /// Has the client been silent for too long in the middle of a body?
    pub(super) fn check_stream(
        &self,
        connection: &Rc<Connection>,
        exchange: &Rc<Exchange>,
        waited: u64,
    ) {
        if let Some(stream) = open_stream(exchange)
            && !stream.is_held()
            && u128::from(waited) >= self.settings.body_timeout.as_nanos()
        {
            let text = "The request's body did not arrive in time.";
            self.refuse_stream(connection, exchange, 408, text);
        }
    }

    /// The connection has ended under a request.
    pub(super) fn lose_stream(&self, exchange: &Exchange) {
        if let Some(stream) = open_stream(exchange) {
            stream.fail(StreamError::Gone);
        }
    }

    /// A request was answered before its body was read: what is left of it is read over.
    #[cold]
    pub(super) fn abandon_stream(&self, connection: &Rc<Connection>, stream: &Stream) {
        if stream.is_over() {
            return;
        }
        stream.fail(StreamError::Answered);
        if !connection.in_burst.get() {
            self.read_on(connection);
        }
    }

    /// Says `100 Continue` to a client that waits for it.
    pub(crate) fn want_body(&self, connection: &Rc<Connection>) {
        if !connection.codec.borrow().awaits_continue() {
            return;
        }
        // It can't fail: nothing is encoded but fixed words.
        let _said = self.gather(connection, |out, _| {
            connection.codec.borrow_mut().want_body(out);
            Ok(())
        });
        if connection.in_burst.get() {
            self.flush_gathered(connection);
        }
    }

    /// A head whose body is collected.
    #[inline(never)]
    pub(super) fn begin_body(
        &self,
        connection: &Rc<Connection>,
        head: Head,
        bytes: Vec<u8>,
        started: u64,
    ) {
        let length = match head.framing() {
            Framing::Length(n) => Some(n),
            _ => None,
        };
        let most = self.service.body_limit(&head, &bytes);
        match Collector::new(head.content_type(&bytes), length, most, &self.settings) {
            Ok(collector) => {
                *connection.partial.borrow_mut() = Some(Box::new(Partial {
                    head,
                    bytes,
                    collector,
                    started,
                }));
                connection
                    .codec
                    .borrow_mut()
                    .want_body(&mut self.gathered.borrow_mut());
            }
            Err(Refusal { status, text }) => self.refuse(connection, status, &text),
        }
    }

    /// Takes up reading, which brings no edge of its own, on the driver's stack.
    pub(crate) fn read_on(&self, connection: &Rc<Connection>) {
        if let Some(branch) = connection.branch() {
            return branch.read_on();
        }
        let (core, connection) = (self.me.clone(), Rc::clone(connection));
        scheduler::defer_to_driver(move || {
            if let Some(core) = core.upgrade()
                && connection.is_open()
            {
                core.read(&connection, true);
            }
        });
    }
}
