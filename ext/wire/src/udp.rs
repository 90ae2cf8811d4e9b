//! Datagrams to one server.

use crate::Error;
use crate::stream::{deadline, left};
use highper_net::{Kind as SocketKind, Socket};
use std::net::IpAddr;
use std::time::Duration;

/// A socket for datagrams to one server, which takes none from others.
pub struct Udp {
    socket: Socket,
    place: String,
    timeout: Option<Duration>,
}

/// The largest datagram.
const LARGEST: usize = 65_536;

impl Udp {
    /// A socket that is bound to the server's address.
    ///
    /// # Errors
    /// The server's name has no address, or the system's error.
    pub fn connect(host: &str, port: u16, timeout: Option<Duration>) -> Result<Self, Error> {
        let place = format!("{host}:{port}");
        let failed = |error: highper_net::Error| Error::of_net(&error, &place);
        let kind = match host.parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => SocketKind::Udp6,
            _ => SocketKind::Udp,
        };
        let socket = Socket::of_kind(kind).map_err(failed)?;
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        timeouts.resolve = left(deadline(timeout));
        socket.set_timeouts(timeouts);
        socket
            .connect(host.as_bytes(), i64::from(port), left(deadline(timeout)))
            .map_err(failed)?;
        Ok(Self {
            socket,
            place,
            timeout,
        })
    }

    fn failed(&self, error: &highper_net::Error) -> Error {
        Error::of_net(error, &self.place)
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// The system's, also what the server's system said to the one before.
    pub fn send(&self, datagram: &[u8]) -> Result<(), Error> {
        self.socket
            .send(datagram, left(deadline(self.timeout)))
            .map(drop)
            .map_err(|error| self.failed(&error))
    }

    /// Waits for a datagram.
    ///
    /// # Errors
    /// None in time, and the system's.
    pub fn receive(&self, timeout: Option<Duration>) -> Result<Vec<u8>, Error> {
        let seconds = left(deadline(timeout.or(self.timeout)));
        self.socket
            .receive(LARGEST, seconds, <[u8]>::to_vec)
            .map_err(|error| self.failed(&error))
    }
}
