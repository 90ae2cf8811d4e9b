//! New connections: from the listener's backlog to a record on the reactor.

use super::{ACCEPT_KEY, Core};
use crate::connection::Connection;
use crate::secure::{Secure, Shaken};
use crate::service::End;
use crate::settings::Settings;
use highper_engine::{clock, reactor, scheduler};
use highper_net::proxied::Found;
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::net::{SocketFlags, sockopt};
use std::rc::Rc;

/// Connections accepted before others get their turn.
const ACCEPT_BATCH: usize = 64;

/// What a new socket is told; one that has no such option (a local one) goes without.
fn tune(fd: &OwnedFd, settings: &Settings) {
    if settings.nodelay {
        let _local = sockopt::set_tcp_nodelay(fd, true);
    }
    if let Some(keep) = settings.keep_alive {
        let _local = sockopt::set_socket_keepalive(fd, true)
            .and_then(|()| sockopt::set_tcp_keepidle(fd, keep.idle))
            .and_then(|()| sockopt::set_tcp_keepintvl(fd, keep.interval))
            .and_then(|()| sockopt::set_tcp_keepcnt(fd, keep.count));
    }
    if let Some(time) = settings.user_timeout {
        let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let _local = sockopt::set_tcp_user_timeout(fd, milliseconds);
    }
    if let Some(bytes) = settings.receive_buffer {
        let _capped = sockopt::set_socket_recv_buffer_size(fd, bytes);
    }
    if let Some(bytes) = settings.send_buffer {
        let _capped = sockopt::set_socket_send_buffer_size(fd, bytes);
    }
}

impl Core {
    pub(super) fn accept(&self, index: usize) {
        let is_of_datagrams = self
            .doors
            .borrow()
            .get(index)
            .is_some_and(|door| door.settings.is_of_datagrams());
        if is_of_datagrams {
            return self.answer(index);
        }
        for turn in 0.. {
            if self.open.get() >= self.max_connections {
                scheduler::at_handler(clock::now() + 10_000_000, self.handler.get(), ACCEPT_KEY);
                return;
            }
            if turn == ACCEPT_BATCH {
                // Others get their turn first; the rest is taken up right after.
                scheduler::at_handler(reactor::coarse_now(), self.handler.get(), ACCEPT_KEY);
                return;
            }
            let accepted = {
                let doors = self.doors.borrow();
                let Some(door) = doors.get(index) else {
                    return;
                };
                let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
                rustix::net::accept_with(&door.fd, flags)
                    .map(|fd| (fd, door.port, Rc::clone(&door.settings)))
            };
            match accepted {
                Ok((fd, port, settings)) => self.open(fd, port, &settings),
                // Invalid: the server is ending, and its manager has ended the socket for all.
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INVAL) => return,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                Err(error) => {
                    self.service.trouble(&format!(
                        "accepting a connection failed: {error}; trying again in 100 ms (is the limit of open files reached? see ulimit -n)"
                    ));
                    let later = clock::now() + 100_000_000;
                    scheduler::at_handler(later, self.handler.get(), ACCEPT_KEY);
                    return;
                }
            }
        }
    }

    fn open(&self, fd: OwnedFd, port: usize, settings: &Rc<Settings>) {
        let secure = match settings.tls.as_ref().map(Secure::new).transpose() {
            Ok(secure) => secure,
            Err(error) => {
                self.service
                    .trouble(&format!("a TLS session can't begin: {error}"));
                return;
            }
        };
        self.begin(fd, port, settings, secure);
    }

    /// A connection begins on a socket of its own. `None`: it can't.
    pub(super) fn begin(
        &self,
        fd: OwnedFd,
        port: usize,
        settings: &Rc<Settings>,
        secure: Option<Secure>,
    ) -> Option<Rc<Connection>> {
        tune(&fd, settings);
        let raw = fd.as_raw_fd();
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut connections = self.connections.borrow_mut();
            connections.push(None);
            connections.len() - 1
        });
        let session = (self.numbers)();
        let is_secure = secure.is_some();
        let proxies = settings.proxies.as_ref();
        let is_proxied = proxies.is_some_and(|proxies| proxies.has(fd.as_fd()));
        let connection = Connection::new(fd, (slot, session, port), settings, secure, is_proxied);
        let connection = Rc::new(connection);
        if let Err(error) = reactor::register(raw, self.handler.get(), connection.key()) {
            self.free.borrow_mut().push(slot);
            self.service
                .trouble(&format!("a connection can't be watched: {error}"));
            return None;
        }
        self.connections.borrow_mut()[slot] = Some(Rc::clone(&connection));
        self.sessions.borrow_mut().insert(session, slot);
        self.open.set(self.open.get() + 1);
        self.accepted.set(self.accepted.get() + 1);
        let is_watched = settings.heartbeat.is_some() || settings.idle.is_some();
        let is_shaking = is_secure || is_proxied;
        if is_shaking || is_watched {
            self.sweep_soon();
        }
        if !is_shaking {
            self.announce(&connection);
        }
        Some(connection)
    }

    fn announce(&self, connection: &Rc<Connection>) {
        connection.is_announced.set(true);
        self.service.connected(connection);
    }

    pub(super) fn shake(&self, connection: &Rc<Connection>) {
        if connection.is_proxied.get() {
            match connection.introduce() {
                Found::More => return,
                Found::Wrong(why) => {
                    let text = format!("a connection of a proxy was closed: {why}");
                    self.service.trouble(&text);
                    self.end(connection, End::Peer, true);
                    return;
                }
                Found::Header { .. } => {}
            }
            if !connection.is_shaking() {
                return self.announce(connection);
            }
        }
        match connection.shake() {
            Shaken::Pending => self.repeat_later(connection),
            Shaken::Ready => {
                if connection.is_of_datagrams() {
                    self.shaking.set(self.shaking.get().saturating_sub(1));
                }
                // Its silence begins here, not when this turn of the loop has.
                connection.received.set(clock::now());
                self.announce(connection);
            }
            Shaken::Failed(why) => {
                self.service.handshake_failed(connection, &why);
                self.end(connection, End::Peer, true);
            }
        }
    }
}
