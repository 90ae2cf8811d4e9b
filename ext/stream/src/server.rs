//! All connections of a worker, and what is done with them.

mod accept;
mod answer;
mod reading;
mod sweep;

use crate::connection::Connection;
use crate::datagram::Datagrams;
use crate::output::Sent;
use crate::service::{End, Service};
use crate::settings::Settings;
use highper_engine::numbers::Numbers;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::{Wake, scheduler};
use rustix::fd::{AsRawFd, OwnedFd};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::File;
use std::rc::{Rc, Weak};

const LISTENER_KEY: u64 = 1 << 63;
const DATAGRAM_KEY: u64 = 1 << 62;
const KIND_KEYS: u64 = LISTENER_KEY | DATAGRAM_KEY;
const SWEEP_KEY: u64 = u64::MAX;
const ACCEPT_KEY: u64 = u64::MAX - 1;

/// A listening socket.
struct Door {
    fd: OwnedFd,
    port: usize,
    settings: Rc<Settings>,
}

pub(crate) struct Core {
    service: Rc<dyn Service>,
    /// Gives each connection its number.
    numbers: Box<dyn Fn() -> u64>,
    max_connections: usize,
    connections: RefCell<Vec<Option<Rc<Connection>>>>,
    sessions: RefCell<Numbers<u64, usize>>,
    free: RefCell<Vec<usize>>,
    open: Cell<usize>,
    buffer: RefCell<Vec<u8>>,
    doors: RefCell<Vec<Door>>,
    datagrams: RefCell<Vec<Rc<Datagrams>>>,
    handler: Cell<u32>,
    is_sweeping: Cell<bool>,
    is_draining: Cell<bool>,
    accepted: Cell<u64>,
    /// Peers of DTLS that have a connection.
    peers: RefCell<HashSet<Box<[u8]>>>,
    /// How many of these are in their handshake.
    shaking: Cell<usize>,
    me: Weak<Core>,
}

/// The streams and datagrams of a worker.
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
}

/// Why nothing was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// The connection is closed, or about to be.
    Closed,
    /// Too much waits to be sent already.
    Full,
}

struct Events(Rc<Core>);

impl Server {
    /// A server that listens on nothing yet. Call where a loop runs. `numbers` gives each
    /// connection its number.
    #[must_use]
    pub fn new(
        service: Rc<dyn Service>,
        max_connections: usize,
        numbers: Box<dyn Fn() -> u64>,
    ) -> Self {
        let core = Rc::new_cyclic(|me| Core {
            service,
            numbers,
            max_connections,
            connections: RefCell::default(),
            sessions: RefCell::default(),
            free: RefCell::default(),
            open: Cell::new(0),
            buffer: RefCell::default(),
            doors: RefCell::default(),
            datagrams: RefCell::default(),
            handler: Cell::new(0),
            is_sweeping: Cell::new(false),
            is_draining: Cell::new(false),
            accepted: Cell::new(0),
            peers: RefCell::default(),
            shaking: Cell::new(0),
            me: Weak::clone(me),
        });
        core.handler
            .set(reactor::add_handler(Rc::new(Events(Rc::clone(&core)))));
        Self { core }
    }

