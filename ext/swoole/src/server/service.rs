//! From an exchange to a coroutine that runs the callback `request`.

use super::settings::Switches;
use crate::coroutine::waiting;
use crate::function::logging;
use crate::http::{request, response};
use highper_engine::SpawnError;
use highper_http::{Connection, Exchange, Service};
use highper_runtime::superglobals::Scope;
use highper_runtime::{callback, cancel, coroutine, exit, superglobals};
use highper_zend::error::warning;
use highper_zend::{Callable, Object, Pool, Pooled, Throw, Value};
use std::rc::Rc;

/// `OWN`: has each request superglobals of its own?
pub(super) struct Requests<const OWN: bool> {
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
    /// Does the callback run without a coroutine (`enable_coroutine`)?
    is_plain: bool,
    kept: &'static request::Kept,
}

impl Handler {
    pub(super) fn new(callback: Callable, switches: Switches) -> Self {
        Self {
            callback,
            switches,
            requests: Pool::new(&request::REQUEST),
            responses: Pool::new(&response::RESPONSE),
            is_plain: switches.is_plain,
            // Once for each worker: requests that PHP holds may outlive the handler.
            kept: Box::leak(Box::default()),
        }
    }

    /// The same, with coroutines whatever the settings say.
    fn in_coroutines(self) -> Self {
        Self {
            is_plain: false,
            ..self
        }
    }

    fn answer(&self, exchange: Rc<Exchange>) -> Result<(), Throw> {
        let (request, response) = self.objects(exchange)?;
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

    /// With superglobals, a session and output of the request's own.
    #[inline(never)]
    fn answer_own(&self, exchange: Rc<Exchange>) -> Result<(), Throw> {
        let (request, response) = self.objects(Rc::clone(&exchange))?;
        response.state().is_own();
        let result = superglobals::begin(&exchange)
            .and_then(|()| {
                let objects = [request.as_value(), response.as_value()];
                self.callback.call_with(objects).into_result().map(drop)
            })
            .or_else(|throw| match exit::of(&throw) {
                // As under php-fpm: the script is over, and its output is the answer.
                Some(text) => {
                    superglobals::print(&text);
                    Ok(())
                }
                None => Err(throw),
            });
        let ended = superglobals::end(&exchange);
        let result = result.and(ended);
        match &result {
            Ok(()) if superglobals::is_open() => {
                // A client that is gone needs no answer.
                let _gone = response.state().send_own(&exchange);
            }
            Ok(()) => {}
            Err(_) => response.state().failed.set(true),
        }
        // What nobody takes any more, and what is told of an error, is for the log.
        superglobals::let_out();
        self.responses.give(response);
        self.requests.give(request);
        result
    }

    /// The objects that the callback is given.
    #[inline(always)]
    fn objects(
        &self,
        exchange: Rc<Exchange>,
    ) -> Result<(Pooled<request::State>, Pooled<response::State>), Throw> {
        exchange.set_owner(highper_engine::current().unwrap_or(0));
        let serial = exchange.connection().serial() as i64;
        let request = self.requests.take()?;
        request.init_long(request::FD, serial);
        // Declared as 0.
        let stream = exchange.connection().stream();
        if stream != 0 {
            request.init_long(request::STREAM, i64::from(stream));
        }
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
        Ok((request, response))
    }
}

impl<const OWN: bool> Service for Requests<OWN> {
    fn request(&self, exchange: Rc<Exchange>) {
        let handler = Rc::clone(&self.handler);
        if handler.is_plain {
            return plainly(handler, exchange);
        }
        let kept = Rc::clone(&exchange);
        let spawned = coroutine::try_spawn(move || match OWN {
            true => handler.answer_own(exchange),
            false => handler.answer(exchange),
        });
        if let Err(error) = spawned {
            refuse(&kept, &error);
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

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        bad_client(connection, why);
    }

    fn trouble(&self, message: &str) {
        eprintln!("[warning] {message}");
    }
}

/// Tells of a client that did not get through the handshake.
pub(super) fn bad_client(connection: &Connection, why: &str) {
    let ends = connection.addresses();
    let port = ends.peer.map_or(0, |peer| peer.port());
    let text = format!(
        "Socket::ssl_accept(): bad SSL client[{}:{port}], reason=0, error_string={why}",
        ends.peer_ip
    );
    logging::put(logging::WARNING, &text);
}

impl<const OWN: bool> Requests<OWN> {
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
}

/// Where a program wants no coroutines: nothing else goes on while its callback runs.
#[cold]
fn plainly(handler: Rc<Handler>, exchange: Rc<Exchange>) {
    // It never fails without a coroutine.
    let _called = callback::call(move || handler.answer(exchange));
}

/// No coroutine is left for a request.
#[cold]
pub(super) fn refuse(exchange: &Rc<Exchange>, error: &SpawnError) {
    let why = match error {
        SpawnError::Limit(most) => format!("exceed max number of coroutine {most}"),
        SpawnError::Stack(error) => error.to_string(),
    };
    let told = warning(why).and_then(|()| warning("Swoole\\Http\\Server->onRequest handler error"));
    if let Err(throw) = told {
        coroutine::report(throw);
    }
    let body = format!("{error}\n");
    let field = |h: &mut highper_http::ResponseHead<'_>| h.header(b"Content-Type", b"text/plain");
    if exchange.respond(503, None, field, body.as_bytes()).is_err() {
        exchange.abort();
    }
}

/// The service of a port that speaks HTTP: by `highper.superglobals`.
pub(super) fn of(
    server: &Object,
    handler: Handler,
    connect: Option<Callable>,
    close: Option<Callable>,
) -> Result<Rc<dyn Service>, Throw> {
    let server = server.clone();
    Ok(match superglobals::configured().map_err(Throw::error)? {
        Scope::Shared => Rc::new(Requests::<false> {
            server,
            handler: Rc::new(handler),
            connect,
            close,
        }),
        Scope::Request => {
            superglobals::enable();
            // What belongs to a request belongs to its coroutine.
            let handler = Rc::new(handler.in_coroutines());
            Rc::new(Requests::<true> {
                server,
                handler,
                connect,
                close,
            })
        }
    })
}
