//! Peers of DTLS. Who has shown where it is gets a socket of its own, bound to the port's address and connected to the peer's:
//! so the kernel finds whose a datagram is, whichever worker has answered, and each has its connection.

use super::Core;
use super::reading::DATAGRAM_BATCH;
use crate::connection::Connection;
use crate::datagram::send;
use crate::secure::Secure;
use crate::settings::Settings;
use highper_engine::{clock, scheduler};
use highper_net::{Address, DATAGRAM_ROOM};
use highper_tls::Knock;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrAny, SocketFlags, SocketType, bind, connect, getsockname,
    recvfrom, socket_with, sockopt,
};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Handshakes of DTLS at once, at most: who comes then is heard when it repeats itself.
pub(super) const MOST_HANDSHAKES: usize = 1024;
/// Datagrams that one peer's new socket may have got of others.
const MOST_STRAYS: usize = 1024;

/// A peer's address, as its cookie and the table have it.
fn name(from: &Address) -> Option<Box<[u8]>> {
    let (mut name, port) = match from {
        Address::V4(v4) => (v4.ip().octets().to_vec(), v4.port()),
        Address::V6(v6) => {
            let mut name = v6.ip().octets().to_vec();
            name.extend_from_slice(&v6.scope_id().to_be_bytes());
            (name, v6.port())
        }
        Address::Unix(_) => return None,
    };
    name.extend_from_slice(&port.to_be_bytes());
    Some(name.into())
}

/// Lets sockets of the peers share the port. Those of another user, as whom a worker may run, need the second way.
fn share(fd: &OwnedFd, with_others: bool) -> Result<(), Errno> {
    match with_others {
        true => sockopt::set_socket_reuseaddr(fd, true),
        false => sockopt::set_socket_reuseport(fd, true),
    }
}

