//! One connection: its socket, what was received and not used, what waits to be sent.

use crate::output::{Output, Plain, Sent};
use crate::requests::Requests;
use crate::secure::{Secure, Shaken, Wire};
use crate::settings::Settings;
use highper_engine::{Kind, Token, Wake, reactor, wait};
use highper_net::Address;
use highper_net::proxied::{self, Found};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use std::cell::{Cell, OnceCell, RefCell};
use std::fs::File;
use std::io::Read;
use std::rc::Rc;
use std::time::Instant;

/// Bytes that are gathered in a burst before they are sent.
const GATHER_MAX: u64 = 64 * 1024;

/// A peer's connection. At rest it owns no buffer.
pub struct Connection {
    fd: RefCell<Option<OwnedFd>>,
    pub(crate) slot: usize,
    session: u64,
    port: usize,
    pub(crate) settings: Rc<Settings>,
    /// Has it a session of TLS? Asked for each packet, which a plain one is not to look for twice.
    is_secure: bool,
    secure: RefCell<Option<Box<Secure>>>,
    /// Received, no whole packet yet.
    pub(crate) carry: RefCell<Vec<u8>>,
    /// How many of these were looked at.
    pub(crate) seen: Cell<usize>,
    /// How far the request of HTTP was looked at that these begin, where packets are such.
    pub(crate) reader: RefCell<Option<Box<Requests>>>,
    output: RefCell<Option<Box<Output>>>,
    /// Who waits until the output is not full any more.
    waiters: RefCell<Vec<Token>>,
    peer: OnceCell<Option<Address>>,
    pub(crate) opened: u64,
    pub(crate) received: Cell<u64>,
    pub(crate) sent: Cell<u64>,
    /// Since when output waits without the socket taking a byte.
    pub(crate) stuck: Cell<u64>,
    pub(crate) is_announced: Cell<bool>,
    /// Has its proxy not said yet whose it is?
    pub(crate) is_proxied: Cell<bool>,
    /// Is there a timer for what may have to be said again?
    pub(crate) is_timed: Cell<bool>,
    pub(crate) is_paused: Cell<bool>,
    pub(crate) is_closing: Cell<bool>,
    pub(crate) is_reading: Cell<bool>,
    /// More packets were received with the one at hand: what is sent meanwhile goes together.
    pub(crate) in_burst: Cell<bool>,
    pub(crate) is_peer_closed: Cell<bool>,
    /// No more is sent once the output is.
    pub(crate) is_shut: Cell<bool>,
    pub(crate) is_full: Cell<bool>,
    pub(crate) is_over: Cell<bool>,
    /// Does somebody have an answer for it under way?
    pub(crate) is_held: Cell<bool>,
    is_protected: Cell<bool>,
    user: Cell<i64>,
}

impl Connection {
    pub(crate) fn new(
        fd: OwnedFd,
        (slot, session, port): (usize, u64, usize),
        settings: &Rc<Settings>,
        secure: Option<Secure>,
        is_proxied: bool,
    ) -> Self {
        let now = reactor::coarse_now();
        Self {
            fd: RefCell::new(Some(fd)),
            slot,
            session,
            port,
            settings: Rc::clone(settings),
            is_secure: secure.is_some(),
            secure: RefCell::new(secure.map(Box::new)),
            carry: RefCell::default(),
            seen: Cell::new(0),
            reader: RefCell::default(),
            output: RefCell::default(),
            waiters: RefCell::default(),
            peer: OnceCell::new(),
            opened: now,
            received: Cell::new(now),
            sent: Cell::new(0),
            stuck: Cell::new(now),
            is_announced: Cell::new(false),
            is_proxied: Cell::new(is_proxied),
            is_timed: Cell::new(false),
            is_paused: Cell::new(settings.delay_receive),
            is_closing: Cell::new(false),
            is_reading: Cell::new(false),
            in_burst: Cell::new(false),
            is_peer_closed: Cell::new(false),
            is_shut: Cell::new(false),
            is_full: Cell::new(false),
            is_over: Cell::new(false),
            is_held: Cell::new(false),
            is_protected: Cell::new(false),
            user: Cell::new(0),
        }
    }

    /// Its number: no other of the server had or will have it.
    #[must_use]
    pub fn session(&self) -> u64 {
        self.session
    }

    /// By which the reactor and timers name it; its upper two bits are those of others.
    pub(crate) fn key(&self) -> u64 {
        self.slot as u64 | (self.session & 0x3fff_ffff) << 32
    }

    /// Is it a session over datagrams?
    pub(crate) fn is_of_datagrams(&self) -> bool {
        self.is_secure && self.settings.is_of_datagrams()
    }

    /// The peer of a session over datagrams.
    pub(crate) fn datagram_peer(&self) -> Option<Box<[u8]>> {
        self.secure.borrow().as_ref()?.peer().map(Into::into)
    }

