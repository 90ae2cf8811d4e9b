//! From the events of streams and datagrams to callbacks.

use super::connection;
use super::event::{self, Info};
use super::port::{View, get_callback};
use crate::function::logging;
use crate::redis::server::{self as redis, Asked, REDIS_SERVER};
use highper_engine::clock;
use highper_net::Address;
use highper_net::framing::Malformed;
use highper_runtime::callback;
use highper_stream::{Connection, Datagrams, End, Event, Service, What};
use highper_zend::{Array, Callable, Object, Throw, Value};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The callbacks of one port; what it has none for, the first port's are for.
#[derive(Clone, Default)]
struct Callbacks {
    connect: Option<Callable>,
    receive: Option<Callable>,
    close: Option<Callable>,
    packet: Option<Callable>,
    buffer_full: Option<Callable>,
    buffer_empty: Option<Callable>,
    length: Option<Callable>,
    /// Are its packets commands of Redis' protocol, which have handlers?
    is_redis: bool,
    number: u16,
}

impl Callbacks {
    #[inline]
    fn receive<const N: usize>(&self, args: &[&Value; N]) -> Result<(), Throw> {
        match &self.receive {
            Some(receive) => receive.call_with(*args).into_result().map(drop),
            None => Ok(()),
        }
    }
}

/// The callbacks of a server.
pub(super) struct Streams {
    server: Object,
    ports: Vec<Rc<Callbacks>>,
    event_object: bool,
    /// What callbacks get as the reactor's number.
    reactor: i64,
}

fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

impl Streams {
    /// For the ports of a server, in their order, with the settings of each.
    pub(super) fn new(
        server: &Object,
        ports: &[(Object, Array)],
        event_object: bool,
        reactor: i64,
    ) -> Self {
        let first = ports.first().map(|(port, _)| port);
        let has_commands = server.is_instance_of(REDIS_SERVER.get());
        let callbacks = ports.iter().map(|(port, settings)| {
            let find =
                |event: &str| get_callback(port, event).or_else(|| get_callback(first?, event));
            Rc::new(Callbacks {
                connect: find("connect"),
                receive: find("receive"),
                close: find("close"),
                packet: find("packet"),
                buffer_full: find("bufferfull"),
                buffer_empty: find("bufferempty"),
                length: settings
                    .get("package_length_func")
                    .and_then(|function| Callable::new(function).ok()),
                is_redis: has_commands
                    && settings
                        .get("open_redis_protocol")
                        .is_some_and(Value::to_bool),
                number: View::of(port).map_or(0, |port| port.number()),
            })
        });
        Self {
            server: server.clone(),
            ports: callbacks.collect(),
            event_object,
            reactor,
        }
    }

    fn port(&self, number: usize) -> Option<&Rc<Callbacks>> {
        self.ports.get(number)
    }

    fn run(body: impl FnOnce() -> Result<(), Throw> + 'static) {
        if let Err(error) = callback::call(body) {
            logging::put(logging::WARNING, &format!("an event is lost: {error}"));
        }
    }

    fn about(&self, callable: Option<&Callable>, session: u64, reactor: i64) {
        let Some(callable) = callable.cloned() else {
            return;
        };
        let (server, fd) = (Value::from(&self.server), session as i64);
        if self.event_object {
            return Self::run(move || {
                let event = event::event(fd, reactor, now(), None)?;
                callable
                    .call(&[server, Value::from(&event)])
                    .into_result()
                    .map(drop)
            });
        }
        let args = [server, Value::from(fd), Value::from(reactor)];
        Self::run(move || callable.call(&args).into_result().map(drop));
    }

    /// A command of Redis' protocol.
    fn command(&self, session: u64, packet: &[u8]) {
        match redis::asked(&self.server, packet) {
            Asked::Handler(handler, arguments) => {
                let (server, session) = (self.server.clone(), session as i64);
                Self::run(move || redis::answer(&server, session, &handler, &arguments));
            }
            Asked::Reply(reply) => {
                // Who does not read the errors of its commands can wait for no room: it is closed.
                if !connection::reply(session, &reply) {
                    connection::end(session, true);
                }
            }
            Asked::TooLong => connection::end(session, false),
        }
    }

    fn has_connected(&self, port: usize, session: u64) {
        let callable = self.port(port).and_then(|p| p.connect.as_ref());
        self.about(callable, session, self.reactor);
    }

    fn has_closed(&self, port: usize, session: u64, end: End) {
        let callable = self.port(port).and_then(|p| p.close.as_ref());
        let reactor = match end {
            End::Us => -1,
            _ => self.reactor,
        };
        self.about(callable, session, reactor);
    }

    fn has_received(&self, port: usize, session: u64, packet: &[u8]) {
        let Some(port) = self.port(port) else {
            return;
        };
        if port.is_redis {
            return self.command(session, packet);
        }
        if port.receive.is_none() {
            return;
        }
        let (server, fd) = (Value::from(&self.server), session as i64);
        let data = Value::string(packet);
        // The callbacks are shared with the coroutine: a copy of one takes longer.
        let (port, reactor) = (Rc::clone(port), self.reactor);
        if self.event_object {
            return Self::run(move || {
                let event = event::event(fd, reactor, now(), Some(data))?;
                port.receive(&[&server, event.as_value()])
            });
        }
        Self::run(move || {
            let (fd, reactor) = (Value::from(fd), Value::from(reactor));
            port.receive(&[&server, &fd, &reactor, &data])
        });
    }

