//! The connection driver: accepts, reads, feeds the codec, hands requests to the service.

mod accept;
mod carried;
mod deadlines;
mod mailing;
mod processing;
mod proxied;
mod raw;
mod relayed;
mod secured;
mod sending;
mod stream;
mod trunk;
mod under_way;
mod upgraded;

pub use carried::Carrier;
pub(crate) use carried::hand_over;
pub use mailing::Mailing;
pub use relayed::{Handed, Standing};
pub(crate) use trunk::Branch;
pub use upgraded::WeakServer;

use crate::connection::Connection;
use crate::exchange::{Exchange, Progress};
use crate::request::{Body, Bytes, Request};
use crate::settings::Settings;
use crate::static_response::Files;
use crate::upgrade::Protocol;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_http1::{After, EncodeError, Eof, Head, Stamp};
use rustix::fd::{AsRawFd, OwnedFd};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

/// Who answers requests.
pub trait Service {
    /// A head with a body behind it has come: is the request handed over at once, its body to be
    /// read as it arrives ([`Body::Stream`]), or when all of it is there? Asked only for those.
    fn streams(&self, head: &Head, bytes: &[u8]) -> bool {
        let _ = (head, bytes);
        false
    }
    /// How many bytes the body behind a head may have, where it is fewer than the settings allow. Asked only for
    /// bodies that are collected.
    fn body_limit(&self, head: &Head, bytes: &[u8]) -> Option<u64> {
        let _ = (head, bytes);
        None
    }
    /// A request is complete. Answer through the exchange, now or later. Runs on the driver's stack.
    fn request(&self, exchange: Rc<Exchange>);
    /// A coroutine answers the request from now on ([`Exchange::set_owner`]).
    fn entered(&self, exchange: &Exchange) {
        let _ = exchange;
    }
    /// A connection was accepted.
    fn opened(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// A connection was closed.
    fn closed(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// The client's connection was lost while a request of its was under way. A client that has
    /// only ended its side is still there ([`Exchange::is_connected`]).
    fn disconnected(&self, exchange: &Rc<Exchange>) {
        let _ = exchange;
    }
    /// A client did not get through the handshake of TLS: why.
    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        let _ = (connection, why);
    }
    /// A response is complete (or was given up).
    fn answered(&self, exchange: &Exchange) {
        let _ = exchange;
    }
    /// A request was refused before it reached the service: status and reason.
    fn refused(&self, connection: &Connection, status: u16, reason: &str) {
        let _ = (connection, status, reason);
    }
    /// The whole-request time-out of a request has passed; it was answered with 504.
    fn timed_out(&self, exchange: &Rc<Exchange>) {
        let _ = exchange;
    }
    /// A connection that spoke another protocol in another process comes to this one: what it speaks from now on, by
    /// what was [said](Protocol::state) of it there. `None` closes it.
    fn revive(
        &self,
        server: &Server,
        connection: &Rc<Connection>,
        state: &[u8],
    ) -> Option<Rc<dyn Protocol>> {
        let _ = (server, connection, state);
        None
    }
    /// Another process serves the connection from now on.
    fn moved(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// The server was told to drain, and the last connection is closed.
    fn drained(&self) {}
    /// Something went wrong that an operator should read.
    fn trouble(&self, message: &str) {
        let _ = message;
    }
}

const READ_BUFFER: usize = 64 * 1024;
const CARRY_MAX: usize = 64 * 1024;
const LISTENER_KEY: u64 = 1 << 63;
const SWEEP_KEY: u64 = u64::MAX;
const ACCEPT_KEY: u64 = u64::MAX - 1;

pub(crate) struct Core {
    pub(crate) service: Rc<dyn Service>,
    pub(crate) settings: Settings,
    files: Option<Files>,
    stamp: RefCell<Stamp>,
    /// When the stamp's second ends, nanoseconds of the monotonic clock.
    stamp_until: Cell<u64>,
    /// Nanoseconds from the monotonic clock to the time of day.
    wall_offset: Cell<u64>,
    connections: RefCell<Vec<Option<Rc<Connection>>>>,
    free: RefCell<Vec<usize>>,
    open: Cell<usize>,
    serial: Cell<u64>,
    /// Who gives the serial numbers, where it is not this server alone.
    numbers: OnceCell<Box<dyn Fn() -> u64>>,
    gathered: RefCell<Vec<u8>>,
    scratch: RefCell<Vec<u8>>,
    buffer: Cell<Option<Rc<[u8]>>>,
    /// A record for a request to come, that nobody else holds, and more of them.
    next_blank: Cell<Option<Rc<Exchange>>>,
    spare: RefCell<Vec<Rc<Exchange>>>,
    listeners: RefCell<Vec<OwnedFd>>,
    handler: Cell<u32>,
    /// The handler of connections that speak another protocol; 0 until there is one.
    upgraded: Cell<u32>,
    /// The handler of connections that speak TLS; 0 until there is one.
    secured: Cell<u32>,
    /// The handler of connections whose proxy has not said whose they are; 0 until there is one.
    proxied: Cell<u32>,
    sweeping: Cell<bool>,
    draining: Cell<bool>,
    /// Has each request to be looked at for what follows from it?
    special: Cell<bool>,
    accepted: Cell<u64>,
    answered: Cell<u64>,
    me: Weak<Core>,
}

/// An HTTP server of this worker.
#[derive(Clone)]
pub struct Server {
    core: Rc<Core>,
}

/// Figures of a server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Connections open now.
    pub connections: usize,
    /// Connections accepted so far.
    pub accepted: u64,
    /// Responses completed so far.
    pub answered: u64,
}

struct Events(Rc<Core>);

impl Server {
    /// A server that listens on nothing yet. Call where a loop runs.
    ///
    /// # Errors
    /// [`EncodeError::Value`] when the Server field can't be sent.
    pub fn new(settings: Settings, service: Rc<dyn Service>) -> Result<Self, EncodeError> {
        let stamp =
            Stamp::new(settings.server.as_deref())?.always_say_keep_alive(settings.say_keep_alive);
        let files = match &settings.static_files {
            Some(setting) => match Files::open(setting) {
                Ok(files) => Some(files),
                Err(error) => {
                    service.trouble(&format!(
                        "the folder of static files {} can't be opened: {error}",
                        setting.root.display()
                    ));
                    None
                }
            },
            None => None,
        };
        let limited = settings.max_keep_alive_requests > 0;
        let core = Rc::new_cyclic(|me| Core {
            service,
            settings,
            files,
            stamp: RefCell::new(stamp),
            stamp_until: Cell::new(0),
            wall_offset: Cell::new(0),
            connections: RefCell::default(),
            free: RefCell::default(),
            open: Cell::new(0),
            serial: Cell::new(0),
            numbers: OnceCell::new(),
            gathered: RefCell::default(),
            scratch: RefCell::default(),
            buffer: Cell::new(None),
            next_blank: Cell::new(None),
            spare: RefCell::default(),
            listeners: RefCell::default(),
            handler: Cell::new(0),
            upgraded: Cell::new(0),
            secured: Cell::new(0),
            proxied: Cell::new(0),
            sweeping: Cell::new(false),
            draining: Cell::new(false),
            special: Cell::new(limited),
            accepted: Cell::new(0),
            answered: Cell::new(0),
            me: Weak::clone(me),
        });
        core.handler
            .set(reactor::add_handler(Rc::new(Events(Rc::clone(&core)))));
        Ok(Self { core })
    }