    /// Accepts connections from a listening socket from now on; `port` is its number among the
    /// server's ports. With a context for datagrams it is one of UDP, and the connections are sessions of DTLS.
    ///
    /// # Errors
    /// The system's, or that no loop runs.
    pub fn listen(&self, fd: OwnedFd, port: usize, mut settings: Settings) -> std::io::Result<()> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        if settings.is_of_datagrams() {
            // A session ends both ways at once, and no proxy introduces a datagram.
            settings.half_open = false;
            settings.proxies = None;
        }
        let mut doors = self.core.doors.borrow_mut();
        let key = LISTENER_KEY | doors.len() as u64;
        reactor::register_listener(fd.as_raw_fd(), self.core.handler.get(), key)?;
        doors.push(Door {
            fd,
            port,
            settings: Rc::new(settings),
        });
        scheduler::retain_loop();
        Ok(())
    }

    /// Reads certificates and keys anew, for connections to come. Where that fails those of before stay: what to tell of it.
    #[must_use]
    pub fn renew(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for door in &mut *self.core.doors.borrow_mut() {
            let Some(context) = &door.settings.tls else {
                continue;
            };
            match context.renewed() {
                Ok(renewed) => {
                    let mut settings = (*door.settings).clone();
                    settings.tls = Some(renewed);
                    door.settings = Rc::new(settings);
                }
                Err(error) => problems.push(format!(
                    "the certificates of before stay, new ones can't be used: {error}"
                )),
            }
        }
        problems
    }

    /// Takes datagrams from a bound socket from now on.
    ///
    /// # Errors
    /// As [`Server::listen`].
    pub fn take(&self, port: &Rc<Datagrams>) -> std::io::Result<()> {
        let mut datagrams = self.core.datagrams.borrow_mut();
        let key = DATAGRAM_KEY | datagrams.len() as u64;
        reactor::register_listener(port.number(), self.core.handler.get(), key)?;
        datagrams.push(Rc::clone(port));
        scheduler::retain_loop();
        Ok(())
    }

    /// Stops accepting and reading; what is under way may send on.
    pub fn pause_all(&self) {
        self.core.stop_accepting();
        for connection in self.core.all() {
            connection.is_paused.set(true);
        }
    }

    /// Closes each connection once its output is sent; [`Service::drained`] follows.
    pub fn drain(&self) {
        self.core.stop_accepting();
        if self.core.is_draining.replace(true) {
            return;
        }
        scheduler::retain_loop();
        if self.core.open.get() == 0 {
            return self.core.drained();
        }
        for connection in self.core.all() {
            self.core.end(&connection, End::Us, false);
        }
    }

    /// Closes every connection now, whatever waits.
    pub fn close_all(&self) {
        for connection in self.core.all() {
            self.core.end(&connection, End::Us, true);
        }
    }

    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let core = &self.core;
        Figures {
            connections: core.open.get(),
            accepted: core.accepted.get(),
        }
    }

    /// The connection of a number, if it is open.
    #[must_use]
    pub fn find(&self, session: u64) -> Option<Rc<Connection>> {
        let slot = *self.core.sessions.borrow().get(&session)?;
        self.core.connections.borrow().get(slot)?.clone()
    }

    /// The numbers of all connections that were announced, ascending; of one port only, where one is named.
    #[must_use]
    pub fn sessions(&self, port: Option<usize>) -> Vec<u64> {
        let connections = self.core.connections.borrow();
        let announced = connections.iter().flatten();
        let mut all: Vec<u64> = announced
            .filter(|connection| connection.is_announced.get())
            .filter(|connection| port.is_none_or(|port| connection.port() == port))
            .map(|connection| connection.session())
            .collect();
        all.sort_unstable();
        all
    }

    /// Sends bytes, or queues them where the peer is slow.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&self, connection: &Rc<Connection>, bytes: &[u8]) -> Result<(), SendError> {
        self.core.may_send(connection)?;
        let sent = connection.send(bytes);
        self.core.service.traffic(0, bytes.len() as u64);
        if sent == Sent::All {
            connection.sent.set(reactor::coarse_now());
            if connection.is_full.get() {
                self.core.caught_up(connection);
            }
            return Ok(());
        }
        self.core.after_send(connection, sent)
    }

    /// As [`Server::send`], however much waits already: for bytes whose sender can't be told to wait.
    /// False when the connection is closed.
    pub fn send_over(&self, connection: &Rc<Connection>, bytes: &[u8]) -> bool {
        let was_over = connection.is_over.replace(false);
        let sent = self.send(connection, bytes);
        if was_over && connection.has_output() {
            connection.is_over.set(true);
        }
        sent.is_ok()
    }

    /// Sends a part of a file.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send_file(
        &self,
        connection: &Rc<Connection>,
        file: File,
        offset: u64,
        length: u64,
    ) -> Result<(), SendError> {
        self.core.may_send(connection)?;
        let sent = connection.send_file(file, offset, length);
        self.core.service.traffic(0, length);
        self.core.after_send(connection, sent)
    }

    /// Closes a connection: once its output is sent, or now, with a reset. False when it is being closed already.
    pub fn close(&self, connection: &Rc<Connection>, reset: bool) -> bool {
        self.core.end(connection, End::Us, reset)
    }

    /// The answer that [`Connection::hold`] has told of is sent: a peer that has ended its side is let go.
    pub fn release(&self, connection: &Rc<Connection>) {
        connection.is_held.set(false);
        if connection.is_peer_closed.get() && !connection.has_output() && !connection.in_burst.get()
        {
            self.core.end(connection, End::Peer, true);
        }
    }

    /// Ends this side of a connection once its output is sent; what the peer says is still read.
    pub fn shut_sending(&self, connection: &Rc<Connection>) {
        connection.is_shut.set(true);
        if !connection.has_output() {
            connection.shut_sending();
        }
    }

    /// Reads no more from a connection until [`Server::resume`].
    pub fn pause(&self, connection: &Rc<Connection>) {
        connection.is_paused.set(true);
    }

    /// Reads again, from the next turn on.
    pub fn resume(&self, connection: &Rc<Connection>) {
        if connection.is_paused.replace(false) {
            let (core, connection) = (self.core.me.clone(), Rc::clone(connection));
            scheduler::defer_to_driver(move || {
                if let Some(core) = core.upgrade() {
                    core.read_on(&connection);
                }
            });
        }
    }

    /// The connections from which nothing came for as long as their port's heartbeat allows.
    #[must_use]
    pub fn silent(&self) -> Vec<Rc<Connection>> {
        let now = highper_engine::clock::now();
        let all = self.core.all();
        all.into_iter()
            .filter(|connection| sweep::is_silent(connection, now))
            .collect()
    }

    /// As [`Server::close`], said to be for its silence.
    pub fn close_silent(&self, connection: &Rc<Connection>) -> bool {
        self.core.end(connection, End::Silent, true)
    }
}

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let core = &self.0;
        match key & KIND_KEYS {
            LISTENER_KEY => return core.accept((key & !KIND_KEYS) as usize),
            DATAGRAM_KEY => return core.take_datagrams((key & !KIND_KEYS) as usize),
            _ => {}
        }
        let Some(connection) = core.by_key(key) else {
            return;
        };
        if connection.is_shaking() {
            core.shake(&connection);
        }
        if readiness.write && connection.has_output() {
            let sent = connection.flush();
            core.after_flush(&connection, sent);
        }
        if readiness.hangup && connection.settings.half_open && connection.has_failed() {
            core.end(&connection, End::Peer, true);
        } else if readiness.read {
            core.read(&connection, readiness.hangup);
        }
    }

    fn timer(&self, key: u64) {
        match key {
            SWEEP_KEY => self.0.sweep(),
            ACCEPT_KEY => {
                let count = self.0.doors.borrow().len();
                (0..count).for_each(|index| self.0.accept(index));
            }
            key => self.0.repeat(key),
        }
    }
}