/// A socket beside the port's own, for one peer.
fn beside(door: &OwnedFd, peer: &Address, settings: &Settings) -> Result<OwnedFd, Errno> {
    let own = getsockname(door)?;
    let (family, peer): (_, SocketAddrAny) = match peer {
        Address::V4(v4) => (AddressFamily::INET, (*v4).into()),
        Address::V6(v6) => (AddressFamily::INET6, (*v6).into()),
        Address::Unix(_) => return Err(Errno::AFNOSUPPORT),
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = socket_with(family, SocketType::DGRAM, flags, None)?;
    if family == AddressFamily::INET6 {
        sockopt::set_ipv6_v6only(&fd, sockopt::ipv6_v6only(door)?)?;
    }
    // A record of 16 KB takes twice its size of that: the kernel's default holds six.
    let _capped =
        sockopt::set_socket_recv_buffer_size(&fd, settings.receive_buffer.unwrap_or(DATAGRAM_ROOM));
    let _capped =
        sockopt::set_socket_send_buffer_size(&fd, settings.send_buffer.unwrap_or(DATAGRAM_ROOM));
    share(door, false)?;
    share(&fd, false)?;
    if bind(&fd, &own) == Err(Errno::ADDRINUSE) {
        share(door, true)?;
        share(&fd, true)?;
        bind(&fd, &own)?;
    }
    connect(&fd, &peer)?;
    Ok(fd)
}

/// What others have sent, which came to a socket while it was bound and not connected yet.
fn strays(fd: &OwnedFd, own: &Address, buffer: &mut [u8]) -> Vec<(Address, Vec<u8>)> {
    let mut found = Vec::new();
    while found.len() < MOST_STRAYS {
        match recvfrom(fd, &mut *buffer, RecvFlags::DONTWAIT) {
            Ok((_, count, Some(from))) => {
                if let Some(from) = Address::of_system(&from).filter(|from| from != own) {
                    found.push((from, buffer[..count].to_vec()));
                }
            }
            Err(Errno::INTR) => {}
            _ => return found,
        }
    }
    found
}

impl Core {
    /// Takes what has come to a port of DTLS from peers without a connection.
    pub(super) fn answer(&self, index: usize) {
        for _turn in 0..DATAGRAM_BATCH {
            let mut buffer = self.take_buffer();
            let received = match self.doors.borrow().get(index) {
                Some(door) => recvfrom(&door.fd, &mut buffer[..], RecvFlags::DONTWAIT),
                None => Err(Errno::BADF),
            };
            match received {
                Ok((_, count, from)) => {
                    let from = from.as_ref().and_then(Address::of_system);
                    let datagram = buffer[..count].to_vec();
                    self.buffer.replace(buffer);
                    if let Some(from) = from {
                        self.knocked(index, from, datagram);
                    }
                }
                Err(Errno::INTR | Errno::CONNREFUSED) => drop(self.buffer.replace(buffer)),
                Err(_) => {
                    self.buffer.replace(buffer);
                    return;
                }
            }
        }
        let me = self.me.clone();
        scheduler::defer_to_driver(move || {
            if let Some(core) = me.upgrade() {
                core.answer(index);
            }
        });
    }

    /// Somebody without a connection has said something.
    pub(super) fn knocked(&self, index: usize, from: Address, datagram: Vec<u8>) {
        let mut waiting = VecDeque::from([(from, datagram)]);
        while let Some((from, datagram)) = waiting.pop_front() {
            let Some((port, settings)) = self
                .doors
                .borrow()
                .get(index)
                .map(|door| (door.port, Rc::clone(&door.settings)))
            else {
                return;
            };
            let (Some(peer), Some(context)) = (name(&from), settings.tls.as_ref()) else {
                continue;
            };
            match context.knock(&peer, &datagram) {
                Knock::Nothing => {}
                Knock::Answer(answer) => {
                    if let Some(door) = self.doors.borrow().get(index) {
                        // The client asks again where this is lost.
                        let _lost = send(door.fd.as_fd(), &from, &answer);
                    }
                }
                Knock::Proven => {
                    let is_full = self.open.get() >= self.max_connections
                        || self.shaking.get() >= MOST_HANDSHAKES;
                    // What comes twice was answered.
                    if is_full || self.peers.borrow().contains(&peer) {
                        continue;
                    }
                    let Some(secure) = Secure::answering(context, &peer, datagram) else {
                        continue;
                    };
                    waiting.extend(self.welcome((index, port), &settings, &from, secure));
                }
            }
        }
    }

    /// Gives a peer its socket and its connection. Returns what strangers have sent meanwhile.
    fn welcome(
        &self,
        (index, port): (usize, usize),
        settings: &Rc<Settings>,
        from: &Address,
        secure: Secure,
    ) -> Vec<(Address, Vec<u8>)> {
        let made = match self.doors.borrow().get(index) {
            Some(door) => beside(&door.fd, from, settings),
            None => return Vec::new(),
        };
        let fd = match made {
            Ok(fd) => fd,
            Err(error) => {
                self.service.trouble(&format!(
                    "a peer of DTLS can't be given a socket: {error} (is the limit of open files reached? see ulimit -n)"
                ));
                return Vec::new();
            }
        };
        let mut buffer = self.take_buffer();
        let strays = strays(&fd, from, &mut buffer);
        self.buffer.replace(buffer);
        if let Some(connection) = self.begin(fd, port, settings, Some(secure)) {
            self.shaking.set(self.shaking.get() + 1);
            if let Some(peer) = connection.datagram_peer() {
                self.peers.borrow_mut().insert(peer);
            }
            self.shake(&connection);
        }
        strays
    }

    /// Says again, when it is time, what may have been lost in a handshake.
    pub(super) fn repeat_later(&self, connection: &Rc<Connection>) {
        let Some(due) = connection.due() else { return };
        if !connection.is_timed.replace(true) {
            let left = due.saturating_duration_since(Instant::now());
            let left = left.max(Duration::from_millis(1)).as_nanos();
            let when = clock::now().saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
            scheduler::at_handler(when, self.handler.get(), connection.key());
        }
    }

    pub(super) fn repeat(&self, key: u64) {
        let Some(connection) = self.by_key(key) else {
            return;
        };
        connection.is_timed.set(false);
        if connection.is_shaking() {
            connection.elapse();
            self.repeat_later(&connection);
        }
    }

    /// A connection of DTLS goes. Its peer may have begun anew: that is why.
    pub(super) fn forget_peer(&self, connection: &Rc<Connection>) {
        let Some(peer) = connection.datagram_peer() else {
            return;
        };
        self.peers.borrow_mut().remove(&peer);
        if !connection.is_announced.get() {
            self.shaking.set(self.shaking.get().saturating_sub(1));
        }
        let (Some(hello), Some(from)) = (connection.successor(), connection.peer().cloned()) else {
            return;
        };
        let (me, port) = (self.me.clone(), connection.port());
        scheduler::defer_to_driver(move || {
            let Some(core) = me.upgrade() else { return };
            let index = core
                .doors
                .borrow()
                .iter()
                .position(|door| door.port == port);
            if let Some(index) = index {
                core.knocked(index, from, hello);
            }
        });
    }
}