    /// Has each connection's serial number from `numbers`, which others may ask too. For once, before
    /// the first connection.
    pub fn number_by(&self, numbers: Box<dyn Fn() -> u64>) {
        let _first_wins = self.core.numbers.set(numbers);
    }

    /// Accepts connections from a listening socket from now on.
    ///
    /// # Errors
    /// The system's, or that no loop runs.
    pub fn listen(&self, listener: OwnedFd) -> std::io::Result<()> {
        rustix::io::ioctl_fionbio(&listener, true)?;
        let mut listeners = self.core.listeners.borrow_mut();
        let key = LISTENER_KEY | listeners.len() as u64;
        reactor::register_listener(listener.as_raw_fd(), self.core.handler.get(), key)?;
        listeners.push(listener);
        scheduler::retain_loop();
        Ok(())
    }

    /// Stops accepting; open connections stay.
    pub fn stop_accepting(&self) {
        let listeners = std::mem::take(&mut *self.core.listeners.borrow_mut());
        for listener in listeners {
            reactor::closing(listener.as_raw_fd());
            scheduler::release_loop();
        }
    }

    /// Stops accepting, answers what is under way, and closes each connection after
    /// its response, idle ones after a second. [`Service::drained`] follows.
    pub fn drain(&self) {
        self.stop_accepting();
        if self.core.draining.replace(true) {
            return;
        }
        self.core.special.set(true);
        for connection in self.core.all() {
            if connection.exchange.borrow().is_some() {
                connection.codec.borrow_mut().close_after();
            } else if let Some(protocol) = connection.protocol() {
                protocol.drain(&connection);
            }
        }
        scheduler::retain_loop();
        if self.core.open.get() == 0 {
            self.core.drained();
        } else {
            self.core.sweep_soon();
        }
    }

