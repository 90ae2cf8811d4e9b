//! What a socket is: family and type together, as Swoole numbers them (`SWOOLE_SOCK_*`).

use rustix::net::{AddressFamily, SocketType};

/// A kind of socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 1
    Tcp,
    /// 2
    Udp,
    /// 3
    Tcp6,
    /// 4
    Udp6,
    /// 5
    UnixStream,
    /// 6
    UnixDatagram,
    /// 7, also of families without a number
    Raw,
    /// 8
    Raw6,
}

impl Kind {
    /// By Swoole's number.
    #[must_use]
    pub fn of_number(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Tcp,
            2 => Self::Udp,
            3 => Self::Tcp6,
            4 => Self::Udp6,
            5 => Self::UnixStream,
            6 => Self::UnixDatagram,
            7 => Self::Raw,
            8 => Self::Raw6,
            _ => return None,
        })
    }

    /// By the system's numbers; [`Kind::Raw`] for what has no other.
    #[must_use]
    pub fn of_system(domain: i32, kind: i32) -> Self {
        let (inet, inet6, unix) = (
            i32::from(AddressFamily::INET.as_raw()),
            i32::from(AddressFamily::INET6.as_raw()),
            i32::from(AddressFamily::UNIX.as_raw()),
        );
        let (stream, datagram) = (
            SocketType::STREAM.as_raw() as i32,
            SocketType::DGRAM.as_raw() as i32,
        );
        match (domain, kind) {
            (domain, kind) if domain == inet && kind == stream => Self::Tcp,
            (domain, kind) if domain == inet && kind == datagram => Self::Udp,
            (domain, kind) if domain == inet6 && kind == stream => Self::Tcp6,
            (domain, kind) if domain == inet6 && kind == datagram => Self::Udp6,
            (domain, kind) if domain == unix && kind == stream => Self::UnixStream,
            (domain, kind) if domain == unix && kind == datagram => Self::UnixDatagram,
            (domain, _) if domain == inet6 => Self::Raw6,
            _ => Self::Raw,
        }
    }

    /// The system's numbers of family and type.
    #[must_use]
    pub fn system(self) -> (i32, i32) {
        let family = match self {
            Self::Tcp | Self::Udp | Self::Raw => AddressFamily::INET,
            Self::Tcp6 | Self::Udp6 | Self::Raw6 => AddressFamily::INET6,
            Self::UnixStream | Self::UnixDatagram => AddressFamily::UNIX,
        };
        let kind = match self {
            Self::Tcp | Self::Tcp6 | Self::UnixStream => SocketType::STREAM,
            Self::Udp | Self::Udp6 | Self::UnixDatagram => SocketType::DGRAM,
            Self::Raw | Self::Raw6 => SocketType::RAW,
        };
        (i32::from(family.as_raw()), kind.as_raw() as i32)
    }

    /// TCP over either version of IP.
    #[must_use]
    pub fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Tcp6)
    }

    /// UDP over either version of IP.
    #[must_use]
    pub fn is_udp(self) -> bool {
        matches!(self, Self::Udp | Self::Udp6)
    }

    /// TCP or UDP: has ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        self.is_tcp() || self.is_udp()
    }

    /// Sends packets, not a stream.
    #[must_use]
    pub fn is_datagram(self) -> bool {
        self.is_udp() || self == Self::UnixDatagram
    }

    /// A stream of bytes.
    #[must_use]
    pub fn is_stream(self) -> bool {
        self.is_tcp() || self == Self::UnixStream
    }

    /// Addresses are those of IP version 4.
    #[must_use]
    pub fn is_inet4(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Raw)
    }

    /// Addresses are those of IP version 6.
    #[must_use]
    pub fn is_inet6(self) -> bool {
        matches!(self, Self::Tcp6 | Self::Udp6 | Self::Raw6)
    }
}
