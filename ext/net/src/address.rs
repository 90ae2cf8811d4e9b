//! Addresses of sockets, as applications write them.

use crate::{Error, Kind};
use rustix::net::{SocketAddrAny, SocketAddrUnix};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Bytes of a local socket's path at most, without its end.
const PATH_LIMIT: usize = 106;

/// An address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// IP version 4.
    V4(SocketAddrV4),
    /// IP version 6.
    V6(SocketAddrV6),
    /// A path.
    Unix(SocketAddrUnix),
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => Self::V4(v4),
            SocketAddr::V6(v6) => Self::V6(v6),
        }
    }
}

impl Address {
    /// The address that `host` writes; it is not looked up.
    ///
    /// # Errors
    /// [`Error::BadPort`], [`Error::BadHost`] for what is no address of this kind, [`Error::NameTooLong`].
    pub fn parse(kind: Kind, host: &[u8], port: i64) -> Result<Self, Error> {
        let port = u16::try_from(port).map_err(|_| Error::BadPort)?;
        if matches!(kind, Kind::UnixStream | Kind::UnixDatagram) {
            if host.len() > PATH_LIMIT {
                return Err(Error::NameTooLong);
            }
            return match host.strip_prefix(b"\0") {
                Some(name) => SocketAddrUnix::new_abstract_name(name),
                None => SocketAddrUnix::new(host),
            }
            .map(Self::Unix)
            .map_err(Error::from);
        }
        let ip = std::str::from_utf8(host)
            .ok()
            .and_then(|text| text.parse::<IpAddr>().ok());
        match ip {
            Some(IpAddr::V4(ip)) if kind.is_inet4() => Ok(Self::V4(SocketAddrV4::new(ip, port))),
            Some(IpAddr::V6(ip)) if kind.is_inet6() => {
                Ok(Self::V6(SocketAddrV6::new(ip, port, 0, 0)))
            }
            _ => Err(Error::BadHost),
        }
    }

    /// What the system says; `None` for other families and for nameless local sockets.
    #[must_use]
    pub fn of_system(address: &SocketAddrAny) -> Option<Self> {
        if let Ok(v4) = SocketAddrV4::try_from(address.clone()) {
            return Some(Self::V4(v4));
        }
        if let Ok(v6) = SocketAddrV6::try_from(address.clone()) {
            return Some(Self::V6(v6));
        }
        SocketAddrUnix::try_from(address.clone())
            .ok()
            .map(Self::Unix)
    }

    /// Without its port.
    #[must_use]
    pub fn host(&self) -> Vec<u8> {
        match self {
            Self::V4(v4) => v4.ip().to_string().into_bytes(),
            Self::V6(v6) => v6.ip().to_string().into_bytes(),
            Self::Unix(unix) => match (unix.path_bytes(), unix.abstract_name()) {
                (Some(path), _) => path.to_vec(),
                (None, Some(name)) => [b"\0", name].concat(),
                (None, None) => Vec::new(),
            },
        }
    }

    /// Its port; 0 for local ones.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self {
            Self::V4(v4) => v4.port(),
            Self::V6(v6) => v6.port(),
            Self::Unix(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_must_fit_the_kind() {
        let ip = Address::parse(Kind::Tcp, b"127.0.0.1", 80).unwrap();
        assert_eq!((ip.host(), ip.port()), (b"127.0.0.1".to_vec(), 80));
        assert_eq!(Address::parse(Kind::Tcp, b"::1", 80), Err(Error::BadHost));
        assert_eq!(
            Address::parse(Kind::Udp6, b"::1", 80).unwrap().host(),
            b"::1"
        );
        assert_eq!(
            Address::parse(Kind::Tcp, b"localhost", 80),
            Err(Error::BadHost)
        );
        assert_eq!(
            Address::parse(Kind::Tcp, b"127.0.0.1", 65536),
            Err(Error::BadPort)
        );
        assert_eq!(
            Address::parse(Kind::Tcp, b"127.0.0.1", -1),
            Err(Error::BadPort)
        );
    }

    #[test]
    fn paths_have_a_limit_and_no_port() {
        let unix = Address::parse(Kind::UnixStream, b"/tmp/x.sock", 9).unwrap();
        assert_eq!((unix.host(), unix.port()), (b"/tmp/x.sock".to_vec(), 0));
        assert!(Address::parse(Kind::UnixStream, &[b'a'; 106], 0).is_ok());
        assert_eq!(
            Address::parse(Kind::UnixStream, &[b'a'; 107], 0),
            Err(Error::NameTooLong)
        );
        let name = Address::parse(Kind::UnixDatagram, b"\0name", 0).unwrap();
        assert_eq!(name.host(), b"\0name");
    }
}