impl Core {
    fn by_key(&self, key: u64) -> Option<Rc<Connection>> {
        let connections = self.connections.borrow();
        let connection = connections.get((key & 0xffff_ffff) as usize)?.as_ref()?;
        (connection.session() & 0x3fff_ffff == key >> 32).then(|| Rc::clone(connection))
    }

    fn all(&self) -> Vec<Rc<Connection>> {
        let connections = self.connections.borrow();
        connections.iter().flatten().cloned().collect()
    }

    fn stop_accepting(&self) {
        for door in std::mem::take(&mut *self.doors.borrow_mut()) {
            reactor::closing(door.fd.as_raw_fd());
            scheduler::release_loop();
        }
        for port in std::mem::take(&mut *self.datagrams.borrow_mut()) {
            port.close();
            scheduler::release_loop();
        }
    }

    fn drained(&self) {
        scheduler::release_loop();
        self.service.drained();
    }

    fn may_send(&self, connection: &Rc<Connection>) -> Result<(), SendError> {
        // While the connection's end is being told it may still be written to.
        if !connection.is_open() || connection.is_shaking() {
            return Err(SendError::Closed);
        }
        match connection.is_over.get() {
            true => Err(SendError::Full),
            false => Ok(()),
        }
    }

    fn after_send(&self, connection: &Rc<Connection>, sent: Sent) -> Result<(), SendError> {
        match sent {
            Sent::All => {
                if connection.is_full.get() {
                    self.caught_up(connection);
                }
                Ok(())
            }
            Sent::Blocked => {
                let queued = connection.queued();
                let settings = &connection.settings;
                connection
                    .is_over
                    .set(queued >= settings.buffer_size as u64);
                if queued >= settings.full_from() as u64 && !connection.is_full.replace(true) {
                    self.service.buffer_full(connection);
                }
                self.sweep_soon();
                Ok(())
            }
            Sent::Broken => {
                // Who sends may be in the middle of something: the end is told from the driver.
                let (core, connection) = (self.me.clone(), Rc::clone(connection));
                scheduler::defer_to_driver(move || {
                    if let Some(core) = core.upgrade() {
                        core.end(&connection, End::Peer, true);
                    }
                });
                Err(SendError::Closed)
            }
        }
    }

