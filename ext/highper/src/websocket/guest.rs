//! A connection of PHP's: from its request to its end.

use super::Definition;
use super::methods::Event;
use crate::app::App;
use crate::endpoint::throw_text;
use crate::exception::http_exception::{HTTP_EXCEPTION, exception_with};
use crate::incoming::Incoming;
use crate::response::data::Data;
use crate::send;
use highper_app::router::Answer;
use highper_http::SendError;
use highper_log::{Level, Value as Field};
use highper_rooms::{Events, Greeting, Refusal, Socket, Task};
use highper_runtime::{coroutine, exit};
use highper_websocket::close;
use highper_zend::{Array, Object, Throw, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// What PHP has of a connection.
pub(super) struct Guest {
    pub(super) app: Rc<App>,
    definition: Rc<Definition>,
    incoming: RefCell<Option<Rc<Incoming>>>,
    /// Of a connection at rest: the head of its request, all that is kept of that.
    head: RefCell<Box<[u8]>>,
    values: RefCell<Option<Array>>,
}

/// What PHP has of a connection; `None` at the end of the process.
pub(super) fn of(socket: &Socket) -> Option<Rc<Guest>> {
    Rc::downcast::<Guest>(socket.guest()?).ok()
}

impl Guest {
    /// The request that it began with.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn incoming(&self, socket: &Rc<Socket>) -> Result<Rc<Incoming>, Throw> {
        if let Some(known) = &*self.incoming.borrow() {
            return Ok(Rc::clone(known));
        }
        let incoming = self
            .recalled(socket)
            .ok_or_else(|| Throw::error("the request of this connection is gone"))?;
        self.head.take();
        self.incoming.replace(Some(Rc::clone(&incoming)));
        Ok(incoming)
    }

    /// The request made anew.
    fn recalled(&self, socket: &Socket) -> Option<Rc<Incoming>> {
        let (server, connection) = (socket.server()?, socket.connection()?);
        let exchange = server.recall(&connection, &self.head.borrow())?;
        let (number, path) = {
            let request = exchange.request();
            let bytes = request.bytes();
            let router = &self.app.compiled()?.router;
            let Answer::Found(found) = router.find(b"GET", request.head().path(&bytes)) else {
                return None;
            };
            let number = found.handler as usize;
            (
                number,
                self.app
                    .endpoint(number)
                    .ok()?
                    .plan
                    .convert(&found.params)
                    .ok()?,
            )
        };
        Some(Incoming::new(&self.app, exchange, number, path))
    }

    /// The connection is at rest: keeps no more of its request than the head, unless more was made of it.
    fn pack(&self) {
        let Some(incoming) = self.incoming.take() else {
            return;
        };
        if Rc::strong_count(&incoming) > 1 || !incoming.is_bare() {
            self.incoming.replace(Some(incoming));
            return;
        }
        {
            let request = incoming.exchange().request();
            let bytes = request.bytes();
            let length = request.head().len().min(bytes.len());
            self.head.replace(bytes[..length].into());
        }
        Incoming::recycle(incoming);
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Value> {
        self.values.borrow().as_ref()?.get(name).cloned()
    }

    pub(super) fn set(&self, name: &[u8], value: Value) {
        let mut values = self.values.take().unwrap_or_default();
        values.set(name, value);
        let between = self.values.replace(Some(values));
        drop(between);
    }
}

/// Makes a connection of a request, with the fields of a response, and opens it.
///
/// # Errors
/// Why there is none: for the client. What is thrown once there is one concerns that alone, but for fatal errors.
pub(crate) fn switch(
    incoming: &Incoming,
    data: &Data,
    definition: &Rc<Definition>,
) -> Result<(), Throw> {
    let (app, exchange) = (&incoming.app, incoming.exchange());
    let terms = &definition.terms;
    let greeting = Greeting::of(exchange, terms).map_err(refused)?;
    let hub = app.sockets.hub(app);
    if terms.connections > 0 && hub.figures().open >= terms.connections as u64 {
        return Err(exception_with(
            503,
            "There are as many connections as may be; try again later.",
            &[("Retry-After", "5")],
        ));
    }
    let caller = Rc::clone(&definition.caller);
    let socket = Socket::new(hub, exchange, &greeting, terms, caller);
    let id = incoming.known_id();
    let sent = exchange.upgrade(
        |head| {
            send::fields(head, data, id)?;
            greeting.write(head)
        },
        Rc::clone(&socket) as _,
    );
    match sent {
        Ok(()) => {}
        // Fields that a middleware has added, or a request that can't be upgraded after all.
        Err(SendError::Encode(why)) => {
            return Err(Throw::error(format!("the handshake can't be sent: {why}")));
        }
        Err(_gone) => return Ok(()),
    }
    exchange.detach_request();
    let live = incoming.hand_over();
    let guest = Rc::new(Guest {
        app: Rc::clone(app),
        definition: Rc::clone(definition),
        incoming: RefCell::new(Some(Rc::clone(&live))),
        head: RefCell::default(),
        values: RefCell::default(),
    });
    socket.set_guest(Some(Rc::clone(&guest) as _));
    socket.enter();
    let coroutine = highper_engine::current().unwrap_or(0);
    app.running.end(coroutine);
    app.running.begin(coroutine, &live);
    let opened = guest.call(&live, &socket, &Event::Open);
    let ended = opened.or_else(|throw| guest.failed(&live, &socket, throw));
    app.running.end(coroutine);
    drop(live);
    guest.pack();
    // What came meanwhile, in a coroutine of its own.
    work(socket);
    ended
}

/// Why a request is no WebSocket connection.
fn refused(refusal: Refusal) -> Throw {
    match refusal {
        Refusal::NoUpgrade => exception_with(
            426,
            "This address speaks WebSocket.",
            &[("Upgrade", "websocket"), ("Connection", "Upgrade")],
        ),
        Refusal::Version => exception_with(
            426,
            "This address speaks version 13 of WebSocket.",
            &[
                ("Sec-WebSocket-Version", "13"),
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
            ],
        ),
        Refusal::Key => exception_with(400, "The Sec-WebSocket-Key is missing or wrong.", &[]),
        Refusal::Origin(origin) => exception_with(
            403,
            &format!(
                "Pages of {origin} may not connect. Name the origin in #[WebSocket(origins: ['{origin}'])] if they are to."
            ),
            &[],
        ),
    }
}

/// Calls PHP when there is something to do.
pub(super) struct Caller;

impl Events for Caller {
    fn wake(&self, socket: &Rc<Socket>) {
        work(Rc::clone(socket));
    }

    fn idle(&self, socket: &Rc<Socket>) {
        if let Some(guest) = of(socket) {
            guest.pack();
        }
    }
}

/// Does what is to be done for a socket, one after the other, in a coroutine.
fn work(socket: Rc<Socket>) {
    let Some(first) = socket.next() else {
        return;
    };
    let Some(guest) = of(&socket) else {
        return;
    };
    let app = Rc::clone(&guest.app);
    let kept = Rc::clone(&socket);
    let spawned = coroutine::try_spawn(move || guest.pump(&socket, first));
    if let Err(error) = spawned {
        let text = format!("a message can't be handled: {error}");
        app.log(Level::Error, &text, &[], None);
        kept.close(TRY_LATER, b"too much to do");
        while kept.next().is_some() {}
        kept.set_guest(None);
    }
}

const TRY_LATER: u16 = 1013;

impl Guest {
    fn pump(&self, socket: &Rc<Socket>, first: Task) -> Result<(), Throw> {
        let coroutine = highper_engine::current().unwrap_or(0);
        let mut result = Ok(());
        let mut next = Some(first);
        while let Some(task) = next {
            let incoming = self.incoming(socket)?;
            self.app.running.begin(coroutine, &incoming);
            let event = match &task {
                Task::Message(message) => Event::Message(message),
                Task::Closed(code, reason) => Event::Close(*code, reason),
            };
            let called = self.call(&incoming, socket, &event);
            result = called.or_else(|throw| self.failed(&incoming, socket, throw));
            self.app.running.end(coroutine);
            if matches!(task, Task::Closed(..)) {
                incoming.forget();
                if let Some(last) = self.incoming.take() {
                    last.forget();
                }
                socket.set_guest(None);
            }
            if result.is_err() {
                break;
            }
            next = socket.next();
        }
        result
    }

    fn call(
        &self,
        incoming: &Rc<Incoming>,
        socket: &Rc<Socket>,
        event: &Event<'_>,
    ) -> Result<(), Throw> {
        let called = self.definition.methods()?.call(incoming, socket, event);
        if let Some(session) = incoming.session.get() {
            // What is wrong with the store is in the log.
            let _kept = session.save();
            let fresh = incoming.hand_over();
            let old = self.incoming.replace(Some(fresh));
            drop(old);
        }
        called
    }

    /// A handler has thrown.
    ///
    /// # Errors
    /// A fatal error goes on, for the coroutine to end with.
    fn failed(
        &self,
        incoming: &Rc<Incoming>,
        socket: &Rc<Socket>,
        throw: Throw,
    ) -> Result<(), Throw> {
        if matches!(throw, Throw::Bailout) {
            socket.close(close::SERVER_ERROR, b"");
            return Err(throw);
        }
        if exit::of(&throw).is_some() || matches!(throw, Throw::Exit) {
            self.log(incoming, "exit() ended a handler; return instead", &[]);
            socket.close(close::SERVER_ERROR, b"");
            return Ok(());
        }
        let Throw::Object(thrown) = throw else {
            self.log(incoming, &throw_text(throw), &[]);
            socket.close(close::SERVER_ERROR, b"");
            return Ok(());
        };
        if self.definition.methods()?.catches() {
            let event = Event::Error(&thrown);
            return match self.call(incoming, socket, &event) {
                Ok(()) => Ok(()),
                Err(Throw::Object(again)) => {
                    self.uncaught(incoming, socket, &again);
                    Ok(())
                }
                Err(Throw::Bailout) => Err(Throw::Bailout),
                Err(_) => Ok(()),
            };
        }
        self.uncaught(incoming, socket, &thrown);
        Ok(())
    }

    fn uncaught(&self, incoming: &Rc<Incoming>, socket: &Rc<Socket>, thrown: &Value) {
        let Some(object) = thrown.as_object() else {
            return;
        };
        if let Some((code, reason)) = for_client(object) {
            socket.close(code, reason.as_bytes());
            return;
        }
        let (file, line) = object.exception_location();
        let place = format!("{file}:{line}");
        let trace = object.exception_trace();
        let message = object.exception_message();
        let text = format!(
            "Uncaught {}: {}",
            object.class_name(),
            message.to_string_lossy()
        );
        let more = [
            (&b"at"[..], Field::Str(place.as_bytes())),
            (&b"trace"[..], Field::Str(trace.as_bytes())),
        ];
        self.log(incoming, &text, &more);
        socket.close(close::SERVER_ERROR, b"");
    }

    fn log(&self, incoming: &Incoming, text: &str, more: &[(&[u8], Field<'_>)]) {
        let what = self.definition.what(&self.app, incoming.endpoint);
        let mut context: Vec<(&[u8], Field<'_>)> =
            vec![(b"websocket", Field::Str(what.as_bytes()))];
        context.extend_from_slice(more);
        self.app
            .log(Level::Error, text, &context, Some(incoming.id()));
    }
}

/// Code and reason for an exception whose message is meant for the client.
fn for_client(object: &Object) -> Option<(u16, String)> {
    if !object.is_instance_of(HTTP_EXCEPTION.get()) {
        return None;
    }
    let status = object.get("status").ok()?.as_long()?;
    let code = match status {
        400 | 422 => close::INVALID_DATA,
        401..=499 => close::POLICY,
        503 => TRY_LATER,
        _ => return None,
    };
    let message = object.exception_message();
    Some((code, message.to_string_lossy().into_owned()))
}
