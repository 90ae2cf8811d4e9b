//! `Swoole\Server\Port`: one of the sockets that a server listens on.

mod bind;
pub(super) mod protocol;

use super::{State as Server, callback, event_callback, is_known_setting};
use crate::client::give_socket;
use crate::http::server::SERVER as HTTP_SERVER;
use highper_net::Kind;
use highper_process::listen::Listener;
use highper_runtime::serve::Speaks;
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
    Value, error,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

pub(super) use bind::{Bound, Failure, bind};

/// The class.
pub(super) static PORT: ClassRef = ClassRef::new("Swoole\\Server\\Port");

/// Events that a port has a callback for.
const EVENTS: [&str; 12] = [
    "connect",
    "receive",
    "close",
    "packet",
    "bufferfull",
    "bufferempty",
    "request",
    "handshake",
    "beforehandshakeresponse",
    "open",
    "message",
    "disconnect",
];

/// What a port carries.
#[derive(Default)]
pub(super) struct State {
    server: RefCell<Option<Object>>,
    /// Until the server starts.
    listener: RefCell<Option<Listener>>,
    kind: Cell<Option<Kind>>,
    descriptor: Cell<i32>,
    number: Cell<u16>,
    is_secure: Cell<bool>,
    callbacks: RefCell<BTreeMap<String, Callable>>,
    /// `None` until `set()`: then the server's hold.
    settings: RefCell<Option<Array>>,
    /// Does it speak HTTP whatever the settings say?
    is_http: Cell<bool>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(server) = self.server.try_borrow()
            && let Some(server) = &*server
        {
            tracer.value(server.as_value());
        }
        if let Ok(callbacks) = self.callbacks.try_borrow() {
            for callable in callbacks.values() {
                tracer.value(callable.value());
            }
        }
        if let Ok(settings) = self.settings.try_borrow()
            && let Some(settings) = &*settings
        {
            settings.trace(tracer);
        }
    }
}

/// Slots of the declared properties, in order.
const HOST: usize = 0;
const NUMBER: usize = 1;
const TYPE: usize = 2;
const SOCK: usize = 3;
const SSL: usize = 4;
const SETTING: usize = 5;
const CONNECTIONS: usize = 6;

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\Port")
            .doc("A socket that a server listens on.")
            .handle(&PORT)
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_create()
            .state::<State>()
            .property("public $host = null", "The address.")
            .property("public $port = 0", "The port.")
            .property("public $type = 0", "The kind of socket, SWOOLE_SOCK_*.")
            .property("public $sock = -1", "The descriptor.")
            .property("public $ssl = false", "Does it speak TLS?")
            .property("public $setting = null", "The settings as given to set().")
            .property(
                "public $connections = null",
                "The connections of this port in this worker.",
            )
            .method("private function __construct()", "", |_| {
                Err(Throw::error("please use the Swoole\\Server->listen method"))
            })
            .method("public function __destruct()", "", |_| Ok(()))
            .method(
                "public function getSocket(): Socket|false",
                "The socket for the extension sockets, for its options: a copy of the descriptor.",
                get_socket,
            )
            .method(
                "public function set(array $settings): void",
                "Changes settings of this port, before start().",
                |call| {
                    let port = call.this_value()?;
                    let settings = call.array(0)?.clone();
                    check_known(&settings)?;
                    set(&port, &settings)
                },
            )
            .method(
                "public function on(string $event_name, callable $callback): bool",
                "Sets the callback of an event on this port.",
                |call| {
                    let port = call.this_value()?;
                    if is_started(call)? {
                        error::warning(
                            "can't register event callback function after server started",
                        )?;
                        return call.ret_bool(false);
                    }
                    let callback = callback(call)?;
                    let done = on(&port, call.text(0)?, callback)?;
                    call.ret_bool(done)
                },
            )
            .method(
                "public function getCallback(string $event_name): ?\\Closure",
                "The callback of an event, or null.",
                |call| {
                    let port = call.this_value()?;
                    let found = get_callback(&port, call.text(0)?);
                    call.ret(found.map(|callable| callable.value().clone()))
                },
            ),
    );
}

/// `getSocket()`
fn get_socket(call: &mut Call) -> Done {
    let descriptor = call.this::<State>()?.descriptor.get();
    give_socket(call, descriptor)
}

/// The descriptor of a port of this number.
pub(super) fn descriptor_of(port: &Object, number: i64) -> Option<i32> {
    let state = port.state::<State>()?;
    (number == 0 || number == i64::from(state.number.get())).then(|| state.descriptor.get())
}

fn is_started(call: &Call) -> Result<bool, Throw> {
    let server = call.this::<State>()?.server.borrow().clone();
    let server = server.ok_or_else(|| Throw::error("this port belongs to no server"))?;
    Ok(server.state::<Server>().is_some_and(|s| s.started.get()))
}

/// Warns of settings that there are not.
pub(super) fn check_known(settings: &Array) -> Result<(), Throw> {
    for (key, _) in settings.iter() {
        let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        if !is_known_setting(&name) {
            let text = format!("unsupported option [{name}]");
            error::raise_plain(error::Level::Warning, text)?;
        }
    }
    Ok(())
}