    /// What waited went out together with something new, before the socket's event of room came: that finds nothing to do, and so
    /// who waits for the end of the output is told here.
    #[cold]
    fn caught_up(&self, connection: &Rc<Connection>) {
        let (core, connection) = (self.me.clone(), Rc::clone(connection));
        scheduler::defer_to_driver(move || {
            if let Some(core) = core.upgrade()
                && connection.is_open()
                && !connection.has_output()
            {
                core.after_flush(&connection, Sent::All);
            }
        });
    }

    fn after_flush(&self, connection: &Rc<Connection>, sent: Sent) {
        if sent == Sent::Broken {
            self.end(connection, End::Peer, true);
            return;
        }
        let queued = connection.queued();
        let settings = &connection.settings;
        if queued <= settings.low_water as u64 && connection.is_full.replace(false) {
            connection.is_over.set(false);
            connection.wake_waiters(Wake::Ready);
            self.service.buffer_empty(connection);
        } else if queued < settings.buffer_size as u64 && connection.is_over.replace(false) {
            connection.wake_waiters(Wake::Ready);
        }
        if sent == Sent::All && connection.is_open() {
            if connection.is_closing.get() {
                self.forget(connection, false);
            } else if connection.is_shut.get() {
                connection.shut_sending();
            } else if connection.is_peer_closed.get()
                && !connection.is_held.get()
                && !connection.settings.half_open
            {
                self.end(connection, End::Peer, true);
            }
        }
    }

    /// A connection ends: tells so, and closes it once its output is sent. False when that is under way.
    fn end(&self, connection: &Rc<Connection>, end: End, now: bool) -> bool {
        if !connection.is_open() {
            return false;
        }
        if connection.is_closing.replace(true) {
            // It waits for its output: no more, if it is to be closed now.
            if now {
                self.forget(connection, end == End::Us);
            }
            return now;
        }
        if connection.is_announced.get() {
            self.service.closed(connection, end);
        }
        if now || !connection.has_output() {
            self.forget(connection, now && end == End::Us);
        } else {
            self.sweep_soon();
        }
        true
    }

    fn forget(&self, connection: &Rc<Connection>, reset: bool) {
        if !connection.is_open() {
            return;
        }
        if connection.is_of_datagrams() {
            self.forget_peer(connection);
        }
        connection.shut(reset);
        self.sessions.borrow_mut().remove(&connection.session());
        self.connections.borrow_mut()[connection.slot] = None;
        self.free.borrow_mut().push(connection.slot);
        self.open.set(self.open.get() - 1);
        if connection.is_announced.get() {
            self.service.gone(connection);
        }
        if self.open.get() == 0 {
            *self.buffer.borrow_mut() = Vec::new();
            if self.is_draining.get() {
                self.drained();
            }
        }
    }
}