    fn of_buffer(&self, callable: Option<&Callable>, session: u64) {
        let Some(callable) = callable.cloned() else {
            return;
        };
        let args = [Value::from(&self.server), Value::from(session as i64)];
        Self::run(move || callable.call(&args).into_result().map(drop));
    }
}

impl Service for Streams {
    fn connected(&self, connection: &Rc<Connection>) {
        self.has_connected(connection.port(), connection.session());
    }

    fn received(&self, connection: &Rc<Connection>, packet: &[u8]) {
        self.has_received(connection.port(), connection.session(), packet);
    }

    fn closed(&self, connection: &Rc<Connection>, end: End) {
        self.has_closed(connection.port(), connection.session(), end);
    }

    fn relayed(&self, event: &Event<'_>) {
        let (port, session) = (event.port, event.session);
        let callbacks = self.port(port);
        match event.what {
            What::Connected => self.has_connected(port, session),
            What::Received(packet) => self.has_received(port, session, packet),
            What::Closed(end) => self.has_closed(port, session, end),
            What::Full => self.of_buffer(callbacks.and_then(|p| p.buffer_full.as_ref()), session),
            What::Empty => self.of_buffer(callbacks.and_then(|p| p.buffer_empty.as_ref()), session),
            What::Packet(from, packet) => {
                let own = highper_runtime::serve::worker().map(|worker| worker.datagrams());
                let own = own.unwrap_or_default();
                if let Some(socket) = own.iter().find(|socket| socket.port() == port) {
                    self.packet(socket, from, packet);
                }
            }
        }
    }

    fn packet(&self, port: &Rc<Datagrams>, from: &Address, packet: &[u8]) {
        let Some(callbacks) = self.port(port.port()) else {
            return;
        };
        let Some(callable) = callbacks.packet.clone() else {
            return;
        };
        let info = Info {
            socket: port.number(),
            server_port: callbacks.number,
            time: now(),
            address: from.host(),
            port: from.port(),
            has_port: !matches!(from, Address::Unix(_)),
        };
        let (server, data) = (Value::from(&self.server), Value::string(packet));
        if self.event_object {
            return Self::run(move || {
                let packet = event::packet(&info, data)?;
                callable
                    .call(&[server, Value::from(&packet)])
                    .into_result()
                    .map(drop)
            });
        }
        let mut about = Array::with_capacity(5);
        about
            .set("server_socket", i64::from(info.socket))
            .set("dispatch_time", info.time)
            .set("server_port", i64::from(info.server_port))
            .set("address", Value::string(&info.address));
        if info.has_port {
            about.set("port", i64::from(info.port));
        }
        let args = [server, data, about.as_value().clone()];
        Self::run(move || callable.call(&args).into_result().map(drop));
    }

    fn buffer_full(&self, connection: &Rc<Connection>) {
        let port = self.port(connection.port());
        self.of_buffer(
            port.and_then(|p| p.buffer_full.as_ref()),
            connection.session(),
        );
    }

    fn buffer_empty(&self, connection: &Rc<Connection>) {
        let port = self.port(connection.port());
        self.of_buffer(
            port.and_then(|p| p.buffer_empty.as_ref()),
            connection.session(),
        );
    }

    fn length(&self, connection: &Rc<Connection>, bytes: &[u8]) -> i64 {
        let Some(callable) = self
            .port(connection.port())
            .and_then(|port| port.length.clone())
        else {
            return -1;
        };
        let args = [Value::string(bytes)];
        match callable.call(&args).into_result() {
            Ok(length) => length.to_long(),
            Err(throw) => {
                highper_runtime::coroutine::report(throw);
                -1
            }
        }
    }

    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        let peer = connection.peer().map_or_else(String::new, |peer| {
            format!(
                " from {}:{}",
                String::from_utf8_lossy(&peer.host()),
                peer.port()
            )
        });
        let text = match why {
            Malformed::TooLong(length) => {
                format!("a packet of {length} bytes{peer} is longer than package_max_length allows")
            }
            Malformed::NoLength => format!("what came{peer} has no valid length"),
            Malformed::NoMark => {
                format!("what came{peer} has no end mark within package_max_length")
            }
            Malformed::Request(413) => {
                format!("a request{peer} is longer than package_max_length allows")
            }
            Malformed::Request(_) => format!("what came{peer} is no request of HTTP"),
        };
        let text = format!("session#{}: {text}; it is closed", connection.session());
        logging::put(logging::WARNING, &text);
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        let (host, port) = connection.peer().map_or_else(Default::default, |peer| {
            (
                String::from_utf8_lossy(&peer.host()).into_owned(),
                peer.port(),
            )
        });
        let text = format!(
            "Socket::ssl_accept(): bad SSL client[{host}:{port}], reason=0, error_string={why}"
        );
        logging::put(logging::WARNING, &text);
    }

    fn trouble(&self, message: &str) {
        logging::put(logging::WARNING, message);
    }
}

/// The time of day of a moment of the monotonic clock; 0 for never.
pub(super) fn wall(at: u64) -> f64 {
    match at {
        0 => 0.0,
        at => now() - clock::now().saturating_sub(at) as f64 / 1e9,
    }
}
