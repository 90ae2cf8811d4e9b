//! The header that a proxy puts before a connection, so that who is behind it knows the client's address: the PROXY
//! protocol of HAProxy, versions 1 and 2 (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>).

use rustix::fd::BorrowedFd;
use rustix::net::RecvFlags;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

/// Bytes of a header at most; what a version 2 has beside the addresses included.
pub const LONGEST: usize = 4096;
/// Bytes of a line of version 1 at most.
const LINE: usize = 107;
/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const HEAD: usize = 16;

/// What a connection begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// It is not all there.
    More,
    /// A header of so many bytes.
    Header {
        /// What belongs to it.
        length: usize,
        /// The client's address, and the one that it connected to; `None` where the proxy speaks for itself, or says
        /// that it does not know.
        addresses: Option<(SocketAddr, SocketAddr)>,
    },
    /// No header, and why.
    Wrong(&'static str),
}

/// From whose addresses connections come through a proxy that speaks the PROXY protocol.
#[derive(Clone)]
pub struct Proxies(Rc<dyn Fn(IpAddr) -> bool>);

impl Proxies {
    /// Those that the function says yes for. Connections of unix sockets are of a proxy, too.
    pub fn new(is_one: impl Fn(IpAddr) -> bool + 'static) -> Self {
        Self(Rc::new(is_one))
    }

