//! One connection.

use crate::error::Kind;
use crate::proxy::Speaks;
use crate::{Error, Settings, Url, guard};
use highper_engine::clock;
use highper_net::{Kind as SocketKind, Socket};
use highper_tls::Context;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;

/// What is asked for at a time.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Seconds until a moment, as sockets take them: negative for no limit.
pub(crate) fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

/// A connection to a server, or to a proxy that asks it.
pub(crate) struct Link {
    pub(crate) socket: Box<Socket>,
    /// Requests name whole addresses: a proxy reads them.
    pub(crate) is_proxied: bool,
}

/// Why there is no connection to an address.
fn refused(place: &str, error: highper_net::Error) -> Error {
    use highper_net::Error as Net;
    let words = match error {
        Net::TimedOut | Net::ResolveTimedOut => return Error::timeout(),
        Net::Cancelled | Net::CannotWait => return Error::of_net(error),
        Net::ResolveFailed | Net::BadHost => {
            format!(
                "cannot connect to {place}: its name has no address; is it spelled right, and does the name server answer?"
            )
        }
        Net::NotTrusted(text) => format!(
            "cannot connect to {place}: its certificate is not trusted: {text}; name its authority by verify: '/path/ca.pem'"
        ),
        Net::Handshake(text) => format!("cannot connect to {place}: TLS: {text}"),
        Net::TlsSettings(text) => return Error::usage(format!("TLS: {text}")),
        Net::Socks(text) | Net::HttpProxy(text) => {
            format!("cannot connect to {place}: the proxy: {text}")
        }
        other => format!("cannot connect to {place}: {other}"),
    };
    Error::new(Kind::Connect, words).unsent()
}

impl Link {
    pub(crate) fn connect(
        settings: &Settings,
        url: &Url,
        context: Option<&Context>,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        Self::reach(settings, url, context, false, deadline)
    }

    /// With `tunnel` a proxy is asked for a tunnel whatever the scheme is.
    pub(crate) fn reach(
        settings: &Settings,
        url: &Url,
        context: Option<&Context>,
        tunnel: bool,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        if let Some(path) = &settings.unix {
            let path = path.as_os_str().as_bytes();
            let place = String::from_utf8_lossy(path).into_owned();
            return Self::open(SocketKind::UnixStream, path, 0, context, deadline)
                .map_err(|error| refused(&place, error));
        }
        if let Some(proxy) = &settings.proxy {
            let place = format!("{} (proxy {}:{})", url.origin(), proxy.host, proxy.port);
            let is_proxied = proxy.speaks == Speaks::Http && !url.is_secure() && !tunnel;
            let made = each_address(&proxy.host, deadline, |address| {
                let to = address.to_string();
                if is_proxied {
                    Self::open(kind(address), to.as_bytes(), proxy.port, None, deadline)
                } else {
                    Self::through(kind(address), to.as_bytes(), proxy, url, context, deadline)
                }
            });
            return match made {
                Ok(link) => Ok(Self { is_proxied, ..link }),
                Err(error) => Err(refused(&place, error)),
            };
        }
        let mut forbidden = None;
        let made = each_address(url.host(), deadline, |address| {
            if !settings.private && guard::is_private(address) {
                forbidden = Some(address);
                return Err(highper_net::Error::WrongOperation);
            }
            let to = address.to_string();
            Self::open(kind(address), to.as_bytes(), url.port(), context, deadline)
        });
        match (made, forbidden) {
            (Err(_), Some(address)) => Err(Error::usage(format!(
                "{} has the address {address}, which is not on the public internet, and private: false forbids that",
                url.origin()
            ))),
            (made, _) => made.map_err(|error| refused(url.origin(), error)),
        }
    }

    fn socket(
        kind: SocketKind,
        context: Option<&Context>,
        deadline: Option<u64>,
    ) -> Result<Box<Socket>, highper_net::Error> {
        let socket = Box::new(Socket::of_kind(kind)?);
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        let seconds = left(deadline);
        (timeouts.resolve, timeouts.connect) = (seconds, seconds);
        (timeouts.read, timeouts.write) = (seconds, seconds);
        socket.set_timeouts(timeouts);
        if let Some(context) = context {
            socket.set_tls_context(context.clone());
        }
        Ok(socket)
    }

    fn open(
        kind: SocketKind,
        host: &[u8],
        port: u16,
        context: Option<&Context>,
        deadline: Option<u64>,
    ) -> Result<Self, highper_net::Error> {
        let socket = Self::socket(kind, context, deadline)?;
        socket.connect(host, i64::from(port), left(deadline))?;
        Ok(Self {
            socket,
            is_proxied: false,
        })
    }

    fn through(
        kind: SocketKind,
        proxy_host: &[u8],
        proxy: &crate::Proxy,
        url: &Url,
        context: Option<&Context>,
        deadline: Option<u64>,
    ) -> Result<Self, highper_net::Error> {
        let socket = Self::socket(kind, context, deadline)?;
        match proxy.speaks {
            Speaks::Http => {
                socket.set_http_proxy(proxy_host, proxy.port, &proxy.user, &proxy.password)
            }
            Speaks::Socks5 => {
                socket.set_socks5(proxy_host, proxy.port, &proxy.user, &proxy.password)
            }
        }
        socket.connect(url.host().as_bytes(), i64::from(url.port()), left(deadline))?;
        Ok(Self {
            socket,
            is_proxied: false,
        })
    }

    /// The same as of the loop's last turn, without a system call. False where that is not known.
    pub(crate) fn was_quiet(&self) -> bool {
        !self.socket.is_secure() && self.socket.is_drained()
    }

    /// Does the server keep it open, and has it said nothing unasked?
    pub(crate) fn is_quiet(&self) -> bool {
        match self.socket.peek(1, |_| ()) {
            Ok(()) => false,
            Err(highper_net::Error::System(number)) => {
                std::io::Error::from_raw_os_error(number).kind() == std::io::ErrorKind::WouldBlock
            }
            Err(_) => false,
        }
    }

    /// Sends bytes. An error is [`Error::is_unsent`] where nothing of them was sent.
    pub(crate) fn send(&self, bytes: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        let part = self
            .socket
            .send_all_by(bytes, deadline)
            .map_err(Error::of_net)?;
        match part.error {
            None => Ok(()),
            Some(error) if part.done == 0 => Err(Error::of_net(error).unsent()),
            Some(error) => Err(Error::of_net(error)),
        }
    }
}

fn kind(address: IpAddr) -> SocketKind {
    match address {
        IpAddr::V4(_) => SocketKind::Tcp,
        IpAddr::V6(_) => SocketKind::Tcp6,
    }
}

/// Tries the address of a name of IP version 4, then that of version 6 if there is none or nobody answers there.
fn each_address<R>(
    name: &str,
    deadline: Option<u64>,
    mut attempt: impl FnMut(IpAddr) -> Result<R, highper_net::Error>,
) -> Result<R, highper_net::Error> {
    use highper_net::Error as Net;
    if let Ok(address) = name.parse() {
        return attempt(address);
    }
    let first = match highper_net::resolve(name, false, deadline) {
        Ok(address) => match attempt(address) {
            Err(error @ Net::System(_)) => error,
            done => return done,
        },
        Err(error @ Net::ResolveFailed) => error,
        Err(error) => return Err(error),
    };
    match highper_net::resolve(name, true, deadline) {
        Ok(address) => attempt(address),
        Err(_) => Err(first),
    }
}
