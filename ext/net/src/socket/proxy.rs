//! Connections through a proxy: SOCKS5 (RFC 1928, RFC 1929) and HTTP's CONNECT (RFC 9110, section 9.3.6).

use super::{Limit, Side, Socket};
use crate::{Address, Error, Kind};

/// Bytes of an HTTP proxy's answer at most.
const ANSWER_LIMIT: usize = 64 * 1024;

/// So much of an answer that is none is shown.
const SHOWN: usize = 200;

/// Does an answer begin with a status of success?
fn is_success(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    words
        .next()
        .is_some_and(|version| version.starts_with(b"HTTP/1."))
        && matches!(words.next(), Some([b'2', b'0'..=b'9', b'0'..=b'9']))
}

/// By what rules a proxy is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    Socks5,
    Http,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Proxy {
    pub(super) protocol: Protocol,
    pub(super) host: Vec<u8>,
    pub(super) port: u16,
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl Socket {
    /// Connects through a SOCKS5 proxy from now on. Without a user, none is named to it.
    pub fn set_socks5(&self, host: &[u8], port: u16, user: &[u8], password: &[u8]) {
        self.set_proxy(Protocol::Socks5, host, port, user, password);
    }

    /// Connects through an HTTP proxy from now on. Without a user, none is named to it.
    pub fn set_http_proxy(&self, host: &[u8], port: u16, user: &[u8], password: &[u8]) {
        self.set_proxy(Protocol::Http, host, port, user, password);
    }

    fn set_proxy(&self, protocol: Protocol, host: &[u8], port: u16, user: &[u8], password: &[u8]) {
        self.proxy.replace(Some(Proxy {
            protocol,
            host: host.to_vec(),
            port,
            user: user.to_vec(),
            password: password.to_vec(),
        }));
    }
}

impl Proxy {
    /// Asks the proxy for a connection to the target.
    pub(super) fn pass(&self, socket: &Socket, host: &[u8], port: i64) -> Result<(), Error> {
        let port = u16::try_from(port).map_err(|_| Error::BadPort)?;
        match self.protocol {
            Protocol::Socks5 => self.socks5(socket, host, port),
            Protocol::Http => self.http(socket, host, port),
        }
    }

    fn tell(socket: &Socket, data: &[u8]) -> Result<(), Error> {
        let sent = socket.send_whole(data, &mut socket.limit(Side::WRITE, 0.0));
        sent.error.map_or(Ok(()), Err)
    }

    /// Exactly as many bytes as the next part of the proxy's answer has.
    fn hear(socket: &Socket, size: usize, limit: &mut Limit) -> Result<Vec<u8>, Error> {
        let mut heard = Vec::with_capacity(size);
        while heard.len() < size {
            let more = socket.receive_some(size - heard.len(), limit, |bytes| {
                heard.extend_from_slice(bytes);
                !bytes.is_empty()
            })?;
            if !more {
                return Err(Error::Socks("the proxy closed the connection".to_owned()));
            }
        }
        Ok(heard)
    }

    fn socks5(&self, socket: &Socket, host: &[u8], port: u16) -> Result<(), Error> {
        let refused = |why: &str| Err(Error::Socks(why.to_owned()));
        let mut limit = socket.limit(Side::READ, 0.0);
        let method = if self.user.is_empty() { 0 } else { 2 };
        Self::tell(socket, &[5, 1, method])?;
        let answer = Self::hear(socket, 2, &mut limit)?;
        if answer[0] != 5 {
            return refused("the proxy does not speak SOCKS5");
        }
        if answer[1] != method {
            return refused("the proxy wants another way to log in");
        }
        if method == 2 {
            let mut login = vec![1];
            for part in [&self.user, &self.password] {
                let Ok(length) = u8::try_from(part.len()) else {
                    return refused("a user's name and password have at most 255 bytes");
                };
                login.push(length);
                login.extend_from_slice(part);
            }
            Self::tell(socket, &login)?;
            if Self::hear(socket, 2, &mut limit)?[1] != 0 {
                return refused("the proxy refused the user's name and password");
            }
        }
        let mut request = vec![5, 1, 0];
        match (
            Address::parse(Kind::Tcp, host, 0),
            Address::parse(Kind::Tcp6, host, 0),
        ) {
            (Ok(Address::V4(v4)), _) => {
                request.push(1);
                request.extend_from_slice(&v4.ip().octets());
            }
            (_, Ok(Address::V6(v6))) => {
                request.push(4);
                request.extend_from_slice(&v6.ip().octets());
            }
            _ => {
                let Ok(length) = u8::try_from(host.len()) else {
                    return refused("a host's name has at most 255 bytes");
                };
                request.extend_from_slice(&[3, length]);
                request.extend_from_slice(host);
            }
        }
        request.extend_from_slice(&port.to_be_bytes());
        Self::tell(socket, &request)?;
        let answer = Self::hear(socket, 4, &mut limit)?;
        if answer[0] != 5 {
            return refused("the proxy does not speak SOCKS5");
        }
        if answer[1] != 0 {
            return refused(match answer[1] {
                2 => "the proxy's rules forbid the connection",
                3 => "the proxy says: network unreachable",
                4 => "the proxy says: host unreachable",
                5 => "the proxy says: connection refused",
                6 => "the proxy says: TTL expired",
                7 => "the proxy says: command not supported",
                8 => "the proxy says: address type not supported",
                _ => "the proxy says: general failure",
            });
        }
        let rest = match answer[3] {
            1 => 4,
            4 => 16,
            3 => usize::from(Self::hear(socket, 1, &mut limit)?[0]),
            _ => return refused("the proxy's answer has an unknown type of address"),
        };
        Self::hear(socket, rest + 2, &mut limit).map(drop)
    }

    fn http(&self, socket: &Socket, host: &[u8], port: u16) -> Result<(), Error> {
        let name = socket
            .tls()
            .and_then(|tls| tls.host_name)
            .filter(|name| !name.is_empty());
        let host = name.unwrap_or_else(|| String::from_utf8_lossy(host).into_owned());
        if host.contains(|c: char| c.is_ascii_control() || c == ' ') {
            return Err(Error::HttpProxy(
                "the host's name has characters that no name has".to_owned(),
            ));
        }
        let to = if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
        let mut request =
            format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nProxy-Connection: Keep-Alive\r\n");
        if !self.user.is_empty() {
            let login = [&self.user[..], b":", &self.password].concat();
            request += &format!(
                "Proxy-Authorization: Basic {}\r\n",
                highper_tls::base64(&login)
            );
        }
        request += "\r\n";
        Self::tell(socket, request.as_bytes())?;
        let mut limit = socket.limit(Side::READ, 0.0);
        let answer = socket
            .receive_until(b"\r\n\r\n", ANSWER_LIMIT, &mut limit)
            .map_err(|error| match error {
                Error::Malformed(_) => Error::HttpProxy("the proxy's answer has no end".to_owned()),
                other => other,
            })?;
        // Any status of the class 2xx is a tunnel; some proxies leave the words behind it out.
        let line = answer.split(|byte| *byte == b'\r').next();
        let line = line.unwrap_or_default();
        match is_success(line) {
            true => Ok(()),
            false => {
                let shown = &line[..line.len().min(SHOWN)];
                Err(Error::HttpProxy(format!(
                    "wrong http_proxy response received: {}",
                    String::from_utf8_lossy(shown).escape_debug()
                )))
            }
        }
    }
}