    /// Closes every connection now, whatever is under way.
    pub fn close_all(&self) {
        for connection in self.core.all() {
            self.core.drop_connection(&connection);
        }
    }

    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            connections: self.core.open.get(),
            accepted: self.core.accepted.get(),
            answered: self.core.answered.get(),
        }
    }

    /// The connection of a serial number, if it is open.
    #[must_use]
    pub fn connection(&self, serial: u64) -> Option<Rc<Connection>> {
        self.core
            .connections
            .borrow()
            .iter()
            .flatten()
            .find(|c| c.serial == serial)
            .cloned()
    }

    /// Closes one connection now.
    pub fn close(&self, connection: &Rc<Connection>) {
        self.core.drop_connection(connection);
    }
}

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let core = &self.0;
        if key & LISTENER_KEY != 0 {
            core.accept((key & !LISTENER_KEY) as usize);
            return;
        }
        let Some(connection) = core.find(key) else {
            return;
        };
        if readiness.write && connection.has_output() {
            let sent = connection.flush();
            core.settle(&connection, sent);
        }
        if readiness.read {
            core.read(&connection, readiness.hangup);
        }
    }

    fn timer(&self, key: u64) {
        match key {
            SWEEP_KEY => self.0.sweep(),
            ACCEPT_KEY => {
                let count = self.0.listeners.borrow().len();
                (0..count).for_each(|index| self.0.accept(index));
            }
            _ => {}
        }
    }
}

impl Core {
    fn find(&self, key: u64) -> Option<Rc<Connection>> {
        let connections = self.connections.borrow();
        let connection = connections.get((key & 0xffff_ffff) as usize)?.as_ref()?;
        (connection.serial & 0x7fff_ffff == key >> 32).then(|| Rc::clone(connection))
    }

    fn all(&self) -> Vec<Rc<Connection>> {
        self.connections
            .borrow()
            .iter()
            .flatten()
            .cloned()
            .collect()
    }

    pub(crate) fn drop_connection(&self, connection: &Rc<Connection>) {
        if !connection.is_open() {
            return;
        }
        if let Some(branch) = connection.branch() {
            return branch.reset();
        }
        connection.close();
        connection.peer_closed.set(true);
        self.connections.borrow_mut()[connection.slot] = None;
        self.free.borrow_mut().push(connection.slot);
        self.open.set(self.open.get() - 1);
        let exchange = connection.exchange.borrow_mut().take();
        if let Some(exchange) = exchange
            && exchange.progress() != Progress::Complete
        {
            self.lose_stream(&exchange);
            self.service.disconnected(&exchange);
        }
        if let Some(protocol) = connection.protocol() {
            protocol.closed(connection);
        }
        self.service.closed(connection);
        if self.open.get() == 0 {
            self.next_blank.take();
            self.spare.borrow_mut().clear();
            if self.draining.get() {
                self.drained();
            }
        }
    }

    fn drained(&self) {
        scheduler::release_loop();
        self.service.drained();
    }

    /// A buffer that nobody else looks at; a new one when a request still does.
    fn take_buffer(&self) -> Rc<[u8]> {
        match self.buffer.take() {
            Some(buffer) if Rc::strong_count(&buffer) == 1 => buffer,
            _ => Rc::from(vec![0; READ_BUFFER]),
        }
    }

