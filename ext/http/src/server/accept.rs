//! New connections: from the listener's backlog to a record on the reactor.

use super::{ACCEPT_KEY, Core, LISTENER_KEY, Server};
use crate::connection::{Addresses, Connection, Link};
use crate::secure::Secure;
use highper_engine::{clock, reactor, scheduler};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::net::SocketFlags;
use std::rc::Rc;

/// Connections accepted before others get their turn.
const ACCEPT_BATCH: usize = 64;

impl Core {
    pub(super) fn accept(&self, index: usize) {
        for turn in 0.. {
            if self.open.get() >= self.settings.max_connections {
                scheduler::at_handler(clock::now() + 10_000_000, self.handler.get(), ACCEPT_KEY);
                return;
            }
            if turn == ACCEPT_BATCH {
                // Others get their turn first; the rest is taken up right after.
                scheduler::at_handler(reactor::coarse_now(), self.handler.get(), ACCEPT_KEY);
                return;
            }
            let accepted = {
                let listeners = self.listeners.borrow();
                let Some(listener) = listeners.get(index) else {
                    return;
                };
                rustix::net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)
            };
            match accepted {
                Ok(fd) => {
                    self.open_connection(fd, index);
                }
                // Invalid: the server is ending, and its manager has ended the socket for all.
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INVAL) => return,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                Err(error) => {
                    self.service.trouble(&format!(
                        "accepting a connection failed: {error}; trying again in 100 ms (is the limit of open files reached? see ulimit -n)"
                    ));
                    scheduler::at_handler(
                        clock::now() + 100_000_000,
                        self.handler.get(),
                        ACCEPT_KEY,
                    );
                    return;
                }
            }
        }
    }

    fn open_connection(&self, fd: OwnedFd, listener: usize) -> Option<Rc<Connection>> {
        if self.settings.nodelay {
            // A unix socket has no such option.
            let _unix = rustix::net::sockopt::set_tcp_nodelay(&fd, true);
        }
        let raw = fd.as_raw_fd();
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut connections = self.connections.borrow_mut();
            connections.push(None);
            connections.len() - 1
        });
        let serial = match self.numbers.get() {
            Some(numbers) => numbers(),
            None => self.serial.get() + 1,
        };
        self.serial.set(serial);
        let is_proxied = self.is_proxied(&fd);
        let (link, handler) = match &self.settings.tls {
            None => (Link::Plain(fd), self.handler.get()),
            Some(context) => match Secure::new(fd, context) {
                Ok(secure) => (Link::Secure(Box::new(secure)), self.secured_handler()),
                Err((fd, why)) => {
                    drop(fd);
                    self.free.borrow_mut().push(slot);
                    let text = format!("a connection was closed: no session of TLS: {why}");
                    self.service.trouble(&text);
                    return None;
                }
            },
        };
        let handler = match is_proxied {
            true => self.proxied_handler(),
            false => handler,
        };
        let connection = Rc::new(Connection::new(
            link,
            slot,
            serial,
            listener,
            reactor::coarse_now(),
        ));
        let key = slot as u64 | (serial & 0x7fff_ffff) << 32;
        if let Err(error) = reactor::register(raw, handler, key & !LISTENER_KEY) {
            self.free.borrow_mut().push(slot);
            self.service
                .trouble(&format!("a connection can't be watched: {error}"));
            return None;
        }
        self.connections.borrow_mut()[slot] = Some(Rc::clone(&connection));
        self.open.set(self.open.get() + 1);
        self.accepted.set(self.accepted.get() + 1);
        self.sweep_soon();
        self.service.opened(&connection);
        Some(connection)
    }
}

impl Server {
    /// Serves a connection that exists already, as if it had been accepted from these addresses.
    ///
    /// # Errors
    /// The system's, for a descriptor that is no stream; that no loop runs.
    pub fn take(&self, fd: OwnedFd, addresses: Addresses) -> std::io::Result<()> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        let connection = self.core.open_connection(fd, 0);
        let connection = connection.ok_or_else(|| std::io::Error::other("no event loop runs"))?;
        connection.set_addresses(addresses);
        Ok(())
    }

    /// Takes a connection over that somebody else has accepted and that speaks HTTP/2, of which `received` has come. The
    /// settings have to allow it; otherwise it is closed.
    pub fn adopt(&self, fd: OwnedFd, addresses: Addresses, received: &[u8]) {
        let core = &self.core;
        let Some(connection) = core.open_connection(fd, 0) else {
            return;
        };
        connection.set_addresses(addresses);
        if core.settings.http2.is_none() || core.draining.get() {
            return core.drop_connection(&connection);
        }
        *connection.carry.borrow_mut() = received.to_vec();
        core.speak_http2(&connection);
    }
}
