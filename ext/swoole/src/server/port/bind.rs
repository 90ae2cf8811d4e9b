//! Binding of what a server listens on.

use crate::error_code;
use highper_net::Kind;
use highper_process::Error;
use highper_process::listen::{self, Address, Listener, TcpOptions};
use std::os::fd::AsRawFd;

/// `SWOOLE_SSL`
const SECURE: i64 = 512;

/// A socket, bound, and listening where it is a stream.
pub(in crate::server) struct Bound {
    pub(super) listener: Listener,
    pub(in crate::server) kind: Kind,
    pub(in crate::server) number: u16,
    pub(in crate::server) descriptor: i32,
    pub(in crate::server) is_secure: bool,
}

/// Why there is no socket: the words, and Swoole's or the system's number.
pub(in crate::server) struct Failure {
    pub(in crate::server) text: String,
    pub(in crate::server) code: i32,
}

fn failure(error: &Error) -> Failure {
    Failure {
        text: error.to_string(),
        code: error.system().unwrap_or(error_code::BAD_HOST_ADDR),
    }
}

/// Binds a socket of one of the kinds `SWOOLE_SOCK_*`, with `SWOOLE_SSL` or without.
pub(in crate::server) fn bind(host: &str, port: i64, sort: i64) -> Result<Bound, Failure> {
    let is_secure = sort & SECURE != 0;
    let kind =
        Kind::of_number(sort & !SECURE).filter(|kind| kind.is_stream() || kind.is_datagram());
    let Some(kind) = kind else {
        return Err(Failure {
            text: format!("{sort} is no kind of socket that a server listens on"),
            code: error_code::INVALID_PARAMS,
        });
    };
    let number = match u16::try_from(port) {
        Ok(number) => number,
        Err(_) if !kind.has_ports() => 0,
        Err(_) => {
            return Err(Failure {
                text: format!("invalid port [{port}]"),
                code: error_code::SERVER_INVALID_LISTEN_PORT,
            });
        }
    };
    let listener = match kind {
        Kind::UnixStream => listen::bind_unix(host.as_ref(), 0o666, 512),
        Kind::UnixDatagram => listen::bind_unix_datagram(host.as_ref()),
        Kind::Udp | Kind::Udp6 => listen::resolve(host, number).and_then(listen::bind_udp),
        _ => listen::resolve(host, number)
            .and_then(|address| listen::bind_tcp(address, &TcpOptions::default())),
    }
    .map_err(|error| failure(&error))?;
    let number = match listener.address() {
        Address::Tcp(address) | Address::Udp(address) => address.port(),
        _ => number,
    };
    Ok(Bound {
        descriptor: listener.as_raw_fd(),
        listener,
        kind,
        number,
        is_secure,
    })
}