    /// When something of its handshake has to be said again.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.secure.borrow().as_ref()?.due()
    }

    /// Says it again.
    pub(crate) fn elapse(&self) {
        if let (Some(fd), Some(secure)) =
            (self.fd.borrow().as_ref(), self.secure.borrow_mut().as_mut())
        {
            secure.elapse(fd.as_fd());
        }
    }

    /// With what its peer has begun anew.
    pub(crate) fn successor(&self) -> Option<Vec<u8>> {
        self.secure.borrow_mut().as_mut()?.successor()
    }

    /// The port that it came to, by order of [`crate::Server::listen`].
    #[must_use]
    pub fn port(&self) -> usize {
        self.port
    }

    /// Is the socket still open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.fd.borrow().is_some()
    }

    /// Is it open, and neither side about to close it?
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.is_closing.get() && !self.is_peer_closed.get() && self.is_open()
    }

    /// The descriptor's number.
    #[must_use]
    pub fn descriptor(&self) -> Option<i32> {
        self.fd.borrow().as_ref().map(AsRawFd::as_raw_fd)
    }

    /// The peer's address, asked of the system once; `None` for a nameless one.
    #[must_use]
    pub fn peer(&self) -> Option<&Address> {
        self.peer
            .get_or_init(|| {
                let fd = self.fd.borrow();
                let address = rustix::net::getpeername(fd.as_ref()?).ok()??;
                Address::of_system(&address)
            })
            .as_ref()
    }

    /// The address that the peer connected to; `None` for a nameless one.
    #[must_use]
    pub fn local(&self) -> Option<Address> {
        let fd = self.fd.borrow();
        let address = rustix::net::getsockname(fd.as_ref()?).ok()?;
        Address::of_system(&address)
    }

    /// Has the peer reset it?
    pub(crate) fn has_failed(&self) -> bool {
        let fd = self.fd.borrow();
        let state = fd.as_ref().map(rustix::net::sockopt::socket_error);
        !matches!(state, Some(Ok(Ok(()))))
    }

    /// The peer sees the end once it has read all.
    pub(crate) fn shut_sending(&self) {
        let fd = self.fd.borrow();
        let Some(fd) = fd.as_ref() else { return };
        if let Some(secure) = self.secure.borrow_mut().as_mut() {
            secure.say_goodbye(fd.as_fd());
        }
        // The peer may have reset it meanwhile: closing follows anyway.
        let _gone = rustix::net::shutdown(fd, rustix::net::Shutdown::Write);
    }

    /// When it was accepted, nanoseconds of the monotonic clock.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// When something last came; at first when it was accepted.
    #[must_use]
    pub fn last_received(&self) -> u64 {
        self.received.get()
    }

    /// When something was last sent; 0 for never.
    #[must_use]
    pub fn last_sent(&self) -> u64 {
        self.sent.get()
    }

    /// Bytes that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.output.borrow().as_ref().map_or(0, |o| o.queued())
    }

    /// Does as much wait to be sent as [`crate::Service::buffer_full`] tells of?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full.get()
    }

    /// Bytes that were received and make no packet yet.
    #[must_use]
    pub fn carried(&self) -> usize {
        self.carry.borrow().len()
    }

    /// The application's number for who this is; 0 for none.
    #[must_use]
    pub fn user(&self) -> i64 {
        self.user.get()
    }

    /// An answer is under way: a peer that ends its own side still gets it, until [`crate::Server::release`].
    pub fn hold(&self) {
        self.is_held.set(true);
    }

    /// Binds it to a number of the application's. False when it is bound already.
    pub fn bind(&self, user: i64) -> bool {
        let free = self.user.get() == 0;
        if free {
            self.user.set(user);
        }
        free
    }

    /// Is it left alone by heartbeats?
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.is_protected.get()
    }

    /// Leaves it alone in heartbeats, or no more.
    pub fn protect(&self, on: bool) {
        self.is_protected.set(on);
    }

    /// The certificate that the peer showed, PEM.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        self.secure.borrow().as_ref()?.peer_certificate()
    }

    /// Does it speak TLS?
    #[must_use]
    #[inline]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Is it unknown yet who the peer is, or is a handshake under way?
    pub(crate) fn is_shaking(&self) -> bool {
        self.is_proxied.get()
            || self.is_secure && self.secure.borrow().as_ref().is_some_and(|s| !s.is_ready)
    }

    /// What its proxy has said of the client, once it has.
    pub(crate) fn introduce(&self) -> Found {
        let found = match self.fd.borrow().as_ref() {
            Some(fd) => proxied::take(fd.as_fd()),
            None => Found::Wrong("the connection is closed"),
        };
        if let Found::Header { addresses, .. } = found {
            self.is_proxied.set(false);
            if let Some((peer, _)) = addresses {
                // Nobody has asked before.
                let _first = self.peer.set(Some(peer.into()));
            }
        }
        found
    }

    pub(crate) fn shake(&self) -> Shaken {
        let fd = self.fd.borrow();
        match (fd.as_ref(), self.secure.borrow_mut().as_mut()) {
            (Some(fd), Some(secure)) => secure.shake(fd.as_fd()),
            _ => Shaken::Failed("the connection is closed".into()),
        }
    }

    /// Receives into a buffer: bytes, zero at the end of the stream, `None` when nothing is there.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<Result<usize, ()>> {
        let fd = self.fd.borrow();
        let Some(fd) = fd.as_ref() else {
            return Some(Err(()));
        };
        if self.is_secure
            && let Some(secure) = self.secure.borrow_mut().as_mut()
        {
            return secure.receive(fd.as_fd(), buffer);
        }
        match Wire(fd.as_fd()).read(buffer) {
            Ok(count) => Some(Ok(count)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            Err(_) => Some(Err(())),
        }
    }

    pub(crate) fn has_output(&self) -> bool {
        self.output.borrow().as_ref().is_some_and(|o| !o.is_empty())
            || self.is_secure
                && self
                    .secure
                    .borrow()
                    .as_ref()
                    .is_some_and(|s| s.has_output())
    }

    /// Queues bytes and sends what the socket takes.
    pub(crate) fn send(&self, bytes: &[u8]) -> Sent {
        // Over datagrams each is a record of its own, as far as it fits into one.
        let gathered = self.in_burst.get()
            && self.queued() + (bytes.len() as u64) < GATHER_MAX
            && !self.is_of_datagrams();
        if gathered {
            self.queue(|output| output.push_bytes(bytes, self.is_of_datagrams()));
            return Sent::All;
        }
        if self.has_output() || self.is_secure() {
            self.queue(|output| output.push_bytes(bytes, self.is_of_datagrams()));
            return self.flush();
        }
        let sent = {
            let fd = self.fd.borrow();
            let Some(fd) = fd.as_ref() else {
                return Sent::Broken;
            };
            use crate::output::Sink;
            Plain(fd.as_fd()).take(bytes)
        };
        match sent {
            Ok(count) if count == bytes.len() => Sent::All,
            Ok(count) => {
                self.queue(|output| output.push_bytes(&bytes[count..], false));
                Sent::Blocked
            }
            Err(Sent::Blocked) => {
                self.queue(|output| output.push_bytes(bytes, self.is_of_datagrams()));
                Sent::Blocked
            }
            Err(end) => end,
        }
    }

    pub(crate) fn send_file(&self, file: File, offset: u64, length: u64) -> Sent {
        self.queue(|output| output.push_file(file, offset, length));
        self.flush()
    }

    fn queue(&self, push: impl FnOnce(&mut Output)) {
        push(self.output.borrow_mut().get_or_insert_default());
    }

    /// Sends of the output what the socket takes.
    pub(crate) fn flush(&self) -> Sent {
        let fd = self.fd.borrow();
        let Some(fd) = fd.as_ref() else {
            return Sent::Broken;
        };
        let mut slot = self.output.borrow_mut();
        let mut empty = Output::default();
        let output = slot.as_deref_mut().unwrap_or(&mut empty);
        let before = output.queued();
        let sent = match self.secure.borrow_mut().as_mut() {
            Some(secure) => output.flush(&mut secure.sink(fd.as_fd())),
            None => output.flush(&mut Plain(fd.as_fd())),
        };
        if sent == Sent::All {
            *slot = None;
        }
        if slot.as_ref().map_or(0, |o| o.queued()) < before {
            let now = reactor::coarse_now();
            self.stuck.set(now);
            self.sent.set(now);
        }
        sent
    }

    /// Waits, inside a coroutine, until the output is not full any more.
    #[must_use]
    pub fn wait_room(&self, deadline: Option<u64>) -> Wake {
        if !self.is_over.get() {
            return Wake::Ready;
        }
        let token = wait::begin(Kind::Descriptor);
        self.waiters.borrow_mut().push(token);
        wait::park(deadline)
    }

    pub(crate) fn wake_waiters(&self, why: Wake) {
        for token in std::mem::take(&mut *self.waiters.borrow_mut()) {
            token.wake(why);
        }
    }

    /// Closes the socket now; with `reset` what waits in the kernel is thrown away too.
    pub(crate) fn shut(&self, reset: bool) {
        let fd = self.fd.borrow_mut().take();
        if let Some(fd) = fd {
            if let Some(secure) = self.secure.borrow_mut().as_mut()
                && !reset
            {
                secure.say_goodbye(fd.as_fd());
            }
            if reset {
                // A socket that can't be told so is closed the ordinary way.
                let now = std::time::Duration::ZERO;
                let _ordinary = rustix::net::sockopt::set_socket_linger(&fd, Some(now));
            }
            reactor::closing_last(fd.as_raw_fd());
            drop(fd);
        }
        self.output.take();
        self.carry.take();
        self.wake_waiters(Wake::Closed);
    }
}
