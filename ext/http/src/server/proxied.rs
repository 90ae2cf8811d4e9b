//! Connections that come through a proxy which says first whose they are: their events go to a handler of their own until
//! that is known, so that others know nothing of it.

use super::{Core, LISTENER_KEY};
use crate::connection::{Addresses, Connection};
use crate::proxied::{Found, LONGEST, find};
use highper_engine::reactor::{self, Handler, Readiness};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::net::RecvFlags;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// From whose addresses connections come through a proxy that speaks the PROXY protocol.
#[derive(Clone)]
pub struct Proxies(Rc<dyn Fn(IpAddr) -> bool>);

impl Proxies {
    /// Those that the function says yes for. Connections of unix sockets are of a proxy, too.
    pub fn new(is_one: impl Fn(IpAddr) -> bool + 'static) -> Self {
        Self(Rc::new(is_one))
    }

    /// Is the peer of a socket one?
    pub(super) fn has(&self, fd: BorrowedFd<'_>) -> bool {
        let peer = rustix::net::getpeername(fd).ok().flatten();
        match peer.map(SocketAddr::try_from) {
            Some(Ok(address)) => (self.0)(address.ip()),
            // A unix socket.
            Some(Err(_)) => true,
            None => false,
        }
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxies")
    }
}

struct Events(Rc<Core>);

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let core = &self.0;
        if let Some(connection) = core.find(key)
            && readiness.read
        {
            core.introduce(&connection, key, readiness.hangup);
        }
    }

    fn timer(&self, _key: u64) {}
}

impl Core {
    /// The handler of connections whose proxy has not said whose they are.
    pub(super) fn proxied_handler(&self) -> u32 {
        if self.proxied.get() == 0
            && let Some(me) = self.me.upgrade()
        {
            self.proxied.set(reactor::add_handler(Rc::new(Events(me))));
        }
        self.proxied.get()
    }

    /// Reads the header, once it is there; then the connection is as any other.
    fn introduce(&self, connection: &Rc<Connection>, key: u64, is_all: bool) {
        let found = connection.with_fd(|fd| {
            // What follows the header is the client's: it stays where it is.
            let mut bytes = [0; LONGEST];
            let seen = loop {
                match rustix::net::recv(fd, &mut bytes, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
                    Ok((0, _)) => return Found::Wrong("it was closed before its header was there"),
                    Ok((count, _)) => break count,
                    Err(rustix::io::Errno::INTR) => {}
                    Err(rustix::io::Errno::AGAIN) => return Found::More,
                    Err(_) => return Found::Wrong("it was reset before its header was there"),
                }
            };
            let found = find(&bytes[..seen]);
            if let Found::Header { length, .. } = found {
                // As many as were seen a moment ago.
                let _taken = rustix::net::recv(fd, &mut bytes[..length], RecvFlags::DONTWAIT);
            }
            found
        });
        let addresses = match found {
            None => return,
            Some(Found::More) if !is_all => return,
            Some(Found::More) => return self.drop_connection(connection),
            Some(Found::Wrong(why)) => {
                let text = format!("a connection of a proxy was closed: {why}");
                self.service.trouble(&text);
                return self.drop_connection(connection);
            }
            Some(Found::Header { addresses, .. }) => addresses,
        };
        if let Some((peer, local)) = addresses {
            connection.set_addresses(Addresses {
                peer: Some(peer),
                local: Some(local),
                peer_ip: peer.ip().to_string(),
                local_ip: local.ip().to_string(),
            });
        }
        let handler = match connection.is_secure() {
            true => self.secured_handler(),
            false => self.handler.get(),
        };
        // What has come behind the header is told to that one.
        let raw = connection.with_fd(|fd| fd.as_raw_fd());
        let handed = raw.map(|raw| reactor::hand_over(raw, handler, key & !LISTENER_KEY));
        if !matches!(handed, Some(Ok(()))) {
            return self.drop_connection(connection);
        }
        connection.since.set(reactor::coarse_now());
    }

    /// The handler for a new connection, and whether its proxy is heard first.
    pub(super) fn is_proxied(&self, fd: impl AsFd) -> bool {
        let proxies = self.settings.proxies.as_ref();
        proxies.is_some_and(|proxies| proxies.has(fd.as_fd()))
    }
}
