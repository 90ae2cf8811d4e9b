//! From an exchange to a coroutine that runs the callback `request`.

use super::settings::Switches;
use crate::http::{request, response};
use highper_http::{Connection, Exchange, Service};
use highper_runtime::coroutine;
use highper_zend::{Callable, Object, Throw, Value};
use std::rc::Rc;

pub(super) struct Requests {
    pub(super) server: Object,
    pub(super) request: Callable,
    pub(super) connect: Option<Callable>,
    pub(super) close: Option<Callable>,
    pub(super) switches: Switches,
}

fn answer(callback: &Callable, exchange: Rc<Exchange>, switches: Switches) -> Result<(), Throw> {
    exchange.set_owner(highper_engine::current().unwrap_or(0));
    let serial = exchange.connection().serial() as i64;
    let request = request::REQUEST.instantiate()?;
    request.set_slot(request::FD, serial);
    if let Some(state) = request.state::<request::State>() {
        state.no_post.set(!switches.post);
        state.no_cookie.set(!switches.cookie);
        state.exchange.replace(Some(Rc::clone(&exchange)));
    }
    let response = response::RESPONSE.instantiate()?;
    response.set_slot(response::FD, serial);
    if let Some(state) = response.state::<response::State>() {
        state.compress.set(switches.compress);
        state.exchange.replace(Some(exchange));
    }
    let args = [request.into(), Value::from(&response)];
    let outcome = callback.call(&args).into_result();
    if let Err(Throw::Object(_)) = &outcome
        && let Some(state) = response.state::<response::State>()
    {
        state.failed.set(true);
    }
    outcome.map(drop)
}

impl Service for Requests {
    fn request(&self, exchange: Rc<Exchange>) {
        let (callback, switches) = (self.request.clone(), self.switches);
        let kept = Rc::clone(&exchange);
        let spawned = coroutine::try_spawn(move || answer(&callback, exchange, switches));
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
