//! Ports without connections: datagrams of UDP and of local sockets.

use highper_net::{Address, Kind};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketAddrAny, recvfrom, sendto};
use std::cell::RefCell;

/// A socket that takes datagrams.
pub struct Datagrams {
    fd: RefCell<Option<OwnedFd>>,
    number: i32,
    port: usize,
    kind: Kind,
}

impl Datagrams {
    /// Takes a bound socket; `port` is its place among the server's.
    #[must_use]
    pub fn new(fd: OwnedFd, port: usize, kind: Kind) -> Self {
        Self {
            number: fd.as_raw_fd(),
            fd: RefCell::new(Some(fd)),
            port,
            kind,
        }
    }

    /// Its place among the server's ports.
    #[must_use]
    pub fn port(&self) -> usize {
        self.port
    }

    /// The descriptor's number.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.number
    }

    /// What kind of socket it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Receives one datagram; `None` when there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, Option<Address>)> {
        let fd = self.fd.borrow();
        let fd = fd.as_ref()?;
        loop {
            match recvfrom(fd, &mut *buffer, RecvFlags::DONTWAIT) {
                Ok((_, count, from)) => {
                    let from = from.as_ref().and_then(Address::of_system);
                    return Some((count, from));
                }
                // What a peer's refusal of an earlier answer leaves is nobody's datagram.
                Err(Errno::INTR | Errno::CONNREFUSED) => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// The system's; `EBADF` when it is closed.
    pub fn send(&self, to: &Address, bytes: &[u8]) -> Result<(), Errno> {
        let fd = self.fd.borrow();
        let fd = fd.as_ref().ok_or(Errno::BADF)?;
        send(fd.as_fd(), to, bytes)
    }

    /// Closes it.
    pub(crate) fn close(&self) {
        if let Some(fd) = self.fd.take() {
            highper_engine::reactor::closing(fd.as_raw_fd());
        }
    }
}

/// Sends one datagram by a socket.
pub(crate) fn send(fd: BorrowedFd<'_>, to: &Address, bytes: &[u8]) -> Result<(), Errno> {
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let to: SocketAddrAny = match to {
        Address::V4(v4) => (*v4).into(),
        Address::V6(v6) => (*v6).into(),
        Address::Unix(unix) => unix.clone().into(),
    };
    loop {
        match sendto(fd, bytes, flags, &to) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}
