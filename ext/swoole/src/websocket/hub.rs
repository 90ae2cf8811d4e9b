//! What the WebSocket connections of one port have in common, and the numbers of all.

use super::frame;
use super::greeting::{self, Greeting};
use super::link::Link;
use super::options::Options;
use super::outgoing::Prepared;
use crate::http::request;
use crate::http::response::upgrade;
use highper_http::{Connection, EncodeError, Exchange, Protocol, ResponseHead, SendError, Server};
use highper_runtime::callback;
use highper_websocket::{Opcode, handshake};
use highper_zend::{Callable, Object, Throw};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// The callbacks of a port.
pub(crate) struct Callbacks {
    /// `message`
    pub(crate) message: Callable,
    /// `open`
    pub(crate) open: Option<Callable>,
    /// `handshake`: answers the upgrade instead of us.
    pub(crate) handshake: Option<Callable>,
    /// `beforeHandshakeResponse`
    pub(crate) before: Option<Callable>,
}

/// One for each port of a worker that speaks WebSocket.
pub(crate) struct Hub {
    server: Object,
    callbacks: Callbacks,
    pub(super) options: Options,
    /// Lent to the message under way.
    buffer: RefCell<Vec<u8>>,
}

/// Who asked for an upgrade.
struct Entry {
    hub: Weak<Hub>,
    connection: Weak<Connection>,
}

thread_local! {
    /// By the connections' numbers.
    static ENTRIES: RefCell<HashMap<u64, Entry>> = RefCell::default();
    /// Does any port of this worker speak WebSocket?
    static SPEAKS: Cell<bool> = const { Cell::new(false) };
}

/// A buffer of more than this is not kept.
const KEPT: usize = 64 * 1024;

/// An established connection.
pub(super) fn established(number: i64) -> Option<Rc<Connection>> {
    let number = u64::try_from(number).ok()?;
    let connection = ENTRIES.with_borrow(|all| all.get(&number)?.connection.upgrade())?;
    (connection.is_open() && connection.is_upgraded()).then_some(connection)
}

/// Does something with the link of an established connection.
pub(super) fn with_link<R>(connection: &Rc<Connection>, f: impl FnOnce(&Link) -> R) -> Option<R> {
    let protocol = connection.protocol()?;
    let protocol: &dyn Any = &*protocol;
    protocol.downcast_ref::<Link>().map(f)
}

/// `SWOOLE_WEBSOCKET_STATUS_ACTIVE`
pub(crate) const ACTIVE: i64 = 3;

/// Where a connection stands: `SWOOLE_WEBSOCKET_STATUS_*`, 0 before it asked. `None` where no WebSocket is spoken.
pub(crate) fn status(connection: &Connection) -> Option<i64> {
    const CONNECTION: i64 = 1;
    SPEAKS.get().then(|| match connection.is_upgraded() {
        true => ACTIVE,
        false => ENTRIES
            .with_borrow(|all| i64::from(all.contains_key(&connection.serial())) * CONNECTION),
    })
}

/// Was it a WebSocket connection? It is forgotten.
pub(crate) fn forget(connection: &Connection) -> bool {
    ENTRIES.with_borrow_mut(|all| all.remove(&connection.serial()));
    connection.is_upgraded()
}

/// Sends the 101 that a response object was told to send. `None`: the request asked for no upgrade to WebSocket.
pub(crate) fn switch(
    exchange: &Exchange,
    fields: impl FnOnce(&mut ResponseHead<'_>) -> Result<(), EncodeError>,
    has: impl Fn(&[u8]) -> bool,
) -> Option<Result<(), SendError>> {
    let serial = exchange.connection().serial();
    let hub = ENTRIES.with_borrow(|all| all.get(&serial)?.hub.upgrade())?;
    Some(hub.switch(exchange, fields, has))
}

/// The values of a request's field.
fn values(exchange: &Exchange, name: &[u8]) -> Vec<Vec<u8>> {
    let request = exchange.request();
    let bytes = request.bytes();
    let fields = request.head().fields(&bytes);
    let same = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value.to_vec()).collect()
}

/// Does a request ask for WebSocket?
pub(crate) fn is_wanted(exchange: &Exchange) -> bool {
    let request = exchange.request();
    let bytes = request.bytes();
    let head = request.head();
    head.upgrade(&bytes)
        .is_some_and(|upgrade| handshake::has_token(upgrade, b"websocket"))
        && head.method_name(&bytes) == b"GET"
}

impl Hub {
    pub(crate) fn new(server: Object, callbacks: Callbacks, options: Options) -> Self {
        SPEAKS.set(true);
        Self {
            server,
            callbacks,
            options,
            buffer: RefCell::default(),
        }
    }