    /// Reads what is there. A short read means that nothing is left, and saves a call,
    /// unless the peer's end is waiting behind it (`to_the_end`).
    fn read(&self, connection: &Rc<Connection>, to_the_end: bool) {
        connection.in_burst.set(true);
        loop {
            if !connection.is_open() {
                break;
            }
            if connection.exchange.borrow().is_some() && self.holds_back(connection, CARRY_MAX) {
                // The rest stays with the kernel until the request under way is answered.
                break;
            }
            let mut buffer = self.take_buffer();
            let received = match Rc::get_mut(&mut buffer) {
                Some(bytes) => connection.receive(bytes),
                None => break,
            };
            let n = match received {
                Some(Ok(n)) => n,
                Some(Err(())) => {
                    self.drop_connection(connection);
                    break;
                }
                None => {
                    self.buffer.set(Some(buffer));
                    break;
                }
            };
            if n == 0 {
                self.buffer.set(Some(buffer));
                self.end_of_stream(connection);
                break;
            }
            let length = buffer.len();
            if !connection.lingering.get() {
                self.take_input(connection, &buffer, n);
            }
            self.buffer.set(Some(buffer));
            if (n < length && !to_the_end) || connection.is_upgraded() {
                break;
            }
        }
        connection.in_burst.set(false);
        self.flush_gathered(connection);
        if connection.is_open() {
            self.after_burst(connection);
        }
    }

    fn take_input(&self, connection: &Rc<Connection>, buffer: &Rc<[u8]>, n: usize) {
        let carried = !connection.carry.borrow().is_empty();
        if carried {
            let mut bytes = connection.carry.take();
            bytes.extend_from_slice(&buffer[..n]);
            let bytes: Rc<[u8]> = bytes.into();
            self.process(connection, &bytes, bytes.len());
        } else {
            self.process(connection, buffer, n);
        }
    }

    /// Takes up what was carried over, after a response that came late.
    fn advance(&self, connection: &Rc<Connection>) {
        if !connection.is_open() || connection.exchange.borrow().is_some() {
            return;
        }
        connection.in_burst.set(true);
        let bytes: Rc<[u8]> = connection.carry.take().into();
        if !bytes.is_empty() {
            self.process(connection, &bytes, bytes.len());
        }
        // What the kernel held back brings no new edge.
        self.read(connection, true);
    }

    /// A record for a request of this connection, as if new.
    fn blank(&self, connection: &Rc<Connection>) -> Option<Rc<Exchange>> {
        let spare = self.next_blank.take();
        if let Some(mut spare) = spare.or_else(|| self.spare.borrow_mut().pop()) {
            if let Some(exchange) = Rc::get_mut(&mut spare)
                && !Rc::ptr_eq(&exchange.connection, connection)
            {
                exchange.connection = Rc::clone(connection);
            }
            return Some(spare);
        }
        Some(Rc::new(Exchange {
            core: self.me.upgrade()?,
            connection: Rc::clone(connection),
            request: Request {
                bytes: RefCell::new(Bytes::Own(Vec::new())),
                head: Head::new(),
                body: Body::Empty,
                started: 0,
            },
            progress: Cell::new(Progress::Waiting),
            status: Cell::new(0),
            body_bytes: Cell::new(0),
            owner: Cell::new(0),
            tag: Cell::new(None),
        }))
    }

    /// Keeps a blank record for the next request, while there is a connection that may bring one.
    #[inline(always)]
    fn keep(&self, blank: Rc<Exchange>) {
        if self.open.get() > 0
            && let Some(before) = self.next_blank.replace(Some(blank))
        {
            self.keep_another(before);
        }
    }

    #[cold]
    fn keep_another(&self, blank: Rc<Exchange>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < 16 {
            spare.push(blank);
        }
    }

    /// Hands a request to who answers it; returns a blank record for the next one.
    fn dispatch(&self, connection: &Rc<Connection>, mut exchange: Rc<Exchange>) -> Rc<Exchange> {
        let count = connection.requests.get() + 1;
        connection.requests.set(count);
        if self.special.get() | connection.peer_closed.get() | exchange.request.head.wants_upgrade()
            && self.goes_elsewhere(connection, count, &exchange)
        {
            if let Some(blank) = Rc::get_mut(&mut exchange) {
                blank.renew();
            }
            return exchange;
        }
        *connection.exchange.borrow_mut() = Some(Rc::clone(&exchange));
        let answered = self
            .files
            .as_ref()
            .is_some_and(|files| files.answer(&exchange));
        if !answered {
            self.service.request(Rc::clone(&exchange));
        }
        if let Some(done) = Rc::get_mut(&mut exchange) {
            done.renew();
            return exchange;
        }
        // Somebody keeps it: the worker wants its buffer back all the same.
        exchange.request.detach();
        self.blank(connection)
            .expect("a connection is driven by its server")
    }

