//! One connection: its socket, its codec, and what waits to be read and sent.

use crate::collect::Collector;
use crate::exchange::Exchange;
use crate::output::{self, Output, Sent, Shared};
use crate::relay::Relay;
use crate::secure::Secure;
use crate::server::{Branch, Carrier, hand_over};
use crate::traffic;
use crate::upgrade::Protocol;
use highper_engine::reactor;
use highper_engine::{Token, Wake};
use highper_http1::{Conn as Codec, Head};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::cell::{Cell, OnceCell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

/// A head whose body is on its way.
pub(crate) struct Partial {
    pub(crate) head: Head,
    pub(crate) bytes: Vec<u8>,
    pub(crate) collector: Collector,
    pub(crate) started: u64,
}

/// Both ends of a connection.
#[derive(Debug)]
pub struct Addresses {
    /// The client's end; `None` on a unix socket.
    pub peer: Option<SocketAddr>,
    /// The server's end; `None` on a unix socket.
    pub local: Option<SocketAddr>,
    /// The client's IP address as text; empty on a unix socket.
    pub peer_ip: String,
    /// The server's IP address as text; empty on a unix socket.
    pub local_ip: String,
}

/// What a connection's bytes go through.
pub(crate) enum Link {
    Closed,
    Plain(OwnedFd),
    Secure(Box<Secure>),
    /// A stream of a connection that speaks HTTP/2.
    Branch(Branch),
    /// Somebody who has read the request, and takes the response.
    Carried(Rc<dyn Carrier>),
    /// Another process has the socket.
    Relay(Box<Relay>),
}

/// A client's connection. At rest it owns no buffer. A request of HTTP/2 has one of its own, whose number, addresses
/// and descriptor are those of the connection that it came on.
pub struct Connection {
    link: RefCell<Link>,
    pub(crate) slot: usize,
    /// The number of the stream of HTTP/2 that it is, or 0.
    stream: u32,
    pub(crate) serial: u64,
    /// Which of the server's listeners it came from.
    pub(crate) listener: usize,
    pub(crate) codec: RefCell<Codec>,
    /// Bytes that came and could not be used yet: part of a head, or the next request.
    pub(crate) carry: RefCell<Vec<u8>>,
    pub(crate) partial: RefCell<Option<Box<Partial>>>,
    pub(crate) exchange: RefCell<Option<Rc<Exchange>>>,
    /// What it speaks after HTTP.
    pub(crate) protocol: OnceCell<Rc<dyn Protocol>>,
    pub(crate) output: RefCell<Output>,
    drained: RefCell<Vec<Token>>,
    /// Who else wants to know that all that was written is with the kernel.
    on_drained: RefCell<Option<Rc<dyn Fn()>>>,
    addresses: OnceCell<Rc<Addresses>>,
    /// When its phase began, or its peer last did something: nanoseconds.
    pub(crate) since: Cell<u64>,
    pub(crate) opened: u64,
    pub(crate) requests: Cell<u64>,
    /// The driver is feeding it: responses are gathered and sent together.
    pub(crate) in_burst: Cell<bool>,
    /// To be closed when the output is sent.
    pub(crate) closing: Cell<bool>,
    /// The sending side is shut; what comes is thrown away.
    pub(crate) lingering: Cell<bool>,
    /// The peer has ended its side.
    pub(crate) peer_closed: Cell<bool>,
    /// Is a peer that has ended its side taken for gone? See [`Exchange::end_with_peer`].
    pub(crate) ends_with_peer: Cell<bool>,
    /// It was asked whether it has gone for good.
    pub(crate) probed: Cell<bool>,
}

impl Connection {
    pub(crate) fn new(link: Link, slot: usize, serial: u64, listener: usize, now: u64) -> Self {
        let stream = match &link {
            Link::Branch(branch) => branch.id(),
            _ => 0,
        };
        Self {
            stream,
            link: RefCell::new(link),
            slot,
            serial,
            listener,
            codec: RefCell::new(Codec::new()),
            carry: RefCell::default(),
            partial: RefCell::default(),
            exchange: RefCell::default(),
            protocol: OnceCell::new(),
            output: RefCell::default(),
            drained: RefCell::default(),
            on_drained: RefCell::default(),
            addresses: OnceCell::new(),
            since: Cell::new(now),
            opened: now,
            requests: Cell::new(0),
            in_burst: Cell::new(false),
            closing: Cell::new(false),
            lingering: Cell::new(false),
            peer_closed: Cell::new(false),
            ends_with_peer: Cell::new(false),
            probed: Cell::new(false),
        }
    }

    /// A number that no other connection of this worker had or will have.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Which of the server's listeners it came from, by order of `listen`.
    #[must_use]
    pub fn listener(&self) -> usize {
        self.listener
    }

    /// When it was accepted, nanoseconds of the monotonic clock.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Is the socket still open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(*self.link.borrow(), Link::Closed)
    }

    /// Has the peer gone, or ended its side?
    #[must_use]
    pub fn is_peer_closed(&self) -> bool {
        self.peer_closed.get() || !self.is_open()
    }

    /// Both ends of the connection, asked of the system once.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        self.shared_addresses()
    }

    /// Says what they are, where the descriptor is not the client's.
    pub(crate) fn set_addresses(&self, addresses: Addresses) {
        let _first_wins = self.addresses.set(Rc::new(addresses));
    }

    fn shared_addresses(&self) -> &Rc<Addresses> {
        self.addresses.get_or_init(|| {
            let link = self.link.borrow();
            if let Link::Branch(branch) = &*link
                && let Some(trunk) = branch.trunk()
            {
                return Rc::clone(trunk.shared_addresses());
            }
            let fd = link.fd();
            let peer = fd
                .and_then(|fd| rustix::net::getpeername(fd).ok().flatten())
                .and_then(|address| SocketAddr::try_from(address).ok());
            let local = fd
                .and_then(|fd| rustix::net::getsockname(fd).ok())
                .and_then(|address| SocketAddr::try_from(address).ok());
            let text = |address: Option<SocketAddr>| {
                address.map(|a| a.ip().to_string()).unwrap_or_default()
            };
            Rc::new(Addresses {
                peer,
                local,
                peer_ip: text(peer),
                local_ip: text(local),
            })
        })
    }

    /// The peer's address; `None` on a unix socket.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.addresses().peer
    }

    /// The address that the peer connected to; `None` on a unix socket.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.addresses().local
    }

    /// The descriptor's number.
    #[must_use]
    pub fn descriptor(&self) -> Option<i32> {
        match &*self.link.borrow() {
            Link::Branch(branch) => branch.trunk()?.descriptor(),
            link => link.fd().map(|fd| fd.as_raw_fd()),
        }
    }

    /// Does it speak TLS?
    #[must_use]
    pub fn is_secure(&self) -> bool {
        match &*self.link.borrow() {
            Link::Secure(_) => true,
            Link::Branch(branch) => branch.trunk().is_some_and(|trunk| trunk.is_secure()),
            Link::Carried(carrier) => carrier.is_secure(),
            Link::Relay(relay) => relay.is_secure,
            _ => false,
        }
    }

    /// The client's certificate, PEM, where TLS is spoken and the client has sent one.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        match &*self.link.borrow() {
            Link::Secure(secure) => secure.peer_certificate(),
            Link::Branch(branch) => branch.trunk()?.peer_certificate(),
            Link::Relay(relay) => relay.certificate.clone(),
            _ => None,
        }
    }

    /// The number of the stream of HTTP/2 that it is; 0 for a connection of its own.
    #[must_use]
    #[inline]
    pub fn stream(&self) -> u32 {
        self.stream
    }

    /// The stream of HTTP/2 that it is.
    pub(crate) fn branch(&self) -> Option<Branch> {
        match &*self.link.borrow() {
            Link::Branch(branch) => Some(branch.clone()),
            _ => None,
        }
    }

    /// Was its request read by somebody else ([`crate::Server::carry`])?
    #[must_use]
    pub fn is_carried(&self) -> bool {
        matches!(*self.link.borrow(), Link::Carried(_))
    }

    /// Who takes its response, where somebody else has read the request.
    fn carrier(&self) -> Option<Rc<dyn Carrier>> {
        match &*self.link.borrow() {
            Link::Carried(carrier) => Some(Rc::clone(carrier)),
            _ => None,
        }
    }

    /// Its own socket, if it has one.
    pub(crate) fn with_fd<R>(&self, f: impl FnOnce(BorrowedFd<'_>) -> R) -> Option<R> {
        self.link.borrow().fd().map(f)
    }

    /// Its session of TLS, if it has one.
    pub(crate) fn with_secure<R>(&self, f: impl FnOnce(&mut Secure) -> R) -> Option<R> {
        match &mut *self.link.borrow_mut() {
            Link::Secure(secure) => Some(f(secure)),
            _ => None,
        }
    }

    /// The way to its socket, where another process has that.
    pub(crate) fn with_relay<R>(&self, f: impl FnOnce(&Relay) -> R) -> Option<R> {
        match &*self.link.borrow() {
            Link::Relay(relay) => Some(f(relay)),
            _ => None,
        }
    }

    /// Has another process the socket?
    #[must_use]
    pub fn is_handed(&self) -> bool {
        self.with_relay(|_| ()).is_some()
    }

    /// The request under way.
    #[must_use]
    pub fn exchange(&self) -> Option<Rc<Exchange>> {
        self.exchange.borrow().clone()
    }

    /// Does it speak another protocol, since an upgrade?
    #[must_use]
    pub fn is_upgraded(&self) -> bool {
        self.protocol.get().is_some()
    }

    /// The other protocol, since an upgrade.
    #[must_use]
    pub fn protocol(&self) -> Option<Rc<dyn Protocol>> {
        self.protocol.get().cloned()
    }

    /// When something last happened on it, nanoseconds of the monotonic clock.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.since.get()
    }

    /// Bytes that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.output.borrow().queued()
    }

    pub(crate) fn has_output(&self) -> bool {
        !self.output.borrow().is_empty()
    }

    /// Receives into a buffer: bytes, zero at the end of the stream, `None` when nothing is there.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<Result<usize, ()>> {
        let link = self.link.borrow();
        let Link::Plain(fd) = &*link else {
            drop(link);
            return self.receive_through(buffer);
        };
        loop {
            match rustix::net::recv(fd, &mut *buffer, rustix::net::RecvFlags::DONTWAIT) {
                Ok((n, _)) => {
                    traffic::count_received(n);
                    return Some(Ok(n));
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return None,
                Err(_) => return Some(Err(())),
            }
        }
    }

    #[cold]
    fn receive_through(&self, buffer: &mut [u8]) -> Option<Result<usize, ()>> {
        match &mut *self.link.borrow_mut() {
            Link::Secure(secure) => secure.receive(buffer, &mut self.output.borrow_mut()),
            Link::Relay(relay) => {
                let carried = self.carry.borrow().len();
                relay.receive(buffer, carried, self.protocol.get())
            }
            _ => Some(Err(())),
        }
    }

    /// Has the peer reset the connection?
    pub(crate) fn has_failed(&self) -> bool {
        let link = self.link.borrow();
        if let Link::Relay(relay) = &*link {
            return relay.is_gone();
        }
        let state = link.fd().map(rustix::net::sockopt::socket_error);
        !matches!(state, Some(Ok(Ok(()))))
    }

    /// Sends now what the socket takes; keeps the rest.
    pub(crate) fn send(&self, bytes: &[u8]) -> Sent {
        if bytes.is_empty() {
            return Sent::All;
        }
        let link = self.link.borrow();
        let Link::Plain(fd) = &*link else {
            drop(link);
            return self.send_through(bytes);
        };
        let mut output = self.output.borrow_mut();
        if !output.is_empty() {
            output.push_bytes(bytes);
            return Sent::Blocked;
        }
        match output::send(fd.as_fd(), bytes, false) {
            Ok(n) if n == bytes.len() => Sent::All,
            Ok(n) => {
                output.push_bytes(&bytes[n..]);
                Sent::Blocked
            }
            Err(Sent::Blocked) => {
                output.push_bytes(bytes);
                Sent::Blocked
            }
            Err(other) => other,
        }
    }

    /// Its socket, where bytes can be given to that as they are and nothing waits in front of them.
    pub(crate) fn free_socket(&self) -> Option<i32> {
        match &*self.link.borrow() {
            Link::Plain(fd) if self.output.borrow().is_empty() => Some(fd.as_raw_fd()),
            _ => None,
        }
    }

    /// What the socket did not take of bytes that were offered to it waits.
    pub(crate) fn keep(&self, bytes: &[u8]) {
        self.output.borrow_mut().push_bytes(bytes);
    }

    #[inline(never)]
    fn send_through(&self, bytes: &[u8]) -> Sent {
        if let Some(branch) = self.branch() {
            return branch.send(self, bytes);
        }
        if let Some(carrier) = self.carrier() {
            return match carrier.take(bytes) {
                true => Sent::All,
                false => Sent::Broken,
            };
        }
        match &mut *self.link.borrow_mut() {
            Link::Secure(secure) => secure.send(bytes, &mut self.output.borrow_mut()),
            Link::Relay(relay) => relay.send(bytes, &mut self.output.borrow_mut()),
            _ => Sent::Broken,
        }
    }

    /// Sends a head and a body that somebody else owns, without copying the body.
    pub(crate) fn send_shared(&self, head: &[u8], body: Shared) -> Sent {
        let link = self.link.borrow();
        let Link::Plain(fd) = &*link else {
            drop(link);
            return self.queue_through(head, |output| output.push_shared(body, 0));
        };
        let mut output = self.output.borrow_mut();
        if output.is_empty() {
            match output::send(fd.as_fd(), head, true) {
                Ok(n) => output.push_bytes(&head[n..]),
                Err(Sent::Blocked) => output.push_bytes(head),
                Err(other) => return other,
            }
        } else {
            output.push_bytes(head);
        }
        output.push_shared(body, 0);
        output.flush(fd.as_fd())
    }

    pub(crate) fn send_file(
        &self,
        head: &[u8],
        file: std::fs::File,
        offset: u64,
        length: u64,
    ) -> Sent {
        let link = self.link.borrow();
        let Link::Plain(fd) = &*link else {
            drop(link);
            return self.queue_through(head, |output| output.push_file(file, offset, length));
        };
        let mut output = self.output.borrow_mut();
        if output.is_empty() && !head.is_empty() {
            match output::send(fd.as_fd(), head, length > 0) {
                Ok(n) => output.push_bytes(&head[n..]),
                Err(Sent::Blocked) => output.push_bytes(head),
                Err(other) => return other,
            }
        } else {
            output.push_bytes(head);
        }
        output.push_file(file, offset, length);
        output.flush(fd.as_fd())
    }

    /// Queues something behind a head, and sends what can go now.
    #[inline(never)]
    fn queue_through(&self, head: &[u8], push: impl FnOnce(&mut Output)) -> Sent {
        if let Some(branch) = self.branch() {
            return branch.queue(self, head, push);
        }
        if let Some(carrier) = self.carrier() {
            let mut output = self.output.borrow_mut();
            output.push_bytes(head);
            push(&mut output);
            return hand_over(&*carrier, &mut output);
        }
        match &mut *self.link.borrow_mut() {
            Link::Secure(secure) => {
                let mut output = self.output.borrow_mut();
                output.push_bytes(head);
                push(&mut output);
                secure.flush(&mut output)
            }
            Link::Relay(relay) => {
                let mut output = self.output.borrow_mut();
                output.push_bytes(head);
                push(&mut output);
                relay.flush(&mut output)
            }
            _ => Sent::Broken,
        }
    }

    /// The socket takes bytes again.
    pub(crate) fn flush(&self) -> Sent {
        let outcome = match &mut *self.link.borrow_mut() {
            Link::Plain(fd) => self.output.borrow_mut().flush(fd.as_fd()),
            Link::Secure(secure) => secure.flush(&mut self.output.borrow_mut()),
            Link::Relay(relay) => relay.flush(&mut self.output.borrow_mut()),
            _ => return Sent::Broken,
        };
        if outcome == Sent::All {
            self.wake_writers(Wake::Ready);
        }
        outcome
    }

    pub(crate) fn wake_writers(&self, reason: Wake) {
        for token in std::mem::take(&mut *self.drained.borrow_mut()) {
            token.wake(reason);
        }
        let told = self.on_drained.borrow().clone();
        if let (Some(told), Wake::Ready) = (told, reason) {
            told();
        }
    }

    /// Has a function called, on the driver's stack, whenever output that had to wait is with the kernel.
    pub fn on_drained(&self, told: Option<Rc<dyn Fn()>>) {
        let before = self.on_drained.replace(told);
        drop(before);
    }

    /// Waits, inside a coroutine, until all that was written is with the kernel.
    #[must_use]
    pub fn wait_drained(&self, deadline: Option<u64>) -> Wake {
        if !self.has_output() {
            return Wake::Ready;
        }
        let token = highper_engine::wait::begin(highper_engine::Kind::Descriptor);
        self.drained.borrow_mut().push(token);
        highper_engine::wait::park(deadline)
    }

    /// No more is sent; the peer sees the end once it has read all.
    pub(crate) fn shut_sending(&self) {
        self.with_secure(Secure::say_goodbye);
        self.with_relay(Relay::shut);
        if let Some(fd) = self.link.borrow().fd() {
            // The peer may have reset the connection meanwhile: closing follows anyway.
            let _gone = rustix::net::shutdown(fd, rustix::net::Shutdown::Write);
        }
    }

    /// Closes the socket now.
    pub(crate) fn close(&self) {
        let link = std::mem::replace(&mut *self.link.borrow_mut(), Link::Closed);
        match link {
            Link::Plain(fd) => {
                reactor::closing_last(fd.as_raw_fd());
                drop(fd);
            }
            Link::Secure(mut secure) => {
                if !self.has_output() {
                    secure.say_goodbye();
                }
                reactor::closing_last(secure.fd.as_raw_fd());
                drop(secure);
            }
            Link::Carried(carrier) => carrier.over(),
            Link::Relay(relay) => relay.close(),
            Link::Closed | Link::Branch(_) => {}
        }
        self.output.borrow_mut().clear();
        self.carry.take();
        self.partial.take();
        self.wake_writers(Wake::Closed);
    }
}

impl Link {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Plain(fd) => Some(fd.as_fd()),
            Self::Secure(secure) => Some(secure.fd.as_fd()),
            Self::Closed | Self::Branch(_) | Self::Carried(_) | Self::Relay(_) => None,
        }
    }
}