    /// Answers a request for an upgrade, in a coroutine.
    ///
    /// # Errors
    /// What a callback threw.
    pub(crate) fn answer(self: &Rc<Self>, exchange: Rc<Exchange>) -> Result<(), Throw> {
        exchange.set_owner(highper_engine::current().unwrap_or(0));
        let connection = exchange.connection();
        let entry = Entry {
            hub: Rc::downgrade(self),
            connection: Rc::downgrade(connection),
        };
        ENTRIES.with_borrow_mut(|all| all.insert(connection.serial(), entry));
        let request = request::of(&exchange)?;
        let response = upgrade::of(&exchange)?;
        if let Some(callback) = &self.callbacks.handshake {
            let outcome = callback.call_with([request.as_value(), response.as_value()]);
            return upgrade::left(&response, outcome);
        }
        if let Some((status, field)) = greeting::refusal(|name| values(&exchange, name)) {
            return self.refuse(&exchange, status, field);
        }
        if let Some(callback) = &self.callbacks.before {
            let args = [
                self.server.as_value(),
                request.as_value(),
                response.as_value(),
            ];
            upgrade::left(&response, callback.call_with(args))?;
        }
        if upgrade::accept(&response).is_err() || !connection.is_upgraded() {
            return Ok(());
        }
        drop(response);
        match &self.callbacks.open {
            Some(callback) => {
                let args = [self.server.as_value(), request.as_value()];
                callback.call_with(args).into_result().map(drop)
            }
            None => Ok(()),
        }
    }

    fn refuse(
        &self,
        exchange: &Exchange,
        status: u16,
        field: Option<(&[u8], &[u8])>,
    ) -> Result<(), Throw> {
        exchange.close_after();
        let fields = |head: &mut ResponseHead<'_>| match field {
            Some((name, value)) => head.header(name, value),
            None => Ok(()),
        };
        if exchange.respond(status, None, fields, b"").is_err() {
            exchange.abort();
        }
        Ok(())
    }

    fn switch(
        self: &Rc<Self>,
        exchange: &Exchange,
        fields: impl FnOnce(&mut ResponseHead<'_>) -> Result<(), EncodeError>,
        has: impl Fn(&[u8]) -> bool,
    ) -> Result<(), SendError> {
        let greeting = Greeting::new(&self.options, |name| values(exchange, name), &has);
        let link = Link::new(self, exchange.server().downgrade(), greeting.decoder());
        exchange.upgrade(
            |head| {
                fields(head)?;
                greeting.write(head, &has)
            },
            Rc::new(link),
        )
    }

    /// Takes over a connection of another process, by what that one's [link](Link) has said of it.
    pub(crate) fn revive(
        self: &Rc<Self>,
        server: &Server,
        connection: &Rc<Connection>,
        state: &[u8],
    ) -> Rc<dyn Protocol> {
        let entry = Entry {
            hub: Rc::downgrade(self),
            connection: Rc::downgrade(connection),
        };
        ENTRIES.with_borrow_mut(|all| all.insert(connection.serial(), entry));
        let decoder = self.options.decoder(state == [1]);
        Rc::new(Link::new(self, server.downgrade(), decoder))
    }

    /// An empty buffer for the next message.
    pub(super) fn buffer(&self) -> Vec<u8> {
        let mut buffer = self.buffer.take();
        buffer.clear();
        buffer
    }

    /// A buffer that nobody needs any more.
    pub(super) fn give_back(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT {
            self.buffer.replace(buffer);
        }
    }

    /// Gives a message to the callback, in a coroutine of its own.
    pub(super) fn message(
        self: &Rc<Self>,
        connection: &Rc<Connection>,
        opcode: Opcode,
        flags: i64,
        payload: Vec<u8>,
    ) {
        let number = connection.serial() as i64;
        let hub = Rc::clone(self);
        let spawned = callback::call(move || {
            let frame = frame::make(opcode, &payload, flags, number)?;
            hub.give_back(payload);
            let args = [hub.server.as_value(), frame.as_value()];
            hub.callbacks
                .message
                .call_with(args)
                .into_result()
                .map(drop)
        });
        if let Err(error) = spawned {
            eprintln!("[warning] a message of connection {number} is lost: {error}");
        }
    }
}

/// Sends a frame on an established connection.
pub(super) fn push(connection: &Rc<Connection>, frame: &Prepared) -> bool {
    let pushed = with_link(connection, |link| {
        link.append(connection, |out| frame.write(out))
    });
    pushed.unwrap_or(false)
}
