//! The service of a port that speaks WebSocket: requests for an upgrade go to the hub, others to the callback `request`.

use super::service::{self, Handler, bad_client};
use super::settings::Switches;
use crate::websocket::hub::{self, Callbacks, Hub};
use crate::websocket::options::Options;
use highper_http::{Connection, Exchange, Head, Protocol, ResponseHead, Server, Service};
use highper_runtime::callback;
use highper_zend::{Array, Callable, Object, Throw, Value};
use std::rc::Rc;

/// What a request is answered with that nobody answers.
const BAD_REQUEST: &[u8] =
    b"<html><body><h2>HTTP 400 Bad Request</h2><hr><i>Powered by Swoole</i></body></html>";

pub(super) struct WebSockets {
    pub(super) server: Object,
    pub(super) hub: Rc<Hub>,
    /// None without a callback `request`.
    pub(super) requests: Option<Rc<dyn Service>>,
    pub(super) connect: Option<Callable>,
    pub(super) close: Option<Callable>,
    /// The end of connections that never were WebSocket.
    pub(super) disconnect: Option<Callable>,
}

/// The service of a port that speaks WebSocket, with the callbacks of its events.
pub(super) fn service(
    server: &Object,
    settings: &Array,
    callback: &dyn Fn(&str) -> Option<Callable>,
    switches: Switches,
) -> Result<Rc<dyn Service>, Throw> {
    let message =
        callback("message").ok_or_else(|| crate::exception("require onMessage callback", 0))?;
    let callbacks = Callbacks {
        message,
        open: callback("open"),
        handshake: callback("handshake"),
        before: callback("beforehandshakeresponse"),
    };
    let options = Options::of(settings);
    let requests = callback("request")
        .map(|request| service::of(server, Handler::new(request, switches), None, None))
        .transpose()?;
    Ok(Rc::new(WebSockets {
        server: server.clone(),
        hub: Rc::new(Hub::new(server.clone(), callbacks, options)),
        requests,
        connect: callback("connect"),
        close: callback("close"),
        disconnect: callback("disconnect"),
    }))
}

impl WebSockets {
    fn event(&self, callback: Option<&Callable>, connection: &Connection) {
        let Some(callback) = callback.cloned() else {
            return;
        };
        let args = [
            Value::from(&self.server),
            Value::from(connection.serial() as i64),
            Value::from(0_i64),
        ];
        let spawned = callback::call(move || callback.call(&args).into_result().map(drop));
        if let Err(error) = spawned {
            eprintln!("[warning] a connection's event is lost: {error}");
        }
    }

    fn upgrade(&self, exchange: Rc<Exchange>) {
        let hub = Rc::clone(&self.hub);
        let kept = Rc::clone(&exchange);
        let spawned = callback::call(move || hub.answer(exchange));
        if let Err(error) = spawned {
            service::refuse(&kept, &error);
        }
    }
}

impl Service for WebSockets {
    fn streams(&self, head: &Head, bytes: &[u8]) -> bool {
        self.requests
            .as_ref()
            .is_some_and(|requests| requests.streams(head, bytes))
    }

    fn request(&self, exchange: Rc<Exchange>) {
        if hub::is_wanted(&exchange) {
            return self.upgrade(exchange);
        }
        if let Some(requests) = &self.requests {
            return requests.request(exchange);
        }
        exchange.close_after();
        let fields = |h: &mut ResponseHead<'_>| {
            h.header(b"Content-Type", b"text/html; charset=UTF-8")?;
            h.header(b"Cache-Control", b"must-revalidate,no-cache,no-store")
        };
        if exchange.respond(400, None, fields, BAD_REQUEST).is_err() {
            exchange.abort();
        }
    }

    fn opened(&self, connection: &Rc<Connection>) {
        self.event(self.connect.as_ref(), connection);
    }

    fn closed(&self, connection: &Rc<Connection>) {
        let was_websocket = hub::forget(connection);
        let callback = match &self.disconnect {
            Some(disconnect) if !was_websocket => Some(disconnect),
            _ => self.close.as_ref(),
        };
        self.event(callback, connection);
    }

    fn revive(
        &self,
        server: &Server,
        connection: &Rc<Connection>,
        state: &[u8],
    ) -> Option<Rc<dyn Protocol>> {
        Some(self.hub.revive(server, connection, state))
    }

    fn moved(&self, connection: &Rc<Connection>) {
        hub::forget(connection);
    }

    fn disconnected(&self, exchange: &Rc<Exchange>) {
        if let Some(requests) = &self.requests {
            requests.disconnected(exchange);
        }
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        bad_client(connection, why);
    }

    fn trouble(&self, message: &str) {
        eprintln!("[warning] {message}");
    }
}
