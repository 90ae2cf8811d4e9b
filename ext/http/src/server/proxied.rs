//! Connections that come through a proxy which says first whose they are: their events go to a handler of their own until
//! that is known, so that others know nothing of it.

use super::{Core, LISTENER_KEY};
use crate::connection::{Addresses, Connection};
use highper_engine::reactor::{self, Handler, Readiness};
use highper_net::proxied::{Found, take};
use rustix::fd::{AsFd, AsRawFd};
use std::rc::Rc;

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
        let found = connection.with_fd(take);
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