    /// Is the peer of a socket one?
    #[must_use]
    pub fn has(&self, fd: BorrowedFd<'_>) -> bool {
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

/// Takes a header off the beginning of what a socket has received, once it is all there; what follows it is the client's, and
/// stays where it is. Does not wait.
#[must_use]
pub fn take(fd: BorrowedFd<'_>) -> Found {
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
}

/// Looks for a header at the beginning of what came.
#[must_use]
pub fn find(bytes: &[u8]) -> Found {
    let begins = |with: &[u8]| {
        let common = bytes.len().min(with.len());
        bytes[..common] == with[..common]
    };
    if begins(SIGNATURE) {
        binary(bytes)
    } else if begins(b"PROXY ") {
        line(bytes)
    } else {
        Found::Wrong("it does not begin with a header of the PROXY protocol")
    }
}

fn line(bytes: &[u8]) -> Found {
    let Some(end) = bytes.iter().take(LINE).position(|byte| *byte == b'\n') else {
        return match bytes.len() >= LINE {
            true => Found::Wrong("the line of the PROXY protocol does not end"),
            false => Found::More,
        };
    };
    let wrong = Found::Wrong("the line of the PROXY protocol is malformed");
    let text = bytes[..end].strip_suffix(b"\r");
    let Some(text) = text.and_then(|text| std::str::from_utf8(text).ok()) else {
        return wrong;
    };
    let length = end + 1;
    let words: Vec<&str> = text.split(' ').collect();
    let addresses = match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => None,
        [
            "PROXY",
            family @ ("TCP4" | "TCP6"),
            from,
            to,
            from_port,
            to_port,
        ] => {
            let address = |ip: &str, port: &str| {
                let ip: IpAddr = ip.parse().ok()?;
                let plain = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse().ok().filter(|_| plain)?;
                (ip.is_ipv4() == (*family == "TCP4")).then(|| SocketAddr::new(ip, port))
            };
            match (address(from, from_port), address(to, to_port)) {
                (Some(from), Some(to)) => Some((from, to)),
                _ => return wrong,
            }
        }
        _ => return wrong,
    };
    Found::Header { length, addresses }
}

fn binary(bytes: &[u8]) -> Found {
    let Some(head) = bytes.first_chunk::<HEAD>() else {
        return Found::More;
    };
    let length = HEAD + usize::from(u16::from_be_bytes([head[14], head[15]]));
    if head[12] >> 4 != 2 {
        return Found::Wrong("the PROXY protocol has no such version");
    }
    if length > LONGEST {
        return Found::Wrong("the header of the PROXY protocol is too long");
    }
    let Some(rest) = bytes.get(HEAD..length) else {
        return Found::More;
    };
    let port = |at: usize| Some(u16::from_be_bytes(*rest.get(at..)?.first_chunk()?));
    let v4 = |at: usize| Some(Ipv4Addr::from(*rest.get(at..)?.first_chunk::<4>()?));
    let v6 = |at: usize| Some(Ipv6Addr::from(*rest.get(at..)?.first_chunk::<16>()?));
    let pair = |from: Option<IpAddr>, to: Option<IpAddr>, at: usize| {
        let from = SocketAddr::new(from?, port(at)?);
        Some((from, SocketAddr::new(to?, port(at + 2)?)))
    };
    let addresses = match (head[12] & 15, head[13]) {
        // The proxy itself, asking whether somebody is there; families that no server of TCP knows.
        (0, _) => None,
        (1, 0x11) => match pair(v4(0).map(IpAddr::V4), v4(4).map(IpAddr::V4), 8) {
            None => {
                return Found::Wrong(
                    "the header of the PROXY protocol has no room for its addresses",
                );
            }
            found => found,
        },
        (1, 0x21) => match pair(v6(0).map(IpAddr::V6), v6(16).map(IpAddr::V6), 32) {
            None => {
                return Found::Wrong(
                    "the header of the PROXY protocol has no room for its addresses",
                );
            }
            found => found,
        },
        (1, _) => None,
        _ => return Found::Wrong("the PROXY protocol has no such command"),
    };
    Found::Header { length, addresses }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(length: usize, addresses: Option<(&str, &str)>) -> Found {
        let addresses = addresses.map(|(from, to)| (from.parse().unwrap(), to.parse().unwrap()));
        Found::Header { length, addresses }
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut all = SIGNATURE.to_vec();
        all.extend_from_slice(&[0x20 | command, family]);
        all.extend_from_slice(&(rest.len() as u16).to_be_bytes());
        all.extend_from_slice(rest);
        all
    }

    #[test]
    fn lines() {
        let four = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET / HTTP/1.1\r\n";
        let found = header(45, Some(("192.0.2.1:56324", "198.51.100.2:443")));
        assert_eq!(find(four), found);
        let six = b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n";
        assert_eq!(
            find(six),
            header(36, Some(("[2001:db8::1]:1", "[::1]:65535")))
        );
        assert_eq!(find(b"PROXY UNKNOWN\r\nx"), header(15, None));
        assert_eq!(find(b"PROXY UNKNOWN any thing\r\n"), header(25, None));
        for length in 0..45 {
            assert_eq!(find(&four[..length]), Found::More, "{length}");
        }
        for text in [
            "GET / HTTP/1.1\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 1 70000\r\n",
            "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
            "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
            "PROXY \r\n",
        ] {
            assert!(matches!(find(text.as_bytes()), Found::Wrong(_)), "{text}");
        }
        assert!(matches!(
            find(&[&b"PROXY "[..], &[b'x'; 200]].concat()),
            Found::Wrong(_)
        ));
    }

    #[test]
    fn binary_ones() {
        let four = [192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 4, 1, 0xbb];
        let all = v2(1, 0x11, &four);
        let wanted = ("192.0.2.1:56324", "198.51.100.2:443");
        assert_eq!(find(&all), header(28, Some(wanted)));
        for length in 0..all.len() {
            assert_eq!(find(&all[..length]), Found::More, "{length}");
        }
        let with_more = [&four[..], &[3, 0, 4, 1, 2, 3, 4]].concat();
        assert_eq!(find(&v2(1, 0x11, &with_more)), header(35, Some(wanted)));
        let mut six = [0; 36];
        (six[15], six[31], six[33], six[35]) = (1, 2, 80, 81);
        assert_eq!(
            find(&v2(1, 0x21, &six)),
            header(52, Some(("[::1]:80", "[::2]:81")))
        );
        assert_eq!(find(&v2(0, 0, b"")), header(16, None));
        assert_eq!(find(&v2(1, 0x31, &[0; 216])), header(232, None));
        for bad in [
            v2(1, 0x11, &four[..11]),
            v2(1, 0x21, &six[..35]),
            v2(2, 0x11, &four),
            v2(1, 0x11, &[0; LONGEST]),
        ] {
            assert!(matches!(find(&bad), Found::Wrong(_)));
        }
    }
}