/// Sets the callback of an event; false with a warning where there is no such event.
pub(super) fn on(port: &Object, name: &str, callback: Callable) -> Result<bool, Throw> {
    let key = name.to_ascii_lowercase();
    if !EVENTS.contains(&key.as_str()) {
        let text = format!("Swoole\\Server\\Port::on(): unknown event types[{name}]");
        error::raise_plain(error::Level::Warning, text)?;
        return Ok(false);
    }
    if let Some(state) = port.state::<State>() {
        state.callbacks.borrow_mut().insert(key, callback);
    }
    Ok(true)
}

/// The port's own callback of an event.
pub(super) fn get_callback(port: &Object, name: &str) -> Option<Callable> {
    let name = name.to_ascii_lowercase();
    port.state::<State>()?
        .callbacks
        .borrow()
        .get(&name)
        .cloned()
}

/// Adds settings to those that a port has.
pub(super) fn set(port: &Object, given: &Array) -> Result<(), Throw> {
    let Some(state) = port.state::<State>() else {
        return Ok(());
    };
    let mut all = state.settings.borrow().clone().unwrap_or_default();
    for (key, value) in given.iter() {
        all.set_key(key, value.clone());
    }
    protocol::check_sizes(given)?;
    state.settings.replace(Some(all.clone()));
    let datagrams = state.kind.get().is_some_and(Kind::is_datagram);
    protocol::read(given, state.is_secure.get(), datagrams)?;
    port.set_slot(SETTING, all);
    Ok(())
}

/// Makes the object of a bound socket.
pub(super) fn object(
    server: &Object,
    host: &str,
    bound: Bound,
    connections: &Object,
) -> Result<Object, Throw> {
    let made = PORT.instantiate()?;
    made.set_slot(HOST, Value::string(host));
    made.set_slot(NUMBER, i64::from(bound.number));
    made.set_slot(TYPE, bound.kind as i64 + 1);
    made.set_slot(SOCK, i64::from(bound.descriptor));
    made.set_slot(SSL, bound.is_secure);
    made.set_slot(CONNECTIONS, connections);
    if let Some(state) = made.state::<State>() {
        state.server.replace(Some(server.clone()));
        state.kind.set(Some(bound.kind));
        state.descriptor.set(bound.descriptor);
        state.number.set(bound.number);
        state.is_secure.set(bound.is_secure);
        state.listener.replace(Some(bound.listener));
    }
    Ok(made)
}

/// What is known of a port, for the server that it belongs to.
pub(super) struct View<'a> {
    object: &'a Object,
    state: &'a State,
}

impl<'a> View<'a> {
    pub(super) fn of(object: &'a Object) -> Option<Self> {
        let state = object.state::<State>()?;
        Some(Self { object, state })
    }

    pub(super) fn kind(&self) -> Kind {
        self.state.kind.get().unwrap_or(Kind::Tcp)
    }

    pub(super) fn descriptor(&self) -> i32 {
        self.state.descriptor.get()
    }

    pub(super) fn number(&self) -> u16 {
        self.state.number.get()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.state.is_secure.get()
    }

    /// Says that it speaks HTTP, as the first port of an HTTP server does.
    pub(super) fn speaks_http(&self) {
        self.state.is_http.set(true);
    }

    pub(super) fn has(&self, event: &str) -> bool {
        self.state.callbacks.borrow().contains_key(event)
    }

    /// The settings, after the server's were taken where it has none of its own.
    pub(super) fn settings(&self, server: &Array) -> Result<Array, Throw> {
        if self.state.settings.borrow().is_none() {
            set(self.object, server)?;
        }
        Ok(self.state.settings.borrow().clone().unwrap_or_default())
    }

    /// Are requests handled there? Not where a plain server has nobody for them: its packets are whole requests.
    pub(super) fn is_http(&self, settings: &Array, server: &Object) -> bool {
        let on = |name: &str| settings.get(name).is_some_and(Value::to_bool);
        // Datagrams never carry it, whatever the server's settings say of its other ports.
        if self.kind().is_datagram() {
            return false;
        }
        if self.state.is_http.get() || on("open_websocket_protocol") || on("open_http2_protocol") {
            return true;
        }
        let has = |event: &str| self.has(event) || event_callback(server, event).is_some();
        let takes_packets = !server.is_instance_of(HTTP_SERVER.get()) && !has("request");
        on("open_http_protocol") && !(takes_packets && has("receive"))
    }

    pub(super) fn take_listener(&self) -> Option<Listener> {
        self.state.listener.borrow_mut().take()
    }

    /// What is spoken there, if it is not HTTP.
    pub(super) fn speaks(&self, settings: &Array) -> Result<Speaks, Throw> {
        let kind = self.kind();
        if kind.is_datagram() && !self.is_secure() {
            return Ok(Speaks::Datagrams(kind));
        }
        let streams = protocol::read(settings, self.is_secure(), kind.is_datagram())?;
        if kind.is_datagram() && streams.tls.is_none() {
            let text = "require `ssl_cert_file` and `ssl_key_file` options";
            return Err(crate::exception(
                text,
                crate::error_code::WRONG_OPERATION.into(),
            ));
        }
        Ok(Speaks::Streams(Box::new(streams)))
    }
}
