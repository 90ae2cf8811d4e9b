//! From an exchange to a coroutine that runs the callback `request`.

use super::settings::Switches;
use crate::coroutine::waiting;
use crate::http::{request, response};
use highper_http::{Connection, Exchange, Service};
use highper_runtime::{cancel, coroutine};
use highper_zend::{Callable, Object, Pool, Throw, Value};
use std::rc::Rc;

pub(super) struct Requests {
    pub(super) server: Object,
    pub(super) handler: Rc<Handler>,
    pub(super) connect: Option<Callable>,
    pub(super) close: Option<Callable>,
}

/// The callback `request`, and the objects that it is given.
pub(super) struct Handler {
    callback: Callable,
    switches: Switches,
    requests: Pool<request::State>,
    responses: Pool<response::State>,
    kept: &'static request::Kept,
}

impl Handler {
    pub(super) fn new(callback: Callable, switches: Switches) -> Self {
        Self {
            callback,
            switches,
            requests: Pool::new(&request::REQUEST),
            responses: Pool::new(&response::RESPONSE),
            // Once for each worker: requests that PHP holds may outlive the handler.
            kept: Box::leak(Box::default()),
        }
    }

    fn answer(&self, exchange: Rc<Exchange>) -> Result<(), Throw> {
        exchange.set_owner(highper_engine::current().unwrap_or(0));
        let serial = exchange.connection().serial() as i64;
        let request = self.requests.take()?;
        request.init_long(request::FD, serial);
        let state = request.state();
        state.no_post.set(!self.switches.post);
        state.no_cookie.set(!self.switches.cookie);
        state.php_files.set(self.switches.php_files);
        state.kept.set(Some(self.kept));
        state.exchange.replace(Some(Rc::clone(&exchange)));
        let response = self.responses.take()?;
        response.init_long(response::FD, serial);
        let state = response.state();
        state.packs_from.set(self.switches.packs_from);
        state.exchange.replace(Some(exchange));
        let outcome = self
            .callback
            .call_with([request.as_value(), response.as_value()])
            .into_result();
        if let Err(Throw::Object(_)) = &outcome {
            response.state().failed.set(true);
        }
        self.responses.give(response);
        self.requests.give(request);
        outcome.map(drop)
    }
}

impl Service for Requests {
    fn request(&self, exchange: Rc<Exchange>) {
        let handler = Rc::clone(&self.handler);
        let kept = Rc::clone(&exchange);
        let spawned = coroutine::try_spawn(move || handler.answer(exchange));
        if let Err(error) = spawned {
            let body = format!("{error}\n");
            let field =
                |h: &mut highper_http::ResponseHead<'_>| h.header(b"Content-Type", b"text/plain");
            if kept.respond(503, None, field, body.as_bytes()).is_err() {
                kept.abort();
            }
        }
    }

    fn opened(&self, connection: &Rc<Connection>) {
        self.event(self.connect.as_ref(), connection);
    }

    fn closed(&self, connection: &Rc<Connection>) {
        self.event(self.close.as_ref(), connection);
    }

    fn disconnected(&self, exchange: &Rc<Exchange>) {
        if self.handler.switches.cancel {
            // One that has ended meanwhile needs no telling.
            let _ended = cancel::throw_into(exchange.owner(), waiting::CANCELED, false);
        }
    }

    fn trouble(&self, message: &str) {
        eprintln!("[warning] {message}");
    }
}

impl Requests {
    fn event(&self, callback: Option<&Callable>, connection: &Connection) {
        let Some(callback) = callback.cloned() else {
            return;
        };
        let args = [
            Value::from(&self.server),
            Value::from(connection.serial() as i64),
            Value::from(0_i64),
        ];
        let spawned = coroutine::try_spawn(move || callback.call(&args).into_result().map(drop));
        if let Err(error) = spawned {
            eprintln!("[warning] a connection's event is lost: {error}");
        }
    }
}