    /// Looks closer at a request: is it the last of its connection? True when it is answered in another protocol.
    #[cold]
    fn goes_elsewhere(&self, connection: &Rc<Connection>, count: u64, exchange: &Exchange) -> bool {
        let limit = self.settings.max_keep_alive_requests;
        if self.draining.get() || connection.peer_closed.get() || limit > 0 && count >= limit {
            connection.codec.borrow_mut().close_after();
        }
        let head = exchange.request.head();
        head.wants_upgrade() && self.upgrade_to_http2(connection, &exchange.request)
    }

    fn refuse(&self, connection: &Rc<Connection>, status: u16, text: &str) {
        self.set_stamp();
        let after = connection.codec.borrow_mut().refuse(
            &mut self.gathered.borrow_mut(),
            &self.stamp.borrow(),
            status,
            match status {
                413 if !self.settings.explain_size => "",
                _ => text,
            },
        );
        connection.partial.take();
        self.service.refused(connection, status, text);
        self.conclude(connection, after);
    }

    fn end_of_stream(&self, connection: &Rc<Connection>) {
        let exchange = connection.exchange.borrow().clone();
        if exchange.is_some()
            && !connection.carry.borrow().is_empty()
            && !self.is_streaming(connection)
        {
            // More requests wait behind the one under way; the end is met again after them.
            return;
        }
        if connection.peer_closed.replace(true) && connection.has_failed() {
            // The end was known; what is new is a reset, which reading does not tell.
            return self.drop_connection(connection);
        }
        let eof = connection.codec.borrow_mut().eof();
        if let (Eof::HalfClosed, Some(exchange)) = (eof, exchange) {
            if connection.ends_with_peer.get() {
                return self.drop_connection(connection);
            }
            // It may still read: the answer goes out all the same.
            if self.settings.probe_half_closed {
                exchange.probe();
            }
            return;
        }
        self.flush_gathered(connection);
        if connection.has_output() {
            connection.closing.set(true);
        } else {
            self.drop_connection(connection);
        }
    }

    /// A response is complete.
    pub(crate) fn completed(&self, connection: &Rc<Connection>, exchange: &Exchange, after: After) {
        connection.exchange.borrow_mut().take();
        self.answered.set(self.answered.get() + 1);
        connection.since.set(reactor::coarse_now());
        self.service.answered(exchange);
        self.conclude(connection, after);
        if let Body::Stream(stream) = &exchange.request.body {
            self.abandon_stream(connection, stream);
        }
    }

    fn conclude(&self, connection: &Rc<Connection>, after: After) {
        match after {
            After::KeepAlive => {}
            After::Close | After::Linger => {
                if let Some(branch) = connection.branch() {
                    return branch.over();
                }
                connection.closing.set(true);
                if after == After::Linger {
                    connection.lingering.set(true);
                }
            }
            After::Upgrade => return self.switch(connection),
        }
        if connection.in_burst.get() {
            return;
        }
        if connection.closing.get()
            || !connection.carry.borrow().is_empty()
            || connection.peer_closed.get()
        {
            let (core, connection) = (self.me.clone(), Rc::clone(connection));
            scheduler::defer_to_driver(move || {
                if let Some(core) = core.upgrade() {
                    core.after_burst(&connection);
                    core.advance(&connection);
                }
            });
        }
    }

    /// Closes what is to be closed, once its output is with the kernel.
    fn after_burst(&self, connection: &Rc<Connection>) {
        if connection.has_output() || connection.exchange.borrow().is_some() {
            return;
        }
        if connection.lingering.get() && !connection.peer_closed.get() && !connection.is_carried() {
            connection.shut_sending();
            connection.since.set(reactor::coarse_now());
        } else if connection.closing.get() || connection.peer_closed.get() {
            self.drop_connection(connection);
        }
    }
}
