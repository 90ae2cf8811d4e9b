//! Connecting.

use super::{Limit, Side, Socket, open};
use crate::{Address, Error, Kind, resolve};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::{self as sys, SocketAddrUnix, sockopt};

impl Socket {
    /// Connects to a host by address or name, through the proxy if one is set, and makes the
    /// handshake if TLS is set. `timeout` in seconds is for the connection (0: as set).
    ///
    /// # Errors
    /// Those of the look-up, the wait, the proxy, the handshake, and the system's.
    pub fn connect(&self, host: &[u8], port: i64, timeout: f64) -> Result<(), Error> {
        self.is_available(Side::BOTH)?;
        self.secure.set_peer(host);
        let proxy = self.proxy.borrow().clone();
        let (to, to_port) = match &proxy {
            Some(proxy) => (proxy.host.clone(), i64::from(proxy.port)),
            None => (host.to_vec(), port),
        };
        if proxy.is_some() {
            self.fit(&to)?;
        }
        let address = self.address_of(&to, to_port)?;
        self.connect_to(&address, timeout)?;
        if let Some(proxy) = proxy {
            proxy.pass(self, host, port)?;
        }
        self.secure.set_server(false);
        if self.secure.is_wanted() {
            self.handshake()?;
        }
        Ok(())
    }

    /// The address that a host writes, or that its name has.
    fn address_of(&self, host: &[u8], port: i64) -> Result<Address, Error> {
        let kind = self.kind.get();
        match Address::parse(kind, host, port) {
            Err(Error::BadHost) => {
                let mut limit = Limit::new(self.timeouts.get().resolve);
                self.occupied(Side::BOTH, || resolve::lookup(kind, host, port, &mut limit))
            }
            parsed => parsed,
        }
    }

    /// Begins to connect to a host by address or name, without a proxy and without TLS, and does not
    /// wait for it: the socket can be written once it is connected, or has failed. True when it was
    /// connected at once.
    ///
    /// # Errors
    /// Those of the look-up, and the system's.
    pub fn begin_connect(&self, host: &[u8], port: i64) -> Result<bool, Error> {
        self.is_available(Side::BOTH)?;
        let address = self.address_of(host, port)?;
        match self.begin(&address) {
            Ok(()) => {
                self.connected.set(true);
                Ok(true)
            }
            Err(error) if error == Errno::INPROGRESS.into() => {
                self.connected.set(true);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn begin(&self, address: &Address) -> Result<(), Error> {
        self.with_fd(|fd| match address {
            Address::V4(v4) => sys::connect(fd, v4),
            Address::V6(v6) => sys::connect(fd, v6),
            Address::Unix(unix) => {
                if self.kind.get() == Kind::UnixDatagram {
                    name(fd)?;
                }
                sys::connect(fd, unix)
            }
        })
    }

    fn connect_to(&self, address: &Address, timeout: f64) -> Result<(), Error> {
        match self.begin(address) {
            Ok(()) => {}
            Err(error) if error == Errno::INPROGRESS.into() => {
                let set = self.timeouts.get().connect;
                let mut limit = Limit::new(if timeout == 0.0 { set } else { timeout });
                self.wait(Side::WRITE, &mut limit, false).map_err(|error| {
                    if self.is_closed() || self.closing.get() {
                        Errno::CONNABORTED.into()
                    } else {
                        error
                    }
                })?;
                self.with_fd(|fd| sockopt::socket_error(fd)?)?;
            }
            Err(error) => return Err(error),
        }
        self.connected.set(true);
        Ok(())
    }

    /// Becomes a socket of the IP version that a proxy's address is of.
    fn fit(&self, host: &[u8]) -> Result<(), Error> {
        let is = |kind| Address::parse(kind, host, 0).is_ok();
        let kind = match self.kind.get() {
            Kind::Tcp if is(Kind::Tcp6) => Kind::Tcp6,
            Kind::Tcp6 if is(Kind::Tcp) => Kind::Tcp,
            _ => return Ok(()),
        };
        let (domain, system_type) = kind.system();
        use rustix::fd::AsRawFd;
        let fd = open(domain, system_type, self.protocol)?;
        self.number.set(fd.as_raw_fd());
        self.is_watched.set(false);
        let old = self.fd.replace(Some(fd));
        drop(old);
        self.kind.set(kind);
        self.domain.set(domain);
        self.system_type.set(system_type);
        self.tune();
        Ok(())
    }
}

/// Gives a local socket that has no name one of the system's choice, so that it can be answered.
fn name(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let own = SocketAddrUnix::try_from(sys::getsockname(fd)?)?;
    let is_nameless = |name: Option<&[u8]>| name.is_none_or(<[u8]>::is_empty);
    if is_nameless(own.path_bytes()) && is_nameless(own.abstract_name()) {
        sys::bind(fd, &SocketAddrUnix::new_unnamed())?;
    }
    Ok(())
}
